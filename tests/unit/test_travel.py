"""Trips to an incident: by streets where there are any, else by the law, always saying which."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import pytest

from domain.board import Board
from domain.closure import Closure, ClosureShape
from domain.commands import Actor, Command
from domain.errors import BadRegion, BadStreets
from domain.position import Fix
from domain.response import Start, Trip, response_from, starts_near
from domain.rules import Verdict
from geo.fitted_law import MIN_RUNS, Run, check_law, find_law, fit, toml_of
from geo.streets_network import network_of
from geo.streets_read import read_ways
from geo.streets_router import CUT_OFF, METHOD, StreetRouter
from geo.streets_store import STREETS, build, check_streets, find_extract, find_router, router_aside
from geo.travel import NO_STREETS_YET, Travel
from geo.travel_time import NEW_YORK, PowerLaw, estimate
from geo.units_nearby import UnitsNearby
from tests.unit.boards import FACTS, NOON, Table
from tests.unit.town import draw, grid, place


@pytest.fixture
def router(tmp_path: Path) -> StreetRouter:
    return StreetRouter(network_of(read_ways(draw(tmp_path / "town.osm.pbf", grid(6, 6))))[0])


STARTS = [
    Start("a/E1", "ENGINE", *place(0, 0)),
    Start("a/B1", "BOAT", *place(0, 1)),
    Start("a/E2", "ENGINE", *place(400, 0)),
]


async def test_units_on_the_road_go_by_streets_boats_straight_and_strangers_by_the_law(router: StreetRouter) -> None:
    travel = Travel()
    travel.use_streets(router)
    engine, boat, stranger = await travel(*place(5, 5), STARTS)
    assert engine.seconds == pytest.approx(router.seconds_to(*place(5, 5), [place(0, 0)])[0])
    assert engine.method == METHOD
    assert boat.method.startswith("straight line at 25 kn")
    assert stranger.seconds == pytest.approx(estimate(stranger.metres).seconds)
    assert stranger.method == f"{NEW_YORK.label}; more than 2 km from any street of the network"


async def test_closures_of_the_board_count_from_the_next_question(router: StreetRouter) -> None:
    closures: list[Closure] = []
    now = 1.0
    travel = Travel(closures=lambda: closures, now=lambda: now)
    travel.use_streets(router)
    before = (await travel(*place(5, 5), STARTS))[0].seconds
    points = tuple(place(*corner) for corner in ((4.5, 0), (4.5, 4.5), (0, 4.5)))
    closures.append(Closure("c", ClosureShape.LINE, points, "flood", "a", 0.0, until=100.0))
    closed = (await travel(*place(5, 5), STARTS))[0]
    assert closed.seconds == math.inf
    assert closed.method == CUT_OFF
    now = 100.0
    assert (await travel(*place(5, 5), STARTS))[0].seconds == before


async def test_who_counts_on_the_streets_is_told_of_every_change(
    router: StreetRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geo.travel.LOOK_EVERY", 0.01)
    closures: list[Closure] = []
    travel = Travel(closures=lambda: list(closures), now=lambda: 1.0)
    told: asyncio.Queue[int] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    following = asyncio.create_task(
        travel.follow(lambda streets: loop.call_soon_threadsafe(told.put_nowait, streets.version))
    )
    await asyncio.sleep(0.05)
    assert told.empty()
    travel.use_streets(router)
    async with asyncio.timeout(5):
        first = await told.get()
        closures.append(Closure("c", ClosureShape.LINE, (place(0, 2), place(5, 2)), "flood", "a", 0.0))
        assert await told.get() == first + 1
    await asyncio.sleep(0.05)
    assert told.empty()
    following.cancel()


async def test_a_regions_own_law_is_used_and_named() -> None:
    law = PowerLaw(1.0, 0.8, "straight-line estimate, fitted to 900 runs, ±35 %", band=0.35)
    (trip, *_) = await Travel(law)(*place(5, 5), STARTS)
    assert trip.seconds == pytest.approx(trip.metres**0.8)
    assert trip.method == law.label


async def test_nobody_to_ask_about_is_no_trip() -> None:
    assert await Travel()(*place(5, 5), []) == []


# The network on disk ----------------------------------------------------------------------------------


def test_a_network_is_built_once_and_found_again(tmp_path: Path) -> None:
    extract = draw(tmp_path / STREETS, grid(5, 5))
    store = tmp_path / "store"
    assert find_router(extract, store) is None
    folder = build(extract, store)
    stamp = folder.stat().st_mtime_ns
    assert build(extract, store) == folder
    assert folder.stat().st_mtime_ns == stamp
    router = find_router(extract, store)
    assert router is not None
    fresh = StreetRouter(network_of(read_ways(extract))[0])
    starts = [place(column, row) for column in range(5) for row in range(5)]
    assert router.seconds_to(*place(2, 2), starts).tolist() == fresh.seconds_to(*place(2, 2), starts).tolist()
    draw(extract, grid(4, 4))
    assert find_router(extract, store) is None, "another extract is another network"


def test_a_network_is_built_aside_and_a_broken_extract_leaves_the_law(tmp_path: Path, caplog) -> None:  # type: ignore[no-untyped-def]
    assert router_aside(draw(tmp_path / STREETS, grid(5, 5)), tmp_path / "store") is not None
    (tmp_path / STREETS).write_bytes(b"rubbish")
    assert router_aside(tmp_path / STREETS, tmp_path / "store") is None
    assert STREETS in caplog.text


def test_a_damaged_kept_network_says_which_folder_to_delete(tmp_path: Path) -> None:
    extract = draw(tmp_path / STREETS, grid(5, 5))
    (build(extract, tmp_path / "store") / "lons.npy").write_bytes(b"rubbish")
    with pytest.raises(BadStreets, match="delete the folder"):
        find_router(extract, tmp_path / "store")


async def test_until_the_streets_are_built_the_law_answers_and_says_so(tmp_path: Path) -> None:
    extract = draw(tmp_path / STREETS, grid(5, 5))
    travel = Travel()
    building = travel.begin(extract, tmp_path / "store")
    assert building is not None
    (trip, *_) = await travel(*place(2, 2), STARTS)
    assert trip.method == f"{NEW_YORK.label}; {NO_STREETS_YET}"
    building.join()
    (trip, *_) = await travel(*place(2, 2), STARTS)
    assert trip.method == METHOD
    again = Travel()
    assert again.begin(extract, tmp_path / "store") is None
    assert (await again(*place(2, 2), STARTS))[0] == trip


def test_checking_a_pack_names_a_broken_extract_and_one_that_falls_apart(tmp_path: Path) -> None:
    assert check_streets(tmp_path) == []
    assert find_extract(tmp_path) is None
    draw(tmp_path / STREETS, grid(5, 5))
    assert check_streets(tmp_path) == []
    draw(tmp_path / STREETS, [*grid(5, 5), ({"highway": "primary"}, (90, 95, 99))])
    (warning,) = check_streets(tmp_path)
    assert "cut off" in str(warning)
    assert warning.severity == "warning"
    (tmp_path / STREETS).write_bytes(b"rubbish")
    (problem,) = check_streets(tmp_path)
    assert str(problem).startswith(f"{STREETS}: not a readable")


# The region's own law ---------------------------------------------------------------------------------


def runs(count: int, days: int, odd: float = 0.0) -> list[Run]:
    """Runs by t = 2 * d ** 0.7 and an error that takes turns, some of them with a forgotten button."""
    made = []
    for number in range(count):
        metres = 300.0 * 1.01 ** (number * 37 % 300)
        error = (-0.2, -0.1, 0.0, 0.1, 0.2)[number % 5]
        seconds = 2 * metres**0.7 * (1 + error)
        if number % 100 < odd * 100:
            seconds = 3500.0
        made.append(Run(metres, seconds, f"2020-04-{number % days + 1:02d}"))
    return made


def test_a_law_is_found_in_spite_of_forgotten_buttons() -> None:
    found = fit(runs(2000, 13, odd=0.1))
    said = [found.c * metres**found.b for metres in (500.0, 2000.0, 5000.0)]
    assert said == pytest.approx([2 * metres**0.7 for metres in (500.0, 2000.0, 5000.0)], rel=0.12)


def test_the_band_is_measured_on_days_the_law_never_saw() -> None:
    found = fit(runs(2000, 13))
    assert found.low == pytest.approx(-0.2, abs=0.03)
    assert found.high == pytest.approx(0.2, abs=0.03)
    assert found.band in (0.2, 0.25)
    assert (found.first_day, found.last_day) == ("2020-04-01", "2020-04-13")
    assert found.runs + found.held_out == 2000


@pytest.mark.parametrize(("count", "days"), [(MIN_RUNS, 13), (2000, 3)])
def test_too_little_history_fits_no_law_and_says_how_much_is_needed(count: int, days: int) -> None:
    with pytest.raises(BadRegion, match=f"needs {MIN_RUNS}"):
        fit(runs(count, days))


def test_a_law_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    assert find_law(tmp_path) is None
    found = fit(runs(2000, 13))
    (tmp_path / "travel.toml").write_text(toml_of(found), encoding="utf-8")
    law = find_law(tmp_path)
    assert law is not None
    assert (law.c, law.b, law.band) == (pytest.approx(found.c, abs=1e-6), pytest.approx(found.b, abs=1e-6), found.band)
    assert law.label == found.law.label
    assert f"{found.runs} runs 2020-04-01 to 2020-04-13" in law.label
    assert check_law(tmp_path) == []


@pytest.mark.parametrize("text", ["[road]\nc = 1\n", "not toml", "[road]\nc = 'x'", "road = 3"])
def test_a_law_that_cannot_be_used_is_one_clear_problem(tmp_path: Path, text: str) -> None:
    (tmp_path / "travel.toml").write_text(text, encoding="utf-8")
    (problem,) = check_law(tmp_path)
    assert "fit it again or delete it" in str(problem)


# Who is asked about -----------------------------------------------------------------------------------


class Watched(Table):
    """A board whose units are indexed, told of every event as a worker's projection tells it."""

    def __init__(self) -> None:
        self.positions: dict[str, Fix] = {}
        self.board = Board()
        self.nearby = UnitsNearby(lambda: self.board, self.positions)
        super().__init__()

    def do(self, command: Command, actor: Actor | None = None) -> Verdict:
        before = len(self.recorded)
        verdict = super().do(command, actor)
        touched = Board()
        for recorded in self.recorded[:before]:
            touched.apply(recorded)
        for recorded in self.recorded[before:]:
            self.nearby.touched(touched.apply(recorded))
        return verdict

    def report(self, unit: str, lon: float, lat: float) -> None:
        fix = Fix(unit, 1, lon, lat, -1, 0.0, self.now)
        self.positions[unit] = fix
        self.nearby.moved(fix)

    def starts(self, incident: str) -> list[str]:
        found = starts_near(self.board, self.board.get_incident(incident), self.positions, self.nearby, FACTS)
        return [start.unit for start in found]


def test_the_nearest_capable_units_are_asked_about_nearest_first() -> None:
    table = Watched()
    incident = table.fire()
    table.report("smfd/E91", -122.4, 37.781)
    table.report("sffd/E3", -122.4, 37.79)
    assert table.starts(incident)[:2] == ["smfd/E91", "sffd/E3"]
    assert "sfpd/3A1" not in table.starts(incident)
    table.report("sffd/E5", -122.4, 37.7801)
    assert table.starts(incident)[0] == "sffd/E5"


def test_a_unit_sent_or_out_of_service_is_not_asked_about_until_it_is_free_again() -> None:
    table = Watched()
    first, second = table.fire(), table.fire()
    table.dispatch(first, "sffd/E1")
    assert "sffd/E1" not in table.starts(second)
    table.step(first, "sffd/E1", "en_route")
    assert "sffd/E1" in table.starts(second), "on its way elsewhere: it may be re-assigned"
    assert "sffd/E1" not in table.starts(first), "it is coming already"
    table.step(first, "sffd/E1", "on_scene")
    assert "sffd/E1" not in table.starts(second)
    table.step(first, "sffd/E1", "cleared")
    assert "sffd/E1" in table.starts(second)


def test_another_board_is_read_anew() -> None:
    table = Watched()
    incident = table.fire()
    assert len(table.starts(incident)) == 9
    other = Table()
    table.board = other.board
    second = other.fire()
    other.dispatch(second, *(f"sffd/E{n}" for n in range(1, 6)))
    assert len(table.starts(second)) == 4


def test_an_index_nobody_asked_for_long_forgets_what_it_was_told_and_reads_the_board(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("geo.units_nearby.MOST_TOUCHED", 3)
    table = Watched()
    first, second = table.fire(), table.fire()
    assert "sffd/E1" in table.starts(second)
    table.dispatch(first, "sffd/E1")
    assert "sffd/E1" not in table.starts(second)


def test_a_unit_sent_elsewhere_while_an_engine_was_asked_is_not_recommended() -> None:
    table = Watched()
    first, second = table.fire(), table.fire()
    incident = table.board.get_incident(second)
    starts = starts_near(table.board, incident, table.positions, table.nearby, FACTS)
    trips = [Trip(at, 1000.0, 100.0 + at, "by streets") for at in range(len(starts))]
    before = response_from(table.board, incident, "sffd", starts, trips, FACTS, NOON)
    sent = before.chosen[0].unit.id
    table.dispatch(first, sent)
    after = response_from(table.board, incident, "sffd", starts, trips, FACTS, NOON)
    assert sent not in {each.unit.id for each in (*after.chosen, *after.alternates)}


def test_a_unit_that_cannot_get_there_is_named_last_with_the_reason() -> None:
    table = Watched()
    incident = table.board.get_incident(table.fire())
    starts = starts_near(table.board, incident, table.positions, table.nearby, FACTS)
    cut_off = starts[0].unit
    trips = [Trip(0, 2000.0, math.inf, CUT_OFF), *(Trip(at, 2000.0, 100.0, "x") for at in range(1, len(starts)))]
    found = response_from(table.board, incident, "sffd", starts, trips, FACTS, NOON)
    assert cut_off not in {each.unit.id for each in found.chosen}
    (named,) = [each for each in found.alternates if each.unit.id == cut_off]
    assert named.why[0] == f"{CUT_OFF} (2.0 km)"
