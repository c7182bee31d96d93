"""Copies before promises: a command counts as done when enough replicas have it.

Knows WAIT and its trap. Refuses to know commands.

WAIT answers for the last write *of its own connection*. It therefore travels in one pipeline with the call,
and behind a write of its own (the command id's expiry is set again): a repeated call that finds its command done
writes nothing itself, and a fresh connection that wrote nothing would be told "every replica has it" at once.
"""

from __future__ import annotations

from typing import Any

from redis.exceptions import RedisError

WAIT_MILLISECONDS = 1000
"""How long the replicas may take; longer than a busy replica needs, shorter than the socket's patience."""
COMMAND_SECONDS = 3600
"""How long a command id is remembered, as in commit.lua."""


class NotReplicated(RedisError):
    """Fewer replicas than asked have the command. It may stand or be lost: the outcome is not known yet."""


async def call_and_wait(client: Any, function: str, keys: tuple[str, ...], args: list[Any], replicas: int) -> Any:
    """FCALL and wait for copies; the last key is the command id's. The function's answer.

    Raises NotReplicated, and what the client raises.
    """
    pipeline = client.pipeline(transaction=False)
    pipeline.fcall(function, len(keys), *keys, *args)
    pipeline.expire(keys[-1], COMMAND_SECONDS)
    pipeline.execute_command("WAIT", replicas, WAIT_MILLISECONDS)
    answer, _, copies = await pipeline.execute(raise_on_error=False)
    if isinstance(answer, Exception):
        raise answer
    _enough(copies, replicas)
    return answer


async def confirm(client: Any, command_key: str, replicas: int) -> None:
    """Wait until the replicas have everything up to now, the command of that key included. Raises NotReplicated."""
    if not replicas:
        return
    pipeline = client.pipeline(transaction=False)
    pipeline.expire(command_key, COMMAND_SECONDS)
    pipeline.execute_command("WAIT", replicas, WAIT_MILLISECONDS)
    written, copies = await pipeline.execute(raise_on_error=False)
    if isinstance(written, Exception):
        raise NotReplicated(f"the store takes no writes now: {written}") from written
    _enough(copies, replicas)


def _enough(copies: Any, replicas: int) -> None:
    if isinstance(copies, Exception):
        raise NotReplicated(f"the store cannot say how many replicas have it: {copies}") from copies
    if int(copies) < replicas:
        raise NotReplicated(f"{copies} of {replicas} replicas have it")
