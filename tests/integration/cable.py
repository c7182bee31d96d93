"""A cable between two servers that a test can cut: bytes pass, or they are held as if it had been pulled out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Cable:
    """Carries TCP to 127.0.0.1:`to`. Once pulled, nothing passes and nobody is told: connections simply stand still."""

    def __init__(self, to: int) -> None:
        self.to = to
        self._passing = asyncio.Event()
        self._passing.set()
        self._writers: set[asyncio.StreamWriter] = set()

    @contextlib.asynccontextmanager
    async def laid(self, port: int) -> AsyncIterator[Cable]:
        """Listen on a port inside the block."""
        server = await asyncio.start_server(self._carry, "127.0.0.1", port)
        try:
            yield self
        finally:
            server.close()
            for writer in list(self._writers):
                writer.transport.abort()
            await asyncio.sleep(0)

    def pull(self) -> None:
        """Cut it for good for what runs over it now: those connections never carry a byte again."""
        self._passing.clear()

    def mend(self) -> None:
        """New connections pass again; the old ones are reset, as their time-outs would in the end."""
        self._passing.set()
        for writer in list(self._writers):
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._passing.wait()
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            writer.close()
            return
        self._writers.add(there_writer)
        await asyncio.gather(self._pump(reader, there_writer), self._pump(there_reader, writer))
        self._writers -= {writer, there_writer}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._passing.wait()
                if writer.transport.is_closing():
                    break
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()
