"""The smallest app `serve` can bring up: enough to see which process answers, and to make one fail."""

from __future__ import annotations

import asyncio
import os
import signal
import time

from fastapi import FastAPI, WebSocket


def create_server() -> FastAPI:
    """Healthy at once."""
    server = FastAPI()

    @server.get("/readyz")
    async def readyz() -> dict[str, bool]:
        return {"ready": True}

    @server.get("/pid")
    async def pid() -> dict[str, object]:
        return {"pid": os.getpid(), "store": os.environ["REDIS_URL"]}

    @server.get("/slow")
    async def slow() -> str:
        await asyncio.sleep(60)
        return "late"

    @server.get("/die")
    async def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    @server.get("/hang")
    async def hang() -> None:
        time.sleep(60)  # noqa: ASYNC251 - the whole process stands still, as a bad callback makes it

    @server.websocket("/echo")
    async def echo(link: WebSocket) -> None:
        await link.accept()
        while True:
            await link.send_text(await link.receive_text())

    return server


def broken() -> FastAPI:
    """Fails as an app with a mistake in it does."""
    raise RuntimeError("the region has no agencies")
