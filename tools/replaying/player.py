"""Sends a plan's steps to a board and keeps the account.

Knows which command a step becomes, what each must wait for, and the pace. Refuses to know the store: it uses a
link with `board`, `now` and `send` like any other client.

Commands of different units and calls do not depend on each other, so up to IN_FLIGHT of them are under way at
once; those of one unit, and those of one call, keep their order. Every command has an id made from the
recording, so playing the same file again onto the same board changes nothing.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from domain.agreement import AidMode
from domain.assignment import AssignmentStatus
from domain.board import Board
from domain.commands import (
    Actor,
    AddNote,
    AssignUnits,
    ChangeStatus,
    CloseIncident,
    Command,
    Envelope,
    ReportIncident,
    Role,
    SetClock,
)
from domain.errors import StoreUnavailable
from domain.outcome import Outcome, OutcomeStatus
from domain.position import Fix
from domain.unit import Unit
from tools.replaying.account import CALL_REFUSED, ROW_REFUSED, Account
from tools.replaying.plan import Plan, Step, StepKind
from tools.replaying.rows import Row

IN_FLIGHT = 48
"""Commands under way at once at the greatest speed."""
WAITS = (0.1, 0.25, 0.5, 1.0, 2.0)
"""Seconds between tries while the store is away; the last is repeated."""
PICTURE_SECONDS = 30.0
"""How long this process's picture may lag behind a command that was accepted."""
CLOCK_STEP = 86400.0
"""At the greatest speed the board's clock is set forward once per this many recorded seconds."""


ACTOR = "Replay"


def lenders(board: Board, lead: str) -> frozenset[str]:
    """Agencies whose units the lead agency may send under some automatic-aid clause."""
    clauses = (clause for paper in board.agreements() for clause in paper.clauses)
    return frozenset(clause.giver for clause in clauses if clause.receiver == lead and clause.mode == AidMode.AUTOMATIC)


class Link(Protocol):
    """What a replay needs of a link to a board (data/link.py)."""

    @property
    def board(self) -> Board:
        """The board as this process knows it."""

    def now(self) -> float:
        """Server time, seconds since the epoch."""

    async def send(self, envelope: Envelope) -> Outcome:
        """Submit a command."""

    async def caught_up(self, seq: int, timeout: float) -> bool:
        """Wait until `board` includes an event."""

    async def report_positions(self, fixes: Sequence[Fix]) -> int:
        """Store a batch of fixes."""


class Player:
    """Plays one plan onto one board. `rate` is recorded seconds a second, math.inf for as fast as it goes.

    `types` maps the recording's call types to response plans' codes, `units` callsigns to units; `lead` is the
    agency that leads every call; `run` names this run in ids that must not repeat.
    """

    def __init__(
        self,
        link: Link,
        plan: Plan,
        *,
        rate: float,
        types: Mapping[str, str],
        units: Mapping[str, Unit],
        lead: str,
        run: str,
        progress: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.account = Account(plan)
        self.clock_commands = 0
        self._link = link
        self._plan = plan
        self._rate = rate
        self._types = types
        self._units = units
        self._lead = lead
        self._run = run
        self._lenders = lenders(link.board, lead)
        self._progress = progress
        self._incidents: dict[int, str] = {}
        self._assignments: dict[int, str] = {}
        self._made: Counter[tuple[str, str]] = Counter()
        self._tails: dict[object, asyncio.Task[None]] = {}
        self._of_call: dict[int, list[asyncio.Task[None]]] = defaultdict(list)

    async def play(self, stop: asyncio.Event) -> Account:
        """Send everything in order; returns early, with what was done, when `stop` is set."""
        steps = self._plan.steps
        if not steps:
            return self.account
        await self._set_clock(self._plan.first, 1.0 if math.isinf(self._rate) else self._rate)
        room = asyncio.Semaphore(IN_FLIGHT)
        clock_due = self._plan.first + CLOCK_STEP
        async with asyncio.TaskGroup() as tasks:  # one that fails stops all: the account would be wrong
            for count, step in enumerate(steps):
                if not await self._wait_for(step.due, stop):
                    break
                if math.isinf(self._rate) and step.due >= clock_due:
                    await self._set_clock(clock_due, 1.0)
                    clock_due += CLOCK_STEP
                if count % 2000 == 0:
                    self._progress(f"{count} of {len(steps)} commands")
                await room.acquire()
                self._submit(tasks, room, step)
        if math.isinf(self._rate) and not stop.is_set():
            await self._set_clock(self._plan.last, 1.0)
        return self.account

    def _submit(self, tasks: asyncio.TaskGroup, room: asyncio.Semaphore, step: Step) -> None:
        keys = self._keys(step)
        before = [self._tails[key] for key in keys if key in self._tails]
        if step.kind == StepKind.CLOSE:
            before += self._of_call.pop(step.call, [])
        elif step.row >= 0:
            before.append(self._tails["call", step.call])
        task = tasks.create_task(self._run_step(step, before, room))
        for key in keys:
            self._tails[key] = task
        if step.kind not in (StepKind.REPORT, StepKind.CLOSE):
            self._of_call[step.call].append(task)

    def _keys(self, step: Step) -> list[object]:
        """What must keep its order. Reports share one key: they all draw the board's next number."""
        if step.kind == StepKind.REPORT:
            return ["numbers", ("call", step.call)]
        if step.kind == StepKind.CLOSE:
            return [("call", step.call)]
        return [("unit", self._plan.rows[step.row].callsign)]

    async def _run_step(self, step: Step, before: list[asyncio.Task[None]], room: asyncio.Semaphore) -> None:
        try:
            for task in before:
                await task
            command = self._command(step)
            if isinstance(command, str):
                self.account.left_out(step, command)
                return
            envelope = Envelope(self._id(step), self._actor(step), command)
            outcome = await self._send(envelope)
            self.account.answered(step, outcome)
            if outcome.accepted:
                await self._remember(step, outcome)
        finally:
            room.release()

    def _command(self, step: Step) -> Command | str:
        """The command of a step, or why it is not sent."""
        call = self._plan.calls[step.call]
        if step.kind == StepKind.REPORT:
            return ReportIncident(
                type=self._types.get(call.type, call.type),
                lon=call.lon,
                lat=call.lat,
                priority=call.priority,
                address=call.address,
                local_type=call.type,
                external_id=call.number,
                lead_agency=self._lead,
                occurred_at=step.occurred_at,
            )
        incident = self._incidents.get(step.call)
        if incident is None:
            return CALL_REFUSED
        if step.kind == StepKind.CLOSE:
            cancelled = call.disposition == "Cancelled"
            return CloseIncident(incident, call.disposition, cancelled, occurred_at=step.occurred_at)
        if step.kind == StepKind.ASSIGN:
            return AssignUnits(incident, (self._unit(self._plan.rows[step.row]),), occurred_at=step.occurred_at)
        assignment = self._assignments.get(step.row)
        if assignment is None:
            return ROW_REFUSED
        if step.kind == StepKind.NOTE:
            return AddNote(incident, step.text, occurred_at=step.occurred_at)
        return ChangeStatus(assignment, step.status or AssignmentStatus.CLEARED, occurred_at=step.occurred_at)

    def _unit(self, row: Row) -> str:
        known = self._units.get(row.callsign)
        return known.id if known else f"{self._lead}/{row.callsign}"

    def _id(self, step: Step) -> str:
        # The recorded time is part of it: a backward Available and the clearing that stands in for it differ.
        what = step.status or step.kind
        return f"replay/{self.account.subject(step)}/{what}/{step.occurred_at:.0f}"

    def _actor(self, step: Step) -> Actor:
        # The lead agency sends what automatic aid gives it; without such a paper the owner's own record counts.
        unit = self._units.get(self._plan.rows[step.row].callsign) if step.row >= 0 else None
        lent = unit is not None and step.kind == StepKind.ASSIGN and unit.agency in self._lenders
        return Actor(ACTOR, self._lead if unit is None or lent else unit.agency, Role.SERVICE, "replay")

    async def _remember(self, step: Step, outcome: Outcome) -> None:
        if step.kind == StepKind.REPORT:
            self._incidents[step.call] = outcome.incident
        elif step.kind == StepKind.ASSIGN:
            incident, unit = self._incidents[step.call], self._unit(self._plan.rows[step.row])
            if not await self._link.caught_up(outcome.seq, PICTURE_SECONDS):
                raise StoreUnavailable(f"the board's log could not be followed up to event {outcome.seq}; start again")
            made = [held.id for held in self._link.board.assignments_of(incident) if held.unit == unit]
            self._assignments[step.row] = made[self._made[incident, unit]]
            self._made[incident, unit] += 1
        elif step.kind == StepKind.STATUS and not math.isinf(self._rate):
            await self._place(step)

    async def _place(self, step: Step) -> None:
        """The recording has no positions: on scene a unit is at the incident, cleared it is back home."""
        unit = self._units.get(self._plan.rows[step.row].callsign)
        if unit is None or step.status not in (AssignmentStatus.ON_SCENE, AssignmentStatus.CLEARED):
            return
        call = self._plan.calls[step.call]
        there = step.status == AssignmentStatus.ON_SCENE
        lon, lat = (call.lon, call.lat) if there else (unit.home_lon, unit.home_lat)
        now = self._link.now()
        try:
            await self._link.report_positions([Fix(unit.id, int(now * 1000), lon, lat, -1.0, 0.0, now)])
        except StoreUnavailable:
            return  # a lost position is made good by the next one

    async def _send(self, envelope: Envelope) -> Outcome:
        """Send until there is an answer: the id makes a repeat harmless."""
        tries = 0
        while True:
            outcome = await self._link.send(envelope)
            if outcome.status != OutcomeStatus.UNAVAILABLE and outcome.decision.rule != "too_busy":
                return outcome
            if tries == len(WAITS):
                self._progress(f"waiting: {outcome.text}")
            await asyncio.sleep(WAITS[min(tries, len(WAITS) - 1)])
            tries += 1

    async def _wait_for(self, due: float, stop: asyncio.Event) -> bool:
        """Wait until the board's clock shows a time; False when the replay is to stop."""
        while not stop.is_set():
            left = 0.0 if math.isinf(self._rate) else due - self._link.board.head.time(self._link.now())
            if left <= 0:
                return True
            try:
                # In short waits: somebody may set the board's clock meanwhile.
                await asyncio.wait_for(stop.wait(), min(left / self._rate, 1.0))
            except TimeoutError:
                continue
        return False

    async def _set_clock(self, base: float, rate: float) -> None:
        self.clock_commands += 1
        actor = Actor(ACTOR, self._lead, Role.SERVICE, "replay")
        await self._send(Envelope(f"replay/{self._run}/clock/{self.clock_commands}", actor, SetClock(base, rate)))
