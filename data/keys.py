"""Every key Concord writes, in one table.

All keys of a board carry its hash tag, so they share one slot: a board runs unchanged on one server,
behind Sentinel or in a Redis Cluster, and one function may change them together.

| key | type | content |
|---|---|---|
| `{board}:schema` | string | version of this table's layout (schema.py) |
| `{board}:seq` | string | sequence number of the last event |
| `{board}:log` | stream | one entry per event, id `<seq>-0`; fields of codec.py |
| `{board}:versions` | hash | ref -> sequence number of the last event that touched it |
| `{board}:state` | hash | ref -> the entity as JSON |
| `{board}:command:<id>` | hash | what became of a command id; expires (done: 1 h, refused: 5 min) |
| `{board}:sealer` | hash | who seals the board: holder, fencing token, until (seal.lua) |
| `{board}:seals` | stream | signed heads of the log's hash chain, id `<n>-0`; fields of chain.py |
| `{board}:sealed` | string | sequence number of the last sealed event: the log is not trimmed past it |
| `{board}:restoring:*` | any | a backup on its way back; renamed or dropped (backup.py) |
| `{board}:copies` | string | written behind every batch whose replicas are waited for (replicas.py) |
| `{board}:positions` | hash | unit -> its newest fix |
| `{board}:tracks` | stream | batches of fixes as they came; trimmed |
| `{board}:snapshots:<shape>` | hash | `<after>-<last>` -> times, size and hash of a snapshot chunk (snapshots.py) |
| `{board}:snapshot:<shape>:<after>-<last>` | string | a snapshot chunk; old ones move to the archive |
| `{board}:snapshots:<shape>:lease` | string | which process writes snapshots now; expires |
| `{board}:edition:<sha256>` | string | a boundary edition's GeoPackage, compressed (editions.py) |
| `{board}:answering` | hash | process -> `<server time> <edition>`: which boundaries it answers from |
| `{board}:readers` | hash | reader -> `<cursor> <server time>`: the log is not trimmed past a live reader |
| `{board}:accounts` | set | names of the accounts (accounts.py) |
| `{board}:account:<name>` | hash | an account: display, positions, password's hash, failures, lock |
| `{board}:externals` | hash | `issuer|subject` of an identity provider -> account |
| `{board}:sessions` | set | ids of sessions: the hashes of their secrets (sessions.py) |
| `{board}:session:<id>` | hash | a session: body, seen, locked; expires |
| `{board}:tokens` | hash | id -> a service token |
| `{board}:devices` | hash | id -> what a device was marked as |
| `{board}:audit:*` | | the audit log (audit_log.py): seq, log, seals, sealed, sealer as a board has them |
| `{board}:openid:<id>` | string | a sign-in on its way through an identity provider; expires (openid_begun.py) |
| `{board}:rate:<what>` | string | requests in a window, a second factor being set up; expires (people.py) |
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from domain.errors import BadCommand

_BOARD_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,47}")


AUDIT = "/audit"
"""After a board's name: its audit log, whose keys carry the same hash tag."""


def board_of(name: str) -> str:
    """The board a log belongs to: its own, or its audit log."""
    return name.removesuffix(AUDIT)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one board."""

    schema: str
    seq: str
    log: str
    versions: str
    state: str
    positions: str
    tracks: str
    sealer: str
    seals: str
    sealed: str
    copies: str
    readers: str
    answering: str
    accounts: str
    externals: str
    sessions: str
    tokens: str
    devices: str
    _tag: str

    @property
    def tag(self) -> str:
        """What every key of the board begins with: its hash tag in braces."""
        return self._tag

    def command(self, command_id: str) -> str:
        """Where what became of a command id is kept."""
        return f"{self._tag}:command:{command_id}"

    def account(self, name: str) -> str:
        """Where an account is kept."""
        return f"{self._tag}:account:{name}"

    def session(self, session: str) -> str:
        """Where a session is kept."""
        return f"{self._tag}:session:{session}"

    def rate(self, what: str) -> str:
        """Where requests of one kind and sender are counted."""
        return f"{self._tag}:rate:{what}"

    def openid(self, state: str) -> str:
        """Where a sign-in on its way through an identity provider is kept."""
        return f"{self._tag}:openid:{state}"

    def edition(self, edition: str) -> str:
        """Where a boundary edition's file is kept."""
        return f"{self._tag}:edition:{edition}"

    def snapshots(self, shape: str) -> str:
        """Where the snapshot chunks of one shape of entities are listed."""
        return f"{self._tag}:snapshots:{shape}"

    def snapshot(self, shape: str, name: str) -> str:
        """Where one snapshot chunk is kept."""
        return f"{self._tag}:snapshot:{shape}:{name}"


def keys_of(board: str) -> Keys:
    """The keys of a board, or of its audit log (`board/audit`).

    Raises BadCommand when the name could not be a hash tag.
    """
    own = board_of(board)
    if not _BOARD_NAME.fullmatch(own):
        raise BadCommand(f"board name {board!r}: use 1 to 48 of a-z 0-9 _ -, starting with a letter or digit")
    tag = "{" + own + "}" + (":audit" if own != board else "")
    return Keys(
        schema=f"{tag}:schema",
        seq=f"{tag}:seq",
        log=f"{tag}:log",
        versions=f"{tag}:versions",
        state=f"{tag}:state",
        positions=f"{tag}:positions",
        tracks=f"{tag}:tracks",
        sealer=f"{tag}:sealer",
        seals=f"{tag}:seals",
        sealed=f"{tag}:sealed",
        copies=f"{tag}:copies",
        readers=f"{tag}:readers",
        answering=f"{tag}:answering",
        accounts=f"{tag}:accounts",
        externals=f"{tag}:externals",
        sessions=f"{tag}:sessions",
        tokens=f"{tag}:tokens",
        devices=f"{tag}:devices",
        _tag=tag,
    )
