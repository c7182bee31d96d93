"""The live socket: frames of docs/feed.md, server to browser; all a page says here is what it can show.

Knows one socket's life: reading and writing at once, and its end, which comes too when its session ends (watch.py).
Refuses to know what is in a frame and who may come in: the gate has let in whoever is here. Commands never
travel here: a click made during an outage must not run later.
"""

from __future__ import annotations

import asyncio
import contextlib

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from api.hub import Frame, Hub, Viewer
from api.interest import BadInterest, interest_from_query, interest_from_text
from api.watch import SocketWatch
from data.who import get_identity

CLOSE_BAD_REQUEST = 4400
INTEREST_SECONDS = 0.1
"""Between two views of one page; a map in motion says the next one only when it has come to rest anyway."""


def feed_router(hub: Hub, watch: SocketWatch) -> APIRouter:
    """`/live/ws?seq=N&view=W,S,E,N,ZOOM&numbers=DIGEST`: the picture of whoever opens it, from a sequence number on."""
    router = APIRouter()

    @router.websocket("/live/ws")
    async def live(socket: WebSocket, seq: int = 0, view: str = "", numbers: str = "") -> None:
        await socket.accept()
        try:
            interest = interest_from_query(view)
        except BadInterest as bad:
            await socket.close(CLOSE_BAD_REQUEST, _reason(bad))
            return
        if seq < 0:
            await socket.close(CLOSE_BAD_REQUEST, "no such sequence number")
            return
        identity = get_identity()
        ended = watch.opened(identity)
        try:
            await _serve(socket, hub, Viewer(identity.audience, interest, numbers), seq, ended)
        finally:
            watch.closed(ended)

    return router


async def _serve(socket: WebSocket, hub: Hub, viewer: Viewer, seq: int, ended: asyncio.Future[int]) -> None:
    # Waiting on both directions: a closed idle page would otherwise never be noticed.
    reading = asyncio.create_task(_read(socket, hub, viewer))
    tasks = [asyncio.create_task(_write(socket, hub, viewer, seq)), reading]
    try:
        await asyncio.wait([*tasks, ended], return_when=asyncio.FIRST_COMPLETED)
    finally:
        hub.leave(viewer)
        code, reason = 1000, ""
        if ended.done() and not ended.cancelled():
            code = ended.result()
        elif reading.done() and isinstance(bad := reading.exception(), BadInterest):
            code, reason = CLOSE_BAD_REQUEST, _reason(bad)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(code, reason)


async def _write(socket: WebSocket, hub: Hub, viewer: Viewer, seq: int) -> None:
    for frame in hub.join(viewer, seq):
        await _send(socket, frame)
    while True:
        frame = await viewer.next()
        if frame:
            await _send(socket, frame)
        else:
            for fresh in hub.resync(viewer):
                await _send(socket, fresh)


async def _send(socket: WebSocket, frame: Frame) -> None:
    if isinstance(frame, str):
        await socket.send_text(frame)
    else:
        await socket.send_bytes(frame)


async def _read(socket: WebSocket, hub: Hub, viewer: Viewer) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            try:
                text = await socket.receive_text()
            except KeyError:
                raise BadInterest("what a page says here is text") from None
            interest = interest_from_text(text)
            if interest is not None:
                hub.change_interest(viewer, interest)
                await asyncio.sleep(INTEREST_SECONDS)


def _reason(bad: BadInterest) -> str:
    return str(bad)[:120]  # a close frame has room for little more
