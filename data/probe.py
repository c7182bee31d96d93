"""A first look at a store: does it answer, what is it, does it keep what it is told.

Knows one question asked at the start and the words for the answer. Refuses to know keys and boards.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from redis.exceptions import AuthenticationError, RedisError, ResponseError

from data.check_store import Finding, look_at
from data.connection import connect
from data.store_url import read_store_url, without_secrets
from domain.errors import StoreUnavailable


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What answered: `name` is "Valkey 9.1.2" or "Redis 7.0.15"; `findings` is what is wrong with it."""

    name: str
    findings: tuple[Finding, ...]


def probe(url: str, board: str = "", *, timeout: float = 3.0) -> StoreFacts:
    """Ask a server what it is; `timeout` in seconds. StoreUnavailable names where it was looked for and why not.

    Not to be called where an event loop runs. Raises BadStoreUrl too.
    """
    try:
        return asyncio.run(asyncio.wait_for(_probe(url, board), timeout))
    except AuthenticationError as error:
        raise StoreUnavailable(
            f"the store at {without_secrets(url)} refuses the name or password in REDIS_URL"
        ) from error
    except (RedisError, OSError, TimeoutError) as error:
        where = without_secrets(url)
        raise StoreUnavailable(f"the store at {where} does not answer: {error}; check REDIS_URL") from error


async def _probe(url: str, board: str) -> StoreFacts:
    client = connect(url, connections=2, board=board)
    try:
        facts = await client.info("server")
        try:
            findings = tuple(await look_at(client, read_store_url(url)))
        except ResponseError:  # a managed service that hides its INFO sections
            findings = ()
        return StoreFacts(_name(facts), findings)
    finally:
        await client.aclose()


def _name(facts: dict[str, object]) -> str:
    if "valkey_version" in facts:
        return f"Valkey {facts['valkey_version']}"
    return f"Redis {facts.get('redis_version', 'of unknown version')}"
