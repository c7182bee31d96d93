"""A board with a history worth sealing, and a sealer that seals when a test says so."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from data.link import BoardLink
from data.sealing import Sealing
from domain.assignment import AssignmentStatus
from domain.commands import AddNote, AssignUnits, ChangeStatus
from tests.integration.test_commit import fire, give, workers


@contextlib.asynccontextmanager
async def sealing_of(url: str, board: str, folder: Path, **more: object) -> AsyncIterator[Sealing]:
    """A process's part in sealing, started by nobody: tests call `step`."""
    part = Sealing(url, board, folder / "keys", folder / f"{board}.ndjson", **more)  # type: ignore[arg-type]
    try:
        yield part
    finally:
        part.witness._let_go()
        await part._client.aclose()


async def copy(part: Sealing) -> None:
    """Bring the file of seals up to date."""
    assert part.witness._file.locked or part.witness._file.lock()
    await part.witness.step()


async def happen(link: BoardLink, unit: str) -> str:
    """An incident with a unit on its way and a note: five events or so."""
    incident = await fire(link)
    await give(link, AssignUnits(incident, (unit,)))
    await give(link, ChangeStatus(f"{incident}|{unit}|1", AssignmentStatus.EN_ROUTE))
    await give(link, AddNote(incident, f"{unit}: smoke showing, “Café” side"))
    return incident


@contextlib.asynccontextmanager
async def history(url: str, board: str, folder: Path) -> AsyncIterator[tuple[BoardLink, Sealing]]:
    """A board sealed four times, copied to the file, with nothing left unsealed."""
    async with workers(url, board, 1) as (link,), sealing_of(url, board, folder) as part:
        await part.sealer.step()
        for number in range(1, 4):
            await happen(link, f"sffd/E{number}")
            await part.sealer.step()
        await copy(part)
        yield link, part
