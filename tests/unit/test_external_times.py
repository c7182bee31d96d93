"""Engines outside this process: what they are asked, what is believed, and who answers when they do not."""

from __future__ import annotations

import asyncio
import json
import math
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from domain.response import Start
from geo.external_times import EngineFailed, Osrm, Valhalla, engine_at
from geo.travel import Travel
from geo.travel_time import NEW_YORK, estimate

PLACE = (-8.61, 41.15)
STARTS = np.array([(-8.62, 41.16), (-8.60, 41.14), (-8.65, 41.20)])
OSRM = {"code": "Ok", "durations": [[61.5], [None], [300.0]], "destinations": [], "sources": []}
VALHALLA = {
    "units": "kilometers",
    "sources_to_targets": [
        [{"from_index": 0, "to_index": 0, "time": 61.5, "distance": 1.2}],
        [{"from_index": 1, "to_index": 0, "time": None, "distance": None}],
        [{"from_index": 2, "to_index": 0, "time": 300.0, "distance": 5.0}],
    ],
}


class Fake:
    """A server that answers as it is told and keeps what it was asked."""

    def __init__(self) -> None:
        self.status, self.body, self.headers = 200, b"", {}
        self.wait, self.drip = 0.0, False
        self.asked: list[tuple[str, str, bytes]] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                fake.asked.append((self.command, self.path, self.rfile.read(length)))
                time.sleep(fake.wait)
                self.send_response(fake.status)
                for name, value in fake.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    for byte in fake.body if fake.drip else ():
                        self.wfile.write(bytes([byte]))
                        time.sleep(0.1)
                    if not fake.drip:
                        self.wfile.write(fake.body)
                except OSError:
                    pass

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def says(self, answer: Any) -> None:
        self.body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()


@pytest.fixture
def fake() -> Iterator[Fake]:
    server = Fake()
    yield server
    server.server.shutdown()
    server.server.server_close()


async def test_osrm_is_asked_for_a_table_from_the_units_to_the_place(fake: Fake) -> None:
    fake.says(OSRM)
    found = await Osrm(fake.url + "/").seconds_to(*PLACE, STARTS)
    assert np.array_equal(found, [61.5, math.nan, 300.0], equal_nan=True)
    ((method, path, _),) = fake.asked
    assert method == "GET"
    assert path == (
        "/table/v1/driving/-8.610000,41.150000;-8.620000,41.160000;-8.600000,41.140000;-8.650000,41.200000"
        "?sources=1;2;3&destinations=0&annotations=duration"
    )


async def test_valhalla_is_asked_for_a_matrix_from_the_units_to_the_place(fake: Fake) -> None:
    fake.says(VALHALLA)
    found = await Valhalla(fake.url).seconds_to(*PLACE, STARTS)
    assert np.array_equal(found, [61.5, math.nan, 300.0], equal_nan=True)
    ((method, path, body),) = fake.asked
    assert (method, path) == ("POST", "/sources_to_targets")
    assert json.loads(body) == {
        "sources": [{"lon": lon, "lat": lat} for lon, lat in STARTS.tolist()],
        "targets": [{"lon": -8.61, "lat": 41.15}],
        "costing": "auto",
    }


GARBAGE: list[Any] = [
    b"",
    b"<html>welcome</html>",
    b"[" * 100_000,
    b"\xff\xfe\x00",
    b"null",
    [],
    "Ok",
    {},
    {"code": "InvalidUrl", "message": "URL string malformed"},
    {"code": "Ok"},
    {"code": "Ok", "durations": None, "sources_to_targets": None},
    {"code": "Ok", "durations": [[1.0], [2.0]], "sources_to_targets": [[{"time": 1}], [{"time": 2}]]},
    {"code": "Ok", "durations": [[1.0, 2.0]] * 3, "sources_to_targets": [[{"time": 1}, {"time": 2}]] * 3},
    {"code": "Ok", "durations": [["1"]] * 3, "sources_to_targets": [[{"time": "1"}]] * 3},
    {"code": "Ok", "durations": [[True]] * 3, "sources_to_targets": [[{"time": True}]] * 3},
    {"code": "Ok", "durations": [[-1]] * 3, "sources_to_targets": [[{"time": -1}]] * 3},
    b'{"code": "Ok", "durations": [[NaN],[1],[1]], "sources_to_targets": [[{"time": NaN}],[{"time":1}],[{"time":1}]]}',
    {"code": "Ok", "durations": [[1e300]] * 3, "sources_to_targets": [[{"time": 1e300}]] * 3},
    {"code": "Ok", "durations": [1, 2, 3], "sources_to_targets": [1, 2, 3]},
    {"code": "Ok", "durations": [[[]]] * 3, "sources_to_targets": [[[]]] * 3},
    b" " * 5_000_000,
]


@pytest.mark.parametrize("kind", ["osrm", "valhalla"])
@pytest.mark.parametrize("answer", GARBAGE, ids=range(len(GARBAGE)))
async def test_an_answer_that_is_none_is_a_failure_with_a_reason(fake: Fake, kind: str, answer: Any) -> None:
    fake.says(answer)
    with pytest.raises(EngineFailed) as failed:
        await engine_at(kind, fake.url, 2.0).seconds_to(*PLACE, STARTS)
    assert failed.value.short.endswith("unusable answer")
    assert fake.url in str(failed.value)


@pytest.mark.parametrize("kind", ["osrm", "valhalla"])
@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
async def test_an_error_of_the_engine_is_named(fake: Fake, kind: str, status: int) -> None:
    fake.status = status
    fake.says(OSRM)
    with pytest.raises(EngineFailed, match=f"HTTP {status}"):
        await engine_at(kind, fake.url, 2.0).seconds_to(*PLACE, STARTS)


@pytest.mark.parametrize("kind", ["osrm", "valhalla"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_refused(fake: Fake, kind: str, status: int) -> None:
    other = Fake()
    fake.status, fake.headers = status, {"Location": f"{other.url}/table"}
    other.says({**OSRM, **VALHALLA})
    with pytest.raises(EngineFailed, match=f"HTTP {status}"):
        await engine_at(kind, fake.url, 2.0).seconds_to(*PLACE, STARTS)
    assert not other.asked
    other.server.shutdown()
    other.server.server_close()


@pytest.mark.parametrize("drip", [False, True], ids=["silent", "dripping"])
async def test_an_engine_that_takes_too_long_is_not_waited_for(fake: Fake, drip: bool) -> None:
    fake.says(OSRM)
    fake.drip, fake.wait = drip, 0.0 if drip else 1.5
    started = time.monotonic()
    with pytest.raises(EngineFailed, match=r"no answer within 0\.3 s"):
        await Osrm(fake.url, 0.3).seconds_to(*PLACE, STARTS)
    assert time.monotonic() - started < 1.2


async def test_nobody_there_is_said() -> None:
    with pytest.raises(EngineFailed) as failed:
        await Osrm("http://127.0.0.1:9", 1.0).seconds_to(*PLACE, STARTS)
    assert failed.value.short == "OSRM: not reached"


# Who answers ------------------------------------------------------------------------------------------

UNITS = [Start(f"a/E{n}", "ENGINE", *place) for n, place in enumerate(STARTS.tolist())]


async def test_the_engine_answers_and_the_law_steps_in_where_it_has_no_way(fake: Fake) -> None:
    fake.says(OSRM)
    trips = await Travel(external=Osrm(fake.url))(*PLACE, [*UNITS, Start("a/B1", "BOAT", -8.7, 41.1)])
    assert [trip.start for trip in trips] == [0, 1, 2, 3]
    assert [trips[0].seconds, trips[2].seconds] == [61.5, 300.0]
    assert "by OSRM" in trips[0].method
    assert "±30 %" in trips[0].method
    assert trips[1].method.startswith(NEW_YORK.label)
    assert trips[3].method.startswith("straight line at 25 kn")


async def test_the_law_answers_for_a_failed_engine_and_says_so(fake: Fake) -> None:
    fake.status = 503
    trips = await Travel(external=Osrm(fake.url))(*PLACE, UNITS)
    for trip in trips:
        assert trip.seconds == pytest.approx(estimate(trip.metres).seconds)
        assert trip.method == f"{NEW_YORK.label}; OSRM: error 503"


async def test_a_failed_engine_is_left_alone_for_a_while(fake: Fake) -> None:
    fake.status = 503
    travel = Travel(external=Osrm(fake.url))
    first, second = await travel(*PLACE, UNITS), await travel(*PLACE, UNITS)
    assert first == second
    assert len(fake.asked) == 1


async def test_many_incidents_asked_about_together_wait_for_a_dead_engine_once(fake: Fake) -> None:
    fake.wait = 3.0
    travel = Travel(external=Osrm(fake.url, 0.3))
    started = time.monotonic()
    found = await asyncio.gather(*(travel(*PLACE, UNITS) for _ in range(40)))
    assert time.monotonic() - started < 1.5
    assert {trip.method for trips in found for trip in trips} == {f"{NEW_YORK.label}; OSRM: no answer in time"}
    assert len(fake.asked) <= 4


async def test_others_are_served_while_an_engine_is_waited_for(fake: Fake) -> None:
    fake.wait = 0.5
    fake.says(OSRM)
    asking = asyncio.create_task(Travel(external=Osrm(fake.url, 2.0))(*PLACE, UNITS))
    longest, last = 0.0, time.monotonic()
    while not asking.done():
        await asyncio.sleep(0.005)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    assert longest < 0.3
    assert (await asking)[0].seconds == 61.5
