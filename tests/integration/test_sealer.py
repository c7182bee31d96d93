"""Sealing on a real server: one leader, one chain, whoever dies or sleeps meanwhile."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from fastapi import FastAPI

from api.seals import seals_router
from data.chain import BadSeal, Seal, from_line, message, to_line
from data.leadership import Held, Lease, Led
from data.seal_file import SealFile, read_seals
from data.seal_store import Deposed, append_seal, find_last_seal, seals_after
from data.sealer import MOST_EVENTS, CannotSeal
from data.sealing import Sealing
from data.tasks import cancelled
from tests.integration.sealed import copy, happen, history, sealing_of
from tests.integration.test_commit import workers

Entry = tuple[bytes, dict[bytes, bytes]]


async def seals_of(part: Sealing) -> list[Seal]:
    return await seals_after(part._client, part.keys, part.board, 0)


def recomputed(board: str, entries: list[Entry]) -> list[str]:
    """The chain as docs/verify.md describes it, written again from those words: hashlib only."""
    chain = [hashlib.sha256(b"concord-chain-1\n" + board.encode()).digest()]
    for entry_id, fields in entries:
        sealed = [entry_id.split(b"-")[0], fields[b"kind"], fields[b"at"], fields[b"schema"], fields[b"body"]]
        netstrings = b"".join(str(len(part)).encode() + b":" + part + b"," for part in sealed)
        chain.append(hashlib.sha256(chain[-1] + netstrings).digest())
    return [value.hex() for value in chain]


async def until(condition: object, seconds: float = 5.0) -> float:
    """Wait until a coroutine function says yes; returns how long that took."""
    started = time.monotonic()
    while not await condition():  # type: ignore[operator]
        assert time.monotonic() - started < seconds, "it did not come about"
        await asyncio.sleep(0.02)
    return time.monotonic() - started


async def test_every_seal_is_the_chain_anybody_can_recompute(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async with history(valkey_url, board_id, tmp_path) as (link, part):
        chain = recomputed(board_id, await part._client.xrange(link.keys.log))
        seals = await seals_of(part)
        assert len(seals) == 4
        assert seals[-1].seq == link.board.seq == int(await part._client.get(link.keys.sealed))
        for seal in seals:
            assert seal.hash == chain[seal.seq]
            assert seal.marks == "".join(value[:8] for value in chain[seal.after + 1 : seal.seq + 1])


async def test_a_seal_is_a_plain_ed25519_signature_of_ten_lines(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async with history(valkey_url, board_id, tmp_path) as (_, part):
        seal = (await seals_of(part))[-1]
        names = ("board", "n", "after", "seq", "hash", "at", "key", "token", "marks")
        text = "concord-seal-1\n" + "".join(f"{name} {getattr(seal, name)}\n" for name in names)
        public = load_pem_public_key((tmp_path / "keys" / f"{seal.key}.pub.pem").read_bytes())
        public.verify(base64.b64decode(seal.signature), text.encode())  # type: ignore[call-arg, union-attr]


async def test_the_file_outside_the_store_holds_every_seal(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async with history(valkey_url, board_id, tmp_path) as (_, part):
        assert list(read_seals(tmp_path / f"{board_id}.ndjson")) == await seals_of(part)


async def test_a_board_at_work_is_sealed_within_a_second_or_so(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    file = tmp_path / f"{board_id}.ndjson"
    async with (
        workers(valkey_url, board_id, 1) as (link,),
        sealing_of(valkey_url, board_id, tmp_path) as part,
        part.running(),
    ):
        await happen(link, "sffd/E1")

        async def copied() -> bool:
            seals = list(read_seals(file)) if file.exists() else []
            return bool(seals) and seals[-1].seq == link.board.seq

        assert await until(copied) < 2.5


async def test_a_long_unsealed_log_is_sealed_in_pieces(
    valkey_url: str, board_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.sealer.MOST_EVENTS", 10)
    monkeypatch.setattr("data.sealer.PAGE", 4)
    async with workers(valkey_url, board_id, 1) as (link,), sealing_of(valkey_url, board_id, tmp_path) as part:
        while await part.sealer.step() == 0:
            pass
        seals = await seals_of(part)
        assert [seal.seq - seal.after for seal in seals[:-1]] == [10] * (len(seals) - 1)
        assert seals[-1].seq == link.board.seq
        assert MOST_EVENTS > 10


# One at a time ------------------------------------------------------------------------------------


async def test_two_sealers_at_once_never_make_two_seals_of_one_range(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    async with (
        workers(valkey_url, board_id, 1) as (link,),
        sealing_of(valkey_url, board_id, tmp_path, lease=0.05) as one,
        sealing_of(valkey_url, board_id, tmp_path, lease=0.05) as two,
    ):
        for number in range(1, 11):
            await happen(link, f"sffd/E{number}")
            both = (one, two) if number % 2 else (two, one)
            await asyncio.gather(*(part.sealer.step() for part in both), return_exceptions=True)
            await asyncio.sleep(0.06)  # longer than the lease
        seals = await seals_of(one)
        chain = recomputed(board_id, await one._client.xrange(link.keys.log))
        assert [seal.n for seal in seals] == list(range(1, len(seals) + 1))
        assert [seal.after for seal in seals] == [0, *(seal.seq for seal in seals[:-1])]
        assert all(seal.hash == chain[seal.seq] for seal in seals)
        assert len({seal.token for seal in seals}) > 1, "nobody ever took over: the test proves nothing"


async def test_only_one_of_several_leads_and_another_takes_over_when_it_dies(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    async with (
        workers(valkey_url, board_id, 1) as (link,),
        sealing_of(valkey_url, board_id, tmp_path) as one,
        sealing_of(valkey_url, board_id, tmp_path) as two,
    ):
        assert await one.sealer.step() > 0
        await two.sealer.step()
        assert (one.sealer.leading, two.sealer.leading) == (True, False)
        running = asyncio.create_task(two.sealer.run())
        try:
            await happen(link, "sffd/E1")  # and `one` is never heard of again

            async def sealed() -> bool:
                last = await find_last_seal(two._client, two.keys, board_id)
                return last is not None and last.seq == link.board.seq

            assert await until(sealed) < 3.0
            assert two.sealer.leading
        finally:
            await cancelled([running])


async def test_a_leader_that_ends_cleanly_hands_over_at_once(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async with sealing_of(valkey_url, board_id, tmp_path) as one, workers(valkey_url, board_id, 1):
        first = Lease(one._client, one.keys, "first")
        second = Lease(one._client, one.keys, "second")
        led = await first.claim()
        assert isinstance(led, Led)
        assert isinstance(await second.claim(), Held)
        await first.resign(led.token)
        after = await second.claim()
        assert isinstance(after, Led)
        assert after.token == led.token + 1


async def test_a_leader_whose_lease_ran_out_cannot_write_even_if_nobody_took_over(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    async with workers(valkey_url, board_id, 1), sealing_of(valkey_url, board_id, tmp_path, lease=0.05) as part:
        claim = await part.sealer._lease.claim()
        assert isinstance(claim, Led)
        part.sealer._head = await part.sealer._take_up(claim)
        seal = await part.sealer._next_seal(claim)
        assert seal is not None
        await asyncio.sleep(0.1)
        with pytest.raises(Deposed):
            await append_seal(part._client, part.keys, part.sealer._lease.holder, claim.token, seal)
        assert await seals_of(part) == []


async def test_a_stale_token_cannot_write_once_another_leads(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async with (
        workers(valkey_url, board_id, 1),
        sealing_of(valkey_url, board_id, tmp_path, lease=0.05) as old,
        sealing_of(valkey_url, board_id, tmp_path) as new,
    ):
        claim = await old.sealer._lease.claim()
        assert isinstance(claim, Led)
        old.sealer._head = await old.sealer._take_up(claim)
        seal = await old.sealer._next_seal(claim)
        assert seal is not None
        await asyncio.sleep(0.1)
        assert isinstance(await new.sealer._lease.claim(), Led)  # has not sealed yet: the old seal would fit
        with pytest.raises(Deposed, match=f"the lease has token {claim.token + 1}, not {claim.token}"):
            await append_seal(old._client, old.keys, old.sealer._lease.holder, claim.token, seal)
        await new.sealer.step()
        assert [seal.token for seal in await seals_of(new)] == [claim.token + 1]


async def test_even_the_leader_cannot_seal_a_range_twice_or_leave_one_out(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    async with history(valkey_url, board_id, tmp_path) as (link, part):
        before = await seals_of(part)
        await happen(link, "sffd/E9")
        claim = await part.sealer._lease.claim()
        assert isinstance(claim, Led)
        fifth = await part.sealer._next_seal(claim)
        assert fifth is not None
        again = replace(fifth, n=4, after=before[3].after)
        gap = replace(fifth, n=6)
        torn = replace(fifth, after=fifth.after + 1)
        for wrong in (again, gap, torn):
            with pytest.raises(Deposed, match=f"the last seal is 4 now, up to event {before[3].seq}"):
                await append_seal(part._client, part.keys, part.sealer._lease.holder, claim.token, wrong)
        beyond = replace(fifth, seq=fifth.seq + 1)
        with pytest.raises(BadSeal, match="the log ends at"):
            await append_seal(part._client, part.keys, part.sealer._lease.holder, claim.token, beyond)
        assert await seals_of(part) == before


async def test_a_seal_whose_reply_was_lost_may_be_sent_again(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async with history(valkey_url, board_id, tmp_path) as (_, part):
        last = (await seals_of(part))[-1]
        await append_seal(part._client, part.keys, part.sealer._lease.holder, last.token, last)
        assert len(await seals_of(part)) == 4


CHILD = """
import asyncio, sys
from pathlib import Path
from data.sealing import Sealing
from data.tasks import cancelled

async def main(url, board, folder):
    part = Sealing(url, board, Path(folder) / "keys", Path(folder) / f"{board}.ndjson")
    async with part.running():
        print("running", flush=True)
        await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_leader_stopped_for_longer_than_its_lease_wakes_up_and_writes_nothing(
    valkey_url: str, board_id: str, tmp_path: Path, project_root: Path
) -> None:
    async with workers(valkey_url, board_id, 1) as (link,), sealing_of(valkey_url, board_id, tmp_path) as part:
        command = [sys.executable, "-c", textwrap.dedent(CHILD), valkey_url, board_id, str(tmp_path)]
        child = await asyncio.to_thread(
            subprocess.Popen, command, stdout=subprocess.PIPE, cwd=project_root, env={**os.environ, "PYTHONPATH": "."}
        )
        try:

            async def sealed() -> bool:
                last = await find_last_seal(part._client, part.keys, board_id)
                return last is not None and last.seq == link.board.seq

            await until(sealed, 10)
            child.send_signal(signal.SIGSTOP)
            paused = (await seals_of(part))[-1].token
            running = asyncio.create_task(part.sealer.run())
            await happen(link, "sffd/E1")
            assert await until(sealed) < 3.5
            child.send_signal(signal.SIGCONT)
            for number in range(2, 6):
                await happen(link, f"sffd/E{number}")
                await asyncio.sleep(0.3)
            await until(sealed)
            await cancelled([running])
            tokens = [seal.token for seal in await seals_of(part)]
            assert tokens == sorted(tokens)
            assert tokens[-1] > paused
            assert tokens.count(paused) == 1, "the paused leader wrote again under its old token"
        finally:
            child.kill()
            child.wait()
            assert child.stdout is not None
            child.stdout.close()


# What a sealer refuses ----------------------------------------------------------------------------


async def test_a_new_leader_does_not_go_on_from_a_seal_of_an_unknown_key(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    async with history(valkey_url, board_id, tmp_path / "a") as (_, part):
        await part.sealer.resign()
        async with sealing_of(valkey_url, board_id, tmp_path / "b") as stranger:
            with pytest.raises(CannotSeal, match=r"is signed with key .* not known here; put .*\.pub\.pem into"):
                await stranger.sealer.step()
            (public,) = (tmp_path / "a" / "keys").glob("*.pub.pem")
            (tmp_path / "b" / "keys" / public.name).write_bytes(public.read_bytes())
            await stranger.sealer.step()


async def test_a_store_that_lost_a_seal_but_no_event_gets_it_back_from_the_file(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    async with history(valkey_url, board_id, tmp_path) as (link, part):
        before = await seals_of(part)
        await part.sealer.resign()
        entries = await part._client.xrange(link.keys.seals, max="2-0")
        await part._client.delete(link.keys.seals)  # the replica that took over had only the first two
        for entry_id, fields in entries:
            await part._client.xadd(link.keys.seals, fields, id=entry_id)
        await part.sealer.step()
        assert await seals_of(part) == before


async def test_a_store_that_lost_sealed_events_is_not_sealed_on(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async with history(valkey_url, board_id, tmp_path) as (link, part):
        third, last = (await seals_of(part))[2:]
        await part.sealer.resign()
        await part._client.xdel(link.keys.seals, "4-0")
        await part._client.xdel(link.keys.log, *(f"{seq}-0" for seq in range(third.seq + 1, last.seq + 1)))
        await part._client.set(link.keys.seq, third.seq)
        with pytest.raises(CannotSeal, match=r"holds seal 4 of events .*, which this log does not have; run .* verify"):
            await part.sealer.step()


async def test_a_sealer_does_not_pass_over_a_missing_event(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async with history(valkey_url, board_id, tmp_path) as (link, part):
        last = link.board.seq
        await happen(link, "sffd/E9")
        await part._client.xdel(link.keys.log, f"{last + 2}-0")
        with pytest.raises(CannotSeal, match=f"event {last + 2} is missing"):
            await part.sealer.step()


# The file -----------------------------------------------------------------------------------------


async def test_a_line_that_a_crash_cut_off_is_completed(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async with history(valkey_url, board_id, tmp_path) as (_, part):
        path = tmp_path / f"{board_id}.ndjson"
        whole = path.read_bytes()
        part.witness._let_go()
        path.write_bytes(whole[:-100])
        await copy(part)
        assert path.read_bytes() == whole


async def test_a_file_moved_aside_is_begun_anew(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    path = tmp_path / f"{board_id}.ndjson"
    async with history(valkey_url, board_id, tmp_path) as (link, part), part.running():
        path.rename(tmp_path / "aside.ndjson")
        await happen(link, "sffd/E9")

        async def copied() -> bool:
            return path.exists() and [seal.n for seal in read_seals(path)] == [1, 2, 3, 4, 5]

        await until(copied, 6)
        assert len(list(read_seals(tmp_path / "aside.ndjson"))) < 6


def test_two_processes_do_not_write_one_file(tmp_path: Path) -> None:
    one, two = SealFile(tmp_path / "x.ndjson"), SealFile(tmp_path / "x.ndjson")
    assert one.lock()
    assert not two.lock()
    one.close()
    assert two.lock()
    two.close()


async def test_a_file_is_never_given_a_seal_that_does_not_hold(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async with history(valkey_url, board_id, tmp_path) as (link, part):
        last = (await seals_of(part))[-1]
        await happen(link, "sffd/E9")
        await part.sealer.step()
        fields = await part._client.xrange(link.keys.seals, min="5-0")
        await part._client.xdel(link.keys.seals, "5-0")
        await part._client.xadd(link.keys.seals, {**fields[0][1], b"signature": last.signature}, id="5-1")
        with pytest.raises(BadSeal):
            await copy(part)


# For the agencies ---------------------------------------------------------------------------------


async def test_an_agency_can_fetch_the_head_and_keep_its_own_copy(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    async with history(valkey_url, board_id, tmp_path) as (_, part):
        seals = await seals_of(part)
        head = await part.head()
        assert head["seal"]["seq"] == seals[-1].seq  # type: ignore[index]
        assert (head["unsealed"], head["trouble"]) == (0, [])
        public = load_pem_public_key(str(head["public_key"]).encode())
        public.verify(base64.b64decode(seals[-1].signature), message(seals[-1]))  # type: ignore[call-arg, union-attr]
        assert [from_line(line) for line in (await part.lines_after(1)).splitlines()] == seals[1:]
        assert to_line(from_line(to_line(seals[0]))) == to_line(seals[0])


async def test_agencies_fetch_seals_over_http_and_are_told_when_the_store_is_gone(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    async with history(valkey_url, board_id, tmp_path) as (_, part), served(part) as at:
        code, body = await fetch(f"http://{at}/seals/head")
        assert (code, json.loads(body)["seal"]["n"]) == (200, 4)
        code, body = await fetch(f"http://{at}/seals?after=3")
        assert (code, [from_line(line).n for line in body.splitlines()]) == (200, [4])
    lost = Sealing(f"unix://{tmp_path}/nobody.sock", "test", tmp_path / "keys", tmp_path / "x.ndjson")
    async with served(lost) as at:
        code, body = await fetch(f"http://{at}/seals/head")
        assert code == 503
        assert "does not answer" in json.loads(body)["trouble"][0]
        assert (await fetch(f"http://{at}/seals"))[0] == 503


@contextlib.asynccontextmanager
async def served(part: Sealing) -> AsyncIterator[str]:
    server = FastAPI()
    server.include_router(seals_router(part))
    running = uvicorn.Server(uvicorn.Config(server, port=0, log_level="warning"))
    task = asyncio.create_task(running.serve())
    while not running.started:  # noqa: ASYNC110 - uvicorn says it in an attribute
        await asyncio.sleep(0.01)
    yield f"127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    running.should_exit = True
    await task


async def fetch(url: str) -> tuple[int, str]:
    def ask() -> tuple[int, str]:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()

    return await asyncio.to_thread(ask)
