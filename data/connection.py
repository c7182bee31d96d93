"""Connections to the store.

Knows how a client is made so that it neither hangs nor hides a failure. Refuses to know keys and boards.
Retries are set explicitly: the library's own differ by how the client was made. They are safe because
every write carries an id (commit.lua) or may be repeated (positions).
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from domain.errors import StoreUnavailable

BLOCK_SECONDS = 1.0
"""How long a reader waits for news in one call; the socket's time-out must be longer."""

LIBRARIES = ("commit.lua", "seal.lua")
"""What is loaded into the server, one library each."""

Client = Any
"""redis.asyncio.Redis; its own annotations mix the synchronous and asynchronous client."""

LOST = (RedisConnectionError, RedisTimeoutError, OSError)
"""What a lost or unanswering server raises."""


def connect(url: str, *, connections: int = 16, retries: int = 2) -> Client:
    """A client for one event loop; nothing is sent until it is used."""
    pool: Any = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=5,
        socket_connect_timeout=2,
        socket_timeout=BLOCK_SECONDS + 2,
        retry=Retry(ExponentialBackoff(cap=0.25, base=0.02), retries),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
        health_check_interval=0,
    )
    return Redis(connection_pool=pool)


async def load_functions(client: Client) -> None:
    """Put the functions of commit.lua and seal.lua on the server, in this release's form.

    Raises StoreUnavailable when the server does not answer or cannot hold functions.
    """
    try:
        for library in LIBRARIES:
            code = files("data").joinpath(library).read_text(encoding="utf-8")
            await client.function_load(code, replace=True)
    except LOST as lost:
        raise StoreUnavailable(f"the store does not answer: {lost}") from lost
    except ResponseError as refused:
        raise StoreUnavailable(
            f"the store cannot hold Concord's functions ({refused}); it needs Redis 7 or Valkey"
        ) from (refused)
    except RedisError as trouble:
        raise StoreUnavailable(f"the store refused: {trouble}") from trouble
