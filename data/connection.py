"""Connections to the store, whatever its deployment: one server, Sentinel or Cluster, with TLS or without.

Knows how a client is made so that it neither hangs nor hides a failure. Refuses to know what is kept.

All keys of a board live in one slot, so a board needs one master at a time wherever it runs. Behind Sentinel
and in a Cluster a connection therefore asks *where the master is now* each time it connects (locate.py), and
an answer that says "not here any more" ends the connection. Everything else (functions, blocking reads, pipelines,
WAIT after a commit) is the same in every deployment.

The library's own retries are off, explicitly: they differ by how the client was made, they reconnect in silence
to a server with another history, and they hide whether a command was sent. Who asks again is decided where it
is known to be safe: dispatch.py for commands, projection.py for reading.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Coroutine
from importlib.resources import files
from typing import Any, ParamSpec, TypeVar

from redis.asyncio import BlockingConnectionPool, Connection, Redis, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AskError, ClusterDownError, ReadOnlyError, RedisError, ResponseError, TryAgainError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from data.keys import board_of
from data.locate import locator
from data.store_url import StorePlace, read_store_url
from domain.errors import StoreUnavailable

BLOCK_SECONDS = 1.0
"""How long a reader waits for news in one call; the socket's time-out must be longer."""
SOCKET_SECONDS = BLOCK_SECONDS + 1.5
"""A server that says nothing for so long counts as lost: the banner must be up within five seconds."""
CONNECT_SECONDS = 1.0

LIBRARIES = ("commit.lua", "seal.lua", "people.lua")
"""What is loaded into the server, one library each."""

_P = ParamSpec("_P")
_T = TypeVar("_T")

Client = Any
"""redis.asyncio.Redis; its own annotations mix the synchronous and asynchronous client."""

LOST = (RedisConnectionError, RedisTimeoutError, OSError)
"""What a lost or unanswering server raises."""

_ELSEWHERE = (ReadOnlyError, AskError, TryAgainError, ClusterDownError)
"""Answers of a server that does not hold the board (MOVED is an AskError, MASTERDOWN a ClusterDownError)."""
_NO_LINK = ("Timeout connecting", "No connection available", "No master found", "no master of")


def connect(url: str, *, connections: int = 16, board: str = "") -> Client:
    """A client for one event loop; nothing is sent until it is used.

    `board` names the slot in a Cluster: a client there serves one board. Raises BadStoreUrl.
    """
    place = read_store_url(url)
    options: dict[str, Any] = {
        "max_connections": connections,
        "timeout": 5,
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": SOCKET_SECONDS,
        "retry": Retry(NoBackoff(), 0),
        "retry_on_error": [],
        "health_check_interval": 0,
    }
    if place.kind == "single":
        return Redis(connection_pool=BlockingConnectionPool.from_url(place.url, **options, **_tls(place)))
    host, port = place.hosts[0]
    options |= {"db": place.db, "username": place.username or None, "password": place.password or None}
    options |= {"host": host, "port": port, "locate": locator(place, board_of(board)), **_tls(place)}
    kind = _LocatedOverTls if place.tls else _Located
    return Redis(connection_pool=BlockingConnectionPool(connection_class=kind, **options))


def never_sent(error: BaseException) -> bool:
    """Whether a failure came before anything was sent: then it is known that nothing happened."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, (ConnectionRefusedError, FileNotFoundError)) or str(cause).startswith(_NO_LINK):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


async def forget_idle(client: Client) -> None:
    """Close connections that wait to be used: after a loss they may lead to a server that never answers."""
    await client.connection_pool.disconnect(inuse_connections=False)


def answering(method: Callable[_P, Coroutine[Any, Any, _T]]) -> Callable[_P, Coroutine[Any, Any, _T]]:
    """Lets a method that asks the store say StoreUnavailable for whatever a lost or refusing store raises."""

    @functools.wraps(method)
    async def asking(*args: _P.args, **options: _P.kwargs) -> _T:
        try:
            return await method(*args, **options)
        except (*LOST, RedisError) as lost:
            said = refusal_in_words(lost) or f"the store does not answer: {lost}"
            raise StoreUnavailable(said) from lost

    return asking


class _FollowsTheMaster:
    """What a connection does differently where the master may move."""

    def __init__(self, *, locate: Callable[[], Awaitable[tuple[str, int]]], **options: Any) -> None:
        self._locate = locate
        super().__init__(**options)

    async def _connect(self) -> None:
        self.host, self.port = await self._locate()
        await super()._connect()  # type: ignore[misc]

    async def read_response(self, *args: Any, **options: Any) -> Any:
        try:
            return await super().read_response(*args, **options)  # type: ignore[misc]
        except _ELSEWHERE as elsewhere:
            await self.disconnect()  # type: ignore[attr-defined]
            raise RedisConnectionError(f"the board's master is elsewhere now ({elsewhere})") from elsewhere


class _Located(_FollowsTheMaster, Connection):
    """A connection to the board's master."""


class _LocatedOverTls(_FollowsTheMaster, SSLConnection):
    """A connection to the board's master over TLS."""


def _tls(place: StorePlace) -> dict[str, Any]:
    if not place.tls:
        return {}
    chosen = {"ssl_ca_certs": place.ca, "ssl_certfile": place.cert, "ssl_keyfile": place.key}
    return {name: value for name, value in chosen.items() if value}


async def load_functions(client: Client) -> None:
    """Put the functions of LIBRARIES on the server, in this release's form.

    Raises StoreUnavailable when the server does not answer or cannot hold functions.
    """
    try:
        for library in LIBRARIES:
            code = files("data").joinpath(library).read_text(encoding="utf-8")
            await client.function_load(code, replace=True)
    except LOST as lost:
        raise StoreUnavailable(f"the store does not answer: {lost}") from lost
    except ResponseError as refused:
        if words := refusal_in_words(refused):
            raise StoreUnavailable(words) from refused
        raise StoreUnavailable(
            f"the store cannot hold Concord's functions ({refused}); it needs Redis 7 or Valkey"
        ) from (refused)
    except RedisError as trouble:
        raise StoreUnavailable(f"the store refused: {trouble}") from trouble


_REFUSALS = {
    "MISCONF": "the store cannot write to its disk (free space there; see its log)",
    "NOREPLICAS": "the store has no replica that keeps up, so it takes no writes (bring a replica back)",
    "OOM": "the store is out of memory (raise its maxmemory or free memory)",
    "READONLY": "this server is a replica and takes no writes (REDIS_URL must name the master, or use sentinel://)",
    "NOPERM": "the store's user may not do this (see the ACL in docs/operations.md)",
}


def refusal_in_words(refused: BaseException) -> str:
    """What a server's refusal to write means and how to mend it; "" for any other answer."""
    code = getattr(refused, "status_code", None) or str(refused).partition(" ")[0]
    words = _REFUSALS.get(str(code), "")
    if not words and isinstance(refused, ReadOnlyError):
        words = _REFUSALS["READONLY"]
    return words
