"""Proving a board's history: the walk over log and seals, and what it finds. Pure: nothing is read here.

Knows what must hold and names the first place where it does not: the event, what is wrong with it, the seal it
breaks. Refuses to mend anything, and to call good what it cannot know (`Finding.bad` is False then).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from data.chain import MARK, BadSeal, Seal, genesis, link_entry, message
from data.codec import read_event
from data.signing import KeyRing
from domain.board import Board
from domain.errors import ConcordError

UNSEALED_SECONDS = 10.0
"""How old an event may be without a seal before that is worth a word."""
STORE, FILE = "the store", "the file"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong (`bad`) or cannot be told; `seq` is the event concerned, 0 when there is none."""

    seq: int
    what: str
    seal: int = 0
    bad: bool = True


@dataclass(slots=True)
class Report:
    """What a verification found, in the order of importance, and how much it looked at."""

    board: str
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    events: int = 0
    last: int = 0
    sealed: int = 0
    seals: int = 0
    outside: int = 0
    refs: int = 0

    @property
    def status(self) -> int:
        """0 good, 1 bad, 2 cannot tell."""
        if any(finding.bad for finding in self.findings):
            return 1
        return 2 if self.findings else 0


def check_seals(
    seals: Iterable[Seal], board: str, where: str, ring: KeyRing, checked: Iterable[Seal] = ()
) -> tuple[list[Seal], list[Finding]]:
    """The seals that may be believed, and what is wrong with the list: numbers, ranges, tokens, signatures.

    The signatures of seals in `checked` are known to hold.
    """
    held = {seal.n: seal for seal in checked}
    good: list[Seal] = []
    wrong: list[Finding] = []
    n, seq, token = 0, 0, 0
    signatures = not ring.empty
    for seal in seals:
        said = ""
        if seal.board != board:
            said = f"is one of board {seal.board}"
        elif seal.n != n + 1:
            gone = f"seal {n + 1} is" if seal.n == n + 2 else f"seals {n + 1} to {seal.n - 1} are"
            wrong.append(Finding(seq + 1, f"{gone} missing in {where}", n + 1))
        elif seal.after != seq:
            said = f"covers {seal.covers}, but the one before it ends at {seq}"
        if (
            not said
            and signatures
            and held.get(seal.n) != seal
            and not ring.holds(seal.key, message(seal), seal.signature)
        ):
            unknown = f"is signed with key {seal.key}, which is not among the keys in {ring.folder}"
            said = "has a signature that does not hold" if ring.knows(seal.key) else unknown
        if not said and seal.token < token:
            said = f"was signed by a leader who had been replaced (token {seal.token} after {token})"
        if said:
            wrong.append(Finding(seal.after + 1, f"seal {seal.n} in {where} {said}", seal.n))
        else:
            good.append(seal)
        n, seq, token = seal.n, seal.seq, max(token, seal.token)
    return good, wrong


def compare_seals(stored: Sequence[Seal], outside: Sequence[Seal], now: float) -> list[Finding]:
    """Where the seals in the store and in the file tell different stories; `now` in server time, seconds."""
    by_number = {seal.n: seal for seal in stored}
    last = stored[-1].n if stored else 0
    for seal in outside:
        if seal.n > last:
            what = f"the file is ahead: the store does not hold seal {seal.n} of {seal.covers}"
            return [Finding(seal.after + 1, what, seal.n)]
        if seal.n in by_number and by_number[seal.n] != seal:
            differs = [name for name in Seal.__slots__ if getattr(seal, name) != getattr(by_number[seal.n], name)]
            what = f"seal {seal.n} of {seal.covers} is not the same in the store and in the file: {', '.join(differs)}"
            return [Finding(seal.after + 1, what, seal.n)]
    known = outside[-1].n if outside else 0
    late = [seal for seal in stored if seal.n > known and float(seal.at) < now - UNSEALED_SECONDS]
    if late:
        what = (
            f"the file is behind: it ends with seal {known}, the store with {last}; only the store vouches for the rest"
        )
        return [Finding(late[0].after + 1, what, late[0].n, bad=False)]
    return []


class Walk:
    """Takes a log's entries in order, chains them, compares with the seals and folds them into a board."""

    def __init__(
        self, board: str, stored: Sequence[Seal], outside: Sequence[Seal], start: Seal | None = None, fold: bool = True
    ) -> None:
        self._seq = start.seq if start else 0
        self._head = bytes.fromhex(start.hash) if start else genesis(board)
        self._lists = (_Pointer(outside, FILE), _Pointer(stored, STORE))
        self._suspect: _Suspect | None = None
        self.fold: Board | None = Board() if fold and start is None else None
        self.finding: Finding | None = None
        self.first_unsealed_at = 0.0
        self.taken = 0

    @property
    def seq(self) -> int:
        """The last event that was in its place."""
        return self._seq

    def take(self, entry_id: bytes, entry: Mapping[bytes, bytes]) -> None:
        """The next entry of the log. After the first thing wrong only that one is looked into further."""
        if self._suspect is not None:
            self._suspect.compare(entry_id, entry)
            return
        if self.finding is not None:
            return
        seq = self._seq + 1
        if entry_id != b"%d-0" % seq:
            self.finding = self._out_of_place(seq, entry_id)
            return
        try:
            head = link_entry(self._head, seq, entry)
        except BadSeal as wrong:
            self.finding = Finding(seq, f"{wrong}: it is altered", self._sealed_by(seq))
            return
        mark = head.hex()
        for pointer in self._lists:
            if (seal := pointer.breaks(seq, mark)) is not None:
                supported = [other.where for other in self._lists if other is not pointer and other.supports(seq, mark)]
                self._suspect = _Suspect(seq, self._head, seal, pointer.where, supported)
                return
        self._fold(seq, entry)
        if not self.first_unsealed_at and not self._sealed_by(seq):
            self.first_unsealed_at = _time_of(entry)
        self._seq, self._head = seq, head
        self.taken += 1

    def finish(self, ends: int) -> None:
        """After the last entry; `ends` is the number the store would go on from."""
        if self._suspect is not None:
            self.finding = self._suspect.finding()
        if self.finding is not None:
            return
        vouched = max([ends, *(seal.seq for pointer in self._lists for seal in pointer.seals[-1:])])
        if self._seq < vouched:
            gone = _events(self._seq + 1, vouched)
            self.finding = Finding(
                self._seq + 1, f"{gone} missing: the log ends at {self._seq}", self._sealed_by(self._seq + 1)
            )
        elif self._seq > ends:
            what = f"the store's counter says the log ends at {ends}, but it goes on: event {ends + 1} is not its own"
            self.finding = Finding(ends + 1, what, self._sealed_by(ends + 1))

    def _out_of_place(self, seq: int, entry_id: bytes) -> Finding:
        number = int(entry_id.split(b"-")[0])
        if number > seq:
            return Finding(seq, f"{_events(seq, number - 1)} missing", self._sealed_by(seq))
        what = f"entry {entry_id.decode()} stands where event {seq} belongs: it is out of order"
        return Finding(seq, what, self._sealed_by(seq))

    def _sealed_by(self, seq: int) -> int:
        return next((seal.n for pointer in self._lists if (seal := pointer.find(seq)) is not None), 0)

    def _fold(self, seq: int, entry: Mapping[bytes, bytes]) -> None:
        if self.fold is None:
            return
        try:
            self.fold.apply(read_event(seq, entry))
        except (ValueError, KeyError, ConcordError) as broken:
            self.fold = None
            self.finding = Finding(seq, f"event {seq} cannot be applied to the board: {broken}", self._sealed_by(seq))


class _Pointer:
    """A list of believed seals, read in step with the log."""

    def __init__(self, seals: Sequence[Seal], where: str) -> None:
        self.seals = seals
        self.where = where
        self._at = 0

    def find(self, seq: int) -> Seal | None:
        """The seal that covers an event; events are asked for in rising order."""
        seals = self.seals
        while self._at < len(seals) and seals[self._at].seq < seq:
            self._at += 1
        return seals[self._at] if self._at < len(seals) and seals[self._at].after < seq else None

    def breaks(self, seq: int, mark: str) -> Seal | None:
        """The seal that vouches for another event than the one whose chain value is `mark`."""
        seal = self.find(seq)
        if seal is None or (seal.mark(seq) == mark[:MARK] and (seq != seal.seq or seal.hash == mark)):
            return None
        return seal

    def supports(self, seq: int, mark: str) -> bool:
        """Whether a seal vouches for just this event."""
        return self.find(seq) is not None and self.breaks(seq, mark) is None


class _Suspect:
    """An event that is not what a seal vouches for: is it altered, or has another one taken its place?"""

    def __init__(self, seq: int, before: bytes, seal: Seal, where: str, supported: list[str]) -> None:
        self._seq = seq
        self._before = before
        self._seal = seal
        self._where = where
        self._supported = supported
        self._moved_to = ""

    def compare(self, entry_id: bytes, entry: Mapping[bytes, bytes]) -> None:
        """See whether a later entry holds what belongs here."""
        number = int(entry_id.split(b"-")[0])
        if self._moved_to or number > self._seal.seq + 1 or set(entry) != {b"kind", b"at", b"schema", b"body"}:
            return
        if link_entry(self._before, self._seq, entry).hex()[:MARK] == self._seal.mark(self._seq):
            self._moved_to = entry_id.decode().removesuffix("-0")

    def finding(self) -> Finding:
        """What is wrong, in words."""
        if self._moved_to:
            what = f"event {self._seq} is out of order: what belongs there stands at {self._moved_to}"
        else:
            what = f"event {self._seq} is altered"
        what += f"; seal {self._seal.n} in {self._where} ({self._seal.covers}) vouches for another"
        if self._supported:
            what += f", while {self._supported[0]}'s own seal fits: events and seals were rewritten together"
        return Finding(self._seq, what, self._seal.n)


def _events(first: int, last: int) -> str:
    return f"event {first} is" if first == last else f"events {first} to {last} are"


def _time_of(entry: Mapping[bytes, bytes]) -> float:
    try:
        return float(entry[b"at"])
    except (KeyError, ValueError):
        return 0.0
