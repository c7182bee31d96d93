"""Travel times from an engine outside this process: OSRM's table service or Valhalla's matrix.

Knows both services' questions and answers, and everything an answer can be instead of one. Refuses to know the board;
it is told a URL and a time-out. Nothing is believed that is not the number of seconds that was asked for: an answer of
another shape, of text, of negative numbers, too long or from elsewhere (a redirect) is a failure, and the caller falls
back.

OSRM: `GET /table/v1/driving/LON,LAT;...?sources=...&destinations=0&annotations=duration` answers
`{"code": "Ok", "durations": [[s], ...]}`, null where there is no way (project-osrm.org, HTTP API, table service).
Valhalla: `POST /sources_to_targets` with `{"sources": [{"lat", "lon"}], "targets": [...], "costing": "auto"}` answers
`{"sources_to_targets": [[{"time": s, ...}], ...]}`, null likewise (valhalla.github.io, matrix service).
Neither knows this board's closures, nor lights and sirens: the label says so.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException, HTTPMessage
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from domain.errors import ConcordError

Floats = npt.NDArray[np.float64]

MOST_BYTES = 4_000_000
"""Of an answer; a thousand durations are ten kilobytes."""
MOST_SECONDS = 7 * 86400.0
"""A travel time above it is no travel time."""


class EngineFailed(ConcordError, RuntimeError):
    """The engine gave no usable answer. `short` is for people on the board, the text for the log."""

    def __init__(self, short: str, text: str) -> None:
        super().__init__(text)
        self.short = short


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Never: an engine that sends callers elsewhere is set up wrong, or is somebody else."""
        return


class _Http:
    """One question, one answer; in a thread, under a time-out."""

    name = ""

    def __init__(self, url: str, timeout: float = 1.0) -> None:
        """`url` is http(s), without the service's path; `timeout` in seconds, for the whole answer."""
        self._url = url.rstrip("/")
        self._timeout = timeout
        # No proxy either: the engine is the one named, or none.
        self._opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))

    @property
    def method(self) -> str:
        """In words, with the band; modelled, because nobody measured it here."""
        return f"by {self.name}, without closures and emergency factors, modelled, ±30 %"

    async def _ask(self, request: urllib.request.Request) -> Any:
        try:
            async with asyncio.timeout(self._timeout):
                body = await asyncio.to_thread(self._fetch, request)
        except TimeoutError as late:
            raise self._failed("no answer in time", f"no answer within {self._timeout:g} s") from late
        except urllib.error.HTTPError as refused:
            with refused:
                raise self._failed(f"error {refused.code}", f"HTTP {refused.code} {refused.reason}") from refused
        except (OSError, HTTPException, ValueError) as lost:
            raise self._failed("not reached", str(lost)) from lost
        if len(body) > MOST_BYTES:
            raise self._failed("unusable answer", f"more than {MOST_BYTES} bytes")
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as garbage:
            raise self._failed("unusable answer", f"not JSON ({garbage})") from garbage

    def _fetch(self, request: urllib.request.Request) -> bytes:
        # The time-out of a socket is for each packet; an answer that drips would hold the thread for ever.
        ends = time.monotonic() + self._timeout
        found = b""
        with self._opener.open(request, timeout=self._timeout) as answer:
            while block := answer.read1(1 << 16):
                found += block
                if len(found) > MOST_BYTES or time.monotonic() > ends:
                    break
        return found

    def _failed(self, short: str, text: str) -> EngineFailed:
        return EngineFailed(f"{self.name}: {short}", f"{self.name} at {self._url}: {text}")

    def _seconds(self, values: Sequence[Any], count: int) -> Floats:
        """What should be `count` numbers or nulls, as an array; NaN for null."""
        if len(values) != count:
            raise self._failed("unusable answer", f"{len(values)} times for {count} starts")
        seconds = np.full(count, np.nan)
        for index, value in enumerate(values):
            if value is None:
                continue
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not math.isfinite(value) or not 0 <= value <= MOST_SECONDS:
                raise self._failed("unusable answer", f"{str(value)[:40]!r} is no travel time")
            seconds[index] = value
        return seconds


class Osrm(_Http):
    """An OSRM server's table service."""

    name = "OSRM"

    async def seconds_to(self, lon: float, lat: float, starts: Floats) -> Floats:
        """Seconds from each of `starts`, (n, 2) of lon, lat, to a place; NaN where it finds no way.

        Raises EngineFailed for anything but a whole, sound answer.
        """
        places = ";".join(f"{east:.6f},{north:.6f}" for east, north in [(lon, lat), *starts.tolist()])
        sources = ";".join(map(str, range(1, len(starts) + 1)))
        url = f"{self._url}/table/v1/driving/{places}?sources={sources}&destinations=0&annotations=duration"
        answer = await self._ask(urllib.request.Request(url, headers={"Accept": "application/json"}))
        code = answer.get("code") if isinstance(answer, dict) else None
        if code != "Ok":
            raise self._failed("unusable answer", f"code {str(code)[:40]!r}")
        rows = answer.get("durations")
        if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == 1 for row in rows):
            raise self._failed("unusable answer", "durations are not one to each start")
        return self._seconds([row[0] for row in rows], len(starts))


class Valhalla(_Http):
    """A Valhalla server's matrix service."""

    name = "Valhalla"

    async def seconds_to(self, lon: float, lat: float, starts: Floats) -> Floats:
        """Seconds from each of `starts`, (n, 2) of lon, lat, to a place; NaN where it finds no way.

        Raises EngineFailed for anything but a whole, sound answer.
        """
        question = {
            "sources": [{"lon": round(east, 6), "lat": round(north, 6)} for east, north in starts.tolist()],
            "targets": [{"lon": round(lon, 6), "lat": round(lat, 6)}],
            "costing": "auto",
        }
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        body = json.dumps(question).encode()
        request = urllib.request.Request(f"{self._url}/sources_to_targets", body, headers)
        answer = await self._ask(request)
        rows = answer.get("sources_to_targets") if isinstance(answer, dict) else None
        if not isinstance(rows, list) or not all(
            isinstance(row, list) and len(row) == 1 and (row[0] is None or isinstance(row[0], dict)) for row in rows
        ):
            raise self._failed("unusable answer", "sources_to_targets is not one to each start")
        return self._seconds([None if row[0] is None else row[0].get("time") for row in rows], len(starts))


def engine_at(kind: str, url: str, timeout: float) -> Osrm | Valhalla:
    """The engine of a kind ("osrm" or "valhalla") at a URL. Raises ValueError for another kind."""
    if kind == "osrm":
        return Osrm(url, timeout)
    if kind == "valhalla":
        return Valhalla(url, timeout)
    raise ValueError(f"no engine is called {kind!r}; known are osrm and valhalla")
