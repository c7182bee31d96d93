"""The live socket as a page hears it: a raw client, a real server, a real store."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import time
import uuid
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
import uvicorn
import websockets
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from api.feed import feed_router
from api.health import health_router
from api.hub import QUEUE, Hub, Viewer
from api.watch import SocketWatch
from data.embedded import ensure_server, stop_server
from data.link import BoardLink
from data.people import People
from data.views import Views
from data.who import Present
from domain.agreement import Agreement, AgreementStatus
from domain.command_structure import AgencyRole
from domain.commands import (
    Actor,
    AddNote,
    AssignUnits,
    ChangePriority,
    DraftAgreement,
    Envelope,
    GiveAgencyRole,
    ProposeAgreement,
    ReportIncident,
    RevokeAgreement,
    Role,
    SignAgreement,
)
from domain.errors import UnknownIncident
from domain.granting import Audience
from domain.identity import Identity
from domain.position import Fix
from domain.share_clause import Label, ShareClause
from tests.integration.test_commit import ask, fire, give, workers
from tests.unit.boards import FACTS


class AsTheySay:
    """Stands where the gate stands (test_gate.py is about that one): whoever opens the socket says who they are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = parse_qs(scope.get("query_string", b"").decode())
        agency, role = asked.get("agency", [""])[0], Role(asked.get("role", ["dispatcher"])[0])
        with Present(Identity("t", "Tester", agency, role, session="t")):
            await self._app(scope, receive, send)


@contextlib.asynccontextmanager
async def feed(link: BoardLink) -> AsyncIterator[str]:
    """The feed of one worker on a port of its own."""
    hub = Hub(link, Views(link.projection, FACTS.plans), "v1")
    server = FastAPI()
    server.add_middleware(AsTheySay)
    server.include_router(feed_router(hub, SocketWatch(People("redis://127.0.0.1:1", "nobody", link.now))))
    server.include_router(health_router(link))
    running = uvicorn.Server(uvicorn.Config(server, port=0, log_level="warning", ws="websockets-sansio"))
    tasks = [asyncio.create_task(running.serve()), asyncio.create_task(hub.run())]
    while not running.started:  # noqa: ASYNC110 - uvicorn says it in an attribute
        await asyncio.sleep(0.01)
    yield f"127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    running.should_exit = True
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def listen(
    at: str, agency: str = "sffd", role: str = "dispatcher", seq: int = 0, **more: str
) -> AsyncIterator[Page]:
    asked = urlencode({"seq": seq, "agency": agency, "role": role, **more})
    async with websockets.connect(f"ws://{at}/live/ws?{asked}") as socket:
        yield Page(socket)


class Page:
    """What a page's script does with frames, in short."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._numbers: list[str] = []
        self.raw = ""

    async def next(self, *kinds: str) -> dict[str, Any]:
        """The next frame of these kinds."""
        while True:
            came = await asyncio.wait_for(self._socket.recv(), 5)
            if isinstance(came, bytes):
                frame = self._unpacked(came)
            else:
                self.raw += came
                frame = json.loads(came)
            if frame["t"] == "numbers":
                self._numbers[frame["from"] :] = frame["units"]
            if frame["t"] in kinds:
                return frame

    def _unpacked(self, came: bytes) -> dict[str, Any]:
        """A frame of positions, read as docs/feed.md describes it."""
        kind, flags, _, count, at = struct.unpack_from("<BBHId", came)
        assert kind == 1
        assert len(came) == 16 + 20 * count
        rows = struct.iter_unpack("<IiiIhH", came[16:])
        return {
            "t": "positions",
            "at": at,
            "whole": flags == 1,
            "p": [
                [self._numbers[n], x / 1e7, y / 1e7, head, v / 10, at - age / 1000]
                for n, x, y, age, head, v in rows
                if n < len(self._numbers)  # a page that said it has the numbers was not told them
            ],
        }

    async def say(self, **what: Any) -> None:
        """A frame to the server."""
        await self._socket.send(json.dumps(what))

    async def say_raw(self, said: str | bytes) -> None:
        """Anything to the server."""
        await self._socket.send(said)


async def test_a_page_is_told_who_it_is_then_the_whole_picture_then_where_everyone_is(
    valkey_url: str, board_id: str
) -> None:
    async with workers(valkey_url, board_id, 1) as (link,), feed(link) as at:
        await link.report_positions([Fix("sffd/E1", 1, -122.4, 37.7, 90, 10, 1.0)])
        await asyncio.sleep(0.1)
        incident = await fire(link)
        async with listen(at) as page:
            hello = await page.next("hello")
            snapshot = await page.next("snapshot")
            positions = await page.next("positions")
    assert hello["title"] == "Test"
    assert {agency["id"] for agency in hello["agencies"]} == {"sffd", "smfd", "amr"}
    assert [shown["id"] for shown in snapshot["incidents"]] == [incident]
    assert len(snapshot["units"]) == 35
    assert positions["p"][0][:3] == ["sffd/E1", -122.4, 37.7]


async def test_what_another_worker_does_arrives_without_a_gap(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 2) as (one, two), feed(two) as at, listen(at) as page:
        seq = (await page.next("snapshot"))["seq"]
        incident = await fire(one)
        await give(one, AssignUnits(incident, ("sffd/E1",)))
        seen: dict[str, str] = {}
        while seen.get("sffd/E1") != "dispatched":
            delta = await page.next("delta")
            assert delta["prev"] == seq
            seq = delta["seq"]
            seen |= {unit["id"]: unit["status"] for unit in delta.get("units", [])}
        assert seq == one.board.seq


async def test_a_page_that_comes_back_gets_one_merged_delta(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 1) as (link,), feed(link) as at:
        incident = await fire(link)
        known = link.board.seq
        await give(link, AssignUnits(incident, ("sffd/E1",)))
        await give(link, AddNote(incident, "smoke showing", label=Label.OPERATIONS))
        async with listen(at, seq=known) as page:
            delta = await page.next("delta", "snapshot")
        assert (delta["t"], delta["prev"], delta["seq"]) == ("delta", known, link.board.seq)
        assert [entry["text"] for entry in delta["log"]] == ["E1 dispatched", "smoke showing"]
        assert [unit["id"] for unit in delta["units"]] == ["sffd/E1"]


async def test_a_page_from_another_life_of_the_board_gets_a_snapshot(valkey_url: str, board_id: str) -> None:
    async with (
        workers(valkey_url, board_id, 1) as (link,),
        feed(link) as at,
        listen(at, seq=link.board.seq + 1000) as page,
    ):
        assert (await page.next("delta", "snapshot"))["t"] == "snapshot"


ELSEWHERE = (-124.0, 37.7)
"""A place nobody is responsible for: an agency without a part or a paper does not know of what happens there."""
OUR_ADMIN = Actor("Adams", "sffd", Role.AGENCY_ADMIN)


async def test_no_byte_of_caller_or_closer_note_travels_by_itself_not_even_to_its_owner(
    valkey_url: str, board_id: str
) -> None:
    async with workers(valkey_url, board_id, 1) as (link,), feed(link) as at:
        report = ReportIncident("FIRE", *ELSEWHERE, caller="Ada 555-0100", note="an octogenarian", lead_agency="sffd")
        async with listen(at, "amr") as outsider, listen(at, "smfd") as helper, listen(at, "sffd") as owner:
            for page in (outsider, helper, owner):
                await page.next("snapshot")
            incident = (await give(link, report)).incident
            shown = (await owner.next("delta"))["incidents"][0]
            assert shown["closer"] == {"label": 4, "patient": False, "seq": link.board.seq}
            await give(link, GiveAgencyRole(incident, "smfd", AgencyRole.ASSISTING))
            await give(link, AddNote(incident, "smoke on the second floor", label=Label.OPERATIONS))
            joined = await helper.next("delta")
            while "incidents" not in joined:
                joined = await helper.next("delta")
            assert joined["incidents"][0]["id"] == incident
            async with listen(at, "smfd") as late:
                await late.next("snapshot")
                await late.next("beat")
            await owner.next("beat")
        for page in (outsider, helper, late, owner):
            assert "555-0100" not in page.raw
            assert "octogenarian" not in page.raw
        assert "second floor" in late.raw
        assert incident not in outsider.raw


async def test_what_is_closer_is_given_to_its_owner_alone_and_a_forbidden_number_answers_as_an_unknown_one(
    valkey_url: str, board_id: str
) -> None:
    async with workers(valkey_url, board_id, 1) as (link,):
        report = ReportIncident("FIRE", *ELSEWHERE, caller="Ada 555-0100", note="an octogenarian", lead_agency="sffd")
        incident = (await give(link, report)).incident
        views = Views(link.projection, FACTS.plans, FACTS.areas_at)
        owner = views.closer(incident, Audience("sffd", "dispatcher"), link.now())
        assert owner["fields"] == {"caller": "Ada 555-0100"}
        assert [line["text"] for line in owner["log"]] == ["an octogenarian"]
        masked = views.closer(incident, Audience("sffd", "dispatcher", masked=True), link.now())
        assert masked["fields"] == {"caller": "[shown to sffd]"}
        await give(link, GiveAgencyRole(incident, "smfd", AgencyRole.ASSISTING))
        helper = views.closer(incident, Audience("smfd", "dispatcher"), link.now())
        assert (helper["fields"], helper["log"], helper["label"]) == ({}, [], 0)
        said = []
        for number in (incident, "SF-2026-999999"):
            with pytest.raises(UnknownIncident) as unknown:
                views.closer(number, Audience("amr", "dispatcher"), link.now())
            said.append(str(unknown.value).replace(number, "X"))
        assert said[0] == said[1]


async def shared_with_amr(link: BoardLink, **terms: Any) -> Agreement:
    """A paper by which sffd shares its fires with amr, signed by both."""
    paper = Agreement(
        "sharing", "Sharing", ("sffd", "amr"), (), shares=(ShareClause("s1", "sffd", "amr", **terms),),
        status=AgreementStatus.DRAFT,
    )  # fmt: skip
    theirs = Actor("Bell", "amr", Role.AGENCY_ADMIN)
    for command, actor in (
        (DraftAgreement(paper), OUR_ADMIN),
        (ProposeAgreement(paper.id), OUR_ADMIN),
        (SignAgreement(paper.id, paper.terms_digest), OUR_ADMIN),
        (SignAgreement(paper.id, paper.terms_digest), theirs),
    ):
        outcome = await link.send(Envelope(f"p{uuid.uuid4().hex}", actor, command))
        assert outcome.accepted, outcome
    return paper


async def test_a_paper_in_force_opens_incidents_on_open_screens_and_its_revocation_takes_them_away_within_two_seconds(
    valkey_url: str, board_id: str
) -> None:
    async with workers(valkey_url, board_id, 1) as (link,), feed(link) as at, listen(at, "amr") as page:
        await page.next("snapshot")
        incident = (await give(link, ReportIncident("FIRE", *ELSEWHERE, lead_agency="sffd"))).incident
        await give(link, AssignUnits(incident, ("sffd/E1",)))
        paper = await shared_with_amr(link)
        opened = await page.next("delta")
        while "incidents" not in opened:
            opened = await page.next("delta")
        assert [shown["id"] for shown in opened["incidents"]] == [incident]
        assert {"reported", "assigned"} <= {line["kind"] for line in opened["log"]}
        assert next(unit for unit in opened["units"] if unit["id"] == "sffd/E1")["incident"] == incident
        began = time.monotonic()
        await link.send(Envelope("revoke", OUR_ADMIN, RevokeAgreement(paper.id, "over")))
        closed = await page.next("delta")
        took = time.monotonic() - began
        assert closed["gone"] == [incident]
        assert next(unit for unit in closed["units"] if unit["id"] == "sffd/E1")["incident"] == ""
        assert took < 2.0
        print(f"tombstone after {took * 1000:.0f} ms")


async def test_a_clause_that_runs_out_takes_its_incidents_away_without_anybody_writing_it(
    valkey_url: str, board_id: str
) -> None:
    async with workers(valkey_url, board_id, 1) as (link,), feed(link) as at:
        incident = (await give(link, ReportIncident("FIRE", *ELSEWHERE, lead_agency="sffd"))).incident
        until = link.board.head.time(link.now()) + 2.0
        await shared_with_amr(link, until=until)
        async with listen(at, "amr") as page:
            assert [shown["id"] for shown in (await page.next("snapshot"))["incidents"]] == [incident]
            assert (await page.next("snapshot"))["incidents"] == []
            assert link.board.head.time(link.now()) - until < 2.0


async def test_who_was_away_while_a_paper_was_revoked_comes_back_to_a_whole_picture(
    valkey_url: str, board_id: str
) -> None:
    async with workers(valkey_url, board_id, 1) as (link,), feed(link) as at:
        incident = (await give(link, ReportIncident("FIRE", *ELSEWHERE, lead_agency="sffd"))).incident
        paper = await shared_with_amr(link)
        async with listen(at, "amr") as page:
            seq = (await page.next("snapshot"))["seq"]
        await link.send(Envelope("revoke", OUR_ADMIN, RevokeAgreement(paper.id, "over")))
        async with listen(at, "amr", seq=seq) as page:
            again = await page.next("delta", "snapshot")
        assert again["t"] == "snapshot"
        assert incident not in page.raw


async def test_an_incident_that_was_never_shown_is_not_named_when_it_is_taken_away(
    valkey_url: str, board_id: str
) -> None:
    async with workers(valkey_url, board_id, 1) as (link,), feed(link) as at, listen(at, "amr") as page:
        await page.next("snapshot")
        incident = (await give(link, ReportIncident("FIRE", *ELSEWHERE, lead_agency="sffd"))).incident
        await give(link, ChangePriority(incident, 3))
        paper = await shared_with_amr(link, incident_types=("CRISIS",))
        await link.send(Envelope("revoke", OUR_ADMIN, RevokeAgreement(paper.id, "over")))
        await page.next("beat")
        await page.next("beat")
        assert incident not in page.raw


async def test_a_sensitive_incident_is_hidden_until_an_agency_takes_part_and_then_its_log_comes_too(
    valkey_url: str, board_id: str
) -> None:
    async with workers(valkey_url, board_id, 1) as (link,), feed(link) as at, listen(at, "smfd") as page:
        await page.next("snapshot")
        crisis = (await give(link, ReportIncident("CRISIS", -122.4, 37.7, lead_agency="sffd"))).incident
        hidden = await page.next("delta")
        assert "incidents" not in hidden
        assert crisis not in page.raw
        await give(link, AssignUnits(crisis, ("smfd/E91",)))
        joined = await page.next("delta")
        assert joined["incidents"][0]["id"] == crisis
        assert {"reported", "assigned"} <= {entry["kind"] for entry in joined["log"]}


async def test_a_sequence_number_that_cannot_be_is_turned_away(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 1) as (link,), feed(link) as at, listen(at, seq=-1) as page:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await page.next("hello")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4400


async def test_positions_come_four_times_a_second_at_most(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 1) as (link,), feed(link) as at, listen(at) as page:
        await page.next("snapshot")
        for n in range(40):
            await link.report_positions([Fix("sffd/E1", n + 1, -122.4 + n / 1e4, 37.7, 90, 10, 1.0)])
            await asyncio.sleep(0.025)
        frames = 0
        last: list[Any] = []
        while last[:2] != ["sffd/E1", round(-122.4 + 39 / 1e4, 6)]:
            last = next(iter((await page.next("positions"))["p"]), [])
            frames += 1
        assert frames <= 7


TOWN = {"view": [-122.5, 37.7, -122.4, 37.8], "zoom": 13}


def at(unit: str, seq: int, lon: float, lat: float = 37.75) -> Fix:
    return Fix(unit, seq, lon, lat, 90, 10, time.time())


async def test_a_page_is_told_of_units_in_its_view_and_of_those_it_follows_and_of_no_others(
    valkey_url: str, board_id: str
) -> None:
    async with workers(valkey_url, board_id, 1) as (link,), feed(link) as url:
        fixes = [at("sffd/E1", 1, -122.45), at("sffd/E2", 1, -121.0), at("sffd/E3", 1, -121.0)]
        await link.report_positions(fixes)
        await asyncio.sleep(0.1)
        async with listen(url, view="-122.5,37.7,-122.4,37.8,13") as page:
            assert [row[0] for row in (await page.next("positions"))["p"]] == ["sffd/E1"]
            await page.say(t="interest", **TOWN, units=["sffd/E2"])
            assert [row[0] for row in (await page.next("positions"))["p"]] == ["sffd/E2"]
            await link.report_positions([at("sffd/E2", 2, -121.1), at("sffd/E3", 2, -121.1)])
            moved = [row[:2] for row in (await page.next("positions"))["p"] if row[0] != "sffd/E1"]
            assert moved == [["sffd/E2", -121.1]]
            await page.say(t="interest", view=[-121.2, 37.7, -121.0, 37.8], zoom=13, units=[])
            there = await page.next("positions")
            assert there["whole"]
            assert sorted(row[0] for row in there["p"]) == ["sffd/E2", "sffd/E3"]


async def test_a_page_that_shows_counts_hears_of_moves_once_a_second(valkey_url: str, board_id: str) -> None:
    async with (
        workers(valkey_url, board_id, 1) as (link,),
        feed(link) as url,
        listen(url, view="-123,37,-121,38,9") as page,
    ):
        await page.next("positions")
        began, frames = time.monotonic(), 0
        for n in range(60):
            await link.report_positions([at("sffd/E1", n + 1, -122.4 + n / 1e4)])
            await asyncio.sleep(0.04)
        last: list[Any] = []
        while last[:2] != ["sffd/E1", round(-122.4 + 59 / 1e4, 6)]:
            last = (await page.next("positions"))["p"][0]
            frames += 1
        assert frames <= time.monotonic() - began + 1


async def test_who_has_the_unit_numbers_is_not_told_them_again_and_who_has_others_is(
    valkey_url: str, board_id: str
) -> None:
    async with workers(valkey_url, board_id, 1) as (link,), feed(link) as url:
        await link.report_positions([at("sffd/E1", 1, -122.45)])
        await asyncio.sleep(0.1)
        async with listen(url) as page:
            digest = (await page.next("numbers"))["digest"]
        async with listen(url, numbers=digest) as page:
            assert (await page.next("numbers", "snapshot"))["t"] == "snapshot"
            await link.report_positions([at("sffd/E2", 1, -122.45)])
            more = await page.next("numbers")
            assert (more["from"], more["units"]) == (1, ["sffd/E2"])
        async with listen(url, numbers="00000000") as page:
            assert (await page.next("numbers"))["units"] == ["sffd/E1", "sffd/E2"]


@pytest.mark.parametrize("said", ["{", '{"t":"interest","view":[1],"zoom":9}', b"\x01"])
async def test_a_page_that_says_what_cannot_be_read_is_turned_away_in_words(
    valkey_url: str, board_id: str, said: str | bytes
) -> None:
    async with workers(valkey_url, board_id, 1) as (link,), feed(link) as url, listen(url) as page:
        await page.next("snapshot")
        await page.say_raw(said)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await page.next("never")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4400
    assert closed.value.rcvd.reason


async def test_a_view_in_the_address_that_cannot_be_is_turned_away(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 1) as (link,), feed(link) as url, listen(url, view="1,2,3") as page:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await page.next("hello")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4400


async def test_the_checksum_of_a_beat_is_that_of_what_the_page_holds(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 1) as (link,), feed(link) as url, listen(url) as page:
        incident = await fire(link)
        await give(link, AssignUnits(incident, ("sffd/E1",)))
        await page.next("snapshot")
        beat = await page.next("beat")
        while "sum" not in beat:
            beat = await page.next("beat")
        assert beat["seq"] == link.board.seq
        units = [f"u {unit.id} {link.board.version(f'unit:{unit.id}')}" for unit in link.board.units()]
        versions = (link.board.version(f"{kind}:{incident}") for kind in ("incident", "structure", "accountability"))
        held = [
            f"a {one.id} {link.board.version(f'assignment:{one.id}')}" for one in link.board.assignments_of(incident)
        ]
        parts = [*units, f"i {incident} {' '.join(map(str, versions))}", *held]
        assert beat["sum"] == f"{sum(zlib.crc32(part.encode()) for part in parts) % 2**32:08x}"


async def test_every_five_seconds_a_page_is_told_how_old_each_agencys_news_is(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 1) as (link,), feed(link) as url, listen(url) as page:
        incident = await fire(link)
        await give(link, AssignUnits(incident, ("sffd/E1",)))
        fixed = at("sffd/E1", 1, -122.45)
        await link.report_positions([fixed])
        await asyncio.sleep(0.1)
        frame = await page.next("sources")
        told = {agency: rest for agency, *rest in frame["agencies"]}
        assert told["sffd"] == [round(fixed.at, 1), 1, 0]
        assert frame["at"] >= fixed.at


async def test_many_that_come_at_once_are_given_one_snapshot_and_what_changed_since(
    valkey_url: str, board_id: str
) -> None:
    async with workers(valkey_url, board_id, 1) as (link,), feed(link) as url:
        incident = await fire(link)
        async with listen(url) as first, listen(url) as second:
            snapshot = await first.next("snapshot")
            assert await second.next("snapshot") == snapshot
            await give(link, AssignUnits(incident, ("sffd/E1",)))
            async with listen(url) as third:
                assert (await third.next("snapshot"))["seq"] == snapshot["seq"]
                since = await third.next("delta")
                assert (since["prev"], since["seq"]) == (snapshot["seq"], link.board.seq)
                assert [unit["status"] for unit in since["units"]] == ["dispatched"]


async def test_a_snapshot_that_holds_what_was_taken_away_meanwhile_is_given_to_nobody(
    valkey_url: str, board_id: str
) -> None:
    async with workers(valkey_url, board_id, 1) as (link,), feed(link) as url:
        incident = (await give(link, ReportIncident("FIRE", *ELSEWHERE, lead_agency="sffd"))).incident
        paper = await shared_with_amr(link)
        async with listen(url, "amr") as page:
            assert incident in json.dumps(await page.next("snapshot"))
            await link.send(Envelope("revoke", OUR_ADMIN, RevokeAgreement(paper.id, "over")))
            async with listen(url, "amr") as late:
                assert (await late.next("snapshot"))["incidents"] == []
            assert incident not in late.raw


async def test_a_page_that_does_not_read_is_given_a_new_snapshot_not_a_growing_queue(
    valkey_url: str, board_id: str
) -> None:
    async with workers(valkey_url, board_id, 1) as (link,):
        hub = Hub(link, Views(link.projection, FACTS.plans), "v1")
        viewer = Viewer(Audience("sffd", Role.DISPATCHER))
        hub.join(viewer, 0)
        for _ in range(QUEUE * 3):
            viewer.offer(b"{}")
        assert viewer.lost
        assert await viewer.next() == b""
        again = [json.loads(frame)["t"] for frame in hub.resync(viewer) if isinstance(frame, str)]
        assert again[:3] == ["hello", "numbers", "snapshot"]
        hub.leave(viewer)
        assert hub.viewers == 0


async def test_a_lost_store_is_said_commands_are_refused_and_it_comes_back(tmp_path: Path, board_id: str) -> None:
    url = ensure_server(tmp_path)
    try:
        async with workers(url, board_id, 1) as (link,), feed(link) as at, listen(at) as page:
            await page.next("snapshot")
            incident = await fire(link)
            stop_server(tmp_path)
            assert (await page.next("store"))["ok"] is False
            refused = await link.send(ask(AddNote(incident, "while away"), Actor("Okafor", "sffd", Role.DISPATCHER)))
            assert refused.status == "unavailable"
            assert await link.writable() != ""
            ensure_server(tmp_path)
            assert (await page.next("store"))["ok"] is True
            assert not [entry for entry in link.projection.entries[incident] if entry.kind == "note"]
            await give(link, AddNote(incident, "back again", label=Label.OPERATIONS))
            assert (await page.next("delta"))["log"][-1]["text"] == "back again"
    finally:
        stop_server(tmp_path)
