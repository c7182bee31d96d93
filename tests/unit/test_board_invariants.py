"""Random commands by random actors on a small board; after every step what must always hold, holds.

The whole campaign: CONCORD_BOARD_EXAMPLES=2000 python -m pytest tests/unit/test_board_invariants.py

Two properties guard what a test of one command cannot see. What the fold *reads* is among what the answer stands
on, else state and fold could differ. And an answer that still stands after somebody else's command would be given
again, word for word: else two commands in the same instant could both pass and together break a rule (write skew).
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from data.codec import command_fields, read_command, read_entity, read_event, to_json, write_event
from domain.assignment import AssignmentStatus, rank
from domain.board import Board, Draft, Entity, evolve
from domain.commands import AddNote, Envelope, ReportIncident
from domain.errors import BadCommand
from domain.events import RecordedEvent
from domain.log import log_entries
from domain.refs import NUMBERS, split_ref, unit_ref
from domain.rules import Verdict, decide
from domain.sharing import LOG_LABELS
from domain.unit import DutyState
from tests.unit.boards import FACTS, Table, automatic_aid
from tests.unit.random_commands import actor_for, command_for

CAP = 2
STEPS = 8
RIVALS = 12
EXAMPLES = int(os.environ.get("CONCORD_BOARD_EXAMPLES", "40"))
"""40 in every run, some seconds; 2000 for a campaign after a change of rules."""


class Watched:
    """A board that remembers what was asked of it."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self.read: set[str] = set()

    def find(self, ref: str) -> Entity | None:
        self.read.add(ref)
        return self._board.find(ref)


class BoardMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.table = Table(automatic_aid(cap=CAP))
        self.board = self.table.board
        self.given: list[str] = []
        self.count = 0
        for priority in (4, 2):
            incident = self.table.do(ReportIncident("FIRE", -122.4, 37.7, priority)).incident
            self.table.dispatch(incident, f"sffd/E{priority}", f"smfd/E9{priority // 2}")
            self.table.step(incident, f"sffd/E{priority}", "en_route")

    @rule(rng=st.randoms(use_true_random=True))
    def several_ask_while_others_do(self, rng: Random) -> None:
        for _ in range(STEPS):
            self._somebody_asks_while_somebody_else_does(rng)

    def _somebody_asks_while_somebody_else_does(self, rng: Random) -> None:
        self.table.now += rng.choice([0.0, 0.5, 1.0, 1.0, 6.0, 20.0])
        first = self._draw(rng)
        before = self.board.state()
        verdict = self._ask(first)
        assert self.board.state() == before, "deciding changes nothing"
        if verdict is None:
            return
        self._check_verdict(verdict)
        if not verdict.decision.allowed:
            assert verdict.events == ()
            assert verdict.decision.reason
            return
        rivals = [(rival, self._ask(rival)) for rival in (self._draw(rng, first) for _ in range(RIVALS))]
        versions = {ref: version for ref, (version, _) in before.items()}
        self._apply(first, verdict)
        self._check_board()
        changed = {ref for ref, (version, _) in self.board.state().items() if versions.get(ref, 0) != version}
        for rival, answer in rivals:
            if answer is not None and not changed & answer.stands_on:
                self._check_still_given(rival, answer)

    def _check_still_given(self, envelope: Envelope, answer: Verdict) -> None:
        if not answer.events or isinstance(envelope.command, AddNote):
            # A note is true whatever happens; loading what is there already writes nothing.
            return
        again = self._ask(envelope)
        assert again is not None
        assert again.decision.allowed, (envelope.command, answer.stands_on, again.decision)
        assert again.events == answer.events, (envelope.command, answer.stands_on)

    def _draw(self, rng: Random, near: Envelope | None = None) -> Envelope:
        about = near.command if near else None
        command = command_for(self.board, self.given, self.table.now, rng, about)
        actor = actor_for(self.board, command, rng)
        self.count += 1
        assert read_command(*command_fields(command)) == command
        return Envelope(f"r{self.count}", actor, command)

    def _ask(self, envelope: Envelope) -> Verdict | None:
        try:
            return decide(self.board, envelope, self.table.now, FACTS)
        except BadCommand:
            return None

    def _apply(self, envelope: Envelope, verdict: Verdict) -> None:
        draft = Draft(self.board)
        draft.add(verdict.events)
        first = self.board.seq + 1
        for seq, event in enumerate(verdict.events, start=first):
            kind, schema, body = write_event(event, envelope, verdict.decision)
            fields = {b"kind": kind.encode(), b"schema": schema.encode(), b"at": b"%f" % self.table.now, b"body": body}
            recorded = read_event(seq, fields)
            assert recorded.event == event
            assert recorded == RecordedEvent(seq, recorded.at, event, envelope.actor, envelope.id, verdict.decision)
            self.board.apply(recorded)
            for line in log_entries(recorded, self.board):
                assert line.text
                assert line.kind in LOG_LABELS
        for ref, entity in draft.changes.items():
            assert self.board.find(ref) == entity or entity is None
            assert self.board.version(ref) == first + draft.touched_by[ref]
        if verdict.events:
            self.given.append(envelope.id)

    def _check_verdict(self, verdict: Verdict) -> None:
        """What the fold reads and writes is what the answer stands on."""
        watched = Watched(self.board)
        draft = Draft(watched)
        draft.add(verdict.events)
        written = {ref for ref, entity in draft.changes.items() if entity is not None}
        for ref in (watched.read | written) - verdict.stands_on:
            kind, name = split_ref(ref)
            if self.board.find(ref) is None and kind == "assignment":
                assert unit_ref(name.split("|")[1]) in verdict.stands_on
            elif self.board.find(ref) is None and kind == "incident":
                assert NUMBERS in verdict.stands_on
            else:
                assert kind == "agreement", (ref, verdict)

    def _check_board(self) -> None:
        board = self.board
        active: dict[str, list[str]] = defaultdict(list)
        reserved: dict[str, set[str]] = defaultdict(set)
        live: Counter[tuple[str, str]] = Counter()
        lent = 0
        for incident in board.incidents():
            for held in board.assignments_of(incident.id):
                stamps = [held.stamps[name] for name in sorted(held.stamps, key=lambda n: rank(AssignmentStatus(n)))]
                assert stamps == sorted(stamps), held
                assert str(held.status) in held.stamps
                if held.ended:
                    continue
                assert incident.open, f"{held.id} on a closed incident"
                live[(held.unit, incident.id)] += 1
                lent += held.clause == "peninsula/1"
                if held.status == AssignmentStatus.RESERVED:
                    reserved[held.unit].add(held.id)
                else:
                    active[held.unit].append(held.id)
            for link in incident.links:
                other = board.get_incident(link.incident).find_link(incident.id)
                assert other is not None
                assert other.kind == link.kind.inverse
            assert incident.open or board.accountability_of(incident.id).par is None
            unified = board.structure_of(incident.id).unified
            assert not unified or incident.lead_agency in unified
        assert max(live.values(), default=0) <= 1
        assert lent == board.lent_under("peninsula/1") <= CAP
        for unit in board.units():
            assert active[unit.id] == ([unit.active] if unit.active else []), unit
            assert reserved[unit.id] == set(unit.reserved)
            assert len(unit.reserved) == len(set(unit.reserved))
            assert not unit.active or unit.duty == DutyState.IN_SERVICE
        assert board.serial == sum(1 for _ in board.incidents())
        members = Counter(member for group in board.task_forces() for member in group.members)
        assert max(members.values(), default=0) <= 1
        for group in board.task_forces():
            assert all(board.find_task_force_of(member) == group for member in group.members)

    def teardown(self) -> None:
        """What is written down can be read again, and what is derived is derived from it alone."""
        copy = Board()
        for ref, (version, entity) in self.board.state().items():
            if entity is not None:
                assert read_entity(ref, to_json(entity)) == entity
                copy._put(ref, entity)
            copy._versions[ref] = version
        assert copy.state() == self.board.state()
        assert {i.id for i in copy.open_incidents()} == {i.id for i in self.board.open_incidents()}
        for incident in self.board.incidents():
            assert copy.agencies_of(incident.id) == self.board.agencies_of(incident.id)
        for unit in self.board.units():
            assert copy.find_task_force_of(unit.id) == self.board.find_task_force_of(unit.id)
        assert copy.lent_under("peninsula/1") == self.board.lent_under("peninsula/1")


TestRandomCommands = BoardMachine.TestCase
TestRandomCommands.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_a_hundred_seeded_nights() -> None:
    """Of 19 refs taken out of answers by hand, 18 were noticed within 230 seeds, most within 100."""
    for seed in range(EXAMPLES * 5 // 2):
        rng, night = Random(seed), BoardMachine()
        for _ in range(96):
            night._somebody_asks_while_somebody_else_does(rng)
        night.teardown()


def test_the_fold_refuses_nothing_it_knows() -> None:
    """Every event kind is folded: one nobody wrote a case for would be found here, not in the log."""
    import inspect

    from domain.events import EVENTS

    source = inspect.getsource(evolve)
    assert [kind.__name__ for kind in EVENTS if f"{kind.__name__}()" not in source] == []
