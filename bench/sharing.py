"""How long redaction takes: `python -m bench.sharing` prints a table, then one JSON line.

Three hundred incidents for eighteen audiences under forty papers with share clauses; one delta of a change; and what a
revocation costs until every audience has its tombstones. Beside it the same incidents serialised without asking who may
see them, so that the share of the rule is seen.
"""

from __future__ import annotations

import itertools
import json
import random
import statistics
import time
from collections.abc import Callable

from data.codec import to_json
from data.keys import keys_of
from data.projection import Projection
from data.views import Shown, Views
from domain.agency import Agency, Discipline
from domain.agreement import Agreement
from domain.commands import (
    Actor,
    AddNote,
    ChangePriority,
    Command,
    Envelope,
    OpenBoard,
    RegisterAgencies,
    RegisterAgreements,
    ReportIncident,
    RevokeAgreement,
    Role,
)
from domain.events import RecordedEvent
from domain.granting import Audience
from domain.response_plan import Need, ResponsePlan
from domain.rules import Facts, decide
from domain.share_clause import Label, ShareClause

ROLES = ("dispatcher", "commander", "briefer")
AGENCIES = tuple(f"a{n}" for n in range(6))
INCIDENTS, PAPERS, TIMES = 300, 40, 15
PLANS = {"FIRE": ResponsePlan("FIRE", "Structure fire", "F", "fire", 1, ((Need("ENGINE", 1),),))}
FACTS = Facts(plans=PLANS)
LOADER = Actor("loader", "", Role.SERVICE)


class MadeBoard:
    """A board in memory: every command passes the real rules."""

    def __init__(self) -> None:
        self.projection = Projection(None, keys_of("bench"))
        self.now = 1_780_000_000.0
        self._ids = itertools.count()
        chance = random.Random(1)
        self.give(OpenBoard("Bench", "bench", "B"), LOADER)
        self.give(RegisterAgencies(tuple(Agency(a, a, a, Discipline.FIRE) for a in AGENCIES)), LOADER)
        self.papers = []
        for number in range(PAPERS):
            giver, receiver = chance.sample(AGENCIES, 2)
            clause = ShareClause("s", giver, receiver, Label.OPERATIONS)
            self.papers.append(Agreement(f"p{number}", f"Paper {number}", (giver, receiver), (), shares=(clause,)))
        self.give(RegisterAgreements(tuple(self.papers)), LOADER)
        for _ in range(INCIDENTS):
            lead = chance.choice(AGENCIES)
            owner = Actor("owner", lead, Role.DISPATCHER)
            report = ReportIncident("FIRE", -122.4, 37.8, address="24th St", caller="Ada", lead_agency=lead)
            self.last = self.give(report, owner)
            for text in ("smoke showing", "one lane blocked"):
                self.give(AddNote(self.last, text, label=Label.OPERATIONS), owner)

    def give(self, command: Command, actor: Actor) -> str:
        """Decide and fold; the incident concerned."""
        envelope = Envelope(f"c{next(self._ids)}", actor, command)
        verdict = decide(self.projection.board, envelope, self.now, FACTS)
        assert verdict.decision.allowed, verdict
        for event in verdict.events:
            seq = self.projection.board.seq + 1
            self.projection.take(RecordedEvent(seq, self.now, event, actor, envelope.id, verdict.decision))
        return verdict.incident


def median_ms(work: Callable[[], object]) -> float:
    """Median of several runs, milliseconds."""
    taken = []
    for _ in range(TIMES):
        started = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def main() -> None:
    """Measure and print."""
    made = MadeBoard()
    board, now = made.projection.board, made.now
    audiences = [Audience(agency, role) for agency in AGENCIES for role in ROLES]
    views = Views(made.projection, PLANS)
    incidents = list(board.open_incidents())
    pairs = [(incident, audience) for audience in audiences for incident in incidents]
    shown: dict[Audience, Shown] = {audience: {} for audience in audiences}
    for audience in audiences:
        views.snapshot(audience, now, shown[audience])

    def deltas(after: int) -> list[bytes]:
        return [views.delta(audience, after, now, dict(shown[audience])) or b"{}" for audience in audiences]

    figures = {
        "grants_ms": median_ms(lambda: [views.grant(*pair, now) for pair in pairs]),
        "records_ms": median_ms(lambda: [views.find_incident(*pair, now) for pair in pairs]),
        "snapshots_ms": median_ms(lambda: [views.snapshot(audience, now) for audience in audiences]),
        "bare_json_ms": median_ms(lambda: [to_json(incidents) for _ in audiences]),
    }
    before = board.seq
    lead = board.get_incident(made.last).lead_agency
    made.give(ChangePriority(made.last, 3), Actor("owner", lead, Role.DISPATCHER))
    figures["delta_of_one_ms"] = median_ms(lambda: deltas(before)) / len(audiences)
    before = board.seq
    for paper in made.papers:
        made.give(RevokeAgreement(paper.id, "over"), Actor("Adams", paper.parties[0], Role.AGENCY_ADMIN))
    figures["revocation_ms"] = median_ms(lambda: deltas(before))
    gone = sum(len(json.loads(frame).get("gone", [])) for frame in deltas(before))
    print(f"{INCIDENTS} incidents, {len(audiences)} audiences, {PAPERS} papers with share clauses")
    for name, value in figures.items():
        print(f"{name:<18} {value:8.2f}")
    print(f"{'tombstones':<18} {gone:8}")
    print(json.dumps({name: round(value, 3) for name, value in figures.items()} | {"tombstones": gone}))


if __name__ == "__main__":
    main()
