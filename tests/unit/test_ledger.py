"""The ledger against a table worked out by hand: who counts, for how long, on what basis and at what price."""

from __future__ import annotations

import pytest

from domain.agreement import Agreement, AidClause, AidMode, CostTerms
from domain.assignment import Assignment, AssignmentStatus
from domain.ledger import ledger

CLAUSE = AidClause("1", "smfd", "sffd", AidMode.AUTOMATIC, cost=CostTerms(free_hours=1.0, per_unit_hour=100.0))
PAPER = Agreement("aid", "Aid", ("smfd", "sffd"), (CLAUSE,))
HOUR = 3600.0


def held(unit: str, status: str, by: str = "sffd", clause: str = "", **more: object) -> Assignment:
    stamps = more.pop("stamps")
    assert isinstance(stamps, dict)
    return Assignment(
        f"I|{unit}|{len(stamps)}", unit, "I", unit.split("/")[0], AssignmentStatus(status), stamps, by, clause, **more
    )  # type: ignore[arg-type]


LENT = [
    # 3 h under the clause, the first free: 2 x 100.
    held("smfd/E1", "cleared", clause="aid/1", stamps={"dispatched": 0.0, "cleared": 3 * HOUR}),
    # The same unit again, within the free hour.
    held("smfd/E1", "cleared", clause="aid/1", stamps={"dispatched": 4 * HOUR, "cleared": 4.5 * HOUR}),
    # Promised; still out at 10 h: 2 h so far.
    held("smfd/E2", "on_scene", request="I|R1", stamps={"dispatched": 8 * HOUR, "on_scene": 9 * HOUR}),
    # Taken by override; cancelled on its way: it counts, 1 h.
    held(
        "smfd/E3",
        "cancelled",
        override_reason="life",
        stamps={"dispatched": HOUR, "en_route": HOUR, "cancelled": HOUR * 2},
    ),
    # Never under way: left out, each with its pair.
    held("smfd/E4", "cancelled", stamps={"dispatched": HOUR, "cancelled": HOUR + 60}),
    held("smfd/E5", "reserved", stamps={"reserved": HOUR}),
    held("amr/M1", "reserved", by="smfd", stamps={"reserved": HOUR}),
    # Its own, and outside the period on both sides: nobody's aid.
    held("sffd/E1", "cleared", stamps={"dispatched": HOUR, "cleared": 2 * HOUR}),
    held("smfd/E6", "cleared", stamps={"dispatched": -1.0, "cleared": HOUR}),
    held("smfd/E7", "cleared", stamps={"dispatched": 24 * HOUR, "cleared": 25 * HOUR}),
]


def test_the_ledger_is_the_table_worked_out_by_hand() -> None:
    found = ledger(LENT, [PAPER], 0.0, 24 * HOUR, 10 * HOUR)
    assert list(found.lines) == [("smfd", "sffd")]
    line = found.lines["smfd", "sffd"]
    assert line.units == {"smfd/E1", "smfd/E2", "smfd/E3"}
    assert (line.times, line.running) == (4, 1)
    assert line.hours == pytest.approx(6.5)
    assert line.basis == {"automatic": 2, "request": 1, "override": 1}
    assert line.costs == {"USD": pytest.approx(200.0)}


def test_what_never_got_under_way_is_counted_for_its_own_pair() -> None:
    found = ledger(LENT, [PAPER], 0.0, 24 * HOUR, 10 * HOUR)
    assert found.left_out == {("smfd", "sffd"): 2, ("amr", "smfd"): 1}
