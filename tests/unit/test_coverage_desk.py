"""Coverage as a board asks for it: who is available now, what a dispatch takes away, who may be moved up."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from domain.commands import ReportIncident
from domain.coverage import Stand, available_stands, capabilities_of, find_call
from domain.move_up import permitted_moves, vacant_stations
from domain.region import PastCall, Station
from geo.coverage_desk import MOST_KEPT, CoverageDesk
from tests.unit.boards import FACTS, NOON, Table, automatic_aid

LAND = shapely.box(-122.5, 37.7, -122.3, 37.8)
WEST, EAST = Stand("sffd/E1", "ENGINE", -122.48, 37.75), Stand("smfd/E91", "ENGINE", -122.32, 37.75)


def desk(*calls: PastCall) -> CoverageDesk:
    return CoverageDesk(lambda: LAND, calls)


def test_at_each_question_those_count_who_are_available_then() -> None:
    asked = desk()
    both = asked.answer("ENGINE", 240, [WEST, EAST])
    one = asked.answer("ENGINE", 240, [WEST])
    again = asked.answer("ENGINE", 240, [WEST, EAST])
    fresh = desk().answer("ENGINE", 240, [WEST, EAST])
    assert (both.units, one.units) == (2, 1)
    assert one.now.area < both.now.area
    assert again.now.area == pytest.approx(fresh.now.area)
    assert len(again.gaps) == len(fresh.gaps)


def test_a_unit_that_moved_is_counted_where_it_is_and_a_twitch_is_no_move() -> None:
    asked = desk()
    asked.answer("ENGINE", 240, [WEST])
    moved = Stand(WEST.unit, "ENGINE", EAST.lon, EAST.lat)
    assert asked.answer("ENGINE", 240, [moved]).now.area == pytest.approx(desk().answer("ENGINE", 240, [EAST]).now.area)
    twitch = Stand(WEST.unit, "ENGINE", EAST.lon + 0.0005, EAST.lat)
    assert asked.answer("ENGINE", 240, [twitch]).now == asked.answer("ENGINE", 240, [moved]).now


def test_what_leaving_takes_away_is_what_is_missing_once_it_has_left() -> None:
    calls = [PastCall(-122.48, 37.75), PastCall(-122.32, 37.75, 3.0)]
    before = desk(*calls).answer("ENGINE", 240, [WEST, EAST], [EAST.unit, "nobody/X1"])
    after = desk(*calls).answer("ENGINE", 240, [WEST])
    assert before.without is not None
    assert before.without.area == pytest.approx(after.now.area)
    assert before.without.calls_share == pytest.approx(0.25)
    assert before.opened
    assert desk().answer("ENGINE", 240, [WEST, EAST], ["nobody/X1"]).without is None


def test_no_calls_known_is_no_share_of_calls() -> None:
    assert desk().answer("ENGINE", 240, [WEST]).now.calls_share is None


def test_the_board_s_own_incidents_count_as_calls_once_each_whenever_they_come() -> None:
    table = Table()
    early, late = desk(PastCall(WEST.lon, WEST.lat, 3.0)), desk(PastCall(WEST.lon, WEST.lat, 3.0))
    for place in (WEST, EAST, EAST):
        number = table.do(ReportIncident("FIRE", place.lon, place.lat)).incident
        incident = table.board.get_incident(number)
        assert [one for each in table.recorded if (one := find_call(each.event))][-1] == incident
        early.hear(incident)
        early.hear(incident)
        early.answer("ENGINE", 240, [WEST])  # counted before the next is heard
        late.hear(incident)
    for asked in (early, late):
        answer = asked.answer("ENGINE", 240, [WEST], [WEST.unit])
        assert (answer.now.calls, answer.now.calls_of) == (pytest.approx(4.0), 6.0)
        assert answer.without is not None
        assert answer.without.calls == 0


def test_gaps_are_drawn_anew_only_when_somebody_left_came_or_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr("geo.coverage_desk.polygons_of", lambda demand, points: drawn.append(len(points)) or ())
    asked = desk()
    asked.answer("ENGINE", 240, [WEST, EAST])
    asked.answer("ENGINE", 240, [WEST, EAST])
    assert len(drawn) == 1
    asked.answer("ENGINE", 240, [WEST])
    asked.answer("ENGINE", 240, [Stand(WEST.unit, "ENGINE", EAST.lon, EAST.lat)])
    assert len(drawn) == 3


def test_counts_of_what_nobody_asks_for_any_more_are_let_go_and_made_again() -> None:
    asked = desk()
    first = asked.answer("ENGINE", 240, [WEST]).now
    for number in range(MOST_KEPT + 3):
        asked.answer(f"C{number}", 240, [EAST])
    assert len(asked._kept) == MOST_KEPT
    assert asked.answer("ENGINE", 240, [WEST]).now == first


def test_a_search_for_a_move_up_leaves_the_counts_as_they_were() -> None:
    asked = desk()
    station = Station("smfd/1", "smfd", "Station 1", EAST.lon, EAST.lat)
    stands = [WEST, Stand("sffd/E2", "ENGINE", -122.481, 37.75), EAST]
    before = asked.answer("ENGINE", 240, stands)
    asked.find_move_up("ENGINE", 240, stands, {WEST.unit: ["smfd/1"]}, [station], [EAST.unit])
    after = asked.answer("ENGINE", 240, stands)
    assert after.units == before.units
    assert (after.now.area, after.second.area) == (
        pytest.approx(before.now.area),
        pytest.approx(before.second.area),
    )


def test_the_station_of_the_unit_that_leaves_is_looked_at_among_many_vacant_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("geo.coverage_desk.MOST_STATIONS", 1)
    home = Station("smfd/1", "smfd", "Station 1", EAST.lon, EAST.lat)
    other = Station("smfd/0", "smfd", "Station 0", -122.44, 37.701)
    spare = Stand("sffd/E2", "ENGINE", WEST.lon, WEST.lat)
    move = desk().find_move_up(
        "ENGINE", 240, [WEST, spare, EAST], {spare.unit: ["smfd/0", "smfd/1"]}, [other, home], [EAST.unit]
    )
    assert move is not None
    assert move.station == "smfd/1"


def test_the_move_up_goes_where_the_gap_is() -> None:
    asked = desk()
    second = Stand("sffd/E2", "ENGINE", -122.481, 37.75)
    station = Station("smfd/1", "smfd", "Station 1", EAST.lon, EAST.lat)
    far = Station("smfd/2", "smfd", "Station 2", -122.47, 37.75)
    stands = [WEST, second, EAST]
    pairs = {WEST.unit: ["smfd/1", "smfd/2"], second.unit: ["smfd/1"]}
    move = asked.find_move_up("ENGINE", 240, stands, pairs, [station, far], [EAST.unit])
    assert move is not None
    assert move.station == "smfd/1"
    moved = Stand(move.unit, "ENGINE", station.lon, station.lat)
    stayed = second if move.unit == WEST.unit else WEST
    assert move.after.area == pytest.approx(desk().answer("ENGINE", 240, [stayed, moved]).now.area)
    assert asked.find_move_up("ENGINE", 240, stands, {}, [station], [EAST.unit]) is None


def test_streets_taken_into_use_change_what_was_counted_before() -> None:
    class NowhereNear:
        def reached(self, lon: float, lat: float, limit: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            return np.array([lon]), np.array([lat]), np.array([0.0])

    asked = desk()
    law = asked.answer("ENGINE", 240, [WEST])
    asked.use_streets(NowhereNear(), "by streets")
    streets = asked.answer("ENGINE", 240, [WEST])
    assert streets.method == "by streets"
    assert streets.now.area < law.now.area
    asked.use_streets(None, "")
    assert asked.answer("ENGINE", 240, [WEST]).now.area == pytest.approx(law.now.area)


def test_seconds_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 0"):
        desk().answer("ENGINE", 0, [WEST])


def test_only_available_units_with_the_capability_stand() -> None:
    table = Table()
    everyone = {stand.unit for stand in available_stands(table.board, {}, "ENGINE")}
    fire = table.fire()
    table.dispatch(fire, "sffd/E1")
    left = {stand.unit for stand in available_stands(table.board, {}, "ENGINE")}
    assert everyone - left == {"sffd/E1"}
    assert {stand.unit for stand in available_stands(table.board, {}, "ALS")} == {"amr/M1"}
    assert capabilities_of(table.board.units()) == ["ENGINE", "ALS", "PATROL"]


def test_a_station_is_vacant_when_no_available_unit_stands_in_it() -> None:
    stations = [
        Station("sffd/1", "sffd", "One", -122.4, 37.8),
        Station("sffd/2", "sffd", "Two", -122.3, 37.8),
        Station("sffd/jail", "sffd", "Jail", -122.2, 37.8, "jail"),
        Station("smfd/9", "smfd", "Nine", -122.1, 37.8),
    ]
    table = Table()
    stands = available_stands(table.board, {}, "ENGINE")
    assert [each.id for each in vacant_stations(stations, stands, ["sffd"])] == ["sffd/2"]


def test_a_unit_stands_in_for_its_own_agency_and_where_an_agreement_sends_it() -> None:
    station = Station("sffd/2", "sffd", "Two", -122.3, 37.8)
    alone, papered = Table(), Table(automatic_aid(areas=("sffd",)))
    for table, expected in ((alone, {"sffd"}), (papered, {"sffd", "smfd"})):
        stands = available_stands(table.board, {}, "ENGINE")
        pairs = permitted_moves(table.board, stands, [station], FACTS, NOON)
        assert {unit.split("/")[0] for unit in pairs} == expected
