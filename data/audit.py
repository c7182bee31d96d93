"""Reading what verification needs: from the store, or from an export made of it.

Knows in which order things must be read while the board is live, and the export's form. Refuses to judge (verify.py).

Read in this order, so that a board at work never looks broken: the file of seals, the seals in the store (never
behind the file), state with versions and counter in one step, then the log up to that counter.
An export is NDJSON: a head, then one line per seal, ref and event, with the stored bytes as text (docs/verify.md).
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from redis.exceptions import RedisError

from data.chain import BadSeal, Seal
from data.connection import LOST, connect
from data.keys import board_of, keys_of
from data.seal_file import read_seals
from data.seal_store import PAGE as SEALS_PAGE
from data.seal_store import seal_of
from data.signing import KeyRing
from data.verify import UNSEALED_SECONDS, Finding, Report, Walk, check_seals, compare_seals
from data.verify_state import check_state
from domain.errors import ConcordError, StoreUnavailable

PAGE = 2000
"""Events read in one call."""
Entries = list[tuple[bytes, dict[bytes, bytes]]]
Event = tuple[int, dict[bytes, bytes]]
"""Sequence number and stored fields."""


class BadExport(ConcordError, ValueError):
    """A file that is no export; the text names file and line."""


@dataclass(slots=True)
class Material:
    """What a store holds of a board but the log: `ends`, its counter; `newest`, the log's last id; `now`, its time."""

    board: str
    ends: int = 0
    newest: str = "0-0"
    now: float = 0.0
    seals: Entries = field(default_factory=list)
    versions: dict[bytes, bytes] = field(default_factory=dict)
    state: dict[bytes, bytes] = field(default_factory=dict)


async def verify_store(
    redis_url: str, board: str, ring: KeyRing, file: Path, first: int = 1, earlier: Iterable[Event] = ()
) -> Report:
    """Verify a board in the store against its own seals and the file of seals.

    `earlier` are events that have been moved from the store into an archive, from event 1 in order; those the store
    still holds are read there. Raises StoreUnavailable, BadCommand.
    """
    outside = _read_outside(file)
    client = connect(redis_url, connections=2, board=board)
    try:
        material = await _read_material(client, board)
        return await _judge(material, _joined(earlier, _log(client, material)), outside, file, ring, first)
    except (*LOST, RedisError) as lost:
        raise StoreUnavailable(f"the store does not answer: {lost}") from lost
    finally:
        await client.aclose()


async def verify_export(export: Path, ring: KeyRing, file: Path, first: int = 1) -> Report:
    """Verify an export; no store is asked. Raises BadExport."""
    outside = _read_outside(file)
    material = Material("")
    for _ in _lines(export, material):
        pass
    younger = 0
    if not isinstance(outside, Finding):
        # The file has grown since the export was made; only seals it should hold can be missing in it.
        made, kept = material.now - UNSEALED_SECONDS, len(material.seals)
        told = [seal for seal in outside if seal.n <= kept or float(seal.at) < made]
        younger, outside = len(outside) - len(told), told
    report = await _judge(material, _pages(export), outside, file, ring, first)
    when = datetime.fromtimestamp(material.now, UTC).isoformat(timespec="seconds")
    report.notes.append(f"the export says it was made at {when}; {younger} seals of {file} are younger")
    return report


async def export_store(redis_url: str, board: str, path: Path, earlier: Iterable[Event] = ()) -> int:
    """Write a board's log, seals and state to a file; returns how many events.

    `earlier` as in verify_store. Raises StoreUnavailable, BadExport.
    """
    client = connect(redis_url, connections=2, board=board)
    count = 0
    try:
        material = await _read_material(client, board)
        with _created(path) as out:
            _put(out, {"export": 1, "board": board, "ends": material.ends, "now": material.now})
            for entry_id, fields in material.seals:
                _put(out, {"seal": entry_id.decode(), **_text(fields)})
            for ref in sorted({*material.versions, *material.state}):
                found = {"version": material.versions.get(ref), "doc": material.state.get(ref)}
                _put(
                    out,
                    {"ref": _word(ref), **{name: _word(value) for name, value in found.items() if value is not None}},
                )
            async for page in _joined(earlier, _log(client, material)):
                for entry_id, fields in page:
                    _put(out, {"id": entry_id.decode(), **_text(fields)})
                count += len(page)
    except (*LOST, RedisError) as lost:
        if isinstance(lost, OSError) and lost.filename:
            raise BadExport(f"{lost.filename}: {lost.strerror}") from lost
        raise StoreUnavailable(f"the store does not answer: {lost}") from lost
    finally:
        await client.aclose()
    return count


async def _judge(
    material: Material,
    log: AsyncIterator[Entries],
    outside: list[Seal] | Finding,
    file: Path,
    ring: KeyRing,
    first: int,
) -> Report:
    board = material.board
    report = Report(board, seals=len(material.seals))
    later: list[Finding] = []
    stored: list[Seal] = []
    for entry in material.seals:
        try:
            stored.append(seal_of(board, *entry))
        except BadSeal as wrong:
            later.append(Finding(stored[-1].seq + 1 if stored else 1, f"in the store: {wrong}", len(stored) + 1))
    copied = [] if isinstance(outside, Finding) else outside
    report.outside = len(copied)
    believed, wrong_stored = check_seals(stored, board, "the store", ring)
    vouching, wrong_outside = check_seals(copied, board, str(file), ring, believed)
    later += wrong_stored + wrong_outside
    later += [outside] if isinstance(outside, Finding) else compare_seals(stored, copied, material.now)
    if ring.empty:
        later.append(Finding(0, f"no public key in {ring.folder}: no signature could be checked", bad=False))

    start = _start(vouching or believed, first)
    walk = Walk(board, believed, vouching, start, fold=board_of(board) == board)  # an audit log makes no state
    async for page in log:
        for entry_id, fields in page:
            if start is None or int(entry_id.split(b"-")[0]) > start.seq:
                walk.take(entry_id, fields)
    walk.finish(material.ends)
    report.events, report.last = walk.taken, walk.seq
    report.sealed = max([0, *(seal.seq for seal in (*believed[-1:], *vouching[-1:]))])
    if walk.finding is not None:
        report.findings.append(walk.finding)
        report.notes.append("the state was not compared: it could only be compared with a whole log")
    elif walk.fold is None and board_of(board) != board:
        report.notes.append("an audit log makes no state")
    elif walk.fold is None:
        report.notes.append("the state was not compared: that needs the log from its first event")
    else:
        wrong_state, report.refs = check_state(walk.fold, material.versions, material.state)
        report.findings += wrong_state
    report.findings += sorted(later, key=lambda finding: not finding.bad)
    if (
        walk.finding is None
        and report.last > report.sealed
        and walk.first_unsealed_at < material.now - UNSEALED_SECONDS
    ):
        what = f"nobody vouches for the events after {report.sealed}: they are not sealed; does a sealer run?"
        report.findings.append(Finding(report.sealed + 1, what, bad=False))
    return report


def _start(seals: list[Seal], first: int) -> Seal | None:
    """The last seal before an event: from there on the chain can be followed without what came before."""
    before = [seal for seal in seals if seal.seq < first]
    return before[-1] if before else None


def _read_outside(file: Path) -> list[Seal] | Finding:
    try:
        return list(read_seals(file))
    except BadSeal as wrong:
        return Finding(0, str(wrong))
    except OSError as error:
        what = f"{file}: {error.strerror}; without the file the owner of the store could have rewritten everything"
        return Finding(0, what, bad=False)


# The store


async def _read_material(client: Any, board: str) -> Material:
    keys = keys_of(board)
    material = Material(board)
    cursor = "-"
    while page := await client.xrange(keys.seals, min=cursor, count=SEALS_PAGE):
        material.seals += page
        cursor = f"({page[-1][0].decode()}"
    async with client.pipeline(transaction=True) as step:
        step.hgetall(keys.versions).hgetall(keys.state).get(keys.seq).xrevrange(keys.log, count=1)
        material.versions, material.state, ends, newest = await step.execute()
    material.newest = newest[0][0].decode() if newest else "0-0"
    seconds, micros = await client.time()
    material.ends, material.now = int(ends or 0), int(seconds) + int(micros) / 1e6
    return material


async def _log(client: Any, material: Material) -> AsyncIterator[Entries]:
    """The log as it was when the state was read; what came since is not in that state."""
    log = keys_of(material.board).log
    cursor = "-"
    while page := await client.xrange(log, min=cursor, max=material.newest, count=PAGE):
        yield page
        cursor = f"({page[-1][0].decode()}"


async def _joined(earlier: Iterable[Event], log: AsyncIterator[Entries]) -> AsyncIterator[Entries]:
    """Archived events up to where the store's log begins, then the log."""
    page: Entries = await anext(log, [])
    begins = int(page[0][0].split(b"-")[0]) if page else None
    for seq, fields in earlier:
        if begins is not None and seq >= begins:
            break
        yield [(b"%d-0" % seq, fields)]
    yield page
    async for page in log:
        yield page


# The export


def _text(fields: Mapping[bytes, bytes]) -> dict[str, str]:
    return {_word(name): _word(value) for name, value in fields.items()}


def _word(value: bytes) -> str:
    return value.decode("utf-8", errors="surrogateescape")


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", errors="surrogateescape")


def _created(path: Path) -> TextIO:
    """A new file. An export holds callers and notes: nobody but its owner reads it."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8")


def _put(out: TextIO, line: Mapping[str, object]) -> None:
    out.write(json.dumps(line, separators=(",", ":")) + "\n")


def _lines(path: Path, material: Material) -> Iterator[tuple[bytes, dict[bytes, bytes]]]:
    """The events of an export; everything else goes into `material`."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, text in enumerate(file, start=1):
                try:
                    line: dict[str, Any] = json.loads(text)
                    if number == 1:
                        material.board, material.ends, material.now = line["board"], line["ends"], line["now"]
                    elif "id" in line:
                        yield _bytes(line.pop("id")), {_bytes(name): _bytes(value) for name, value in line.items()}
                    elif "ref" in line:
                        ref = _bytes(line["ref"])
                        for name, into in (("version", material.versions), ("doc", material.state)):
                            if name in line:
                                into[ref] = _bytes(line[name])
                    else:
                        entry_id = _bytes(line.pop("seal"))
                        material.seals.append((entry_id, {_bytes(name): _bytes(line[name]) for name in line}))
                except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as broken:
                    raise BadExport(f"{path} line {number}: no line of an export ({broken!r})") from broken
    except OSError as error:
        raise BadExport(f"{path}: {error.strerror}") from error


async def _pages(path: Path) -> AsyncIterator[Entries]:
    for entry in _lines(path, Material("")):
        yield [entry]
