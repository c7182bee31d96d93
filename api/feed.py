"""The live socket: frames of docs/feed.md, server to browser.

Knows one socket's life: reading and writing at once, and its end, which comes too when its session ends (watch.py).
Refuses to know what is in a frame and who may come in: the gate has let in whoever is here. Commands never
travel here: a click made during an outage must not run later.
"""

from __future__ import annotations

import asyncio
import contextlib

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from api.hub import Hub, Viewer
from api.watch import SocketWatch
from data.who import get_identity

CLOSE_BAD_REQUEST = 4400


def feed_router(hub: Hub, watch: SocketWatch) -> APIRouter:
    """`/live/ws?seq=N`: the picture of whoever opens it, from a sequence number on."""
    router = APIRouter()

    @router.websocket("/live/ws")
    async def live(socket: WebSocket, seq: int = 0) -> None:
        await socket.accept()
        if seq < 0:
            await socket.close(CLOSE_BAD_REQUEST, "no such sequence number")
            return
        identity = get_identity()
        ended = watch.opened(identity)
        try:
            await _serve(socket, hub, Viewer(identity.audience), seq, ended)
        finally:
            watch.closed(ended)

    return router


async def _serve(socket: WebSocket, hub: Hub, viewer: Viewer, seq: int, ended: asyncio.Future[int]) -> None:
    # Waiting on both directions: a closed idle page would otherwise never be noticed.
    tasks = [asyncio.create_task(_write(socket, hub, viewer, seq)), asyncio.create_task(_read(socket))]
    try:
        await asyncio.wait([*tasks, ended], return_when=asyncio.FIRST_COMPLETED)
    finally:
        hub.leave(viewer)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(ended.result() if ended.done() and not ended.cancelled() else 1000)


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
