"""The live socket: frames of docs/feed.md, server to browser.

Knows one socket's life: who may open it, reading and writing at once, and its end. Refuses to know what is in a
frame. Commands never travel here: a click made during an outage must not run later.
"""

from __future__ import annotations

import asyncio
import contextlib
from urllib.parse import urlsplit

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from api.hub import Hub, Viewer
from domain.commands import Role
from domain.sharing import Audience

CLOSE_FOREIGN = 4403
CLOSE_BAD_REQUEST = 4400


def feed_router(hub: Hub) -> APIRouter:
    """`/live/ws?seq=N&agency=A&role=R`."""
    router = APIRouter()

    @router.websocket("/live/ws")
    async def live(socket: WebSocket, seq: int = 0, agency: str = "", role: str = Role.DISPATCHER.value) -> None:
        await socket.accept()
        if not same_origin(socket.headers.get("origin"), socket.headers.get("host")):
            await socket.close(CLOSE_FOREIGN, "foreign origin")
            return
        if role not in (Role.DISPATCHER, Role.COMMANDER, Role.BRIEFER) or seq < 0:
            await socket.close(CLOSE_BAD_REQUEST, "unknown role or sequence number")
            return
        await _serve(socket, hub, Viewer(Audience(agency, role)), seq)

    return router


def same_origin(origin: str | None, host: str | None) -> bool:
    """Whether a browser's request comes from our own page; other clients send no Origin."""
    return origin is None or urlsplit(origin).netloc == host


async def _serve(socket: WebSocket, hub: Hub, viewer: Viewer, seq: int) -> None:
    # Waiting on both directions: a closed idle page would otherwise never be noticed.
    tasks = [asyncio.create_task(_write(socket, hub, viewer, seq)), asyncio.create_task(_read(socket))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        hub.leave(viewer)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.close()


async def _write(socket: WebSocket, hub: Hub, viewer: Viewer, seq: int) -> None:
    for frame in hub.join(viewer, seq):
        await socket.send_text(frame.decode())
    while True:
        frame = await viewer.next()
        if frame:
            await socket.send_text(frame.decode())
        else:
            for fresh in hub.resync(viewer):
                await socket.send_text(fresh.decode())


async def _read(socket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.receive_text()
