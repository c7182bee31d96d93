"""Units for all waiting incidents together: who waits, who may be sent, and that nothing better was overlooked."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping, Sequence

import pytest

from domain.assignment import AssignmentStatus
from domain.board import Board
from domain.command_structure import AgencyRole
from domain.commands import Actor, AssignUnits, CloseIncident, GiveAgencyRole, ReportIncident, Role, SetDuty
from domain.response import Nearby, Trip
from domain.response_plan import Need
from domain.together import Share, Together, Trips, suggest_together
from domain.unit import DutyState
from domain.waiting import MOST_WAITING, Starts, concerning, most_offered, starts_for, waiting_incidents, within_limits
from tests.unit.boards import FACTS, NOON, Table, automatic_aid

NONE: Mapping[tuple[str, str], float] = {}


def every_way(seconds: Sequence[Sequence[float]], priorities: Sequence[int]) -> list[int]:
    """The oracle: all ways tried; class after class as many places filled as can be, then the fewest seconds."""
    best: tuple[list[tuple[int, float]], list[int]] | None = None
    for choice in itertools.product(range(-1, len(seconds[0])), repeat=len(seconds)):
        used = [u for u in choice if u >= 0]
        if len(used) != len(set(used)) or any(u >= 0 and math.isinf(seconds[p][u]) for p, u in enumerate(choice)):
            continue
        score = []
        for level in sorted(set(priorities)):
            served = [seconds[p][u] for p, u in enumerate(choice) if u >= 0 and priorities[p] == level]
            score.append((-len(served), sum(served)))
        if best is None or score < best[0]:
            best = (score, list(choice))
    assert best is not None
    return best[1]


def waiting_on(board: Board) -> list[str]:
    return [one.incident.id for one in waiting_incidents(board.open_incidents(), board, FACTS)]


def nearby(board: Board) -> Nearby:
    """All that can do it, whatever their state: what is proposed by nearness is looked at again."""

    def found(lon: float, lat: float, most: int, wanted: Collection[str], statuses: Collection[str]) -> list[str]:
        return [unit.id for unit in board.units() if set(wanted) & set(unit.capabilities)][:most]

    return found


def ways_of(board: Board, seconds: Mapping[tuple[str, str], float], asker: str = "sffd") -> tuple[Starts, Trips]:
    """Starts and ways for all that wait; a unit is 100 s from everything unless `seconds` says otherwise."""
    waiting = within_limits(waiting_incidents(board.open_incidents(), board, FACTS))
    starts = starts_for(waiting, board, asker, {}, nearby(board), most_offered(waiting))
    trips = {
        incident: [Trip(n, 1000.0, seconds.get((incident, one.unit), 100.0), "estimate") for n, one in enumerate(found)]
        for incident, found in starts.items()
    }
    return starts, trips


def together(board: Board, seconds: Mapping[tuple[str, str], float] = NONE, asker: str = "sffd") -> Together:
    return suggest_together(board, asker, *ways_of(board, seconds, asker), every_way, FACTS, NOON)


def sent(share: Share) -> list[str]:
    return [one.unit.id for one in share.sent]


def only(table: Table, *units: str) -> None:
    """All other engines of the board are off duty."""
    for unit in list(table.board.units()):
        if unit.id not in units:
            table.do(SetDuty(unit.id, DutyState.OFF_DUTY), Actor("x", unit.agency, Role.DISPATCHER))


def test_the_most_urgent_wait_first_and_of_those_the_oldest() -> None:
    table = Table()
    later = table.do(ReportIncident("FIRE", -122.4, 37.78, priority=2)).incident
    table.now += 60
    first, second = table.fire(), table.fire()
    assert waiting_on(table.board) == [first, second, later]


def test_an_incident_waits_until_its_plan_is_filled_or_somebody_was_there() -> None:
    table = Table()
    number = table.fire()
    table.dispatch(number, "sffd/E1")
    waiting = waiting_incidents(table.board.open_incidents(), table.board, FACTS)
    assert waiting[0].needs == (Need("ENGINE", 1), Need("ALS", 1))
    table.step(number, "sffd/E1", AssignmentStatus.ON_SCENE)
    assert waiting_on(table.board) == []


def test_a_closed_incident_does_not_wait() -> None:
    table = Table()
    number = table.fire()
    table.do(CloseIncident(number, "False alarm"))
    assert waiting_incidents(table.board.incidents(), table.board, FACTS) == []


def test_an_agency_is_asked_about_what_it_takes_part_in_and_what_lies_in_its_area() -> None:
    table = Table(automatic_aid())
    here = table.fire()
    away = table.do(ReportIncident("FIRE", -124.0, 37.78, lead_agency="smfd")).incident
    helped = table.do(ReportIncident("FIRE", -124.0, 37.78, lead_agency="smfd")).incident
    table.do(GiveAgencyRole(helped, "sffd", AgencyRole.ASSISTING), Actor("y", "smfd", Role.DISPATCHER))
    table.do(AssignUnits(helped, ("sffd/E1",), override_reason="life at risk"), Actor("x", "sffd", Role.COMMANDER))
    waiting = waiting_incidents(table.board.open_incidents(), table.board, FACTS)

    def asked(agency: str) -> set[str]:
        return {one.incident.id for one in concerning(waiting, agency, table.board, FACTS, NOON)}

    assert asked("sffd") == {here, helped}
    assert asked("smfd") == {away, helped}
    assert asked("amr") == set()


def test_two_fires_share_the_engines_so_that_all_arrive_sooner() -> None:
    table = Table(automatic_aid())
    only(table, "sffd/E1", "sffd/E2", "sffd/E3", "sffd/E4")
    one, two = table.fire(), table.fire()
    far = {(one, "sffd/E1"): 100.0, (two, "sffd/E1"): 110.0, (one, "sffd/E2"): 120.0, (two, "sffd/E2"): 900.0}
    far |= {(one, "sffd/E3"): 130.0, (two, "sffd/E3"): 140.0, (one, "sffd/E4"): 500.0, (two, "sffd/E4"): 510.0}
    answer = together(table.board, far)
    # Nearest first would give the first fire E1 and E2, and the second only E3 and E4: 870 s in sum.
    assert sorted(unit for share in answer.shares for unit in sent(share)) == [f"sffd/E{n}" for n in (1, 2, 3, 4)]
    assert sum(one.trip.seconds for share in answer.shares for one in share.sent) == 870.0
    assert "sffd/E2" in sent(answer.shares[0])


def test_the_urgent_incident_takes_the_only_unit_however_far() -> None:
    table = Table()
    only(table, "sffd/E1")
    minor = table.do(ReportIncident("FIRE", -122.4, 37.78, priority=3)).incident
    major = table.fire()
    answer = together(table.board, {(minor, "sffd/E1"): 10.0, (major, "sffd/E1"): 3000.0})
    assert [(share.waiting.incident.id, sent(share)) for share in answer.shares] == [
        (major, ["sffd/E1"]),
        (minor, []),
    ]
    assert answer.shares[1].missing == (Need("ENGINE", 2), Need("ALS", 1))


def test_a_unit_whose_agency_must_be_asked_is_not_suggested() -> None:
    table = Table(automatic_aid())
    only(table, "amr/M1")
    table.fire()
    assert sent(together(table.board).shares[0]) == []
    assert sent(together(table.board, asker="amr").shares[0]) == ["amr/M1"]


@pytest.mark.parametrize("lent", [0, 1])
def test_no_more_are_suggested_under_a_clause_than_its_cap_leaves(lent: int) -> None:
    table = Table(automatic_aid(cap=2))
    only(table, "smfd/E91", "smfd/E92", "smfd/E93")
    first = table.fire()
    if lent:
        table.dispatch(first, "smfd/E91")
    table.fire()
    answer = together(table.board)
    assert sum(len(share.sent) for share in answer.shares) == 2 - lent
    assert all(one.decision.clause == "peninsula/1" for share in answer.shares for one in share.sent)
    for share in answer.shares:
        if share.sent:
            table.dispatch(share.waiting.incident.id, *sent(share))  # the board allows what was suggested


def test_a_place_beyond_a_clause_s_cap_goes_to_somebody_else_who_may_go() -> None:
    table = Table(automatic_aid(cap=1))
    only(table, "smfd/E91", "smfd/E92", "sffd/E5")
    number = table.fire()
    answer = together(table.board, {(number, "sffd/E5"): 2000.0})
    assert sorted(sent(answer.shares[0])) in (["sffd/E5", "smfd/E91"], ["sffd/E5", "smfd/E92"])


def test_a_unit_taken_since_the_ways_were_looked_up_is_not_suggested() -> None:
    table = Table()
    only(table, "sffd/E1", "sffd/E2")
    number = table.fire()
    starts, trips = ways_of(table.board, {})
    table.dispatch(number, "sffd/E1")
    answer = suggest_together(table.board, "sffd", starts, trips, every_way, FACTS, NOON)
    assert sent(answer.shares[0]) == ["sffd/E2"]
    table.step(number, "sffd/E1", AssignmentStatus.ON_SCENE)
    assert suggest_together(table.board, "sffd", starts, trips, every_way, FACTS, NOON) == Together(())


def test_only_units_somebody_may_send_are_looked_up_and_no_more_than_are_offered() -> None:
    table = Table(automatic_aid())
    number = table.fire()
    waiting = waiting_incidents(table.board.open_incidents(), table.board, FACTS)
    lent = starts_for(waiting, table.board, "sffd", {}, nearby(table.board), 100)[number]
    assert {start.unit.split("/")[0] for start in lent} == {"sffd", "smfd", "amr"}
    own = starts_for(waiting, table.board, "sfpd", {}, nearby(table.board), 100)[number]
    assert own == []
    assert len(starts_for(waiting, table.board, "sffd", {}, nearby(table.board), 2)[number]) == 2


def test_a_unit_without_a_way_there_is_not_suggested() -> None:
    table = Table()
    only(table, "sffd/E1")
    number = table.fire()
    assert sent(together(table.board, {(number, "sffd/E1"): math.inf}).shares[0]) == []


def test_only_the_most_urgent_are_weighed_when_there_are_too_many() -> None:
    table = Table()
    minor = table.do(ReportIncident("FIRE", -122.4, 37.78, priority=3)).incident
    for _ in range(MOST_WAITING):
        table.fire()
    waiting = waiting_incidents(table.board.open_incidents(), table.board, FACTS)
    weighed = [one.incident.id for one in within_limits(waiting)]
    assert len(weighed) == MOST_WAITING
    assert minor not in weighed
