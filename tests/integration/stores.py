"""What the tests of deployments share: a seeded board on any store, and a crowd that gives commands without pause."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from data.link import BoardLink
from domain.agency import Agency, Discipline
from domain.commands import (
    Actor,
    AddNote,
    Command,
    Envelope,
    OpenBoard,
    RegisterAgencies,
    RegisterUnits,
    ReportIncident,
    Role,
)
from domain.events import NoteAdded
from domain.outcome import Outcome, OutcomeStatus
from tests.unit.boards import FACTS, unit

DISPATCHER = Actor("Okafor", "sffd", Role.DISPATCHER)
LOADER = Actor("loader", "", Role.SERVICE)
_ids = itertools.count(1)


def ask(command: Command, actor: Actor = DISPATCHER, name: str = "", issued_at: float = 0.0) -> Envelope:
    return Envelope(name or f"s{next(_ids)}", actor, command, issued_at)


async def give(link: BoardLink, command: Command, actor: Actor = DISPATCHER) -> Outcome:
    outcome = await link.send(ask(command, actor))
    assert outcome.accepted, outcome
    return outcome


@contextlib.asynccontextmanager
async def seeded(url: str, board: str) -> AsyncIterator[tuple[BoardLink, str]]:
    """A link to a board with one agency, some units and one incident; the incident's number."""
    async with BoardLink.open(url, board, FACTS) as link:
        await give(link, OpenBoard("Test", "test", "SF"), LOADER)
        await give(link, RegisterAgencies((Agency("sffd", "SF Fire", "sffd", Discipline.FIRE),)), LOADER)
        await give(link, RegisterUnits(tuple(unit(f"sffd/E{n}") for n in range(1, 11))), LOADER)
        yield link, (await give(link, ReportIncident("FIRE", -122.4, 37.78))).incident


@dataclass
class Crowd:
    """Dispatchers who write notes one after the other; what they were told, and when."""

    told: dict[str, Outcome] = field(default_factory=dict)
    accepted_at: list[float] = field(default_factory=list)
    refused_at: list[float] = field(default_factory=list)

    @property
    def acknowledged(self) -> set[str]:
        """Texts of the notes that were acknowledged."""
        return {text for text, outcome in self.told.items() if outcome.accepted}

    def of(self, status: OutcomeStatus) -> list[Outcome]:
        """What ended that way."""
        return [outcome for outcome in self.told.values() if outcome.status == status]

    def longest_refusal(self) -> float:
        """The longest time between two acknowledgements, in seconds."""
        stamps = sorted(self.accepted_at)
        return max((b - a for a, b in itertools.pairwise(stamps)), default=0.0)

    @contextlib.asynccontextmanager
    async def at_work(
        self, link: BoardLink, incident: str, people: int = 4, pause: float = 0.005
    ) -> AsyncIterator[None]:
        """Inside the block they write; afterwards each has had the answer to the last one."""
        stop = asyncio.Event()

        async def person(number: int) -> None:
            for n in itertools.count():
                if stop.is_set():
                    return
                text = f"{number}-{n}-{next(_ids)}"
                outcome = await link.send(ask(AddNote(incident, text), issued_at=link.now()))
                self.told[text] = outcome
                (self.accepted_at if outcome.accepted else self.refused_at).append(time.monotonic())
                await asyncio.sleep(pause if outcome.accepted else 0.05)

        async with asyncio.TaskGroup() as group:
            for number in range(people):
                group.create_task(person(number))
            try:
                yield
            finally:
                stop.set()


async def notes_on(url: str, board: str) -> list[str]:
    """Every note in the log as somebody who opens the board now reads it, in order."""
    from data.codec import read_event
    from data.connection import connect
    from data.keys import keys_of

    client = connect(url, board=board)
    try:
        entries = await client.xrange(keys_of(board).log)
    finally:
        await client.aclose()
    seqs = [int(entry.split(b"-")[0]) for entry, _ in entries]
    assert seqs == list(range(1, len(seqs) + 1)), "the log has a gap"
    events = [read_event(seq, fields).event for seq, (_, fields) in zip(seqs, entries, strict=True)]
    return [event.text for event in events if isinstance(event, NoteAdded)]


async def assert_nothing_acknowledged_is_lost(crowd: Crowd, url: str, board: str) -> None:
    notes = await notes_on(url, board)
    assert len(notes) == len(set(notes)), "a command happened twice"
    lost = crowd.acknowledged - set(notes)
    assert not lost, f"{len(lost)} of {len(crowd.acknowledged)} acknowledged commands are lost"
    refused = {text for text, outcome in crowd.told.items() if not outcome.accepted and "not known" not in outcome.text}
    happened = refused & set(notes)
    assert not happened, f"{len(happened)} commands happened though it was said that they did not"


async def eventually(condition: object, seconds: float = 10.0) -> None:
    """Wait until a condition (called without arguments) holds."""
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)
