"""Log lines in memory: those of open incidents and of the closed ones with the newest lines.

Knows which lines are at hand and how many. Refuses to know the rest: the log has every line, and
`History.as_of` shows the board, lines included, as of any time.
What is kept depends on the events alone, so a snapshot's lines equal those of a process that folded the log.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from domain.board import Board
from domain.incident import Incident
from domain.log import LogEntry
from domain.refs import incident_ref
from domain.share_clause import Label

LINES_KEPT = 400
"""Lines per incident; the newest."""
CLOSED_KEPT = 100
"""Closed incidents whose lines are kept. The screen shows a closed one for ten minutes; a hundred in ten minutes
would be 14,000 incidents a day."""

Row = tuple[int, float, str, str, str, str, str, str, str, str, Label | None]
_rows_decoder = msgspec.json.Decoder(list[Row])


class LogLines(Mapping[str, deque[LogEntry]]):
    """incident -> its newest lines, oldest first. Lines that came packed are unpacked when somebody looks."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[LogEntry]] = {}
        self._packed: Mapping[str, msgspec.Raw] = {}
        self._closed: dict[str, None] = {}
        self._numbers: dict[str, None] = {}

    def __getitem__(self, incident: str) -> deque[LogEntry]:
        lines = self._lines.get(incident)
        if lines is None:
            if incident not in self._numbers:
                raise KeyError(incident)
            rows = _rows_decoder.decode(self._packed[incident])
            lines = self._lines[incident] = deque((_entry(incident, row) for row in rows), maxlen=LINES_KEPT)
        return lines

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, entry: LogEntry, board: Board) -> None:
        """Take a line; `board` is the board after the event it came from."""
        number = entry.incident
        if number not in self._numbers:
            self._numbers[number] = None
            self._lines[number] = deque(maxlen=LINES_KEPT)
        self[number].append(entry)
        self._closed.pop(number, None)
        incident = board.find(incident_ref(number))
        if isinstance(incident, Incident) and not incident.open:
            self._closed[number] = None
            if len(self._closed) > CLOSED_KEPT:
                oldest = next(iter(self._closed))
                del self._closed[oldest], self._numbers[oldest]
                self._lines.pop(oldest, None)

    def pack(self) -> tuple[dict[str, list[Row]], list[str]]:
        """What `restore` takes, as plain values: the lines by incident, and the closed incidents in order."""
        return {number: [_row(entry) for entry in lines] for number, lines in self.items()}, list(self._closed)

    def restore(self, packed: Mapping[str, msgspec.Raw], closed: Iterable[str]) -> None:
        """Become what was packed."""
        self.clear()
        self._packed = packed
        self._numbers = dict.fromkeys(packed)
        self._closed = dict.fromkeys(closed)

    def clear(self) -> None:
        """Forget every line."""
        self._lines.clear()
        self._packed = {}
        self._closed.clear()
        self._numbers.clear()


def _row(entry: LogEntry) -> Row:
    who, said = (entry.agency, entry.actor), (entry.kind, entry.text, entry.rule, entry.clause)
    return (entry.seq, entry.at, *who, *said, entry.other, entry.discreet, entry.label)


def _entry(incident: str, row: Row) -> LogEntry:
    return LogEntry(row[0], row[1], incident, *row[2:])
