"""Tampering, by somebody who may do anything in the database: verification names the first thing that is wrong."""

from __future__ import annotations

import asyncio
import json
import stat
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from data.audit import BadExport, export_store, verify_export, verify_store
from data.chain import MARK, Seal, genesis, link_entry, message, to_line
from data.codec import to_json
from data.link import BoardLink
from data.seal_file import read_seals
from data.sealing import Sealing
from data.signing import KeyRing, Signer, open_signer
from data.verify import Report
from tests.integration.sealed import copy, happen, history
from tests.integration.test_commit import workers

Entries = list[tuple[bytes, dict[bytes, bytes]]]


@dataclass
class Case:
    """A sealed board, and the hands of whoever owns the database."""

    link: BoardLink
    part: Sealing
    url: str
    folder: Path

    @property
    def client(self) -> Any:
        return self.part._client

    @property
    def file(self) -> Path:
        return self.folder / f"{self.part.board}.ndjson"

    async def verify(self, first: int = 1, ring: KeyRing | None = None, file: Path | None = None) -> Report:
        return await verify_store(self.url, self.part.board, ring or self.part.ring, file or self.file, first)

    async def log(self) -> Entries:
        entries: Entries = await self.client.xrange(self.link.keys.log)
        return entries

    async def seals(self) -> Entries:
        entries: Entries = await self.client.xrange(self.link.keys.seals)
        return entries

    async def rewrite(self, stream: str, entries: Entries) -> None:
        await self.client.delete(stream)
        for entry_id, fields in entries:
            await self.client.xadd(stream, fields, id=entry_id)

    async def change(self, seq: int, **fields: bytes) -> None:
        """Alter fields of one event in place."""
        entries = await self.log()
        entries[seq - 1][1].update({name.encode(): value for name, value in fields.items()})
        await self.rewrite(self.link.keys.log, entries)

    async def seal_again(self, signer: Signer) -> list[Seal]:
        """Rewrite every seal so that it fits the log as it is now."""
        old = list(read_seals(self.file))
        chain = [genesis(self.part.board)]
        for seq, (_, fields) in enumerate(await self.log(), start=1):
            chain.append(link_entry(chain[-1], seq, fields))
        fresh = []
        for seal in old:
            marks = "".join(value.hex()[:MARK] for value in chain[seal.after + 1 : seal.seq + 1])
            bare = replace(seal, hash=chain[seal.seq].hex(), marks=marks, key=signer.key)
            fresh.append(replace(bare, signature=signer.sign(message(bare))))
        names = ("after", "seq", "hash", "at", "key", "token", "marks", "signature")
        await self.rewrite(
            self.link.keys.seals,
            [(b"%d-0" % s.n, {n.encode(): str(getattr(s, n)).encode() for n in names}) for s in fresh],
        )
        return fresh


Tamper = Callable[[Case], Awaitable[None]]


async def tampered(url: str, board: str, folder: Path, tamper: Tamper) -> Report:
    async with history(url, board, folder) as (link, part):
        case = Case(link, part, url, folder)
        assert (await case.verify()).status == 0
        await tamper(case)
        return await case.verify()


async def test_an_untouched_board_is_good(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async with history(valkey_url, board_id, tmp_path) as (link, part):
        report = await Case(link, part, valkey_url, tmp_path).verify()
        assert (report.status, report.findings) == (0, [])
        assert report.last == report.sealed == link.board.seq
        assert (report.seals, report.outside) == (4, 4)
        assert report.refs == len(link.board.state())


async def test_a_board_at_work_is_good_too(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async with history(valkey_url, board_id, tmp_path) as (link, part):
        case = Case(link, part, valkey_url, tmp_path)

        async def work() -> None:
            for number in range(4, 31):
                await happen(link, f"sffd/E{number}")
                await part.sealer.step()
                await copy(part)

        working = asyncio.create_task(work())
        looked = 0
        while not working.done():
            report = await case.verify()
            assert report.status == 0, report.findings
            looked += 1
        await working
        assert looked > 3


async def test_a_board_with_unsealed_news_is_good_and_says_how_many(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    async with history(valkey_url, board_id, tmp_path) as (link, part):
        await happen(link, "sffd/E9")
        report = await Case(link, part, valkey_url, tmp_path).verify()
        assert report.status == 0
        assert report.last - report.sealed == link.board.seq - report.sealed > 0


# Events -------------------------------------------------------------------------------------------

SEQ = 45
"""The event tampered with, sealed by seal 2 of events 42 to 46 or so: see the check in each test."""


def first(report: Report) -> tuple[int, str, int]:
    assert report.status == 1
    return report.findings[0].seq, report.findings[0].what, report.findings[0].seal


def sealing(report: Report, folder: Path, seq: int) -> int:
    return next(s.n for s in read_seals(folder / f"{report.board}.ndjson") if s.after < seq <= s.seq)


async def test_an_altered_body_is_named(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async def tamper(case: Case) -> None:
        body = (await case.log())[SEQ - 1][1][b"body"]
        await case.change(SEQ, body=body.replace(b"sffd", b"smfd", 1))

    report = await tampered(valkey_url, board_id, tmp_path, tamper)
    seq, what, seal = first(report)
    assert (seq, seal) == (SEQ, sealing(report, tmp_path, SEQ))
    assert f"event {SEQ} is altered" in what


async def test_an_altered_time_is_named(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async def tamper(case: Case) -> None:
        at = float((await case.log())[SEQ - 1][1][b"at"])
        await case.change(SEQ, at=b"%.6f" % (at - 60))

    report = await tampered(valkey_url, board_id, tmp_path, tamper)
    assert first(report)[0] == SEQ
    assert f"event {SEQ} is altered" in first(report)[1]


@pytest.mark.parametrize("seq", [1, SEQ])
async def test_a_changed_spelling_of_the_same_content_is_an_alteration(
    valkey_url: str, board_id: str, tmp_path: Path, seq: int
) -> None:
    async def tamper(case: Case) -> None:
        body = (await case.log())[seq - 1][1][b"body"]
        await case.change(seq, body=json.dumps(json.loads(body)).encode())

    assert first(await tampered(valkey_url, board_id, tmp_path, tamper))[0] == seq


async def test_a_field_beside_the_sealed_ones_is_an_alteration(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async def tamper(case: Case) -> None:
        await case.change(SEQ, note=b"x")

    seq, what, _ = first(await tampered(valkey_url, board_id, tmp_path, tamper))
    assert seq == SEQ
    assert "5 fields" in what


async def test_a_deleted_event_is_named(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async def tamper(case: Case) -> None:
        await case.client.xdel(case.link.keys.log, f"{SEQ}-0")

    report = await tampered(valkey_url, board_id, tmp_path, tamper)
    assert first(report) == (SEQ, f"event {SEQ} is missing", sealing(report, tmp_path, SEQ))


async def test_a_deleted_event_whose_number_was_given_to_the_next_is_named(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    async def tamper(case: Case) -> None:
        entries = await case.log()
        del entries[SEQ - 1]
        await case.rewrite(
            case.link.keys.log, [(b"%d-0" % n, fields) for n, (_, fields) in enumerate(entries, start=1)]
        )
        await case.client.set(case.link.keys.seq, len(entries))

    assert first(await tampered(valkey_url, board_id, tmp_path, tamper))[0] == SEQ


async def test_two_events_that_changed_places_are_named(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async def tamper(case: Case) -> None:
        entries = await case.log()
        one, two = entries[SEQ - 1], entries[SEQ]
        entries[SEQ - 1], entries[SEQ] = (one[0], two[1]), (two[0], one[1])
        await case.rewrite(case.link.keys.log, entries)

    seq, what, _ = first(await tampered(valkey_url, board_id, tmp_path, tamper))
    assert seq == SEQ
    assert f"event {SEQ} is out of order: what belongs there stands at {SEQ + 1}" in what


async def test_a_tail_that_was_cut_off_is_named(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async def tamper(case: Case) -> None:
        last = case.link.board.seq
        await case.client.xdel(case.link.keys.log, *(f"{seq}-0" for seq in range(last - 2, last + 1)))

    report = await tampered(valkey_url, board_id, tmp_path, tamper)
    seq, what, seal = first(report)
    assert seq == report.last + 1
    assert f"events {seq} to {seq + 2} are missing: the log ends at {seq - 1}" in what
    assert seal == sealing(report, tmp_path, seq)


async def test_a_tail_cut_off_with_its_seals_and_its_counter_is_told_by_the_file(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    async def tamper(case: Case) -> None:
        third = list(read_seals(case.file))[2]
        await case.rewrite(case.link.keys.log, (await case.log())[: third.seq])
        await case.rewrite(case.link.keys.seals, (await case.seals())[:3])
        await case.client.set(case.link.keys.seq, third.seq)

    report = await tampered(valkey_url, board_id, tmp_path, tamper)
    third = list(read_seals(tmp_path / f"{board_id}.ndjson"))[2]
    assert first(report)[0] == third.seq + 1
    assert first(report)[2] == 4
    assert any("the file is ahead: the store does not hold seal 4" in finding.what for finding in report.findings)


async def test_a_forged_event_with_matching_state_is_named(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async def tamper(case: Case) -> None:
        entries = await case.log()
        forged = next(fields for _, fields in entries if fields[b"kind"] == b"NoteAdded")
        entries.insert(SEQ - 1, (b"", {**forged, b"body": forged[b"body"].replace(b"smoke", b"no fire")}))
        await case.rewrite(
            case.link.keys.log, [(b"%d-0" % n, fields) for n, (_, fields) in enumerate(entries, start=1)]
        )
        await case.client.set(case.link.keys.seq, len(entries))
        for ref, version in (await case.client.hgetall(case.link.keys.versions)).items():
            if int(version) >= SEQ:
                await case.client.hset(case.link.keys.versions, ref, int(version) + 1)

    seq, what, _ = first(await tampered(valkey_url, board_id, tmp_path, tamper))
    assert seq == SEQ
    assert f"event {SEQ} is out of order: what belongs there stands at {SEQ + 1}" in what


async def test_an_entry_slipped_in_between_two_events_is_named(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async def tamper(case: Case) -> None:
        entries = await case.log()
        entries.insert(SEQ, (b"%d-1" % SEQ, entries[SEQ - 1][1]))
        await case.rewrite(case.link.keys.log, entries)

    seq, what, _ = first(await tampered(valkey_url, board_id, tmp_path, tamper))
    assert seq == SEQ + 1
    assert f"entry {SEQ}-1 stands where event {SEQ + 1} belongs" in what


# State --------------------------------------------------------------------------------------------


async def test_an_altered_state_is_named_with_its_field(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async def tamper(case: Case) -> None:
        unit = replace(case.link.board.get_unit("sffd/E1"), active="")
        await case.client.hset(case.link.keys.state, "unit:sffd/E1", to_json(unit))

    seq, what, _ = first(await tampered(valkey_url, board_id, tmp_path, tamper))
    assert "unit:sffd/E1 has active '' in the state, but events give 'SF" in what
    assert f"event {seq}" in what


async def test_an_altered_version_is_named(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async def tamper(case: Case) -> None:
        await case.client.hset(case.link.keys.versions, "unit:sffd/E7", "1")

    seq, what, _ = first(await tampered(valkey_url, board_id, tmp_path, tamper))
    assert what == f"unit:sffd/E7 has version 1, but event {seq} touched it last"


@pytest.mark.parametrize(
    ("which", "words"),
    [
        ("state", "unit:sffd/E7 has no state, though events give it one"),
        ("versions", "unit:sffd/E7 is not in the versions; event"),
    ],
)
async def test_a_ref_that_is_gone_is_named(
    valkey_url: str, board_id: str, tmp_path: Path, which: str, words: str
) -> None:
    async def tamper(case: Case) -> None:
        await case.client.hdel(getattr(case.link.keys, which), "unit:sffd/E7")

    assert words in first(await tampered(valkey_url, board_id, tmp_path, tamper))[1]


@pytest.mark.parametrize("which", ["state", "versions"])
async def test_a_ref_no_event_made_is_named(valkey_url: str, board_id: str, tmp_path: Path, which: str) -> None:
    async def tamper(case: Case) -> None:
        await case.client.hset(getattr(case.link.keys, which), "unit:sffd/GHOST", b"7")

    what = first(await tampered(valkey_url, board_id, tmp_path, tamper))[1]
    assert what == f"unit:sffd/GHOST is in the {which}, but no event ever touched it"


@pytest.mark.parametrize("by", [-3, 3])
async def test_a_counter_that_lies_is_named(valkey_url: str, board_id: str, tmp_path: Path, by: int) -> None:
    async def tamper(case: Case) -> None:
        await case.client.incrby(case.link.keys.seq, by)

    report = await tampered(valkey_url, board_id, tmp_path, tamper)
    last = next(reversed(list(read_seals(tmp_path / f"{board_id}.ndjson")))).seq
    assert first(report)[0] == (last + 1 if by > 0 else last + by + 1)


# Seals --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 4])
async def test_a_deleted_seal_is_named(valkey_url: str, board_id: str, tmp_path: Path, n: int) -> None:
    async def tamper(case: Case) -> None:
        await case.client.xdel(case.link.keys.seals, f"{n}-0")

    report = await tampered(valkey_url, board_id, tmp_path, tamper)
    seal = list(read_seals(tmp_path / f"{board_id}.ndjson"))[n - 1]
    seq, what, number = first(report)
    assert (seq, number) == (seal.after + 1, n)
    assert f"seal {n} is missing in the store" in what or f"the store does not hold seal {n}" in what


async def test_a_seal_forged_with_another_key_is_named(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    forger = open_signer(None, tmp_path / "forger")

    async def tamper(case: Case) -> None:
        entries = await case.seals()
        seal = list(read_seals(case.file))[2]
        bare = replace(seal, key=forger.key)
        entries[2][1].update({b"key": forger.key.encode(), b"signature": forger.sign(message(bare)).encode()})
        await case.rewrite(case.link.keys.seals, entries)

    report = await tampered(valkey_url, board_id, tmp_path, tamper)
    seq, what, number = first(report)
    assert (seq, number) == (list(read_seals(tmp_path / f"{board_id}.ndjson"))[2].after + 1, 3)
    assert f"seal 3 in the store is signed with key {forger.key}, which is not among the keys" in what


async def test_a_seal_whose_text_was_changed_does_not_hold(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async def tamper(case: Case) -> None:
        entries = await case.seals()
        entries[1][1][b"at"] = b"1780000000.000000"
        await case.rewrite(case.link.keys.seals, entries)

    report = await tampered(valkey_url, board_id, tmp_path, tamper)
    assert first(report)[1] == "seal 2 in the store has a signature that does not hold"


async def test_history_rewritten_with_its_seals_and_a_new_key_is_caught_by_the_file(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    """The forger even has his key among the trusted ones: inside the database everything fits."""

    async def tamper(case: Case) -> None:
        await case.change(SEQ, body=(await case.log())[SEQ - 1][1][b"body"].replace(b"Okafor", b"Nobody"))
        forger = open_signer(None, case.folder / "forger")
        (case.folder / "keys" / f"{forger.key}.pub.pem").write_text(forger.public_pem)
        forged = await case.seal_again(forger)
        alone = case.folder / "alone.ndjson"
        alone.write_text("".join(to_line(seal) + "\n" for seal in forged))
        assert (await case.verify(file=alone)).status == 0, "the forgery is not a good one: the test proves nothing"

    report = await tampered(valkey_url, board_id, tmp_path, tamper)
    seq, what, seal = first(report)
    assert (seq, seal) == (SEQ, sealing(report, tmp_path, SEQ))
    assert f"event {SEQ} is altered; seal {seal} in the file" in what
    assert "the store's own seal fits: events and seals were rewritten together" in what


# The file -----------------------------------------------------------------------------------------


async def test_an_altered_line_of_the_file_is_named(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async def tamper(case: Case) -> None:
        lines = case.file.read_text().splitlines(keepends=True)
        lines[1] = lines[1].replace('"token":1', '"token":0')
        case.file.write_text("".join(lines))

    report = await tampered(valkey_url, board_id, tmp_path, tamper)
    assert report.status == 1
    assert any("seal 2 in " in f.what and "does not hold" in f.what for f in report.findings)


async def test_a_file_that_is_behind_is_named_but_proves_nothing_bad(
    valkey_url: str, board_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.verify.UNSEALED_SECONDS", 0.0)
    async with history(valkey_url, board_id, tmp_path) as (link, part):
        case = Case(link, part, valkey_url, tmp_path)
        case.file.write_text("".join(case.file.read_text().splitlines(keepends=True)[:2]))
        report = await case.verify()
        assert report.status == 2
        assert "the file is behind: it ends with seal 2, the store with 4" in report.findings[0].what


@pytest.mark.parametrize("without", ["file", "keys"])
async def test_without_file_or_keys_nothing_is_called_proved(
    valkey_url: str, board_id: str, tmp_path: Path, without: str
) -> None:
    async with history(valkey_url, board_id, tmp_path) as (link, part):
        case = Case(link, part, valkey_url, tmp_path)
        if without == "file":
            report = await case.verify(file=tmp_path / "none.ndjson")
        else:
            report = await case.verify(ring=KeyRing(tmp_path / "none"))
        assert report.status == 2
        assert report.last == link.board.seq


async def test_a_board_nobody_seals_is_not_called_good(
    valkey_url: str, board_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.audit.UNSEALED_SECONDS", 0.0)
    async with history(valkey_url, board_id, tmp_path) as (link, part):
        sealed = link.board.seq
        await happen(link, "sffd/E9")
        report = await Case(link, part, valkey_url, tmp_path).verify()
        assert report.status == 2
        assert f"nobody vouches for the events after {sealed}" in report.findings[0].what


# Keys, parts and exports --------------------------------------------------------------------------


async def test_seals_of_a_key_that_was_replaced_still_verify(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async with history(valkey_url, board_id, tmp_path) as (link, part):
        await part.sealer.resign()
        (tmp_path / "keys" / "signing.pem").unlink()
        fresh = Sealing(valkey_url, board_id, tmp_path / "keys", tmp_path / f"{board_id}.ndjson")
        await happen(link, "sffd/E9")
        await fresh.sealer.step()
        await copy(part)
        await fresh._client.aclose()
        seals = list(read_seals(tmp_path / f"{board_id}.ndjson"))
        assert len({seal.key for seal in seals}) == 2
        assert (await Case(link, part, valkey_url, tmp_path).verify()).status == 0


async def test_from_an_event_on_only_the_rest_is_walked(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async with history(valkey_url, board_id, tmp_path) as (link, part):
        case = Case(link, part, valkey_url, tmp_path)
        third = list(read_seals(case.file))[2]
        report = await case.verify(first=third.seq + 2)
        assert (report.status, report.events) == (0, link.board.seq - third.seq)
        assert "the state was not compared" in report.notes[0]
        await case.change(third.seq - 1, at=b"0.000000")
        assert (await case.verify(first=third.seq + 2)).status == 0
        assert (await case.verify()).findings[0].seq == third.seq - 1


async def test_events_moved_to_an_archive_are_verified_from_there(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    async with history(valkey_url, board_id, tmp_path) as (link, part):
        case = Case(link, part, valkey_url, tmp_path)
        archived = [(int(entry_id.split(b"-")[0]), fields) for entry_id, fields in (await case.log())[:SEQ]]
        await case.client.xtrim(link.keys.log, minid=f"{SEQ - 2}-0", approximate=False)
        assert first(await case.verify())[1] == f"events 1 to {SEQ - 3} are missing"
        report = await verify_store(valkey_url, board_id, part.ring, case.file, earlier=archived)
        assert (report.status, report.events) == (0, link.board.seq), report.findings
        del archived[7]
        report = await verify_store(valkey_url, board_id, part.ring, case.file, earlier=archived)
        assert first(report)[1] == "event 8 is missing"


async def test_an_export_is_verified_without_the_store(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async with history(valkey_url, board_id, tmp_path) as (link, part):
        export = tmp_path / "export.ndjson"
        assert await export_store(valkey_url, board_id, export) == link.board.seq
        assert stat.S_IMODE(export.stat().st_mode) == 0o600
        file = tmp_path / f"{board_id}.ndjson"
        report = await verify_export(export, part.ring, file)
        assert (report.status, report.last, report.refs) == (0, link.board.seq, len(link.board.state()))
        await happen(link, "sffd/E9")
        await part.sealer.step()
        await copy(part)
        later = await verify_export(export, part.ring, file)
        assert later.status == 0
        assert "; 1 seals of" in later.notes[0]
        lines = export.read_text().splitlines(keepends=True)
        place = next(n for n, line in enumerate(lines) if line.startswith(f'{{"id":"{SEQ}-0"'))
        export.write_text("".join([*lines[:place], lines[place].replace("Okafor", "Nobody"), *lines[place + 1 :]]))
        assert (await verify_export(export, part.ring, file)).findings[0].seq == SEQ
        export.write_text("no export\n")
        with pytest.raises(BadExport, match="line 1"):
            await verify_export(export, part.ring, file)


async def test_the_program_in_the_manual_verifies_an_export(
    valkey_url: str, board_id: str, tmp_path: Path, project_root: Path
) -> None:
    async with workers(valkey_url, board_id, 1), history(valkey_url, board_id + "-x", tmp_path) as (_, part):
        export = tmp_path / "export.ndjson"
        await export_store(valkey_url, part.board, export)
        manual = (project_root / "docs" / "verify.md").read_text()
        program = manual.split("```python\n")[1].split("```")[0]
        file = tmp_path / f"{part.board}.ndjson"
        command = [sys.executable, "-c", program, str(export), str(file)]
        good = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
        assert (good.returncode, good.stdout.strip()) == (0, "4 seals fit"), good.stderr
        export.write_text(export.read_text().replace("Okafor", "Nobody"))
        bad = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
        assert bad.returncode != 0


async def test_the_command_says_good_bad_or_cannot_tell_in_its_exit_status(
    valkey_url: str, board_id: str, tmp_path: Path, project_root: Path
) -> None:
    async with history(valkey_url, board_id, tmp_path) as (link, part):
        environment = {"REDIS_URL": valkey_url, "CONCORD_DATA_DIR": str(tmp_path), "PATH": ""}
        file = str(tmp_path / f"{board_id}.ndjson")

        async def command(*words: str) -> tuple[int, str]:
            run = await asyncio.to_thread(
                subprocess.run,
                [sys.executable, "-m", "tools", "verify", "--board", board_id, *words],
                capture_output=True,
                text=True,
                cwd=project_root,
                env=environment,
            )
            return run.returncode, run.stdout + run.stderr

        code, said = await command("--seals", file)
        assert (code, said.count("GOOD")) == (0, 2), said
        code, said = await command()
        assert (code, "CANNOT TELL" in said) == (2, True), said
        await part._client.xdel(link.keys.log, f"{SEQ}-0")
        code, said = await command("--seals", file)
        assert code == 1
        seal = next(s.n for s in read_seals(Path(file)) if s.after < SEQ <= s.seq)
        assert f"BAD: event {SEQ} is missing [breaks seal {seal}]" in said
