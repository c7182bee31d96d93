"""A board with a long past, made quickly: days of calls of twelve agencies in seconds.

Knows how incidents come and go. Every command passes the real rules (`decide`) and every event is written by the
real commit function, with body and state as the dispatcher writes them. Two things are left out to be quick, and
matter to no reader: many commands share one call of the commit, and so one time stamp, and as only one writer is at
work no versions are compared.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from typing import Any

from data.codec import to_json, write_event
from data.connection import connect, load_functions
from data.keys import Keys
from domain.agency import Agency, Discipline
from domain.assignment import AssignmentStatus
from domain.board import Board, Draft
from domain.commands import (
    Actor,
    AddNote,
    AssignUnits,
    ChangeStatus,
    CloseIncident,
    Command,
    Envelope,
    OpenBoard,
    RegisterAgencies,
    RegisterUnits,
    ReportIncident,
    Role,
)
from domain.events import RecordedEvent
from domain.response_plan import Need, ResponsePlan
from domain.rules import Facts, decide
from domain.unit import Unit

AGENCIES = 12
UNITS_EACH = 50
OPEN_AT_ONCE = 120
PLANS = ("STRUCTURE FIRE", "MEDICAL", "TRAFFIC COLLISION", "ALARM", "RESCUE", "HAZMAT")
FACTS = Facts(
    plans={name: ResponsePlan(name, name.title(), name[0], "fire", 2, ((Need("ENGINE", 1),),)) for name in PLANS},
    areas_at=lambda lon, lat, when: set(),
)
STREETS = ("Mission St", "24th St", "Geary Blvd", "Van Ness Ave", "Taraval St", "3rd St", "El Camino Real")
NOTES = (
    "smoke showing from the second floor",
    "patient conscious and breathing",
    "one lane blocked",
    "caller on scene",
)
DISPOSITIONS = ("no merit", "fire out", "patient transported", "handled by police")
STEPS = (AssignmentStatus.ACKNOWLEDGED, AssignmentStatus.EN_ROUTE, AssignmentStatus.ON_SCENE, AssignmentStatus.CLEARED)


class BusyBoard:
    """Writes a past onto an empty board."""

    def __init__(
        self,
        client: Any,
        keys: Keys,
        chance: random.Random,
        start: float,
        units_each: int = UNITS_EACH,
        open_at_once: int = OPEN_AT_ONCE,
    ) -> None:
        self._units_each = units_each
        self._open_at_once = open_at_once
        self._client = client
        self._keys = keys
        self._chance = chance
        self._time = start
        self.board = Board()
        self._events: list[bytes | str] = []
        self._changes: dict[str, tuple[int, bytes]] = {}
        self._count = 0

    async def grow(self, events: int, batch: int = 50, told: Callable[[int], None] = lambda seq: None) -> None:
        """Work the board until its log has so many events; `batch` of them share a time stamp."""
        if not self.board.seq:
            self._open()
        work = self._work()
        while self.board.seq < events:
            next(work)
            if self._count >= batch:
                await self._commit()
                told(self.board.seq)
        await self._commit()

    def _open(self) -> None:
        loader = Actor("region loader", "", Role.SERVICE, "import")
        names = [f"dept{n:02d}" for n in range(AGENCIES)]
        self._give(OpenBoard("Bench", "bench", "BN", time_zone="America/Los_Angeles"), loader)
        self._give(
            RegisterAgencies(tuple(Agency(name, name.title(), name.upper(), Discipline.FIRE) for name in names)), loader
        )
        units = [
            Unit(f"{name}/E{n}", name, f"E{n}", "ENGINE", ("ENGINE",), 4, f"Station {n}", -122.4, 37.7)
            for name in names
            for n in range(1, self._units_each + 1)
        ]
        self._give(RegisterUnits(tuple(units)), loader)

    def _work(self) -> Any:
        """One command a step, for ever: calls come in, crews proceed, incidents close."""
        going: list[Any] = []
        while True:
            while len(going) < self._open_at_once:
                going.append(self._incident())
            at = self._chance.randrange(len(going))
            try:
                next(going[at])
                self._time += self._chance.expovariate(1.0)
                yield
            except StopIteration:
                going[at] = going[-1]
                going.pop()

    def _incident(self) -> Any:
        chance = self._chance
        agency = f"dept{chance.randrange(AGENCIES):02d}"
        actor = Actor(f"Dispatcher {chance.randrange(1, 5)}", agency, Role.DISPATCHER)
        kind = chance.choice(PLANS)
        street = f"{chance.randrange(1, 4000)} {chance.choice(STREETS)}"
        place = (round(-122.5 + chance.random(), 6), round(37.2 + chance.random(), 6))
        told = f"415-555-{chance.randrange(10000):04d}"
        number = self._give(ReportIncident(kind, *place, address=street, caller=told), actor)
        yield
        free = [unit.id for unit in self.board.units() if unit.agency == agency and not unit.active]
        wanted = 1 + (chance.random() < 0.4) + (chance.random() < 0.2)
        units = chance.sample(free, min(len(free), wanted))
        if units:
            self._give(AssignUnits(number, tuple(units)), actor)
            yield
        held = [assignment.id for assignment in self.board.assignments_of(number)]
        for step in STEPS:
            for assignment in held:
                self._give(ChangeStatus(assignment, step), actor)
                yield
            if chance.random() < 0.3:
                self._give(AddNote(number, chance.choice(NOTES)), actor)
                yield
        self._give(CloseIncident(number, chance.choice(DISPOSITIONS)), actor)
        yield

    def _give(self, command: Command, actor: Actor) -> str:
        envelope = Envelope(str(uuid.UUID(int=self._chance.getrandbits(128), version=4)), actor, command)
        verdict = decide(self.board, envelope, self._time, FACTS)
        if not verdict.decision.allowed:
            raise RuntimeError(f"the benchmark's own command was refused: {verdict.decision}")
        draft = Draft(self.board)
        draft.add(verdict.events)
        for ref, entity in draft.changes.items():
            index = self._count + draft.touched_by[ref] + 1
            before = self._changes.get(ref, (0, b""))[1]
            self._changes[ref] = (index, before if entity is None else to_json(entity))
        for event in verdict.events:
            self._events += write_event(event, envelope, verdict.decision)
            self._count += 1
            self.board.apply(RecordedEvent(self.board.seq + 1, self._time, event, actor, envelope.id, verdict.decision))
        return verdict.incident

    async def _commit(self) -> None:
        if not self._count:
            return
        keys = self._keys
        seconds, micros = await self._client.time()
        args: list[Any] = ["bench", f"{seconds}.{micros:06d}", 60, "{}", 0, self._count, *self._events]
        args.append(len(self._changes))
        for ref, (index, doc) in self._changes.items():
            args += (ref, index, doc)
        named = (keys.seq, keys.versions, keys.state, keys.log, keys.command(f"bench-{self.board.seq}"))
        answer = await self._client.fcall("concord_commit_1", len(named), *named, *args)
        if answer[0] != b"OK" or int(answer[2]) != self.board.seq:
            raise RuntimeError(f"the store answered {answer}")
        self._events, self._changes, self._count = [], {}, 0


async def busy_client(url: str) -> Any:
    """A client of a server that holds the commit functions."""
    client = connect(url)
    await load_functions(client)
    return client
