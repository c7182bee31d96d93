"""One server process of a local store: its configuration file, its start, its end, and how it is frozen.

Knows one process. Refuses to know what part it plays (sets.py).
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from data.valkey_process import server_binary
from domain.errors import StoreUnavailable

DURABLE: dict[str, str] = {
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": '""',
    "maxmemory-policy": "noeviction",
}
"""What every server of a board has, whatever its part."""


class NoTlsServer(StoreUnavailable):
    """No server program that speaks TLS is installed; the text says how to get one."""


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on now, all different."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def find_tls_server() -> Path:
    """An installed server program that speaks TLS (the wheel's does not). Raises NoTlsServer."""
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found is None:
            continue
        said = subprocess.run(
            [found, "--port", "0", "--tls-port", "0", "--tls-cert-file", "/nowhere"],
            input="",
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
        if "Bad directive" not in said.stdout + said.stderr:
            return Path(found)
    raise NoTlsServer(
        "no server with TLS is installed; on Debian as root: make tls-store (apt-get install redis-server)"
    )


def _kept_port(folder: Path) -> int:
    """The port in a configuration that is already there: a folder keeps its servers' addresses."""
    try:
        words = [line.split() for line in (folder / "server.conf").read_text().splitlines()]
    except OSError:
        return 0
    ports = [int(line[1]) for line in words if len(line) == 2 and line[0] in ("port", "tls-port")]
    return max(ports, default=0)


class LocalServer:
    """A server in a folder of its own on 127.0.0.1. `lines` are its configuration beside the usual ones."""

    def __init__(
        self,
        folder: Path,
        port: int,
        lines: Mapping[str, str],
        *,
        binary: Path | None = None,
        sentinel: Sequence[str] = (),
        admin: Mapping[str, Any] | None = None,
    ) -> None:
        """`sentinel`: lines of a Sentinel's configuration (it is one, then). `admin`: how to log in, for Redis()."""
        self.folder = folder
        self.port = _kept_port(folder) or port
        self._lines = dict(lines)
        self._binary = binary
        self._sentinel = tuple(sentinel)
        self._admin_options = dict(admin or {})
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """host:port."""
        return f"127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "server.log"

    def start(self, seconds: float = 10.0) -> None:
        """Write the configuration if there is none yet, start, wait for an answer. Raises StoreUnavailable."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        configuration = self.folder / "server.conf"
        if not configuration.exists():  # a Sentinel writes its own findings into it
            configuration.write_text(self._configuration())
        words = [str(self._binary or server_binary()), str(configuration)]
        self.process = subprocess.Popen(
            [*words, "--sentinel"] if self._sentinel else words,
            cwd=self.folder,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + seconds
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
                self.kill()
                raise StoreUnavailable(
                    f"the server in {self.folder} did not come up: {said[-1] if said else 'no word'}"
                )
            time.sleep(0.01)

    def admin(self) -> Any:
        """A synchronous client for the administrator; close it after use."""
        options: dict[str, Any] = {"host": "127.0.0.1", "port": self.port, "decode_responses": True}
        return Redis(**{**options, "socket_timeout": 5, **self._admin_options})

    def do(self, *words: object) -> Any:
        """One administrator's command."""
        with self.admin() as client:
            return client.execute_command(*words)

    def answers(self) -> bool:
        """Whether it says PONG."""
        try:
            with self.admin() as client:
                return bool(client.ping())
        except (RedisError, OSError):
            return False

    def running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int) -> None:
        """Send it a signal: SIGSTOP freezes it, SIGCONT lets it go on."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self) -> None:
        """End it at once, as a crash does, and wait."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        """End it in order; what does not listen is killed after three seconds."""
        if self.process is None or self.process.poll() is not None:
            return
        self.signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.kill()

    def _configuration(self) -> str:
        lines = {"port": str(self.port), "bind": "127.0.0.1", "dir": f'"{self.folder}"', **self._lines}
        lines["logfile"] = f'"{self.log}"'
        text = [f"{name} {value}" for name, value in lines.items()]
        return "\n".join([*text, *self._sentinel]) + "\n"
