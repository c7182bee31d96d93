"""A board on a real server against the simplest model of it, compared after every step, two workers at once."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import uuid
from collections.abc import Coroutine, Sequence
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from data.codec import read_entity
from data.connection import load_functions
from data.link import BoardLink
from domain.agency import Agency, Discipline
from domain.assignment import AssignmentStatus
from domain.commands import (
    Actor,
    AddNote,
    AssignUnits,
    ChangePriority,
    ChangeStatus,
    CloseIncident,
    Command,
    Envelope,
    OpenBoard,
    RegisterAgencies,
    RegisterUnits,
    ReportIncident,
    Role,
    SetDuty,
)
from domain.outcome import Outcome, OutcomeStatus
from domain.refs import assignment_ref, incident_ref, unit_ref
from domain.unit import DutyState
from tests.integration.model_board import ModelBoard
from tests.integration.mutant import remove_check
from tests.unit.boards import FACTS, unit

UNITS = ("sffd/E1", "sffd/E2", "sffd/E3")
HANDS = st.integers(0, 1)
"""Which of the two workers a dispatcher happens to be connected to."""
SEEN = st.sampled_from(["nothing", "as it is", "older"])
LOADER = Actor("loader", "", Role.SERVICE)
STEPS = [status for status in AssignmentStatus if status != AssignmentStatus.RESERVED]


class Machine(RuleBasedStateMachine):
    """Commands as dispatchers give them, singly and in bursts."""

    url: ClassVar[str]
    mutant: ClassVar[bool] = False
    incidents = Bundle("incidents")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = contextlib.AsyncExitStack()
        self.links: list[BoardLink] = []
        self.model = ModelBoard()
        self.given: list[tuple[Envelope, Outcome]] = []
        self.ids = itertools.count(1)

    # The board ------------------------------------------------------------------------------------

    @initialize(target=incidents)
    def open_board(self) -> Any:
        return multiple(*self.run(self._open()))

    async def _open(self) -> list[str]:
        board = f"model-{uuid.uuid4().hex[:12]}"
        for _ in range(2):
            self.links.append(await self.stack.enter_async_context(BoardLink.open(self.url, board, FACTS)))
        if self.mutant:
            await remove_check(self.links[0]._client)
        registered = tuple(unit(name) for name in UNITS)
        for command, kinds in (
            (OpenBoard("Model", "model", "M"), ["BoardOpened", "ClockSet"]),
            (RegisterAgencies((Agency("sffd", "SFFD", "sffd", Discipline.FIRE),)), ["AgencyRegistered"]),
            (RegisterUnits(registered), ["UnitRegistered"] * len(UNITS)),
        ):
            assert (await self.links[0].send(self.envelope(command, LOADER))).accepted
            self.model.kinds += kinds
        for name in UNITS:
            self.model.duty[name] = "in_service"
        self.model.version.update({unit_ref(name): 4 + place for place, name in enumerate(UNITS)})
        return [await self._report(0) for _ in range(2)]

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(coroutine)

    def teardown(self) -> None:
        if self.links and self.mutant:
            self.run(load_functions(self.links[0]._client))
        self.run(self.stack.aclose())
        self.runner.close()

    def envelope(self, command: Command, actor: Actor, seen: dict[str, int] | None = None) -> Envelope:
        return Envelope(f"m{next(self.ids)}", actor, command, 0.0, seen or {})

    # One command at a time ------------------------------------------------------------------------

    def give(self, hand: int, command: Command, expected: bool, about: str, seen: str, before: ModelBoard) -> None:
        """Give a command and hold the answer against the model's. `before` are its versions before the command."""
        version = before.version.get(about, 0)
        looked = {"nothing": {}, "as it is": {about: version}, "older": {about: version - 1}}[seen]
        envelope = self.envelope(command, Actor(f"hand {hand}", "sffd", Role.DISPATCHER), looked)
        outcome = self.run(self._send(hand, envelope))
        self.given.append((envelope, outcome))
        if expected and seen == "older":
            assert outcome.status == OutcomeStatus.CONFLICT, outcome
            assert about in outcome.text
            self.model = before
        else:
            assert outcome.accepted == expected, (outcome, command)

    async def _send(self, hand: int, envelope: Envelope) -> Outcome:
        outcome = await self.links[hand].send(envelope)
        await self._settle()
        return outcome

    async def _settle(self) -> None:
        last = int(await self.links[0]._client.get(self.links[0].keys.seq))
        for link in self.links:
            assert await link.caught_up(last)

    def copy(self) -> ModelBoard:
        fields = vars(self.model)
        return ModelBoard(**{name: type(value)(value) for name, value in fields.items()})

    async def _report(self, hand: int) -> str:
        actor = Actor(f"hand {hand}", "sffd", Role.DISPATCHER)
        outcome = await self._send(hand, self.envelope(ReportIncident("FIRE", -122.4, 37.78), actor))
        assert outcome.accepted, outcome
        self.model.reported(outcome.incident)
        return outcome.incident

    @rule(target=incidents, hand=HANDS)
    def report(self, hand: int) -> str:
        name: str = self.run(self._report(hand))
        return name

    @rule(hand=HANDS, name=st.sampled_from(UNITS), incident=incidents, reserve=st.booleans(), seen=SEEN)
    def assign(self, hand: int, name: str, incident: str, reserve: bool, seen: str) -> None:
        before = self.copy()
        expected = self.model.assign(name, incident, reserve)
        self.give(hand, AssignUnits(incident, (name,), reserve), expected, unit_ref(name), seen, before)

    @rule(hand=HANDS, place=st.integers(0, 9), to=st.sampled_from(STEPS), seen=SEEN)
    def step(self, hand: int, place: int, to: AssignmentStatus, seen: str) -> None:
        if not self.model.status:
            return
        # Late ones are more interesting, but ended ones have their turn.
        name = list(self.model.status)[-1 - place % len(self.model.status)]
        before = self.copy()
        expected = self.model.step(name, str(to))
        self.give(hand, ChangeStatus(name, to), expected, assignment_ref(name), seen, before)

    @rule(hand=HANDS, incident=incidents, seen=SEEN)
    def close(self, hand: int, incident: str, seen: str) -> None:
        before = self.copy()
        self.give(hand, CloseIncident(incident), self.model.close(incident), incident_ref(incident), seen, before)

    @rule(hand=HANDS, incident=incidents, priority=st.integers(1, 4), seen=SEEN)
    def prioritise(self, hand: int, incident: str, priority: int, seen: str) -> None:
        before = self.copy()
        expected = self.model.prioritise(incident, priority)
        self.give(hand, ChangePriority(incident, priority), expected, incident_ref(incident), seen, before)

    @rule(hand=HANDS, incident=incidents)
    def note(self, hand: int, incident: str) -> None:
        before = self.copy()
        self.give(
            hand, AddNote(incident, "smoke"), self.model.note(incident), incident_ref(incident), "nothing", before
        )

    @rule(hand=HANDS, name=st.sampled_from(UNITS), duty=st.sampled_from(list(DutyState)), seen=SEEN)
    def set_duty(self, hand: int, name: str, duty: DutyState, seen: str) -> None:
        before = self.copy()
        expected = self.model.set_duty(name, str(duty))
        self.give(hand, SetDuty(name, duty, "flat tyre"), expected, unit_ref(name), seen, before)

    # The same id again ----------------------------------------------------------------------------

    @rule(hand=HANDS, place=st.integers(0, 30))
    def again(self, hand: int, place: int) -> None:
        if self.given:
            envelope, outcome = self.given[place % len(self.given)]
            assert self.run(self._send(hand, envelope)) == outcome

    @rule(hand=HANDS, place=st.integers(0, 30), incident=incidents)
    def misuse(self, hand: int, place: int, incident: str) -> None:
        if self.given:
            used = self.given[place % len(self.given)][0]
            other = Envelope(used.id, used.actor, AddNote(incident, f"not {used.id}"))
            assert self.run(self._send(hand, other)).status == OutcomeStatus.MISUSED

    # Many at once ---------------------------------------------------------------------------------

    @rule(name=st.sampled_from(UNITS), wanted=st.lists(incidents, min_size=2, max_size=8))
    def burst_on_one_unit(self, name: str, wanted: Sequence[str]) -> None:
        """Simultaneous claims: one wins if any may, the others learn who."""
        outcomes = self.at_once([AssignUnits(incident, (name,)) for incident in wanted])
        won = [place for place, outcome in enumerate(outcomes) if outcome.accepted]
        possible = [incident for incident in wanted if self.model.may_assign(name, incident, False)]
        assert len(won) == bool(possible), outcomes
        if won:
            assert self.model.assign(name, wanted[won[0]], False)
            for place, outcome in enumerate(outcomes):
                if place != won[0] and wanted[place] in possible:
                    assert outcome.status == OutcomeStatus.CONFLICT
                    assert f"desk {won[0]} of sffd" in outcome.text

    @rule(name=st.sampled_from(UNITS), incident=incidents)
    def close_and_assign_at_once(self, name: str, incident: str) -> None:
        may_assign = self.model.may_assign(name, incident, False)
        closing, assigning = self.at_once([CloseIncident(incident), AssignUnits(incident, (name,))])
        if closing.accepted:
            assert self.model.close(incident)
        assert assigning.accepted == (may_assign and not closing.accepted)
        if assigning.accepted:
            assert self.model.assign(name, incident, False)
        elif not closing.accepted:
            assert not self.model.close(incident), "nobody was in the way of closing"

    @rule(incident=incidents, count=st.integers(2, 6))
    def prioritise_at_once(self, incident: str, count: int) -> None:
        """Nobody expects anything: all of them happen, in some order."""
        outcomes = self.at_once([ChangePriority(incident, 1 + place % 4) for place in range(count)])
        in_order = sorted(zip((outcome.seq for outcome in outcomes), range(count), strict=True))
        for outcome, (_, place) in zip(outcomes, in_order, strict=True):
            assert outcome.accepted == self.model.prioritise(incident, 1 + place % 4)

    def at_once(self, commands: Sequence[Command]) -> list[Outcome]:
        """Give commands in the same instant, by turns to both workers, each from a desk of its own."""

        async def send() -> list[Outcome]:
            desks = [Actor(f"desk {place}", "sffd", Role.DISPATCHER) for place in range(len(commands))]
            asked = [self.envelope(command, desk) for command, desk in zip(commands, desks, strict=True)]
            outcomes = await asyncio.gather(*(self.links[n % 2].send(one) for n, one in enumerate(asked)))
            await self._settle()
            self.given += zip(asked, outcomes, strict=True)
            return outcomes

        outcomes: list[Outcome] = self.run(send())
        return outcomes

    # After every step -----------------------------------------------------------------------------

    @invariant()
    def model_server_and_both_workers_agree(self) -> None:
        if self.links:
            self.run(self._compare())

    async def _compare(self) -> None:
        client, keys = self.links[0]._client, self.links[0].keys
        log = await client.xrange(keys.log)
        assert [entry.decode() for entry, _ in log] == [f"{seq}-0" for seq in range(1, len(log) + 1)]
        assert [fields[b"kind"].decode() for _, fields in log] == self.model.kinds
        versions = {ref.decode(): int(version) for ref, version in (await client.hgetall(keys.versions)).items()}
        state = {ref.decode(): doc for ref, doc in (await client.hgetall(keys.state)).items()}
        stored = {
            ref: (version, read_entity(ref, state[ref]) if ref in state else None) for ref, version in versions.items()
        }
        for link in self.links:
            assert link.board.state() == stored
        for ref, version in self.model.version.items():
            assert versions[ref] == version, ref
        board = self.links[1].board
        for name in UNITS:
            real = board.get_unit(name)
            assert (real.active, real.duty) == (self.model.active(name), self.model.duty[name])
            assert sorted(real.reserved) == sorted(self.model.reserved(name))
        for name, status in self.model.status.items():
            assert board.get_assignment(name).status == status
        for incident, is_open in self.model.open.items():
            assert (board.get_incident(incident).open, board.get_incident(incident).priority) == (
                is_open,
                self.model.priority[incident],
            )


QUICK = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


def test_model_and_server_agree_after_every_step(valkey_url: str) -> None:
    run_state_machine_as_test(type("OnServer", (Machine,), {"url": valkey_url}), settings=QUICK)


def test_without_the_version_check_model_and_server_part(valkey_url: str) -> None:
    """A mutation: the test above would see the check missing."""
    broken = type("Mutant", (Machine,), {"url": valkey_url, "mutant": True})
    unshrunk = settings(QUICK, max_examples=100, phases=(Phase.generate,), report_multiple_bugs=False, database=None)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(broken, settings=unshrunk)
