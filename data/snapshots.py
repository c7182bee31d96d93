"""Snapshot chunks: what the board had become after event N, without the events.

Knows the chunks' format, where they are kept and how they chain. Refuses to know when one is taken
(snapshot_taker.py) and to change a board.

A chunk `after-last` holds the entity and version of every ref touched by the events after `after` up to `last`, as
they were after `last`: the chunks 0-500, 500-1000, ... laid over each other are the whole board. Sixteen
neighbours are merged into a larger one, so a board is put together from few chunks and every event costs the
same, however old the board grows. A chunk also holds the log lines at hand (lines.py) after `last`.

A chunk is a function of the log alone: whoever writes it, its records are the same. The name of the key carries
the *shape* of the entities, so releases that differ in it never read each other's chunks.

Bytes: one line of JSON (`Header`), then records and lines, each JSON deflated. The hash covers all of it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from data.codec import entity_kinds, read_entity, to_json
from data.keys import Keys
from domain.board import Entity
from domain.errors import ConcordError
from domain.log import LogEntry

SCHEMA = 1
"""Raise it when `evolve` or log_entries come to mean something else; a change of shape is noticed by itself."""
EFFORT = 6
"""Of zlib. The standard library's, so that a web process needs no other codec."""

Record = tuple[str, int, Entity | None]
RawRecord = tuple[str, int, msgspec.Raw]


class SnapshotMissing(ConcordError, LookupError):
    """A chunk is neither in the store nor in the archive folder."""


class SnapshotDamaged(SnapshotMissing):
    """A chunk's bytes are not what was written."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a chunk covers. `at` is the server time of event `last`, `latest` the latest of any event up to it.

    The two differ only when the store's clock once went back. `records` and `lines` are sizes in bytes, `digest` is
    the SHA-256 of everything else.
    """

    after: int
    last: int
    at: float
    latest: float
    shape: str
    records: int = 0
    lines: int = 0
    digest: str = ""

    @property
    def name(self) -> str:
        """`after-last`."""
        return f"{self.after}-{self.last}"


@dataclass(frozen=True, slots=True)
class PackedLines:
    """Log lines at hand: incident -> its lines as JSON, and the closed incidents among them (lines.py)."""

    lines: dict[str, msgspec.Raw]
    closed: list[str]


_NOTHING = msgspec.Raw(b"null")
_header_decoder = msgspec.json.Decoder(Header)
_records_decoder = msgspec.json.Decoder(list[RawRecord])
_lines_decoder = msgspec.json.Decoder(PackedLines)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk as it was read; its parts are unpacked when asked for."""

    header: Header
    packed_records: bytes
    packed_lines: bytes

    def raw_records(self) -> list[RawRecord]:
        """ref, version and entity as JSON, in the order the refs were first touched."""
        return _records_decoder.decode(zlib.decompress(self.packed_records))

    def lines(self) -> PackedLines:
        """The log lines at hand after `last`."""
        return _lines_decoder.decode(zlib.decompress(self.packed_lines))

    def to_bytes(self) -> bytes:
        """The chunk as it is kept."""
        return to_json(self.header) + b"\n" + self.packed_records + self.packed_lines


def make_chunk(header: Header, records: Iterable[Record | RawRecord], packed_lines: bytes) -> Chunk:
    """A chunk with sizes and hash filled in."""
    packed = zlib.compress(to_json(list(records)), EFFORT)
    header = replace(header, records=len(packed), lines=len(packed_lines), digest="")
    return Chunk(replace(header, digest=_digest(header, packed, packed_lines)), packed, packed_lines)


def pack_lines(packed: tuple[Any, list[str]]) -> bytes:
    """The second part of a chunk, from LogLines.pack."""
    lines, closed = packed
    return zlib.compress(to_json({"lines": lines, "closed": closed}), EFFORT)


def read_chunk(data: bytes) -> Chunk:
    """A chunk from its bytes. Raises SnapshotDamaged when they are not what was written."""
    head, _, body = data.partition(b"\n")
    try:
        header = _header_decoder.decode(head)
    except msgspec.DecodeError as broken:
        raise SnapshotDamaged(f"a snapshot chunk begins with no header: {broken}") from broken
    records, lines = body[: header.records], body[header.records :]
    if header.digest != _digest(replace(header, digest=""), records, lines):
        raise SnapshotDamaged(f"snapshot chunk {header.name} is not what was written: its hash differs")
    return Chunk(header, records, lines)


def overlay(chunks: Iterable[Chunk]) -> list[RawRecord]:
    """What the chunks of a chain come to, the oldest first: of every ref its newest record."""
    newest: dict[str, RawRecord] = {}
    for chunk in chunks:
        newest.update((record[0], record) for record in chunk.raw_records())
    return list(newest.values())


def entities(records: Iterable[RawRecord]) -> Iterator[Record]:
    """Records with their entities, as Board.adopt takes them."""
    for ref, version, doc in records:
        yield ref, version, None if doc == _NOTHING else read_entity(ref, doc)


def merge(chunks: list[Chunk]) -> Chunk:
    """One chunk that covers what neighbours covered, the oldest first."""
    newest = chunks[-1]
    header = replace(newest.header, after=chunks[0].header.after)
    return make_chunk(header, overlay(chunks), newest.packed_lines)


def _digest(header: Header, records: bytes, lines: bytes) -> str:
    return hashlib.sha256(b"\n".join((to_json(header), records, lines))).hexdigest()


@lru_cache(maxsize=1)
def entity_shape() -> str:
    """Twelve characters that change whenever a field of an entity or a log line does."""
    _, components = msgspec.json.schema_components([*entity_kinds().values(), LogEntry])
    return hashlib.sha256(to_json([SCHEMA, _without_words(components)])).hexdigest()[:12]


def _without_words(schema: Any) -> Any:
    """A schema without its descriptions: a better docstring is no new shape."""
    if isinstance(schema, dict):
        return {key: _without_words(schema[key]) for key in sorted(schema) if key != "description"}
    return [_without_words(part) for part in schema] if isinstance(schema, list) else schema


class Index:
    """Which chunks there are, and which of them chain back to event 1."""

    def __init__(self, headers: Iterable[Header]) -> None:
        self.headers = {header.name: header for header in headers}
        self._best: dict[int, Header] = {}
        reached = {0}
        for header in sorted(self.headers.values(), key=lambda header: (header.last, header.after)):
            if header.after in reached:
                reached.add(header.last)
                self._best.setdefault(header.last, header)  # the longest that ends here
        self.usable = list(self._best.values())
        """one chunk for every event number a board can be put together for, ascending"""

    def chain(self, last: int) -> list[Header]:
        """The fewest chunks that make the board after event `last`, oldest first. KeyError when there are none."""
        chain: list[Header] = []
        while last:
            chain.append(self._best[last])
            last = chain[-1].after
        return chain[::-1]

    @property
    def newest(self) -> Header | None:
        """The chunk that ends latest."""
        return self.usable[-1] if self.usable else None

    def find_newest_at(self, when: float) -> Header | None:
        """The newest chunk whose events had all happened by a server time."""
        older = [header for header in self.usable if header.latest <= when]
        return older[-1] if older else None


class SnapshotStore:
    """Reads and writes the chunks of one board. `folder` is its archive, where old chunks have moved."""

    def __init__(self, client: Any, keys: Keys, folder: Path | None = None, shape: str = "") -> None:
        self._client = client
        self._keys = keys
        self._folder = folder
        self.shape = shape or entity_shape()

    async def index(self) -> Index:
        """What there is now."""
        listed = await self._client.hgetall(self._keys.snapshots(self.shape))
        return Index(_header_decoder.decode(header) for header in listed.values())

    async def read(self, header: Header) -> Chunk:
        """A chunk. Raises SnapshotMissing when it is nowhere, or damaged."""
        data = await self._client.get(self._keys.snapshot(self.shape, header.name))
        if data is None and self._folder is not None and (path := self.path(header)).is_file():
            data = path.read_bytes()
        if data is None:
            raise SnapshotMissing(
                f"snapshot chunk {header.name} is not in the store and not in the archive folder"
                f"{f' {self._folder}' if self._folder else ''}: give the folder `python -m tools archive` wrote to"
            )
        return read_chunk(data)

    async def write(self, chunk: Chunk) -> None:
        """Keep a chunk; the list names it only once it is there."""
        name = chunk.header.name
        await self._client.set(self._keys.snapshot(self.shape, name), chunk.to_bytes())
        await self._client.hset(self._keys.snapshots(self.shape), name, to_json(chunk.header))

    async def lease(self, seconds: int) -> bool:
        """Whether this process may write now; the lease runs out by itself."""
        key = f"{self._keys.snapshots(self.shape)}:lease"
        return bool(await self._client.set(key, "1", nx=True, ex=seconds))

    async def release(self) -> None:
        """Give the lease back."""
        await self._client.delete(f"{self._keys.snapshots(self.shape)}:lease")

    async def disown(self, header: Header) -> None:
        """Take a worthless chunk off the list, so that a whole one is written in its place."""
        await self._client.hdel(self._keys.snapshots(self.shape), header.name)

    async def forget(self, header: Header) -> None:
        """Remove a chunk from the store: it is in the archive. The list keeps naming it."""
        await self._client.delete(self._keys.snapshot(self.shape, header.name))

    def path(self, header: Header) -> Path:
        """Where a chunk lies in the archive folder."""
        assert self._folder is not None
        return self._folder / f"snapshot-{self.shape}-{header.name}.bin"
