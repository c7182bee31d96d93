"""Where a board's master is now: asked of the Sentinels or of the Cluster, each time somebody connects.

Knows two questions and their answers. Refuses to know connections to the board itself and what is kept there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from data.store_url import StorePlace

Address = tuple[str, int]
ASK_SECONDS = 0.5
"""How long one Sentinel or node may take to answer before the next is asked."""


def slot_of(board: str) -> int:
    """The Cluster slot (0 to 16383) of a board: all its keys carry the hash tag `{board}`."""
    return int(key_slot(f"{{{board}}}".encode()))


def locator(place: StorePlace, board: str) -> Callable[[], Awaitable[Address]]:
    """How to find the master that holds a board now. What it returns raises ConnectionError when nobody tells."""
    return _Sentinels(place).master if place.kind == "sentinel" else _ClusterMap(place, slot_of(board)).master


class _Sentinels:
    """Asks the Sentinels in turn; the one that answered is asked first the next time."""

    def __init__(self, place: StorePlace) -> None:
        self._place = place
        self._hosts = list(place.hosts)

    async def master(self) -> Address:
        for host, port in list(self._hosts):
            asked = _short_lived(self._place, host, port, self._place.sentinel_username, self._place.sentinel_password)
            try:
                found = await asked.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._place.service)
            except (RedisError, OSError):
                found = None
            finally:
                await asked.aclose()
            if found:
                self._hosts.remove((host, port))
                self._hosts.insert(0, (host, port))
                return _text(found[0]), int(found[1])
        raise RedisConnectionError(
            f"no master of {self._place.service!r} is known to any of {len(self._hosts)} Sentinels"
        )


class _ClusterMap:
    """Asks any node of the Cluster who serves a slot; learns the others' addresses from the answer."""

    def __init__(self, place: StorePlace, slot: int) -> None:
        self._place = place
        self._slot = slot
        self._hosts = list(place.hosts)

    async def master(self) -> Address:
        for host, port in list(self._hosts):
            try:
                table = await slot_table(self._place, host, port)
            except (RedisError, OSError):
                self._hosts.append(self._hosts.pop(self._hosts.index((host, port))))  # ask it last from now on
                continue
            known = dict.fromkeys([*self._hosts, *(address for _, _, address in table)])
            self._hosts = list(known)
            for first, last, address in table:
                if first <= self._slot <= last:
                    return address
        raise RedisConnectionError(f"no master of slot {self._slot} is known to any of {len(self._hosts)} nodes")


async def slot_table(place: StorePlace, host: str, port: int) -> list[tuple[int, int, Address]]:
    """(first slot, last slot, master's address) of every range, as one node knows it. Raises RedisError, OSError."""
    asked = _short_lived(place, host, port, place.username, place.password)
    try:
        rows: Any = await asked.execute_command("CLUSTER", "SLOTS")
    finally:
        await asked.aclose()
    ranges = rows if isinstance(rows, list) else []
    # An empty host means "the one you asked".
    return [(int(row[0]), int(row[1]), (_text(row[2][0]) or host, int(row[2][1]))) for row in ranges]


def _short_lived(place: StorePlace, host: str, port: int, username: str, password: str) -> Any:
    tls: dict[str, Any] = {}
    if place.tls:
        chosen = {"ssl_ca_certs": place.ca, "ssl_certfile": place.cert, "ssl_keyfile": place.key}
        tls = {"ssl": True, **{name: value for name, value in chosen.items() if value}}
    return Redis(
        host=host,
        port=port,
        username=username or None,
        password=password or None,
        socket_timeout=ASK_SECONDS,
        socket_connect_timeout=ASK_SECONDS,
        retry=Retry(NoBackoff(), 0),
        **tls,
    )


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
