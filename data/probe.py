"""A first look at a store: does it answer, what is it, does it keep what it is told.

Knows one question asked at the start and the words for the answer. Refuses to know keys and boards.
"""

from __future__ import annotations

from dataclasses import dataclass

from redis import Redis
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from domain.errors import StoreUnavailable


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What answered: `name` is "Valkey 9.1.2" or "Redis 7.0.15".

    `append_only` is whether it keeps an append-only file; None where it does not tell (managed services).
    """

    name: str
    append_only: bool | None


def probe(url: str, *, timeout: float = 3.0) -> StoreFacts:
    """Ask a server what it is; `timeout` in seconds. StoreUnavailable names where it was looked for and why not."""
    try:
        with Redis.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout) as client:
            facts = client.info("server")
            return StoreFacts(_name(facts), _append_only(client))
    except AuthenticationError as error:
        raise StoreUnavailable(f"the store at {_place(url)} refuses the name or password in REDIS_URL") from error
    except (RedisError, OSError, ValueError) as error:
        raise StoreUnavailable(f"the store at {_place(url)} does not answer: {error}; check REDIS_URL") from error


def _name(facts: dict[str, object]) -> str:
    if "valkey_version" in facts:
        return f"Valkey {facts['valkey_version']}"
    return f"Redis {facts.get('redis_version', 'of unknown version')}"


def _append_only(client: Redis) -> bool | None:
    try:
        return bool(client.config_get("appendonly").get("appendonly") == "yes")
    except ResponseError:
        return None


def _place(url: str) -> str:
    """The URL without name and password."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
