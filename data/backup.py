"""A board in a file, and back: everything under its hash tag, as of one sequence number.

Knows the file and what makes it consistent. Refuses to know what the records mean.

**Consistent.** Other keys of the board (seals, snapshots) are read first; then sequence number, versions and state in
one transaction, which fixes the number N; then the log up to N, which no longer changes; last the command ids
that ended at N or before. So nothing in the file points past N, while the board goes on working. The audit log is read
in the same order, up to a number of its own.

**The file** is a zip. `manifest.json`: format, board, schema, seq, when (store's time), and for every part its
count, bytes and SHA-256. Parts are JSON lines, one record each: `[key, type, ttl, value...]`; keys without the tag;
what is no UTF-8 is written as `{"b64": ...}`. A part that does not match its checksum is named and nothing is restored.

**Restoring** writes beside the board first and puts everything in its place in one transaction at the end.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from data.connection import LOST
from data.keys import AUDIT, Keys, keys_of
from data.schema import SCHEMA, read_schema
from domain.errors import ConcordError, StoreUnavailable

FORMAT = 1
PAGE = 1000
TEMPORARY = ":restoring"
"""Part of the keys that are being restored: never backed up."""
CORE = "core"
LOG = "log"
COMMANDS = "commands"
OTHERS = "others"

Record = list[Any]
"""[key without tag, type, milliseconds to live or -1, items...]"""


class BadBackup(ConcordError, ValueError):
    """A backup that cannot be used, or a board that is in the way; the text names what and the remedy."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a file holds or what was restored: `seq` events of a board, `keys` of it, `commands` known ids."""

    board: str
    schema: int
    seq: int
    events: int
    keys: int
    commands: int
    at: float


async def back_up(client: Any, keys: Keys, out: Path) -> Summary:
    """Write a board to a file (replaced only once it is whole). Raises StoreUnavailable, BadBackup, WrongSchema."""
    schema = await read_schema(client, keys)
    fresh = out.with_name(f".{out.name}.new")
    try:
        with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            summary = await _write(client, keys, schema, archive)
        fresh.replace(out)
    except (*LOST, RedisError) as lost:
        if isinstance(lost, OSError) and not isinstance(lost, ConnectionError):
            raise BadBackup(f"cannot write {out}: {lost}") from lost
        raise StoreUnavailable(f"the store did not give everything: {lost}") from lost
    finally:
        fresh.unlink(missing_ok=True)
    return summary


async def _write(client: Any, keys: Keys, schema: int, archive: zipfile.ZipFile) -> Summary:
    parts: dict[str, dict[str, Any]] = {}

    async def part(name: str, records: AsyncIterator[Record]) -> int:
        digest, count, size = hashlib.sha256(), 0, 0
        with archive.open(f"{name}.jsonl", "w", force_zip64=True) as file:
            async for record in records:
                line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
                file.write(line)
                digest.update(line)
                count, size = count + 1, size + len(line)
        parts[name] = {"records": count, "bytes": size, "sha256": digest.hexdigest()}
        return count

    others = await part(OTHERS, _others(client, keys, schema))
    seconds, micros = await client.time()
    pipeline = client.pipeline(transaction=True)
    pipeline.get(keys.seq)
    if schema >= 1:
        pipeline.hgetall(keys.versions)
        pipeline.hgetall(keys.state)
    number, *hashes = await pipeline.execute()
    seq = int(number or 0)
    if not seq:
        raise BadBackup(f"board {keys.tag.strip('{}')} holds nothing: there is nothing to back up")
    await part(CORE, _core(keys, schema, seq, hashes))
    events = await part(LOG, _log(client, keys, seq))
    commands = await part(COMMANDS, _commands(client, keys, seq))
    at = int(seconds) + int(micros) / 1e6
    summary = Summary(keys.tag.strip("{}"), schema, seq, events, others + 4, commands, at)
    manifest = {"format": FORMAT, "board": summary.board, "schema": schema, "seq": seq, "at": at, "parts": parts}
    archive.writestr("manifest.json", json.dumps(manifest, indent=1))
    return summary


async def _others(client: Any, keys: Keys, schema: int) -> AsyncIterator[Record]:
    known = {keys.schema, keys.seq, keys.log}
    if schema >= 1:  # an older board's state is of a form of its own: it is kept as it is
        known |= {keys.versions, keys.state}
    audit = keys_of(keys.tag.strip("{}") + AUDIT)
    async for key in _scan(client, keys):
        if key in known or key.startswith((keys.command(""), audit.tag + ":")) or _passing(keys, key):
            continue
        record = await _read(client, key)
        if record:
            yield [key.removeprefix(keys.tag), *record]
    async for each in _audit(client, keys, audit):
        yield each


async def _audit(client: Any, keys: Keys, audit: Keys) -> AsyncIterator[Record]:
    """The audit log: its seals first, then its number, then its entries up to that. Without the marks of what was
    written: a mark whose entry is younger than the file would keep that entry from being written again."""
    for key in (audit.sealer, audit.sealed, audit.seals):
        record = await _read(client, key)
        if record:
            yield [key.removeprefix(keys.tag), *record]
    if seq := int(await client.get(audit.seq) or 0):
        yield [audit.seq.removeprefix(keys.tag), "string", -1, str(seq)]
        async for each in _log(client, audit, seq):
            yield [audit.log.removeprefix(keys.tag), *each[1:]]


async def _core(keys: Keys, schema: int, seq: int, hashes: list[Any]) -> AsyncIterator[Record]:
    yield [keys.schema.removeprefix(keys.tag), "string", -1, str(schema)]
    yield [keys.seq.removeprefix(keys.tag), "string", -1, str(seq)]
    for key, found in zip((keys.versions, keys.state), hashes, strict=False):
        yield [key.removeprefix(keys.tag), "hash", -1, *(_text(part) for pair in found.items() for part in pair)]


async def _log(client: Any, keys: Keys, seq: int) -> AsyncIterator[Record]:
    """One record an event: `[":log", "stream", -1, id, field, value, ...]`; the log has no gap up to N."""
    after, expected = "-", 0
    while True:
        page = await client.xrange(keys.log, min=after, max=f"{seq}-0", count=PAGE)
        for entry, fields in page:
            number = int(entry.split(b"-")[0])
            if expected and number != expected:
                raise BadBackup(f"the log goes from {expected - 1} to {number}: run `python -m tools verify`")
            expected = number + 1
            flat = (_text(part) for pair in fields.items() for part in pair)
            yield [keys.log.removeprefix(keys.tag), "stream", -1, entry.decode(), *flat]
        if len(page) < PAGE:
            break
        after = f"({page[-1][0].decode()}"
    if expected != seq + 1:
        raise BadBackup(f"the log ends at {expected - 1}, the board at {seq}: run `python -m tools verify`")


async def _commands(client: Any, keys: Keys, seq: int) -> AsyncIterator[Record]:
    prefix = keys.command("")
    batch: list[str] = []
    async for key in _scan(client, keys, prefix):
        batch.append(key)
        if len(batch) >= PAGE:
            async for record in _read_commands(client, keys, batch, seq):
                yield record
            batch = []
    async for record in _read_commands(client, keys, batch, seq):
        yield record


async def _read_commands(client: Any, keys: Keys, batch: list[str], seq: int) -> AsyncIterator[Record]:
    pipeline = client.pipeline(transaction=False)
    for key in batch:
        pipeline.hgetall(key)
        pipeline.pttl(key)
    answers = await pipeline.execute() if batch else []
    for key, fields, ttl in zip(batch, answers[::2], answers[1::2], strict=True):
        if fields and int(fields.get(b"last", b"0")) <= seq:
            flat = (_text(part) for pair in fields.items() for part in pair)
            yield [key.removeprefix(keys.tag), "hash", int(ttl), *flat]


async def _scan(client: Any, keys: Keys, prefix: str = "") -> AsyncIterator[str]:
    seen: set[str] = set()
    pattern = (prefix or keys.tag + ":").replace("[", "\\[") + "*"
    async for key in client.scan_iter(match=pattern, count=PAGE):
        name = key.decode()
        if name not in seen:  # SCAN may tell a key twice
            seen.add(name)
            yield name


async def _read(client: Any, key: str) -> Record | None:
    """[type, milliseconds to live, items...] of any key; None when it has gone meanwhile."""
    kind = (await client.type(key)).decode()
    ttl = await client.pttl(key)
    match kind:
        case "string":
            value = await client.get(key)
            return None if value is None else [kind, ttl, _text(value)]
        case "hash":
            return [kind, ttl, *(_text(part) for pair in (await client.hgetall(key)).items() for part in pair)]
        case "list":
            return [kind, ttl, *(_text(item) for item in await client.lrange(key, 0, -1))]
        case "set":
            return [kind, ttl, *(_text(item) for item in await client.smembers(key))]
        case "zset":
            rows = await client.zrange(key, 0, -1, withscores=True)
            return [kind, ttl, *(part for member, score in rows for part in (_text(member), score))]
        case "stream":
            entries = await client.xrange(key)
            return [
                kind,
                ttl,
                *(
                    [entry.decode(), *(_text(part) for pair in fields.items() for part in pair)]
                    for entry, fields in entries
                ),
            ]
        case "none":
            return None
        case _:
            raise BadBackup(f"{key} is a {kind}, which a backup cannot hold")


# Reading the file ---------------------------------------------------------------------------------


def read_backup(path: Path) -> Summary:
    """What a file holds, after every checksum was compared. Raises BadBackup naming what is damaged."""
    manifest = _manifest(path)
    for name in manifest["parts"]:
        for _ in _records(path, manifest, name):
            pass
    parts = manifest["parts"]
    return Summary(
        manifest["board"],
        manifest["schema"],
        manifest["seq"],
        parts[LOG]["records"],
        parts[OTHERS]["records"] + 4,
        parts[COMMANDS]["records"],
        manifest["at"],
    )


def _manifest(path: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
        if set(manifest["parts"]) != {CORE, LOG, COMMANDS, OTHERS}:
            raise KeyError("parts")
        int(manifest["seq"]), int(manifest["schema"]), float(manifest["at"]), str(manifest["board"])
    except FileNotFoundError:
        raise BadBackup(f"{path}: there is no such file") from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        KeyError,
        ValueError,
        TypeError,
        OSError,
        EOFError,
        NotImplementedError,
    ) as broken:
        raise BadBackup(f"{path} is damaged or no backup: its manifest cannot be read ({broken})") from broken
    if manifest.get("format") != FORMAT:
        raise BadBackup(f"{path} has format {manifest.get('format')}; this release reads {FORMAT}")
    if manifest["schema"] > SCHEMA:
        raise BadBackup(f"{path} holds schema {manifest['schema']}; this release knows up to {SCHEMA}")
    return manifest


def _records(path: Path, manifest: dict[str, Any], name: str) -> Iterator[Record]:
    """A part's records. Raises BadBackup at its end when the checksum is another; so read it through first."""
    digest, count = hashlib.sha256(), 0
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{name}.jsonl") as file:
            for line in file:
                digest.update(line)
                count += 1
                yield json.loads(line)
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, OSError, EOFError, NotImplementedError) as broken:
        raise BadBackup(
            f"{path} is damaged in {name}.jsonl after record {count} ({broken}): take another backup"
        ) from broken
    if digest.hexdigest() != manifest["parts"][name]["sha256"]:
        raise BadBackup(f"{path} is damaged in {name}.jsonl: its checksum is another: take another backup")


# Restoring ----------------------------------------------------------------------------------------


async def restore(
    client: Any, keys: Keys, path: Path, *, replace: bool = False, report: Callable[[str], None] = lambda line: None
) -> Summary:
    """Make a board what the file says, under the name of `keys`. Its web processes must not run meanwhile.

    Raises BadBackup for a damaged file or a board that holds something already (unless `replace`), StoreUnavailable.
    """
    summary = read_backup(path)
    report(f"{path}: board {summary.board} up to event {summary.seq}, every checksum is right")
    manifest = _manifest(path)
    try:
        present = [key async for key in _scan(client, keys) if TEMPORARY not in key]
        if present and not replace and await client.exists(keys.seq, keys.log, keys.state):
            name = keys.tag.strip("{}")
            raise BadBackup(f"board {name} is not empty (event {int(await client.get(keys.seq) or 0)}): add --replace")
        await _drop(client, [key async for key in _scan(client, keys) if TEMPORARY in key])
        placed: set[str] = set()
        for name in (OTHERS, CORE, LOG, COMMANDS):
            await _put(client, keys, _records(path, manifest, name), placed)
        pipeline = client.pipeline(transaction=True)
        if present:
            pipeline.delete(*present)
        for key in sorted(placed):
            pipeline.rename(_beside(keys, key), keys.tag + key)
        await pipeline.execute()
    except (*LOST, RedisError) as lost:
        raise StoreUnavailable(f"the store did not take everything, the board is as it was: {lost}") from lost
    return summary


async def _put(client: Any, keys: Keys, records: Iterator[Record], placed: set[str]) -> None:
    pipeline, waiting = client.pipeline(transaction=False), 0
    for record in records:
        key, kind, ttl, *items = record
        if ttl == -2 or (kind != "string" and not items):
            continue
        if ttl == 0:
            continue
        where = _beside(keys, key)
        _queue(pipeline, where, kind, [_bytes(item) for item in items])
        if ttl > 0:
            pipeline.pexpire(where, ttl)
        placed.add(key)
        waiting += 1
        if waiting >= PAGE:
            await pipeline.execute()
            waiting = 0
    await pipeline.execute()


def _queue(pipeline: Any, where: str, kind: str, items: list[Any]) -> None:
    match kind:
        case "string":
            pipeline.set(where, items[0])
        case "hash":
            for start in range(0, len(items), 2 * PAGE):
                pipeline.execute_command("HSET", where, *items[start : start + 2 * PAGE])
        case "list":
            pipeline.rpush(where, *items)
        case "set":
            pipeline.sadd(where, *items)
        case "zset":
            pipeline.execute_command(
                "ZADD", where, *(x for a, b in zip(items[::2], items[1::2], strict=True) for x in (b, a))
            )
        case "stream":
            entries = items if isinstance(items[0], list) else [items]
            for entry in entries:
                pipeline.execute_command("XADD", where, *entry)
        case _:
            raise BadBackup(f"a record of type {kind} is unknown to this release")


async def _drop(client: Any, names: list[str]) -> None:
    for start in range(0, len(names), PAGE):
        await client.delete(*names[start : start + PAGE])


def _beside(keys: Keys, key: str) -> str:
    return f"{keys.tag}{TEMPORARY}{key}"


def _text(value: bytes) -> Any:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"b64": base64.b64encode(value).decode()}


def _bytes(value: Any) -> Any:
    if isinstance(value, list):
        return [_bytes(item) for item in value]
    if isinstance(value, dict):
        return base64.b64decode(value["b64"])
    return value


def _passing(keys: Keys, key: str) -> bool:
    """What does not belong into a backup: a session that was revoked since must not come back with one."""
    passing = (keys.sessions, keys.session(""), keys.rate(""), keys.openid(""))
    return TEMPORARY in key or key.endswith(":probe") or key.startswith(passing)
