"""The whole log, from event 1: archive and stream as one.

Knows where an event is to be found. Refuses to know what it means and to change anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.codec import read_event
from data.keys import Keys
from domain.errors import ConcordError
from domain.events import RecordedEvent

if TYPE_CHECKING:
    from data.event_files import EventReader

PAGE = 2000
Entry = tuple[int, dict[bytes, bytes]]


class EventsMissing(ConcordError, LookupError):
    """Events are neither in the store nor in the archive folder."""


class EventLog:
    """Reads the events of one board. `folder` is its archive; None where there is none on this machine."""

    def __init__(self, client: Any, keys: Keys, folder: Path | None) -> None:
        self._client = client
        self._keys = keys
        self._folder = folder
        self._files: EventReader | None = None

    async def page(self, after: int, count: int = PAGE) -> list[Entry]:
        """At most `count` entries after a sequence number, from stream or archive; none at the log's end.

        Raises EventsMissing when the log goes on but the next event is in neither.
        """
        found = [
            (int(entry_id.split(b"-")[0]), fields)
            for entry_id, fields in await self._client.xrange(self._keys.log, min=f"({after}-0", count=count)
        ]
        if not found or found[0][0] == after + 1:
            return found
        archived = await asyncio.to_thread(self._archived, after, count) if self._folder else []
        if not archived:
            raise EventsMissing(
                f"event {after + 1} was trimmed from the log (it begins with {found[0][0]}) and is not in the archive"
                f" folder {self._folder or '(none given)'}: give the folder `python -m tools archive` wrote to"
            )
        return archived

    async def events(self, after: int = 0) -> AsyncIterator[RecordedEvent]:
        """Every event after a sequence number, up to the log's end as it is then. Raises EventsMissing."""
        while page := await self.page(after):
            for seq, fields in page:
                if seq != after + 1:
                    raise EventsMissing(f"the log goes from {after} to {seq}: run `python -m tools verify`")
                yield read_event(seq, fields)
                after = seq

    def _archived(self, after: int, count: int) -> list[Entry]:
        if self._files is None:
            # Imported here: a web process that never looks into the archive needs no pyarrow in memory.
            from data.event_files import EventReader

            assert self._folder is not None
            self._files = EventReader(self._folder)
        return self._files.read(after, count)
