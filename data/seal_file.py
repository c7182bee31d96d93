"""The file of seals outside the store: one line of JSON per seal, only ever appended to.

Knows the file, its lock and what a crash can leave in it. Refuses to know where seals come from.
Whoever owns the database does not own this file; keep it on another machine, or where lines cannot be taken back.
One process writes (flock); anybody may read meanwhile.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from data.chain import BadSeal, Seal, from_line, to_line

_TAIL = 1 << 20
"""Bytes read from the end to find the last line; a seal of 10,000 events has 81,000."""


class SealFile:
    """The writer's side. `last` is the last seal in the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.last: Seal | None = None
        self._descriptor = -1
        self._torn = b""
        # Closing a descriptor that another thread writes to could send the line into whatever is opened next.
        self._writing = threading.Lock()

    @property
    def locked(self) -> bool:
        """Whether this process writes the file."""
        return self._descriptor >= 0

    @property
    def moved(self) -> bool:
        """Whether somebody moved or removed the file we write: what belongs at its place now is a new one."""
        try:
            return os.stat(self.path).st_ino != os.fstat(self._descriptor).st_ino
        except OSError:
            return True

    def lock(self) -> bool:
        """Become the one writer; False when another process is. Raises OSError and BadSeal."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lines, self._torn = _tail(descriptor)
            self.last = _seal_in(self.path, lines[-1]) if lines else None
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def append(self, seals: list[Seal]) -> None:
        """Add seals that follow the last one; on the disk when this returns. Raises BadSeal and OSError.

        A line that a crash cut off is completed, never taken back: the file may be append-only for the system too.
        """
        with self._writing:
            self._append(seals)

    def _append(self, seals: list[Seal]) -> None:
        content = b""
        last = self.last
        for seal in seals:
            if seal.n != (last.n if last else 0) + 1 or seal.after != (last.seq if last else 0):
                raise BadSeal(f"seal {seal.n} does not follow the last one of {self.path}")
            content += to_line(seal).encode() + b"\n"
            last = seal
        if not self.locked:
            raise BadSeal(f"{self.path} is not this process's to write")
        if not content.startswith(self._torn):
            raise BadSeal(f"{self.path} ends in a piece of another seal than {seals[0].n}")
        content = content[len(self._torn) :]
        while content:
            written = os.write(self._descriptor, content)
            content = content[written:]
        os.fsync(self._descriptor)
        self._torn = b""
        self.last = last

    def close(self) -> None:
        """Let another process write; waits for an append in another thread."""
        with self._writing:
            if self.locked:
                os.close(self._descriptor)
                self._descriptor = -1


def find_last_line(path: Path) -> Seal | None:
    """The last whole seal of a file, None when there is no file or nothing in it. Raises BadSeal and OSError."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        lines, _ = _tail(descriptor)
    finally:
        os.close(descriptor)
    return _seal_in(path, lines[-1]) if lines else None


def read_seals(path: Path) -> Iterator[Seal]:
    """Every whole seal of a file, in order; not a line cut off at the end. Raises OSError, BadSeal naming the line."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.endswith(b"\n"):
                yield _seal_in(path, line, f" line {number}")


def _seal_in(path: Path, line: bytes, where: str = "") -> Seal:
    try:
        return from_line(line)
    except BadSeal as wrong:
        raise BadSeal(f"{path}{where or ' (its last line)'}: {wrong}") from wrong


def _tail(descriptor: int) -> tuple[list[bytes], bytes]:
    """The last whole lines of a file (at least one, if it has any) and what stands after the last newline."""
    size = os.fstat(descriptor).st_size
    content = os.pread(descriptor, _TAIL, max(0, size - _TAIL))
    whole, newline, torn = content.rpartition(b"\n")
    return (whole.split(b"\n") if newline else []), torn
