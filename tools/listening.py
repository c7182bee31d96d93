"""The listening socket: opened once, early, and handed to every web process.

Knows ports and who holds them. Refuses to know what is served.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from pathlib import Path

STALLED_MILLISECONDS = 10_000
"""After this long without an acknowledgement the kernel drops a connection (TCP_USER_TIMEOUT)."""
BACKLOG = 1024


class PortTaken(OSError):
    """Somebody else listens there; the text names the port, the holder where known, and the remedy."""


def open_listening_socket(host: str, port: int) -> socket.socket:
    """A TCP socket that listens on host and port (0 = any free one); PortTaken or OSError otherwise.

    It listens from the first moment: browsers that come early wait instead of being refused, and the port
    cannot be lost to somebody else while the rest starts.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sys.platform == "linux":  # accepted connections inherit it; a peer that vanished is let go
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_MILLISECONDS)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise PortTaken(_refusal(host, port, error)) from error
    return listening


def browser_url(listening: socket.socket) -> str:
    """What to type into a browser on this machine."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _refusal(host: str, port: int, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"port {port} needs more rights than this user has; choose one above 1023: CONCORD_PORT=8051 make run"
    if error.errno == errno.EADDRINUSE:
        holder = find_holder(port)
        by = f" by {holder}" if holder else ""
        return f"port {port} is taken{by}; choose another: CONCORD_PORT={port + 1} make run"
    return f"cannot listen on {host} port {port}: {error.strerror}; set CONCORD_HOST and CONCORD_PORT"


def find_holder(port: int) -> str | None:
    """Who listens on a port, as "process 123 (python -m tools serve)"; None where the system does not tell."""
    inodes = {f"socket:[{inode}]" for table in ("tcp", "tcp6") for inode in _listening_inodes(table, port)}
    if not inodes:
        return None
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            if any(os.readlink(descriptor) in inodes for descriptor in (process / "fd").iterdir()):
                words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                return f"process {process.name} ({words[:80]})"
        except OSError:
            continue  # ended meanwhile, or another user's
    return None


def _listening_inodes(table: str, port: int) -> list[str]:
    """Inodes of sockets that listen on a port, from /proc/net (empty elsewhere than on Linux)."""
    try:
        rows = Path("/proc/net", table).read_text().splitlines()[1:]
    except OSError:
        return []
    fields = [row.split() for row in rows]
    return [row[9] for row in fields if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port]
