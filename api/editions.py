"""Keeps what this process answers from in step with the boundary editions adopted on the board.

Knows how an edition gets from the store into use: fetched, built once a machine in a process of its own, mapped,
swapped. Refuses to know polygons and keys. Nothing here is waited for by a request; what goes wrong is told on
`/readyz` and in the log, tried again, and the former edition answers meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from data.link import BoardLink
from domain.edition import BoundaryEdition
from domain.errors import BadRegion, ConcordError
from domain.region import Region
from geo.edition_build import FORMAT, Prepared, load_edition
from geo.features import MapDocuments
from geo.ground import Ground

AGAIN_SECONDS = 5.0
"""Between two tries at an edition that could not be taken up."""
SAY_SECONDS = 10.0
"""How often a process says what it answers from."""
BUILD_SECONDS = 300.0
ROOT = Path(__file__).resolve().parent.parent

log = logging.getLogger("concord.editions")


class EditionKeeper:
    """One process's editions. `drawn` is told the map of the edition that is in force, whenever that changes."""

    def __init__(
        self, link: BoardLink, ground: Ground, region: Region, cache: Path, drawn: Callable[[str, MapDocuments], None]
    ) -> None:
        self._link = link
        self._ground = ground
        self._zone = ZoneInfo(region.time_zone)
        self._places = json.dumps([[place.name, place.lon, place.lat, place.population] for place in region.places])
        self._cache = cache
        # The map holds the pack's places: with others it is another folder.
        self._made_with = hashlib.sha256(f"{FORMAT} {self._places}".encode()).hexdigest()[:8]
        self._drawn = drawn
        self._maps: dict[str, MapDocuments] = {}
        self._shown = ""
        self._wake = asyncio.Event()
        self._process = f"{os.uname().nodename}:{os.getpid()}"
        self.troubles: dict[str, str] = {}
        """edition -> why it is not in use here, in words; empty when all are"""

    @property
    def pending(self) -> tuple[BoundaryEdition, ...]:
        """Editions adopted and not yet in use here."""
        used = set(self._ground.editions)
        return tuple(one for one in self._link.board.editions.editions if (one.id, one.since) not in used)

    def warnings(self) -> list[str]:
        """What is not as the board says it should be, a line each."""
        now = self._link.board.head.time(self._link.now())
        return [
            f"boundaries {one.short} are {'in force and' if one.since <= now else 'adopted and'} not yet in use here: "
            + self.troubles.get(one.id, "being prepared")
            for one in self.pending
        ]

    async def run(self) -> None:
        """Keep in step until cancelled."""
        stop = self._link.projection.listen(lambda recorded: self._wake.set())
        said = -SAY_SECONDS
        loop = asyncio.get_running_loop()
        try:
            while True:
                await self._take_up_all()
                self._show()
                if loop.time() - said >= SAY_SECONDS or not said:
                    said = loop.time()
                    await self._say()
                self._wake.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), AGAIN_SECONDS if self.troubles else 1.0)
                if self._wake.is_set() and not self.pending:
                    # Most events adopt nothing: look again in a moment, not at each of a thousand.
                    await asyncio.sleep(0.5)
        finally:
            stop()
            with contextlib.suppress(Exception):
                async with asyncio.timeout(1.0):
                    await self._link.editions.leave(self._process)

    async def _take_up_all(self) -> None:
        for edition in self.pending:
            try:
                prepared = await self._prepared(edition)
            except asyncio.CancelledError:
                raise
            except Exception as fault:
                why = str(fault) if isinstance(fault, ConcordError) else f"{type(fault).__name__}: {fault}"
                if self.troubles.get(edition.id) != why:
                    log.error("boundaries %s cannot be taken up, the former ones answer: %s", edition.short, why)
                self.troubles[edition.id] = why
                continue
            self._ground.use(edition.id, edition.since, prepared.index)
            self._maps[edition.id] = prepared.map
            self.troubles.pop(edition.id, None)
            log.info("boundaries %s are ready, in force from %.0f", edition.short, edition.since)
            await self._say()

    async def _prepared(self, edition: BoundaryEdition) -> Prepared:
        folder = self._cache / f"{edition.id}-{self._made_with}"
        if not folder.is_dir():
            content = await self._link.editions.get(edition.id)
            async with _only_one(self._cache / f"{edition.id}.lock"):
                if not folder.is_dir():
                    await self._build(edition, content, folder)
        try:
            prepared = await asyncio.to_thread(load_edition, folder, self._zone)
        except BadRegion:
            # A machine that lost its power may leave a folder whose files are not whole: it is made anew.
            await asyncio.to_thread(_set_aside, folder)
            raise
        await asyncio.to_thread(prepared.index.zones.compile)
        return prepared

    async def _build(self, edition: BoundaryEdition, content: bytes, folder: Path) -> None:
        source = self._cache / f"{edition.id}.gpkg"
        places = self._cache / f"{edition.id}.places.json"
        await asyncio.to_thread(source.write_bytes, content)
        await asyncio.to_thread(places.write_text, self._places)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "geo.edition_build",
            str(source),
            str(folder),
            str(places),
            cwd=ROOT,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(BUILD_SECONDS):
                _, said = await process.communicate()
        except TimeoutError:
            raise BadRegion(f"building {edition.short} took over {BUILD_SECONDS:.0f} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            for leftover in (source, places):
                leftover.unlink(missing_ok=True)
        if process.returncode:
            words = " ".join(said.decode(errors="replace").split())
            raise BadRegion(words[-500:] or f"the build ended with status {process.returncode}")

    def _show(self) -> None:
        edition = self._ground.edition_at(self._link.board.head.time(self._link.now())).id
        if edition != self._shown:
            self._shown = edition
            if edition in self._maps:
                self._drawn(edition, self._maps[edition])

    async def _say(self) -> None:
        newest = self._ground.editions[-1][0]
        with contextlib.suppress(Exception):  # a store that is away is told of elsewhere
            await self._link.editions.say(self._process, newest, self._link.now())


@contextlib.asynccontextmanager
async def _only_one(lock: Path) -> AsyncIterator[None]:
    """One process of this machine at a time; the others wait aside and find the work done."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(0.1)
        yield
    finally:
        os.close(descriptor)  # and the lock with it, also when this process dies


def _set_aside(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rename(folder.with_name(f".{folder.name}.broken.{os.getpid()}"))
