"""Log lines in memory: those of open incidents and of the closed ones with the newest lines.

Knows which lines are at hand and how many. Refuses to know the rest: the log has every line, and
`History.as_of` shows the board, lines included, as of any time.
What is kept depends on the events alone, so a snapshot's lines equal those of a process that folded the log.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from domain.board import Board
from domain.incident import Incident
from domain.log import LogEntry
from domain.refs import incident_ref

LINES_KEPT = 400
"""Lines per incident; the newest."""
CLOSED_KEPT = 200
"""Closed incidents whose lines are kept; a board closes that many in hours."""


class LogLines(Mapping[str, deque[LogEntry]]):
    """incident -> its newest lines, oldest first."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[LogEntry]] = {}
        self._closed: dict[str, None] = {}

    def __getitem__(self, incident: str) -> deque[LogEntry]:
        return self._lines[incident]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def closed(self) -> tuple[str, ...]:
        """The closed incidents at hand, the one with the newest line last."""
        return tuple(self._closed)

    def add(self, entry: LogEntry, board: Board) -> None:
        """Take a line; `board` is the board after the event it came from."""
        number = entry.incident
        lines = self._lines.get(number)
        if lines is None:
            lines = self._lines[number] = deque(maxlen=LINES_KEPT)
        lines.append(entry)
        self._closed.pop(number, None)
        incident = board.find(incident_ref(number))
        if isinstance(incident, Incident) and not incident.open:
            self._closed[number] = None
            if len(self._closed) > CLOSED_KEPT:
                oldest = next(iter(self._closed))
                del self._closed[oldest]
                del self._lines[oldest]

    def restore(self, entries: Iterable[LogEntry], closed: Iterable[str]) -> None:
        """Become what a snapshot kept."""
        self.clear()
        for entry in entries:
            self._lines.setdefault(entry.incident, deque(maxlen=LINES_KEPT)).append(entry)
        self._closed = dict.fromkeys(closed)

    def clear(self) -> None:
        """Forget every line."""
        self._lines.clear()
        self._closed.clear()
