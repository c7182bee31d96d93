"""The hash chain over a board's events and the seals on it: pure, standard library only.

Knows the canonical form an auditor recomputes (docs/verify.md says it in words, with a program of 15 lines).
Refuses to know keys, files and the store.

The chain of a board:

    h(0) = SHA-256("concord-chain-1\\n" + board)
    h(n) = SHA-256(h(n-1) + N(seq) + N(kind) + N(at) + N(schema) + N(body))

h(n-1) is 32 raw bytes; N(x) is a netstring, `<length>:<bytes>,`; seq is n in decimal digits; kind, at, schema and
body are the bytes of the log entry's fields exactly as the store gives them back, never parsed and written again.

A seal says: "I have seen this chain up to `seq`". It covers the events `after + 1` to `seq`. Its marks are the first
4 bytes of h(n) of each of those events, as hexadecimal: with them verification names the very event that was
changed, not only the range; by chance a changed event keeps its mark once in 4 billion, and the next one shows it.
What is signed is `message(seal)`, lines of ASCII text.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.errors import ConcordError

MARK = 8
"""Characters of an event's mark."""
FIELDS = (b"kind", b"at", b"schema", b"body")
"""The fields of a log entry, all of them sealed."""
_HEX64 = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(r"[0-9a-f]{16}")
_AT = re.compile(r"[0-9]{1,12}\.[0-9]{6}")
_MARKS = re.compile(r"([0-9a-f]{8})*")


class BadSeal(ConcordError, ValueError):
    """Something that should be a seal is none; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A signed statement about the events `after + 1` to `seq` of a board.

    `n` counts a board's seals from 1; `hash` is h(seq) as 64 hexadecimal digits; `at` is the store's time when its
    making began, seconds since the epoch with 6 decimals (its last events may be some milliseconds younger); `key`
    names the public key (signing.py); `token` is the fencing token of the leader who signed; `signature` is Ed25519
    over `message(seal)`, base64.
    """

    board: str
    n: int
    after: int
    seq: int
    hash: str
    at: str
    key: str
    token: int
    marks: str
    signature: str

    def mark(self, seq: int) -> str:
        """The mark of an event this seal covers."""
        start = (seq - self.after - 1) * MARK
        return self.marks[start : start + MARK]

    @property
    def covers(self) -> str:
        """The events it covers, in words."""
        return f"event {self.seq}" if self.after + 1 == self.seq else f"events {self.after + 1} to {self.seq}"


def genesis(board: str) -> bytes:
    """h(0) of a board: 32 bytes."""
    return hashlib.sha256(b"concord-chain-1\n" + board.encode()).digest()


def link(previous: bytes, seq: int, kind: bytes, at: bytes, schema: bytes, body: bytes) -> bytes:
    """h(seq) from h(seq - 1) and the stored bytes of an event: 32 bytes."""
    number = b"%d" % seq
    form = b"%b%d:%b,%d:%b,%d:%b,%d:%b,%d:%b,"
    return hashlib.sha256(
        form % (previous, len(number), number, len(kind), kind, len(at), at, len(schema), schema, len(body), body)
    ).digest()


def link_entry(previous: bytes, seq: int, fields: Mapping[bytes, bytes]) -> bytes:
    """`link` for a log entry as the store gives it. Raises BadSeal when its fields are not an event's."""
    if len(fields) != len(FIELDS):
        raise BadSeal(f"event {seq} has {len(fields)} fields, an event has {len(FIELDS)}")
    try:
        return link(previous, seq, fields[b"kind"], fields[b"at"], fields[b"schema"], fields[b"body"])
    except KeyError as missing:
        raise BadSeal(f"event {seq} has no field {missing.args[0].decode()!r}") from missing


def message(seal: Seal) -> bytes:
    """What is signed: ten lines of ASCII, each ended by a newline."""
    lines = (
        "concord-seal-1",
        f"board {seal.board}",
        f"n {seal.n}",
        f"after {seal.after}",
        f"seq {seal.seq}",
        f"hash {seal.hash}",
        f"at {seal.at}",
        f"key {seal.key}",
        f"token {seal.token}",
        f"marks {seal.marks}",
    )
    return ("\n".join(lines) + "\n").encode("ascii")


def to_line(seal: Seal) -> str:
    """A seal as one line of JSON, without the newline; the same seal always gives the same line."""
    return json.dumps({name: getattr(seal, name) for name in Seal.__slots__}, separators=(",", ":"))


def from_line(line: str | bytes) -> Seal:
    """A seal from its line. Raises BadSeal."""
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as broken:
        raise BadSeal(f"not a line of JSON ({broken})") from broken
    if not isinstance(data, dict):
        raise BadSeal("not a JSON object")
    return from_fields(data)


def from_fields(data: Mapping[str, Any]) -> Seal:
    """A seal from its fields, numbers as numbers or digits. Raises BadSeal naming the field that is wrong."""
    if unknown := sorted(set(data) ^ set(Seal.__slots__)):
        raise BadSeal(f"field {unknown[0]!r} is missing or unknown")
    try:
        n, after, seq, token = (int(data[name]) for name in ("n", "after", "seq", "token"))
    except (TypeError, ValueError) as wrong:
        raise BadSeal(f"n, after, seq and token are whole numbers ({wrong})") from wrong
    words = {name: str(data[name]) for name in ("board", "hash", "at", "key", "marks", "signature")}
    board, digest, at, key, marks, signature = words.values()
    seal = Seal(board, n, after, seq, digest, at, key, token, marks, signature)
    if not 0 <= seal.after < seal.seq or seal.n < 1 or seal.token < 0:
        raise BadSeal(f"seal {seal.n} covers {seal.after + 1} to {seal.seq}, which is no range")
    for name, form in (("hash", _HEX64), ("key", _KEY), ("at", _AT), ("marks", _MARKS)):
        if not form.fullmatch(words[name]):
            raise BadSeal(f"seal {seal.n}: {name} is not written as a seal's {name}")
    if len(seal.marks) != MARK * (seal.seq - seal.after) or seal.marks[-MARK:] != seal.hash[:MARK]:
        raise BadSeal(f"seal {seal.n}: the marks are not those of {seal.covers}")
    try:
        base64.b64decode(seal.signature, validate=True)
        message(seal)
    except (binascii.Error, ValueError) as wrong:
        raise BadSeal(f"seal {seal.n}: the signature or a field is not plain text ({wrong})") from wrong
    return seal
