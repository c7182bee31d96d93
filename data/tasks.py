"""Ending tasks that use the store's client.

Knows one trap: redis-py's asynchronous client can swallow a cancellation that arrives while it connects or
just as a reply comes in. One cancel is then not enough, and waiting for it would be for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any


async def cancelled(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks, as often as it takes, until all of them are done; what they raised is dropped."""
    pending = set(tasks)
    while pending := {task for task in pending if not task.done()}:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=0.1)
