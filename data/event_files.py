"""Events in Parquet files: the archive's format.

Knows how log entries become columns and how they come back byte for byte. Refuses to know the store and when
something is archived (archive.py). The only module that uses pyarrow.

A file `events-<first>-<last>.parquet` holds the events of those sequence numbers without a gap: `seq`, `at`
(microseconds since the epoch, server time), `kind`, `schema`, and the body's parts as JSON: `event`, `actor`,
`command`, `decision`. A body that is not made of exactly these parts is kept whole in `event`; fields of the entry
that this release does not know are kept in `more`. Any Parquet reader can read it.
"""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

Fields = dict[bytes, bytes]
Entry = tuple[int, Fields]

ROWS_PER_GROUP = 2048
"""Rows that are unpacked together. 8192 would save 2 bytes an event and take twice as long to look into."""
EFFORT = 12
"""Of zstd; 19 would save 4 bytes an event and take twenty times as long."""
GROUPS_KEPT = 16
"""Unpacked groups a reader keeps, of about 1 MB each."""
_NAME = re.compile(r"events-(\d+)-(\d+)\.parquet")
_KNOWN = (b"kind", b"at", b"schema", b"body")
_SCHEMA = pa.schema(
    [
        ("seq", pa.int64()),
        ("at", pa.int64()),
        ("kind", pa.string()),
        ("schema", pa.int16()),
        ("event", pa.string()),
        ("actor", pa.string()),
        ("command", pa.string()),
        ("decision", pa.string()),
        ("more", pa.binary()),
    ]
)
_DICTIONARIES = ["kind", "schema", "actor", "decision"]  # command ids hardly repeat


class _Parts(msgspec.Struct, forbid_unknown_fields=True):
    event: msgspec.Raw
    actor: msgspec.Raw
    command: msgspec.Raw
    decision: msgspec.Raw


_parts_decoder = msgspec.json.Decoder(_Parts)
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class EventFile:
    """One file of the archive: events `first` to `last`, both included."""

    path: Path
    first: int
    last: int


def event_files(folder: Path) -> list[EventFile]:
    """The archive's files, oldest events first. Half-written ones have other names."""
    found = []
    for path in folder.glob("events-*.parquet"):
        if match := _NAME.fullmatch(path.name):
            found.append(EventFile(path, int(match[1]), int(match[2])))
    return sorted(found, key=lambda file: file.first)


def write_events(folder: Path, entries: Sequence[Entry]) -> EventFile:
    """Write entries without a gap to one file; it has its name only once it is whole and on disk."""
    first, last = entries[0][0], entries[-1][0]
    path = folder / f"events-{first}-{last}.parquet"
    table = pa.Table.from_pylist([_row(seq, fields) for seq, fields in entries], schema=_SCHEMA)
    half = path.with_suffix(".half")
    pq.write_table(
        table,
        half,
        row_group_size=ROWS_PER_GROUP,
        compression="zstd",
        compression_level=EFFORT,
        use_dictionary=_DICTIONARIES,
        column_encoding={"seq": "DELTA_BINARY_PACKED", "at": "DELTA_BINARY_PACKED"},
        write_statistics=["seq", "at"],
        store_schema=False,
    )
    put_in_place(half, path)
    return EventFile(path, first, last)


def put_in_place(half: Path, path: Path) -> None:
    """Force a finished file to disk, give it its name, and force the name to disk."""
    for place in (half, path.parent):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
            if place is half:
                os.replace(half, path)
        finally:
            os.close(handle)


def archived_entries(folder: Path) -> Iterator[Entry]:
    """Every archived entry in order, from the first file's first event; nothing where there is no archive."""
    reader = EventReader(folder)
    files = event_files(folder)
    after = files[0].first - 1 if files else 0
    while page := reader.read(after, ROWS_PER_GROUP):
        yield from page
        after = page[-1][0]


class EventReader:
    """Reads entries from a folder's files. Safe from several threads; one reads at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._files: list[EventFile] = []
        self._open: dict[Path, Any] = {}
        self._groups: OrderedDict[tuple[Path, int], Any] = OrderedDict()

    def read(self, after: int, count: int) -> list[Entry]:
        """At most `count` entries after a sequence number, all of one group, as the log had them; none if not here."""
        with self._lock:
            file = self._find(after + 1)
            if file is None:
                return []
            number, offset = divmod(after + 1 - file.first, ROWS_PER_GROUP)
            return list(_entries(self._group(file, number).slice(offset, count)))

    def _find(self, seq: int) -> EventFile | None:
        if not any(file.first <= seq <= file.last for file in self._files):
            self._files = event_files(self._folder)
        return next((file for file in self._files if file.first <= seq <= file.last), None)

    def _group(self, file: EventFile, number: int) -> Any:
        key = (file.path, number)
        if key not in self._groups:
            if file.path not in self._open:
                self._open[file.path] = pq.ParquetFile(file.path, memory_map=True)
            self._groups[key] = self._open[file.path].read_row_group(number, use_threads=False)
            if len(self._groups) > GROUPS_KEPT:
                self._groups.popitem(last=False)
        self._groups.move_to_end(key)
        return self._groups[key]


def _row(seq: int, fields: Fields) -> dict[str, Any]:
    seconds, _, micros = fields[b"at"].partition(b".")
    row: dict[str, Any] = {
        "seq": seq,
        "at": int(seconds) * 1_000_000 + int(micros),
        "kind": fields[b"kind"].decode(),
        "schema": int(fields[b"schema"]),
        "more": _encode({name.decode(): value.decode() for name, value in fields.items() if name not in _KNOWN}),
    }
    if row["more"] == b"{}":
        row["more"] = None
    body = fields[b"body"]
    try:
        parts = _parts_decoder.decode(body)
    except msgspec.DecodeError:
        return row | {"event": body.decode()}
    names = ("event", "actor", "command", "decision")
    texts = {name: bytes(getattr(parts, name)).decode() for name in names}
    return row | (texts if _join(texts) == body else {"event": body.decode()})


def _join(texts: dict[str, Any]) -> bytes:
    inner = ",".join(f'"{name}":{texts[name]}' for name in ("event", "actor", "command", "decision"))
    return f"{{{inner}}}".encode()


def _entries(rows: Any) -> Iterator[Entry]:
    columns = {name: rows.column(name).to_pylist() for name in _SCHEMA.names}
    for values in zip(*columns.values(), strict=True):
        row = dict(zip(columns, values, strict=True))
        fields = {
            b"kind": row["kind"].encode(),
            b"at": b"%d.%06d" % divmod(row["at"], 1_000_000),
            b"schema": b"%d" % row["schema"],
            b"body": row["event"].encode() if row["actor"] is None else _join(row),
        }
        if row["more"]:
            more: dict[str, str] = msgspec.json.decode(row["more"])
            fields |= {name.encode(): value.encode() for name, value in more.items()}
        yield row["seq"], fields
