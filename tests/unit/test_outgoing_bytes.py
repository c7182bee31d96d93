"""No field above the granted label in any outgoing byte: random boards, papers and audiences, looked for in raw bytes.

Every field and note carries a word of its own that says its incident and label. What an audience may have is worked out
here from the words of docs/sharing.md, without the code that grants.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from api.interest import EVERYTHING
from api.positions_lane import PositionsLane
from data.codec import to_json
from data.history import PastBoard
from data.keys import keys_of
from data.past_views import views_of_past
from data.projection import Projection
from data.views import Shown, Views
from domain.agreement import Agreement, AgreementStatus
from domain.command_structure import AgencyRole
from domain.commands import (
    Actor,
    AddNote,
    AssignUnits,
    DeclarePurpose,
    GiveAgencyRole,
    RegisterAgreements,
    ReportIncident,
    RevokeAgreement,
    Role,
)
from domain.errors import UnknownIncident
from domain.granting import Audience
from domain.purpose import PurposeKind
from domain.share_clause import Label, ShareClause
from tests.unit.boards import FACTS, NOON, Table

AGENCIES = ("sffd", "smfd", "amr", "sfpd")
LOADER = Actor("loader", "", Role.SERVICE)
CANARY = re.compile(rb"canary-(\d)-(\d)-(\w+)")


def canary(incident: int, label: int, writer: str) -> str:
    return f"canary-{incident}-{label}-{writer}"


class Night:
    """A random board: incidents here and elsewhere, notes of every label by everybody who may write, papers."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.table = Table()
        self.numbers: list[str] = []
        self.papers = [self._paper(number) for number in range(self.rng.randint(0, 4))]
        if self.papers:
            self.table.do(RegisterAgreements(tuple(self.papers)), LOADER)
        for number in range(4):
            self._incident(number)

    def _paper(self, number: int) -> Agreement:
        giver, receiver = self.rng.sample(AGENCIES, 2)
        clause = ShareClause(
            "s", giver, receiver, Label(self.rng.randint(0, 4)), "treatment",
            self.rng.choice([(), ("FIRE",), ("CRISIS",)]), sensitive=self.rng.random() < 0.5,
            until=self.rng.choice([0.0, NOON + 1e6, NOON - 1]),
        )  # fmt: skip
        status = self.rng.choice([AgreementStatus.IN_FORCE, AgreementStatus.IN_FORCE, AgreementStatus.SUSPENDED])
        return Agreement(f"paper-{number}", f"Paper {number}", (giver, receiver), (), shares=(clause,), status=status)

    def _incident(self, number: int) -> None:
        rng, table = self.rng, self.table
        lead = rng.choice(AGENCIES)
        where = rng.choice([(-122.4, 37.78), (-124.0, 37.78)])
        report = ReportIncident(
            rng.choice(["FIRE", "CRISIS"]), *where, caller=canary(number, 2, lead), lead_agency=lead,
            address=canary(number, 1, lead), local_type=canary(number, 1, lead),
        )  # fmt: skip
        owner = Actor("owner", lead, Role.DISPATCHER)
        incident = table.do(report, owner).incident
        self.numbers.append(incident)
        for other in AGENCIES:
            if other != lead and rng.random() < 0.3:
                table.do(GiveAgencyRole(incident, other, AgencyRole.ASSISTING), owner)
        if rng.random() < 0.4:
            unit = next((one for one in table.board.units() if one.agency == lead and not one.active), None)
            if unit is not None:
                table.do(AssignUnits(incident, (unit.id,)), owner)
        for writer in AGENCIES:
            for label in Label:
                note = AddNote(incident, canary(number, int(label), writer), label=label)
                if table.ask(note, Actor("w", writer, Role.DISPATCHER)).decision.allowed:
                    table.do(note, Actor("w", writer, Role.DISPATCHER))
        purpose = DeclarePurpose(incident, PurposeKind.TREATMENT)
        for agency in AGENCIES:
            actor = Actor("p", agency, Role.DISPATCHER)
            if rng.random() < 0.5 and table.ask(purpose, actor).decision.allowed:
                table.do(purpose, actor)

    def views(self) -> Views:
        projection = Projection(None, keys_of("test"))
        for recorded in self.table.recorded:
            projection.take(recorded)
        return Views(projection, FACTS.plans, FACTS.areas_at)


def may_have(night: Night, number: int, label: int, writer: str, audience: Audience) -> bool:
    """Whether a word may reach an audience, by docs/sharing.md."""
    board = night.table.board
    incident = board.get_incident(night.numbers[number])
    role, agency = audience.role, audience.agency
    sensitive = incident.type == "CRISIS"
    if role == "auditor":
        return True
    if role == "board_admin":
        return not sensitive and label <= 1
    if role not in ("dispatcher", "commander", "agency_admin", "briefer") or not agency:
        return False
    inside = {incident.lead_agency, incident.reported_by}
    inside |= {held.agency for held in board.assignments_of(incident.id)}
    inside |= {part.agency for part in board.structure_of(incident.id).parts}
    here = {name for service in incident.responsibility.services for name in service.agencies}
    most = 4 if agency == incident.lead_agency else 1 if agency in inside or (agency in here and not sensitive) else -1
    for paper in board.agreements():
        clause = paper.shares[0]
        if (clause.giver, clause.receiver) != (incident.lead_agency, agency) or paper.status != "in_force":
            continue
        over = clause.until and clause.until <= NOON
        if over or (clause.incident_types and incident.type not in clause.incident_types):
            continue
        if sensitive and not clause.sensitive and agency not in inside:
            continue
        most = max(most, int(clause.label))
    if most < 0:
        return False
    if role == "briefer":
        return label <= min(most, 1)
    if writer == agency:
        return True  # what one wrote oneself, note or report
    purpose = any(one.incident == incident.id and one.agency == agency and one.role == role for one in board.purposes())
    return label <= most and (label != 3 or purpose)


AUDIENCES = [
    Audience(agency, str(role))
    for agency in AGENCIES
    for role in (Role.DISPATCHER, Role.COMMANDER, Role.BRIEFER, Role.AGENCY_ADMIN)
] + [Audience("", str(role)) for role in (Role.AUDITOR, Role.BOARD_ADMIN, Role.PUBLIC, Role.SERVICE)]


def feed_bytes(views: Views, night: Night, audience: Audience) -> bytes:
    """What travels by itself: hello, snapshot, deltas from the beginning and from the middle, positions."""
    shown: Shown = {}
    out = views.hello(audience, night.table.now, "v") + views.snapshot(audience, night.table.now, shown)
    last = night.table.board.seq
    for after in (0, last // 2, last - 3):
        out += views.delta(audience, after, night.table.now, dict(shown)) or b""
        out += views.delta(audience, after, night.table.now) or b""
    return out + lane_bytes(views._projection, night.table.now)


def lane_bytes(seen: Any, now: float) -> bytes:
    """What the position lane sends to whoever listens to everything: numbers and fixes."""
    lane = PositionsLane(SimpleNamespace(generation=0, moved=dict.fromkeys(seen.positions), positions=seen.positions))  # type: ignore[arg-type]
    lane.absorb()
    return json.dumps(lane.numbers.since(0)).encode() + lane.whole(EVERYTHING, now)


def asked_bytes(views: Views, night: Night, audience: Audience) -> bytes:
    """What is answered when asked for: closer labels and exports of every incident there is."""
    out: list[Any] = []
    for number in night.numbers:
        for ask in (views.closer, views.whole):
            try:
                out.append(ask(number, audience, night.table.now))
            except UnknownIncident as unknown:
                out.append(str(unknown).replace(number, ""))
    return to_json(out)


@pytest.mark.parametrize("seed", range(40))
def test_no_word_above_the_granted_label_is_in_any_outgoing_byte(seed: int) -> None:
    night = Night(seed)
    views = night.views()
    for audience in AUDIENCES:
        travels, asked = feed_bytes(views, night, audience), asked_bytes(views, night, audience)
        for number, label, _ in CANARY.findall(travels):
            assert int(label) <= 1, (audience, number, label)
        for number, label, writer in CANARY.findall(travels + asked):
            known = (int(number), int(label), writer.decode())
            if audience.role == "service":
                assert int(label) <= 1
            else:
                assert may_have(night, *known, audience), (seed, audience, known)


@pytest.mark.parametrize("seed", range(40))
def test_whoever_may_have_a_word_gets_it_when_they_ask(seed: int) -> None:
    night = Night(seed)
    views = night.views()
    written = set(CANARY.findall(asked_bytes(views, night, Audience("", "auditor"))))
    assert {int(label) for _, label, _ in written} >= {1, 2, 3, 4}
    for audience in AUDIENCES:
        if audience.role in ("public", "service"):
            continue
        got = set(CANARY.findall(asked_bytes(views, night, audience)))
        for word in written:
            number, label, writer = int(word[0]), int(word[1]), word[2].decode()
            report = int(label) == 2 and writer == night.table.board.get_incident(night.numbers[number]).lead_agency
            if report:
                continue  # the caller's name and the lead's own note carry the same word
            assert (word in got) == may_have(night, number, label, writer, audience), (seed, audience, word)


@pytest.mark.parametrize("seed", range(20))
def test_a_replay_shows_what_is_permitted_now_and_was_permitted_then(seed: int) -> None:
    night = Night(seed)
    then = night.views()
    past_board = night.table.board.copy()
    past = PastBoard(night.table.now, past_board.seq, past_board, then._projection.entries, {})
    for paper in night.papers:
        if paper.status == AgreementStatus.IN_FORCE:
            admin = Actor("Adams", paper.parties[0], Role.AGENCY_ADMIN)
            night.table.do(RevokeAgreement(paper.id, "over"), admin)
    now = night.views()
    replay = views_of_past(past, now, night.table.now, FACTS.plans, FACTS.areas_at)
    for audience in AUDIENCES:
        shown = set(CANARY.findall(asked_bytes(replay, night, audience)))
        assert shown <= set(CANARY.findall(asked_bytes(now, night, audience))), audience
        assert shown <= set(CANARY.findall(asked_bytes(then, night, audience))), audience
    late = replace(past, when=night.table.now)
    assert late.seq < night.table.board.seq or not any(one.status == "in_force" for one in night.papers)


def test_an_admin_who_looks_at_anothers_view_reads_no_closer_word() -> None:
    night = Night(3)
    views = night.views()
    for agency in AGENCIES:
        found = CANARY.findall(asked_bytes(views, night, Audience(agency, "dispatcher", masked=True)))
        assert all(int(label) <= 1 for _, label, _ in found)
