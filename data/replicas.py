"""Copies before promises: a command counts as done when enough replicas have it.

Knows WAIT and its trap. Refuses to know commands.

WAIT answers for the last write *of its own connection*. It therefore ends every batch of calls on the connection that
carried them, behind a write of its own: a repeated call that finds its command done writes nothing itself, and a
fresh connection that wrote nothing would be told "every replica has it" at once.
"""

from __future__ import annotations

from typing import Any

from redis.exceptions import RedisError

from data.keys import Keys

WAIT_MILLISECONDS = 1000
"""How long the replicas may take; longer than a busy replica needs, shorter than the socket's patience."""


class NotReplicated(RedisError):
    """Fewer replicas than asked have the command. It may stand or be lost: the outcome is not known yet."""


def closing(keys: Keys, replicas: int) -> list[tuple[Any, ...]]:
    """What ends a batch of calls: nothing where no copies are asked for, else a write and WAIT for it."""
    return [("SET", keys.copies, "1"), ("WAIT", replicas, WAIT_MILLISECONDS)] if replicas else []


def missing_copies(answers: list[Any], replicas: int) -> NotReplicated | None:
    """What is wrong with the answers to `closing`; None when enough replicas have everything before it."""
    written, copies = answers
    if isinstance(written, Exception):
        return NotReplicated(f"the store takes no writes now: {written}")
    if isinstance(copies, Exception):
        return NotReplicated(f"the store cannot say how many replicas have it: {copies}")
    return None if int(copies) >= replicas else NotReplicated(f"{copies} of {replicas} replicas have it")
