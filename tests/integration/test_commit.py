"""The write path on a real server: one truth, whoever asks and however often."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator

import pytest

from data.codec import read_entity
from data.connection import connect
from data.link import BoardLink
from data.positions import unpack
from domain.agency import Agency, Discipline
from domain.assignment import AssignmentStatus
from domain.commands import (
    Actor,
    AddNote,
    AssignUnits,
    ChangeStatus,
    CloseIncident,
    Command,
    Envelope,
    OpenBoard,
    RegisterAgencies,
    RegisterAgreements,
    RegisterUnits,
    ReportIncident,
    Role,
)
from domain.events import UnitAssigned
from domain.outcome import Outcome, OutcomeStatus
from domain.position import Fix
from tests.integration.mutant import without_version_check
from tests.unit.boards import FACTS, automatic_aid, unit

DISPATCHER = Actor("Okafor", "sffd", Role.DISPATCHER)
LOADER = Actor("loader", "", Role.SERVICE)
ids = itertools.count(1)


def ask(command: Command, actor: Actor = DISPATCHER, name: str = "", **more: object) -> Envelope:
    return Envelope(name or f"c{next(ids)}", actor, command, **more)  # type: ignore[arg-type]


async def give(link: BoardLink, command: Command, actor: Actor = DISPATCHER) -> Outcome:
    outcome = await link.send(ask(command, actor))
    assert outcome.accepted, outcome
    return outcome


@contextlib.asynccontextmanager
async def workers(url: str, board: str, count: int) -> AsyncIterator[list[BoardLink]]:
    """Several processes' links to one seeded board (in one process: they share nothing but the store)."""
    async with contextlib.AsyncExitStack() as stack:
        links = [await stack.enter_async_context(BoardLink.open(url, board, FACTS)) for _ in range(count)]
        first = links[0]
        await give(first, OpenBoard("Test", "test", "SF"), LOADER)
        agencies = {"sffd": Discipline.FIRE, "smfd": Discipline.FIRE, "amr": Discipline.EMS}
        await give(first, RegisterAgencies(tuple(Agency(a, a.upper(), a, d) for a, d in agencies.items())), LOADER)
        units = [unit(f"sffd/E{n}") for n in range(1, 31)] + [unit(f"smfd/E9{n}") for n in range(1, 6)]
        await give(first, RegisterUnits(tuple(units)), LOADER)
        await give(first, RegisterAgreements((automatic_aid(),)), LOADER)
        for link in links:
            assert await link.caught_up(first.board.seq)
        yield links


async def fire(link: BoardLink, *others: BoardLink) -> str:
    outcome = await give(link, ReportIncident("FIRE", -122.4, 37.78))
    for other in others:
        assert await other.caught_up(outcome.seq)
    return outcome.incident


async def test_of_a_hundred_claims_on_one_unit_one_wins_and_the_rest_learn_who(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 4) as links:
        incidents = [await fire(links[0], *links[1:]) for _ in range(4)]
        claims = [
            links[n % 4].send(ask(AssignUnits(incidents[n % 4], ("sffd/E1",)), Actor(f"D{n}", "sffd", Role.DISPATCHER)))
            for n in range(100)
        ]
        outcomes = await asyncio.gather(*claims)
        won = [n for n, outcome in enumerate(outcomes) if outcome.accepted]
        assert len(won) == 1
        lost = [outcome for outcome in outcomes if not outcome.accepted]
        assert {outcome.status for outcome in lost} == {OutcomeStatus.CONFLICT}
        assert all(f"D{won[0]} of sffd" in outcome.text for outcome in lost), lost[0]
        assigned = [event for event in await log_of(links[0]) if isinstance(event, UnitAssigned)]
        assert len(assigned) == 1


async def log_of(link: BoardLink) -> list[object]:
    from data.codec import read_event

    entries = await link._client.xrange(link.keys.log)
    seqs = [int(entry.split(b"-")[0]) for entry, _ in entries]
    assert seqs == list(range(1, len(seqs) + 1)), "the log has a gap"
    return [read_event(seq, fields).event for seq, (_, fields) in zip(seqs, entries, strict=True)]


async def test_the_same_id_again_gets_the_same_answer_and_happens_once(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 2) as (one, two):
        incident = await fire(one, two)
        envelope = ask(AssignUnits(incident, ("sffd/E1",)))
        first = await one.send(envelope)
        before = one.board.seq
        assert await one.send(envelope) == first
        assert await two.send(envelope) == first
        assert one.board.seq == before


async def test_one_id_sent_at_once_by_two_workers_happens_once(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 2) as (one, two):
        incident = await fire(one, two)
        envelope = ask(AddNote(incident, "smoke showing"))
        first, second = await asyncio.gather(one.send(envelope), two.send(envelope))
        assert first == second
        assert first.accepted
        assert sum(type(event).__name__ == "NoteAdded" for event in await log_of(one)) == 1


async def test_an_id_used_for_another_command_is_misuse(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 1) as (link,):
        incident = await fire(link)
        await link.send(ask(AddNote(incident, "one"), name="same"))
        assert (await link.send(ask(AddNote(incident, "two"), name="same"))).status == OutcomeStatus.MISUSED


async def test_an_incident_cannot_be_closed_under_an_assignment_made_in_the_same_instant(
    valkey_url: str, board_id: str
) -> None:
    async with workers(valkey_url, board_id, 2) as (one, two):
        for n in range(1, 21):
            incident = await fire(one, two)
            closing, assigning = await asyncio.gather(
                one.send(ask(CloseIncident(incident))), two.send(ask(AssignUnits(incident, (f"sffd/E{n}",))))
            )
            assert closing.accepted != assigning.accepted, (closing, assigning)


async def test_a_clauses_cap_holds_against_simultaneous_borrowers(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 4) as links:
        incidents = [await fire(links[0], *links[1:]) for _ in range(4)]
        claims = [links[n % 4].send(ask(AssignUnits(incidents[n % 4], (f"smfd/E9{n + 1}",)))) for n in range(4)]
        outcomes = await asyncio.gather(*claims)
        assert sum(outcome.accepted for outcome in outcomes) == 2
        assert {o.decision.rule for o in outcomes if not o.accepted} == {"clause_cap_reached"}


async def test_incident_numbers_have_no_gap_and_no_double_when_many_report_at_once(
    valkey_url: str, board_id: str
) -> None:
    async with workers(valkey_url, board_id, 3) as links:
        reports = [links[n % 3].send(ask(ReportIncident("FIRE", -122.4, 37.7))) for n in range(6)]
        numbers = sorted(outcome.incident for outcome in await asyncio.gather(*reports) if outcome.accepted)
        assert [int(number[-6:]) for number in numbers] == list(range(1, len(numbers) + 1))
        assert len(numbers) == 6


async def test_the_stored_state_equals_the_fold_of_the_events(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 2) as (one, two):
        incident = await fire(one, two)
        await give(one, AssignUnits(incident, ("sffd/E1", "smfd/E91")))
        await give(one, ChangeStatus(f"{incident}|sffd/E1|1", AssignmentStatus.EN_ROUTE))
        await give(one, ChangeStatus(f"{incident}|smfd/E91|1", AssignmentStatus.CANCELLED))
        assert await two.caught_up(one.board.seq)
        versions = {ref.decode(): int(v) for ref, v in (await one._client.hgetall(one.keys.versions)).items()}
        state = {ref.decode(): doc for ref, doc in (await one._client.hgetall(one.keys.state)).items()}
        for board in (one.board, two.board):
            assert {ref: version for ref, (version, _) in board.state().items()} == versions
            for ref, (_, entity) in board.state().items():
                assert (read_entity(ref, state[ref]) if ref in state else None) == entity


async def test_a_new_process_reads_the_same_board(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 1) as (one,):
        incident = await fire(one)
        await give(one, AssignUnits(incident, ("sffd/E1",)))
        async with BoardLink.open(valkey_url, board_id, FACTS) as late:
            assert late.board.state() == one.board.state()
            assert [e.text for e in late.projection.entries[incident]] == [
                e.text for e in one.projection.entries[incident]
            ]


async def test_without_the_version_check_one_unit_gets_two_active_assignments(valkey_url: str, board_id: str) -> None:
    """A mutation: shows that the test of a hundred claims would see the check missing."""
    async with workers(valkey_url, board_id, 2) as (one, two):
        incidents = [await fire(one, two), await fire(one, two)]
        async with without_version_check(valkey_url):
            await asyncio.gather(
                one.send(ask(AssignUnits(incidents[0], ("sffd/E1",)))),
                two.send(ask(AssignUnits(incidents[1], ("sffd/E1",)))),
            )
        assigned = [event for event in await log_of(one) if isinstance(event, UnitAssigned)]
        assert len(assigned) == 2, "the mutant no longer shows the fault: the test of a hundred claims proves nothing"


async def test_the_newest_fix_of_a_unit_wins_and_one_batch_is_one_call(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 2) as (one, two):
        batch = [Fix("sffd/E1", 5, -122.4, 37.7, 90, 10, 1.0), Fix("sffd/E2", 1, -122.5, 37.6, -1, 0, 1.0)]
        assert await one.report_positions(batch) == 2
        assert await one.report_positions([Fix("sffd/E1", 4, -120.0, 37.0, 0, 0, 0.5)]) == 0
        for _ in range(100):
            if len(two.positions) == 2:
                break
            await asyncio.sleep(0.01)
        assert two.positions["sffd/E1"].lon == -122.4
        stored = await one._client.hgetall(one.keys.positions)
        assert unpack("sffd/E1", stored[b"sffd/E1"].decode()).seq == 5


async def test_a_store_that_is_not_there_is_said_and_nothing_is_promised(tmp_path: object) -> None:
    link = BoardLink(f"unix://{tmp_path}/nobody.sock", "test", FACTS)
    outcome = await link.send(ask(OpenBoard("Test", "test", "SF"), LOADER))
    assert outcome.status == OutcomeStatus.UNAVAILABLE
    assert "store does not answer" in outcome.text


async def test_a_worker_whose_clock_is_off_still_stamps_with_server_time(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 2) as (one, two):
        two.clock._offset += 7200
        incident = (await give(two, ReportIncident("FIRE", -122.4, 37.7))).incident
        assert two.board.get_incident(incident).received_at == pytest.approx(one.now(), abs=2)


async def test_a_second_client_follows_within_milliseconds(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 2) as (one, two):
        waits = []
        for _ in range(20):
            outcome = await give(one, ReportIncident("FIRE", -122.4, 37.7))
            started = asyncio.get_running_loop().time()
            assert await two.caught_up(outcome.seq)
            waits.append(asyncio.get_running_loop().time() - started)
        assert sorted(waits)[10] < 0.1


async def test_a_bare_client_holds_no_functions_until_a_link_opens(valkey_url: str, board_id: str) -> None:
    client = connect(valkey_url)
    async with workers(valkey_url, board_id, 1):
        libraries = await client.function_list()
    assert any(b"concord_1" in repr(library).encode() for library in libraries)
    await client.aclose()


async def test_an_event_nobody_can_read_stops_the_live_picture_and_says_why(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 1) as (link,):
        client = link._client
        strange = {"kind": "FromTheFuture", "at": "1", "schema": "99", "body": "{}"}
        await client.xadd(link.keys.log, strange, id=f"{link.board.seq + 1}-0")
        for _ in range(100):
            if link.projection.trouble:
                break
            await asyncio.sleep(0.02)
        assert not link.projection.connected
        assert "FromTheFuture of schema 99" in link.projection.trouble
        assert "upgrade" in link.projection.trouble
