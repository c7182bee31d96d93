"""The board as of any time equals a fold of the log up to then, wherever events and snapshots lie."""

from __future__ import annotations

import asyncio
import random

import pytest
from pasts import FACTS, SMALL, fold, past, same

from data.history import History
from data.lines import LogLines
from data.link import BoardLink
from data.positions import PositionStore
from data.projection import Projection
from data.snapshot_taker import SnapshotTaker
from data.snapshots import SnapshotDamaged, SnapshotStore, read_chunk
from domain.board import Board
from domain.commands import Actor, AddNote, Envelope, ReportIncident, Role
from domain.position import Fix


@pytest.mark.parametrize("seed", range(4))
async def test_the_board_as_of_any_time_equals_the_fold_up_to_then(valkey_url: str, board_id: str, seed: int) -> None:
    async with past(valkey_url, board_id, 1500, seed) as made:
        await made.snapshots()
        await made.grow(1560)
        log, history, chance = await made.log(), History(made.client, made.keys), random.Random(seed)
        first, last = float(log[0][1][b"at"]), float(log[-1][1][b"at"])
        stamps = [float(chance.choice(log)[1][b"at"]) for _ in range(15)]  # on the instant itself, too
        for when in [first - 1, first, last, last + 1, *stamps, *(chance.uniform(first, last) for _ in range(15))]:
            board, lines = fold(log, when)
            seen = await history.as_of(when)
            assert same(seen.board, board)
            assert dict(seen.lines) == dict(lines)


async def test_a_past_board_is_one_s_own(valkey_url: str, board_id: str) -> None:
    async with past(valkey_url, board_id, 700) as made:
        await made.snapshots()
        log, history = await made.log(), History(made.client, made.keys)
        when = float(log[-1][1][b"at"])
        spoiled = (await history.as_of(when)).board
        spoiled.adopt(10**6, 0.0, [("unit:dept00/E1", 10**6, None), *((ref, 1, None) for ref in list(spoiled.state()))])
        assert same((await history.as_of(when)).board, fold(log)[0])


async def test_a_process_that_starts_from_a_snapshot_equals_one_that_read_everything(
    valkey_url: str, board_id: str
) -> None:
    async with past(valkey_url, board_id, 900) as made:
        whole = Projection(made.client, made.keys, SnapshotStore(made.client, made.keys, shape="none"))
        await whole.load()
        await made.snapshots()
        quick = Projection(made.client, made.keys)
        await quick.load()
        assert quick.touches[0][0] > 800, "it folded from the beginning"
        assert same(quick.board, whole.board)
        assert dict(quick.entries) == dict(whole.entries)
        for unit in quick.board.units():
            assert quick.find_last_touch(f"unit:{unit.id}") == whole.find_last_touch(f"unit:{unit.id}")


async def test_snapshots_taken_by_several_processes_in_turns_are_the_same_chunks(
    valkey_url: str, board_id: str
) -> None:
    async with past(valkey_url, board_id, 500) as made:
        await made.snapshots()
        await made.grow(1000)
        await made.snapshots()  # another process, started from the first one's snapshot
        anew = SnapshotStore(made.client, made.keys, shape="anew")
        taker = SnapshotTaker(anew, SMALL)
        await Projection(made.client, made.keys, anew, taker).load()
        await taker.write_due()
        ours, theirs = (await made.store.index()).headers, (await anew.index()).headers
        assert ours.keys() == theirs.keys()
        assert any(header.last - header.after == 640 for header in ours.values()), "nothing was merged twice"
        for name in ours:
            one, other = await made.store.read(ours[name]), await anew.read(theirs[name])
            assert sorted(one.raw_records(), key=str) == sorted(other.raw_records(), key=str)


async def test_a_link_takes_snapshots_while_it_works(valkey_url: str, board_id: str) -> None:
    async with past(valkey_url, board_id, 100) as made, BoardLink.open(valkey_url, board_id, FACTS, SMALL) as link:
        actor = Actor("Okafor", "dept00", Role.DISPATCHER)
        incident = (await link.send(Envelope("r", actor, ReportIncident("ALARM", -122.0, 37.5)))).incident
        for n in range(60):
            assert (await link.send(Envelope(f"n{n}", actor, AddNote(incident, f"note {n}")))).accepted
        for _ in range(100):
            newest = (await made.store.index()).newest
            if newest and newest.last == 160:
                break
            await asyncio.sleep(0.05)
        assert newest is not None
        assert newest.last == 160


async def test_a_damaged_snapshot_is_not_believed(valkey_url: str, board_id: str) -> None:
    async with past(valkey_url, board_id, 700) as made:
        await made.snapshots()
        index = await made.store.index()
        assert index.newest is not None
        victim = index.chain(index.newest.last)[0]
        key = made.keys.snapshot(made.store.shape, victim.name)
        data = bytearray(await made.client.get(key))
        data[len(data) // 2] ^= 1
        with pytest.raises(SnapshotDamaged, match="hash differs"):
            read_chunk(bytes(data))
        await made.client.set(key, bytes(data))
        quick = Projection(made.client, made.keys)
        await quick.load()
        assert same(quick.board, fold(await made.log())[0])


async def test_after_a_lost_chunk_the_next_snapshot_holds_everything(valkey_url: str, board_id: str) -> None:
    async with past(valkey_url, board_id, 300) as made:
        taker = SnapshotTaker(made.store, SMALL)
        projection = Projection(made.client, made.keys, made.store, taker)
        await projection.load()
        await taker.write_due()
        await made.client.delete(made.keys.snapshots(made.store.shape))
        for events in (340, 400):
            await made.grow(events)
            await projection._read_log()
            await taker.write_due()
        newest = (await made.store.index()).newest
        assert newest is not None
        assert newest.last >= 360


async def test_a_replay_shows_where_units_were_and_how_they_moved(valkey_url: str, board_id: str) -> None:
    async with past(valkey_url, board_id, 60) as made:
        history, store = History(made.client, made.keys), PositionStore(made.client, made.keys)
        stamps = []
        for n in range(1, 13):
            fixes = [Fix("dept00/E1", n, -122.0 + n / 1000, 37.5, 90, 10, 0.0)]
            if n == 3:
                fixes.append(Fix("dept00/E2", 1, -121.0, 37.0, -1, 0, 0.0))
            await store.report(fixes)
            seconds, micros = await made.client.time()
            stamps.append(seconds + micros / 1e6)
            await asyncio.sleep(0.005)
        then = await history.as_of(stamps[5])
        assert then.positions["dept00/E1"].seq == 6
        assert then.positions["dept00/E2"].lon == -121.0
        assert (await history.as_of(stamps[1])).positions.keys() == {"dept00/E1"}
        assert (await history.as_of(stamps[0] - 60)).positions == {}
        moved = [fix.seq async for fix in history.fixes_between(stamps[4], stamps[8]) if fix.unit == "dept00/E1"]
        assert moved[-4:] == [6, 7, 8, 9]
        alone = [fix async for fix in history.fixes_between(stamps[0] - 1, stamps[-1], {"dept00/E2"})]
        assert [fix.unit for fix in alone] == ["dept00/E2"]


async def test_tracks_older_than_a_day_are_dropped_when_news_comes(valkey_url: str, board_id: str) -> None:
    async with past(valkey_url, board_id, 60) as made:
        for n in range(1, 301):
            await made.client.xadd(made.keys.tracks, {"fixes": "dept00/E1,1,0,0,0,0,0"}, id=f"{n}-0")
        await PositionStore(made.client, made.keys).report([Fix("dept00/E1", 1, -122.0, 37.5, 90, 10, 0.0)])
        assert await made.client.xlen(made.keys.tracks) < 102


async def test_lines_of_closed_incidents_are_bounded_and_those_of_open_ones_stay(
    valkey_url: str, board_id: str
) -> None:
    async with past(valkey_url, board_id, 2500) as made:
        board, lines = fold(await made.log())
        assert sum(not incident.open for incident in board.incidents()) > 100
        assert {incident.id for incident in board.open_incidents()} <= set(lines)
        assert sum(not board.get_incident(number).open for number in lines) == 100
        assert isinstance(board, Board)
        assert isinstance(lines, LogLines)
