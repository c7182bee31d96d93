"""A wire between clients and the store that can be bad in the ways wires are.

Knows bytes and one way of failing at a time. Refuses to know the protocol they carry.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from enum import StrEnum

CHUNK = 65536


class Wire(StrEnum):
    """How the wire behaves."""

    PASS = "pass"
    BLACKHOLE = "blackhole"
    """Bytes are held back both ways and come through later; connections stay up, as with a cut cable."""
    DROP_REPLIES = "drop_replies"
    """What is asked reaches the store, which does it; the reply is lost and the connection closed."""
    DELAY = "delay"
    """Everything takes `delay` seconds longer, each way."""
    RESET = "reset"
    """New connections are reset at once; `reset()` does it to those that exist."""


class TcpProxy:
    """Listens on a port of 127.0.0.1 and forwards to a Unix socket, which may come and go."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._open = asyncio.Event()
        self._open.set()
        self._wire = Wire.PASS
        self.delay = 0.1
        self.lost_replies = 0

    @classmethod
    @contextlib.asynccontextmanager
    async def to(cls, redis_url: str) -> AsyncIterator[TcpProxy]:
        """A proxy before an embedded server (`unix://...`), closed with the block."""
        proxy = cls(redis_url.removeprefix("unix://"))
        proxy._server = await asyncio.start_server(proxy._connect, "127.0.0.1", 0)
        try:
            yield proxy
        finally:
            proxy._server.close()
            proxy.reset()

    @property
    def url(self) -> str:
        """The redis URL that leads through this wire."""
        assert self._server is not None
        return f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def wire(self) -> Wire:
        """How the wire behaves now."""
        return self._wire

    @wire.setter
    def wire(self, wire: Wire) -> None:
        self._wire = wire
        self._open.clear() if wire == Wire.BLACKHOLE else self._open.set()

    def reset(self) -> None:
        """Break every connection now, without a farewell."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def _connect(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        try:
            if self.wire == Wire.RESET:
                raise ConnectionResetError
            from_store, to_store = await asyncio.open_unix_connection(self._target)
        except OSError:
            to_client.transport.abort()
            return
        ends = {to_client, to_store}
        self._writers |= ends
        try:
            await asyncio.gather(
                self._carry(from_client, to_store, reply=False), self._carry(from_store, to_client, reply=True)
            )
        finally:
            self._writers -= ends
            for end in ends:
                end.transport.abort()

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, reply: bool) -> None:
        with contextlib.suppress(OSError):
            while chunk := await source.read(CHUNK):
                if self.wire == Wire.DELAY:
                    await asyncio.sleep(self.delay)
                await self._open.wait()
                if self.wire == Wire.DROP_REPLIES and reply:
                    self.lost_replies += 1
                    break
                sink.write(chunk)
                await sink.drain()
        sink.transport.abort()
