"""The position lane: what a page is told of where units are, byte for byte."""

from __future__ import annotations

import struct
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.interest import EVERYTHING, Interest, cell_of, interest_in
from api.positions_lane import EVERY_FAR, PositionsLane
from data.positions_packed import WHOLE, UnitNumbers, frame, row
from domain.position import Fix

NOW = 1_780_000_000.0
TOWN = interest_in(-122.5, 37.7, -122.4, 37.8, 13)
FAR_TOWN = interest_in(-122.5, 37.7, -122.4, 37.8, 9)
ELSEWHERE = interest_in(-121.0, 37.0, -120.9, 37.1, 13)


def fix(unit: str, lon: float = -122.45, lat: float = 37.75, at: float = NOW, seq: int = 1) -> Fix:
    return Fix(unit, seq, lon, lat, 90, 10, at)


class Board:
    """What the lane reads of a projection."""

    def __init__(self) -> None:
        self.seen: Any = SimpleNamespace(generation=0, moved={}, positions={})
        self.lane = PositionsLane(self.seen)

    def report(self, *fixes: Fix) -> None:
        for one in fixes:
            self.seen.positions[one.unit] = one
            self.seen.moved[one.unit] = None
        self.lane.absorb()

    def told(self, sent: bytes) -> dict[str, tuple[float, float]]:
        """A frame read as docs/feed.md describes it: unit -> place."""
        if not sent:
            return {}
        kind, _, _, count, _ = struct.unpack_from("<BBHId", sent)
        assert kind == 1
        assert len(sent) == 16 + 20 * count
        names = self.lane.numbers.since(0)
        return {names[n]: (lon / 1e7, lat / 1e7) for n, lon, lat, *_ in struct.iter_unpack("<IiiIhH", sent[16:])}

    def next(self, interest: Interest) -> dict[str, tuple[float, float]]:
        near, far = self.lane.due(NOW)
        moves = far if interest.far else near
        return self.told(moves.frame(interest)) if moves else {}


@given(
    st.floats(-180, 180),
    st.floats(-90, 90),
    st.floats(-1, 359.49),
    st.floats(0, 6000),
    st.floats(0, 1e6),
)
def test_a_fix_comes_out_of_its_twenty_bytes_as_it_went_in(
    lon: float, lat: float, heading: float, speed: float, age: float
) -> None:
    sent = frame(row(7, Fix("u", 1, lon, lat, heading, speed, NOW - age), NOW), NOW)
    (number, x, y, late, head, fast) = struct.unpack_from("<IiiIhH", sent, 16)
    assert number == 7
    assert x / 1e7 == pytest.approx(lon, abs=1e-7)
    assert y / 1e7 == pytest.approx(lat, abs=1e-7)
    assert late / 1000 == pytest.approx(age, abs=0.001)
    assert head == (-1 if heading < 0 else round(heading) % 360)
    assert fast / 10 == pytest.approx(speed, abs=0.051)


@pytest.mark.parametrize(("age", "said"), [(-5.0, 0), (1e12, 2**32 - 1)])
def test_a_fix_from_the_future_is_of_now_and_none_is_made_younger_than_it_is(age: float, said: int) -> None:
    assert struct.unpack("<IiiIhH", row(0, fix("u", at=NOW - age), NOW))[3] == said


def test_a_page_is_told_of_its_view_and_of_nothing_else() -> None:
    board = Board()
    board.report(fix("here"), fix("there", -120.95, 37.05))
    near, _ = board.lane.due(NOW)
    assert near is not None
    assert set(board.told(near.frame(TOWN))) == {"here"}
    assert set(board.told(near.frame(ELSEWHERE))) == {"there"}
    assert set(board.told(near.frame(EVERYTHING))) == {"here", "there"}


def test_a_unit_that_leaves_a_view_is_told_there_once_more_so_that_nobody_keeps_it_where_it_was() -> None:
    board = Board()
    board.report(fix("u"))
    board.next(TOWN)
    board.report(fix("u", -120.95, 37.05, seq=2))
    assert board.next(TOWN) == {"u": (-120.95, 37.05)}
    board.report(fix("u", -120.951, 37.05, seq=3))
    assert board.next(TOWN) == {}


def test_a_followed_unit_is_told_wherever_it_is() -> None:
    board = Board()
    follower = Interest(TOWN.cells, frozenset({"u"}))
    board.report(fix("u", -120.95, 37.05))
    assert set(board.next(follower)) == {"u"}
    board.report(fix("u", -120.951, 37.05, seq=2))
    assert board.next(TOWN) == {}


def test_far_pages_hear_every_fourth_frame_and_miss_nothing() -> None:
    board = Board()
    heard: list[dict[str, tuple[float, float]]] = []
    for n in range(EVERY_FAR * 2):
        board.report(fix(f"u{n}", seq=n))
        heard.append(board.next(FAR_TOWN))
    assert [len(one) for one in heard] == [0, 0, 0, 4, 0, 0, 0, 4]


def test_a_page_that_looks_elsewhere_is_told_of_all_of_it_and_forgets_the_rest() -> None:
    board = Board()
    board.report(fix("here"), fix("there", -120.95, 37.05))
    changed = board.lane.change(TOWN, ELSEWHERE, NOW)
    assert changed[1] == WHOLE
    assert set(board.told(changed)) == {"there"}


def test_a_page_that_only_follows_another_unit_is_told_of_that_one_alone() -> None:
    board = Board()
    board.report(fix("here"), fix("there", -120.95, 37.05))
    follower = Interest(TOWN.cells, frozenset({"there"}))
    changed = board.lane.change(TOWN, follower, NOW)
    assert changed[1] == 0
    assert set(board.told(changed)) == {"there"}
    assert board.lane.change(follower, TOWN, NOW) == b""


def test_a_number_never_changes_its_unit_and_new_units_are_added_behind() -> None:
    numbers = UnitNumbers()
    assert numbers.learn(["b", "a"]) == 0
    digest = numbers.digest
    assert numbers.learn(["a", "c"]) == 2
    assert numbers.since(0) == ["b", "a", "c"]
    assert numbers.since(2) == ["c"]
    assert numbers.digest != digest


def test_two_workers_that_start_on_the_same_board_number_it_alike() -> None:
    one, other = Board(), Board()
    for board, order in ((one, "abc"), (other, "cab")):
        for name in order:
            board.seen.positions[name] = fix(name)
            board.seen.moved[name] = None
        board.lane.absorb()
    assert one.lane.numbers.digest == other.lane.numbers.digest


def test_after_the_store_was_replaced_only_what_it_holds_is_told() -> None:
    board = Board()
    board.report(fix("old"), fix("kept"))
    board.seen.generation = 1
    board.seen.positions = {"kept": fix("kept", seq=9)}
    board.seen.moved = {"kept": None}
    board.lane.absorb()
    assert set(board.told(board.lane.whole(EVERYTHING, NOW))) == {"kept"}
    assert set(board.next(EVERYTHING)) == {"kept"}


class Page:
    """What a page holds: it applies frames as docs/feed.md says."""

    def __init__(self, board: Board, interest: Interest) -> None:
        self._board = board
        self.interest = interest
        self.places: dict[str, tuple[float, float]] = {}
        self.take(board.lane.whole(interest, NOW))

    def take(self, sent: bytes) -> None:
        if sent and sent[1] == WHOLE:
            self.places.clear()
        self.places |= self._board.told(sent)

    def look(self, interest: Interest) -> None:
        self.take(self._board.lane.change(self.interest, interest, NOW))
        self.interest = interest

    def hear(self) -> None:
        self.places |= self._board.next(self.interest)


@pytest.mark.parametrize("seed", range(20))
def test_a_page_that_wanders_over_a_busy_board_always_ends_with_the_truth_of_its_view(seed: int) -> None:
    """An oracle keeps every unit's newest place; the page knows only what it was sent."""
    random, board = Random(seed), Board()
    truth: dict[str, tuple[float, float]] = {}

    def view() -> Interest:
        west, south = random.uniform(-123, -121), random.uniform(37, 38)
        wide = random.choice([0.1, 0.3, 1.0])
        followed = frozenset(f"u{n}" for n in random.sample(range(60), random.randint(0, 2)))
        return interest_in(west, south, west + wide, south + wide, random.choice([9, 13]), followed)

    page = Page(board, view())
    for step in range(300):
        for unit in random.sample(range(60), random.randint(0, 8)):
            place = (round(random.uniform(-123, -121), 6), round(random.uniform(37, 38), 6))
            truth[f"u{unit}"] = place
            board.report(fix(f"u{unit}", *place, seq=step))
        if random.random() < 0.2:
            page.look(view())
        page.hear()
    for _ in range(EVERY_FAR):
        page.hear()
    inside = page.interest.cells
    assert inside is not None
    expected = {
        unit: place for unit, place in truth.items() if cell_of(*place) in inside or unit in page.interest.followed
    }
    shown = {
        unit: place
        for unit, place in page.places.items()
        if cell_of(*place) in inside or unit in page.interest.followed
    }
    assert shown.keys() == expected.keys()
    for unit, place in expected.items():
        assert shown[unit] == pytest.approx(place, abs=1e-6), unit
