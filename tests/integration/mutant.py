"""The commit function with its version check taken out: what every check of the write path must be able to see."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any

from data.connection import connect, load_functions

CHECK = "if version ~= args[at + 1] then"


def code_without_check() -> str:
    """commit.lua, accepting whatever was decided on whatever picture."""
    code = files("data").joinpath("commit.lua").read_text(encoding="utf-8")
    assert code.count(CHECK) == 1, "the version check is no longer where the mutation looks for it"
    return code.replace(CHECK, "if false then")


async def remove_check(client: Any) -> None:
    """Put the mutant in the place of the real functions, on the whole server."""
    await client.function_load(code_without_check(), replace=True)


@contextlib.asynccontextmanager
async def without_version_check(url: str) -> AsyncIterator[None]:
    """The server runs the mutant within the block; links must be open already, opening one mends it."""
    client = connect(url)
    await remove_check(client)
    try:
        yield
    finally:
        await load_functions(client)
        await client.aclose()
