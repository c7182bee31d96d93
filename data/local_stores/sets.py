"""Whole local stores: which servers, in which part, with which settings, and the REDIS_URL that names them.

Knows deployments. The settings are explained line by line in docs/operations.md.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from data.local_stores.server import DURABLE, LocalServer, find_tls_server, free_ports
from data.locate import slot_of
from domain.errors import StoreUnavailable

SERVICE = "concord"
DOWN_AFTER_MS = 1000
"""Silence after which a Sentinel holds a server for dead: shorter ones take a busy server for a dead one."""
SLOTS = 16384


class LocalStore:
    """Servers that belong together. Use with `with`: they run inside the block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers: list[LocalServer] = []

    @property
    def url(self) -> str:
        """The REDIS_URL of the whole."""
        raise NotImplementedError

    def start(self) -> None:
        """Start every server and wait until the whole is ready. Raises StoreUnavailable."""
        for server in self.servers:
            server.start()

    def stop(self) -> None:
        """End every server, the last started first."""
        for server in reversed(self.servers):
            server.stop()

    def __enter__(self) -> Any:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class LocalSingle(LocalStore):
    """One server that keeps everything in its append-only file. `settings` come on top."""

    def __init__(self, folder: Path, binary: Path | None = None, **settings: str) -> None:
        super().__init__(folder)
        (port,) = free_ports(1)
        more = {name.replace("_", "-"): value for name, value in settings.items()}
        self.servers = [LocalServer(folder / "server", port, {**DURABLE, **more}, binary=binary)]

    @property
    def server(self) -> LocalServer:
        """The only one."""
        return self.servers[0]

    @property
    def url(self) -> str:
        return f"redis://{self.server.address}/0"


class LocalSentinels(LocalStore):
    """A master, its replicas and three Sentinels. The master takes no write without a replica that keeps up.

    With one replica every acknowledged command is on the server that takes over; the board is then read-only until the
    other is back (`rejoin`). With two it goes on at once (docs/operations.md weighs them).
    """

    def __init__(self, folder: Path, binary: Path | None = None, *, replicas: int = 1, seen_at: int = 0) -> None:
        """`seen_at`: port under which replicas and Sentinels reach the master, where a cable lies between."""
        super().__init__(folder)
        ports = free_ports(4 + replicas)
        seen_at = seen_at or ports[0]
        guarded = {
            **DURABLE,
            "min-replicas-to-write": "1",
            "min-replicas-max-lag": "2",
            "repl-ping-replica-period": "1",
            "repl-diskless-sync-delay": "0",
        }
        self._guarded, self._binary = guarded, binary
        following = {**guarded, "replicaof": f"127.0.0.1 {seen_at}"}
        self.master = LocalServer(folder / "server-1", ports[0], guarded, binary=binary)
        self.replicas = [
            LocalServer(folder / f"server-{n + 2}", ports[n + 1], following, binary=binary) for n in range(replicas)
        ]
        watch = (
            f"sentinel monitor {SERVICE} 127.0.0.1 {seen_at} 2",
            f"sentinel down-after-milliseconds {SERVICE} {DOWN_AFTER_MS}",
            f"sentinel failover-timeout {SERVICE} 10000",
            f"sentinel parallel-syncs {SERVICE} 1",
        )
        self.sentinels = [
            LocalServer(folder / f"sentinel-{n + 1}", port, {}, binary=binary, sentinel=watch)
            for n, port in enumerate(ports[1 + replicas :])
        ]
        self.servers = [self.master, *self.replicas, *self.sentinels]

    @property
    def url(self) -> str:
        return f"sentinel://{','.join(each.address for each in self.sentinels)}/{SERVICE}?replicas=1"

    def start(self) -> None:
        super().start()
        _until(lambda: any(_online(each) for each in (self.master, *self.replicas)), "the replica")
        _until(lambda: all(self._knows_all(each) for each in self.sentinels), "the Sentinels' knowledge of each other")

    def master_port(self) -> int:
        """Port of the master as the first Sentinel that answers knows it."""
        for sentinel in self.sentinels:
            if sentinel.running():
                return int(sentinel.do("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)[1])
        raise StoreUnavailable("no Sentinel runs")

    def rejoin(self, server: LocalServer) -> None:
        """Start a server that died, as what the Sentinels say it is now.

        Without asking them it would start as the master it was and be made a replica some ten seconds later.
        """
        master = self.master_port()
        configuration = server.folder / "server.conf"
        lines = [line for line in configuration.read_text().splitlines() if not line.startswith("replicaof")]
        if master != server.port:
            lines.append(f"replicaof 127.0.0.1 {master}")
        configuration.write_text("\n".join(lines) + "\n")
        server.start()

    def add_replica(self) -> LocalServer:
        """Start one more, empty server that follows the master of now: what replaces a machine that is gone."""
        (port,) = free_ports(1)
        lines = {**self._guarded, "replicaof": f"127.0.0.1 {self.master_port()}"}
        server = LocalServer(self.folder / f"server-{len(self.replicas) + 2}", port, lines, binary=self._binary)
        self.replicas.append(server)
        self.servers.append(server)
        server.start()
        return server

    def _knows_all(self, sentinel: LocalServer) -> bool:
        facts = _pairs(sentinel.do("SENTINEL", "MASTER", SERVICE))
        return int(facts["num-other-sentinels"]) == 2 and int(facts["num-slaves"]) == len(self.replicas)


class LocalCluster(LocalStore):
    """Three masters; with `replicas`, one replica each, which takes over when its master dies."""

    def __init__(self, folder: Path, binary: Path | None = None, *, replicas: bool = False) -> None:
        super().__init__(folder)
        count = 6 if replicas else 3
        ports = free_ports(2 * count)
        self.replicas = replicas
        for n in range(count):
            settings = {
                **DURABLE,
                "cluster-enabled": "yes",
                "cluster-port": str(ports[count + n]),
                "cluster-node-timeout": "1500",
                "cluster-require-full-coverage": "no",  # one dead master stops its own boards only
                "repl-diskless-sync-delay": "0",
            }
            self.servers.append(LocalServer(folder / f"node-{n + 1}", ports[n], settings, binary=binary))
        self.masters = self.servers[:3]

    @property
    def url(self) -> str:
        hosts = ",".join(server.address for server in self.masters)
        return f"cluster://{hosts}" + ("?replicas=1" if self.replicas else "")

    def start(self) -> None:
        super().start()
        first = self.masters[0]
        if _cluster_state(first) == "ok":
            return  # the folder holds a Cluster already
        for number, master in enumerate(self.masters):
            master.do("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            master.do("CLUSTER", "ADDSLOTSRANGE", SLOTS * number // 3, SLOTS * (number + 1) // 3 - 1)
        for other in self.servers[1:]:
            bus = other.do("CONFIG", "GET", "cluster-port")
            first.do("CLUSTER", "MEET", "127.0.0.1", other.port, _pairs(bus)["cluster-port"])
        _until(lambda: all(self._sees_all(server) for server in self.servers), "the Cluster")
        for master, replica in zip(self.masters, self.servers[3:], strict=False):
            replica.do("CLUSTER", "REPLICATE", master.do("CLUSTER", "MYID"))
        _until(lambda: all(_cluster_state(server) == "ok" for server in self.servers), "the Cluster's slots")
        if self.replicas:
            _until(lambda: all(_online(master) for master in self.masters), "the replicas")

    def master_of(self, board: str) -> LocalServer:
        """The master that was given a board's slot when the Cluster was made."""
        return self.masters[min(2, next(n for n in range(3) if slot_of(board) < SLOTS * (n + 1) // 3))]

    def _sees_all(self, server: LocalServer) -> bool:
        nodes = str(server.do("CLUSTER", "NODES")).strip().splitlines()
        return len(nodes) == len(self.servers) and "handshake" not in str(nodes)


class LocalTls(LocalStore):
    """One server that speaks TLS only, wants a certificate of its clients, and knows one user with few rights."""

    USER = "concord"
    PASSWORD = "practice-only"

    def __init__(self, folder: Path, binary: Path | None = None) -> None:
        super().__init__(folder)
        binary = binary or find_tls_server()
        (port,) = free_ports(1)
        self.papers = folder / "papers"
        settings = {
            **DURABLE,
            "port": "0",
            "tls-port": str(port),
            "tls-cert-file": f'"{self.papers / "server.crt"}"',
            "tls-key-file": f'"{self.papers / "server.key"}"',
            "tls-ca-cert-file": f'"{self.papers / "ca.crt"}"',
            "tls-auth-clients": "yes",
            "aclfile": f'"{self.papers / "users.acl"}"',
        }
        admin = {"ssl": True, "username": self.USER, "password": self.PASSWORD}
        admin |= {"ssl_ca_certs": str(self.papers / "ca.crt"), "ssl_certfile": str(self.papers / "client.crt")}
        admin |= {"ssl_keyfile": str(self.papers / "client.key")}
        self.servers = [LocalServer(folder / "server", port, settings, binary=binary, admin=admin)]

    @property
    def url(self) -> str:
        papers = "&".join(f"{name}={self.papers / file}" for name, file in _CLIENT_PAPERS.items())
        return f"rediss://{self.USER}:{self.PASSWORD}@{self.servers[0].address}/0?{papers}"

    def start(self) -> None:
        if not (self.papers / "ca.crt").exists():
            make_papers(self.papers)
            acl = f"user default off\nuser {self.USER} on >{self.PASSWORD} {ACL_RULES}\n"
            (self.papers / "users.acl").write_text(acl)
        super().start()


_CLIENT_PAPERS = {"ca": "ca.crt", "cert": "client.crt", "key": "client.key"}
ACL_RULES = (
    "~{* &* -@all +@read +@write +@connection +@scripting +@transaction -@dangerous "
    "+info +config|get +time +wait +cluster|info +cluster|slots"
)
"""What Concord needs and no more: its boards' keys, functions, INFO; no FLUSHALL, no CONFIG SET, no SHUTDOWN."""


def make_papers(folder: Path) -> None:
    """A practice authority and certificates for server and client, made with openssl, valid for 30 days."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def openssl(*words: str) -> None:
        done = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise StoreUnavailable(f"openssl {words[0]}: {done.stderr.strip()[-200:]}")

    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30")
    openssl("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=Concord practice authority")
    for name, subject in (("server", "/CN=localhost"), ("client", "/CN=concord")):
        openssl("req", *new[:-2], "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
        (folder / f"{name}.ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        signed = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile", f"{name}.ext")
        openssl("x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.crt", *signed)


def _online(master: LocalServer) -> bool:
    facts = master.do("INFO", "replication")
    return any("online" in str(value) for name, value in facts.items() if str(name).startswith("slave"))


def _cluster_state(server: LocalServer) -> str:
    return str(_pairs(server.do("CLUSTER", "INFO")).get("cluster_state", ""))


def _pairs(answer: Any) -> dict[str, str]:
    """A reply of names and values as a dictionary, whatever form the library gave it."""
    if isinstance(answer, dict):
        return {str(name): str(value) for name, value in answer.items()}
    if isinstance(answer, str):
        return dict(line.split(":", 1) for line in answer.split("\r\n") if ":" in line)
    return {str(name): str(value) for name, value in zip(answer[::2], answer[1::2], strict=True)}


def _until(ready: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if ready():
                return
        except (RedisError, OSError, KeyError):
            pass
        if time.monotonic() > deadline:
            raise StoreUnavailable(f"{what} did not come up in {seconds:g} s")
        time.sleep(0.05)
