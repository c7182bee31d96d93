"""The write path when replies are lost, pictures are old and clocks are wrong: still one truth, and it is told."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from data import dispatch
from data.codec import digest
from data.link import BoardLink
from domain.assignment import AssignmentStatus
from domain.commands import (
    Actor,
    AddNote,
    AssignUnits,
    ChangePriority,
    ChangeStatus,
    CloseIncident,
    Command,
    Envelope,
    ReportIncident,
    Role,
    SetDuty,
)
from domain.outcome import OutcomeStatus
from domain.unit import DutyState
from tests.integration.faults.tcp_proxy import TcpProxy, Wire
from tests.integration.test_commit import ask, fire, give, log_of, workers
from tests.unit.boards import FACTS

OTHER = Actor("Reyes", "sffd", Role.DISPATCHER)
E1 = "sffd/E1"


@contextlib.asynccontextmanager
async def by_a_bad_wire(url: str, board: str) -> AsyncIterator[tuple[BoardLink, BoardLink, TcpProxy]]:
    """A seeded board with one link that is well, and one that goes through a proxy."""
    async with (
        workers(url, board, 1) as (well,),
        TcpProxy.to(url) as proxy,
        BoardLink.open(proxy.url, board, FACTS) as link,
    ):
        yield well, link, proxy
        proxy.wire = Wire.PASS


async def until(true: Callable[[], Awaitable[object]]) -> None:
    """Ask every 10 ms until the answer is yes."""
    while not await true():  # noqa: ASYNC110 - the store has no event to wait for
        await asyncio.sleep(0.01)


async def claims(link: BoardLink) -> list[str]:
    """Every time a unit was assigned, oldest first."""
    return [event.assignment.unit for event in await log_of(link) if type(event).__name__ == "UnitAssigned"]  # type: ignore[attr-defined]


# The same id again -------------------------------------------------------------------------------


async def test_a_refusal_is_the_same_when_asked_again_even_if_it_would_be_allowed_by_then(
    valkey_url: str, board_id: str
) -> None:
    async with workers(valkey_url, board_id, 2) as (one, two):
        first, second = await fire(one, two), await fire(one, two)
        taken = await give(one, AssignUnits(first, (E1,)))
        claim = ask(AssignUnits(second, (E1,)))
        refused = await one.send(claim)
        assert refused.status == OutcomeStatus.CONFLICT
        await give(one, ChangeStatus(f"{first}|{E1}|1", AssignmentStatus.CLEARED))
        assert await one.send(claim) == refused
        assert await two.caught_up(taken.seq + 1)
        assert await two.send(claim) == refused
        assert (await one.send(ask(AssignUnits(second, (E1,))))).accepted


async def test_an_id_that_was_refused_may_not_be_used_for_another_command(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 1) as (link,):
        incident = await fire(link)
        refused = await link.send(ask(AssignUnits(incident, ("sffd/E99",)), name="once"))
        assert refused.status == OutcomeStatus.REFUSED
        other = await link.send(ask(AssignUnits(incident, (E1,)), name="once"))
        assert other.status == OutcomeStatus.MISUSED
        assert await claims(link) == []


async def test_the_id_of_a_refusal_is_kept_for_minutes_not_for_ever(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 1) as (link,):
        incident = await fire(link)
        await link.send(ask(AssignUnits(incident, ("sffd/E99",)), name="no"))
        await link.send(ask(AssignUnits(incident, (E1,)), name="yes"))
        assert 250 < await link._client.ttl(link.keys.command("no")) <= 300
        assert 3500 < await link._client.ttl(link.keys.command("yes")) <= 3600


async def test_once_a_no_is_told_a_commit_of_that_id_still_under_way_comes_too_late(
    valkey_url: str, board_id: str
) -> None:
    async with workers(valkey_url, board_id, 2) as (one, two):
        incident = await fire(one, two)
        claim = ask(AssignUnits(incident, (E1,)))
        # What `one` sent and what a cut cable still holds back:
        verdict = dispatch.decide(one.board, claim, one.now(), FACTS)
        sender = one._dispatcher
        late = sender._writing(claim, verdict, sender._outcome_of(verdict, claim), digest(claim))
        late[2] = 60  # even if the clock's tolerance would let it pass
        # `two` is asked again under the same id, after somebody took the unit out of service.
        await give(two, SetDuty(E1, DutyState.OUT_OF_SERVICE, "flat tyre"))
        assert (await two.send(claim)).status == OutcomeStatus.CONFLICT
        await give(two, SetDuty(E1, DutyState.IN_SERVICE))
        answer = await sender._commit("concord_commit_1", claim, late)
        assert answer[0] == b"SAME"
        assert await claims(one) == []


# Pictures that are old ---------------------------------------------------------------------------


async def test_a_no_is_never_given_on_an_old_picture(
    valkey_url: str, board_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with workers(valkey_url, board_id, 2) as (one, two):
        first, second = await fire(one, two), await fire(one, two)
        await give(one, AssignUnits(first, (E1,)))
        assert await two.caught_up(one.board.seq)
        monkeypatch.setattr("data.projection.READ_EVERY", 1.0)
        await asyncio.sleep(0.05)
        await give(one, AddNote(first, "two reads this, then pauses for a second"))
        await asyncio.sleep(0.05)
        await give(one, ChangeStatus(f"{first}|{E1}|1", AssignmentStatus.CLEARED))
        assert two.board.seq < one.board.seq, "the second worker must be behind, or this test shows nothing"
        assert (await two.send(ask(AssignUnits(second, (E1,))))).accepted


async def test_having_seen_a_newer_picture_on_another_worker_is_no_conflict(
    valkey_url: str, board_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with workers(valkey_url, board_id, 2) as (one, two):
        incident = await fire(one, two)
        monkeypatch.setattr("data.projection.READ_EVERY", 1.0)
        await asyncio.sleep(0.05)
        await give(one, AddNote(incident, "two reads this, then pauses for a second"))
        await asyncio.sleep(0.05)
        changed = await give(one, ChangePriority(incident, 3))
        assert two.board.seq < changed.seq
        seen = {f"incident:{incident}": changed.seq}
        assert (await two.send(ask(ChangePriority(incident, 1), expected=seen))).accepted


@pytest.mark.parametrize(
    "late",
    [
        AssignUnits("#", (E1,)),
        AddNote("#", "smoke showing"),
        ChangePriority("#", 1),
        CloseIncident("#"),
    ],
    ids=lambda command: type(command).__name__,
)
async def test_a_command_on_an_incident_closed_meanwhile_says_who_closed_it_and_when(
    valkey_url: str, board_id: str, late: Command
) -> None:
    async with workers(valkey_url, board_id, 1) as (link,):
        incident = await fire(link)
        seen = {f"incident:{incident}": link.board.version(f"incident:{incident}")}
        assert (await link.send(ask(CloseIncident(incident), OTHER))).accepted
        asked = type(late)(**{**{f: getattr(late, f) for f in late.__dataclass_fields__}, "incident": incident})
        outcome = await link.send(ask(asked, expected=seen))
        assert outcome.status == OutcomeStatus.CONFLICT
        assert "incident closed by Reyes of sffd, 0." in outcome.text, outcome.text


@pytest.mark.parametrize(
    ("late", "who"),
    [
        (lambda other: AssignUnits(other, (E1,)), "unit assigned by Reyes of sffd, 0."),
        (lambda other: SetDuty(E1, DutyState.OFF_DUTY), "unit assigned by Reyes of sffd, 0."),
        (lambda other: AssignUnits(other, ("sffd/E2",)), "unit duty changed by Reyes of sffd, 0."),
    ],
)
async def test_a_command_on_a_unit_that_is_gone_says_who_took_it_and_when(
    valkey_url: str, board_id: str, late: object, who: str
) -> None:
    async with workers(valkey_url, board_id, 1) as (link,):
        first, second = await fire(link), await fire(link)
        assert (await link.send(ask(AssignUnits(first, (E1,)), OTHER))).accepted
        assert (await link.send(ask(SetDuty("sffd/E2", DutyState.OFF_DUTY), OTHER))).accepted
        outcome = await link.send(ask(late(second)))  # type: ignore[operator]
        assert outcome.status == OutcomeStatus.CONFLICT
        assert who in outcome.text, outcome.text


async def test_a_change_seen_by_nobody_yet_is_a_conflict_that_names_it(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 1) as (link,):
        incident = await fire(link)
        seen = {f"incident:{incident}": link.board.version(f"incident:{incident}")}
        assert (await link.send(ask(ChangePriority(incident, 3), OTHER))).accepted
        outcome = await link.send(ask(ChangePriority(incident, 1), expected=seen))
        assert outcome.status == OutcomeStatus.CONFLICT
        assert "incident priority changed by Reyes of sffd, 0." in outcome.text


# Wires that are bad ------------------------------------------------------------------------------


async def test_a_command_whose_reply_was_lost_is_asked_for_again_and_known(valkey_url: str, board_id: str) -> None:
    async with by_a_bad_wire(valkey_url, board_id) as (well, link, proxy):
        incident = await fire(well, link)
        await give(link, AddNote(incident, "connected"))
        proxy.wire = Wire.DROP_REPLIES
        sending = asyncio.create_task(link.send(ask(AssignUnits(incident, (E1,)))))
        await until(lambda: claims(well))
        assert not sending.done(), "the reply came through: the wire was not bad"
        proxy.wire = Wire.PASS
        outcome = await sending
        assert outcome.accepted
        assert outcome.seq == well.board.seq
        assert await claims(well) == [E1]


async def test_commands_survive_a_reset_of_every_connection(valkey_url: str, board_id: str) -> None:
    async with by_a_bad_wire(valkey_url, board_id) as (well, link, proxy):
        incident = await fire(well, link)
        units = [f"sffd/E{n}" for n in range(1, 21)]
        sending = [asyncio.create_task(link.send(ask(AssignUnits(incident, (unit,))))) for unit in units]
        await asyncio.sleep(0.003)
        proxy.reset()
        outcomes = await asyncio.gather(*sending)
        assert all(outcome.accepted for outcome in outcomes), [o for o in outcomes if not o.accepted]
        assert sorted(await claims(well)) == sorted(units)


async def test_an_outcome_is_unknown_for_a_bounded_time_and_known_by_the_same_id_afterwards(
    valkey_url: str, board_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "PATIENCE", 1.0)
    async with by_a_bad_wire(valkey_url, board_id) as (well, link, proxy):
        incident = await fire(well, link)
        claim = ask(AssignUnits(incident, (E1,)))
        proxy.wire = Wire.BLACKHOLE
        started = time.monotonic()
        unknown = await link.send(claim)
        assert unknown.status == OutcomeStatus.UNAVAILABLE
        assert "not known" in unknown.text
        assert time.monotonic() - started < 6
        proxy.wire = Wire.PASS
        known = await link.send(claim)
        while known.status == OutcomeStatus.UNAVAILABLE:
            known = await link.send(claim)
        assert known.accepted or known.decision.rule != "unit_active_elsewhere"
        assert len(await claims(well)) == known.accepted


async def test_a_store_known_to_be_gone_refuses_at_once_and_keeps_nothing_for_later(
    valkey_url: str, board_id: str
) -> None:
    async with by_a_bad_wire(valkey_url, board_id) as (well, link, proxy):
        incident = await fire(well, link)
        proxy.wire = Wire.RESET
        proxy.reset()

        async def lost() -> bool:
            return not link.projection.connected

        await until(lost)
        started = time.monotonic()
        outcome = await link.send(ask(AssignUnits(incident, (E1,))))
        assert outcome.status == OutcomeStatus.UNAVAILABLE
        assert time.monotonic() - started < 1
        proxy.wire = Wire.PASS
        await asyncio.sleep(0.3)
        assert await claims(well) == []


async def test_a_wire_slower_than_the_clocks_tolerance_is_said_to_be_slow_and_nothing_happens(
    valkey_url: str, board_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "CLOCK_TOLERANCE", 0.2)
    async with by_a_bad_wire(valkey_url, board_id) as (well, link, proxy):
        incident = await fire(well, link)
        proxy.wire, proxy.delay = Wire.DELAY, 0.1
        assert (await link.send(ask(AssignUnits(incident, (E1,))))).accepted
        proxy.delay = 0.35
        outcome = await link.send(ask(AssignUnits(incident, ("sffd/E2",))))
        assert outcome.decision.rule == "too_slow"
        assert await claims(well) == [E1]


async def test_a_store_that_lost_its_functions_gets_them_back(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 1) as (link,):
        incident = await fire(link)
        await link._client.function_flush()
        assert (await link.send(ask(AssignUnits(incident, (E1,))))).accepted


# Clocks that are wrong ---------------------------------------------------------------------------


async def test_a_worker_two_hours_ahead_changes_neither_order_nor_expiry_nor_timers(
    valkey_url: str, board_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with workers(valkey_url, board_id, 2) as (right, wrong):
        wrong.clock._offset += 7200
        incidents = []
        for n in range(10):
            outcome = await give([right, wrong][n % 2], ReportIncident("FIRE", -122.4, 37.7))
            assert await right.caught_up(outcome.seq)
            assert await wrong.caught_up(outcome.seq)
            incidents.append(right.board.get_incident(outcome.incident))
            wrong.clock._offset += 7200 if n % 2 else 0
        received = [incident.received_at for incident in incidents]
        assert received == sorted(received), "the order of events and of their stamps differ"
        assert received[-1] - received[0] < 5
        stamps = [float(fields[b"at"]) for _, fields in await right._client.xrange(right.keys.log)]
        assert stamps == sorted(stamps)


@pytest.mark.parametrize("age", [5.0, 11.0])
async def test_a_command_is_stale_by_the_stores_clock_alone(
    valkey_url: str, board_id: str, age: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with workers(valkey_url, board_id, 1) as (link,):
        incident = await fire(link)
        issued = link.now() - age
        # The machine's wall clock jumps two hours, in the middle of the day's work.
        monkeypatch.setattr(time, "time", lambda real=time.time: real() + 7200)
        outcome = await link.send(Envelope("aged", OTHER, AddNote(incident, "smoke"), issued))
        assert outcome.status == (OutcomeStatus.ACCEPTED if age < 10 else OutcomeStatus.STALE)
        assert link.now() - issued < age + 5
        assert 0 < await link._client.ttl(link.keys.command("aged")) <= 3600


async def test_a_worker_whose_clock_is_wrong_refuses_nothing_fresh_as_stale(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 1) as (link,):
        incident = await fire(link)
        issued = link.now()
        link.clock._offset += 7200
        assert (await link.send(Envelope("fresh", OTHER, AddNote(incident, "smoke"), issued))).accepted
