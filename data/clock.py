"""The server's clock, followed from this process.

Knows the store's time. Refuses to read this machine's wall clock: two workers whose clocks differ by two
hours must give the same stamps, so every time a rule sees comes from the store.
"""

from __future__ import annotations

import time
from typing import Any


class ServerClock:
    """`now()` is the store's time, kept between readings by this machine's monotonic clock."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._offset = 0.0

    async def sync(self, readings: int = 3) -> None:
        """Read the store's time; of several readings the one that came back soonest counts.

        It is taken for the time at which the answer came, so that this clock is behind the store's by less than a
        round trip and never ahead: no stamp lies in the future of the event that carries it.
        """
        best: tuple[float, float] | None = None
        for _ in range(readings):
            before = time.monotonic()
            seconds, micros = await self._client.time()
            after = time.monotonic()
            reading = (after - before, int(seconds) + int(micros) / 1e6 - after)
            best = min(best, reading) if best else reading
        if best:
            self._offset = best[1]

    def narrow(self, server_time: float, asked: float, answered: float) -> None:
        """Take note of a server time that was read between two moments of this machine's monotonic clock.

        Every commit brings one, so that the clocks of workers that write agree to within a round trip.
        """
        behind = server_time - answered
        ahead = asked + self._offset > server_time
        self._offset = behind if ahead else max(self._offset, behind)

    def now(self) -> float:
        """Server time, seconds since the epoch."""
        return time.monotonic() + self._offset
