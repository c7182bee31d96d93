"""The status table of an assignment, every cell."""

from __future__ import annotations

import pytest

from domain.assignment import CANCELLABLE, Assignment, AssignmentStatus, availability, may_step
from domain.unit import Availability, DutyState

S = AssignmentStatus
ORDER = [S.RESERVED, S.DISPATCHED, S.ACKNOWLEDGED, S.EN_ROUTE, S.STAGING, S.ON_SCENE, S.TRANSPORTING, S.AT_DESTINATION]
FORWARD = {(a, b) for i, a in enumerate(ORDER) for b in [*ORDER[i + 1 :], S.CLEARED]} - {(S.RESERVED, S.CLEARED)}
CANCELS = {(a, S.CANCELLED) for a in (S.RESERVED, S.DISPATCHED, S.ACKNOWLEDGED, S.EN_ROUTE, S.STAGING)}


def at(status: AssignmentStatus, when: float = 100.0) -> Assignment:
    return Assignment("a", "sffd/E1", "SF-1", "sffd", status, {str(status): when})


@pytest.mark.parametrize("now", list(S))
@pytest.mark.parametrize("to", list(S))
def test_a_step_is_allowed_exactly_where_the_table_says(now: S, to: S) -> None:
    decision = may_step(at(now), to, 200.0)
    assert decision.allowed == ((now, to) in FORWARD | CANCELS), decision
    assert decision.reason


def test_time_never_runs_backward() -> None:
    refusal = may_step(at(S.DISPATCHED, 100.0), S.EN_ROUTE, 90.0)
    assert refusal.rule == "time_runs_backward"
    assert "10 s before" in refusal.reason
    assert may_step(at(S.DISPATCHED, 100.0), S.EN_ROUTE, 100.0).allowed


def test_cancelled_is_the_word_before_arrival_only() -> None:
    assert S.ON_SCENE not in CANCELLABLE
    assert may_step(at(S.ON_SCENE), S.CANCELLED, 200.0).rule == "cancel_after_arrival"


@pytest.mark.parametrize(
    ("duty", "active", "expected"),
    [
        (DutyState.IN_SERVICE, None, Availability.AVAILABLE),
        (DutyState.IN_SERVICE, S.STAGING, Availability.CONDITIONALLY_AVAILABLE),
        (DutyState.IN_SERVICE, S.ON_SCENE, Availability.NOT_AVAILABLE),
        (DutyState.OUT_OF_SERVICE, None, Availability.NOT_AVAILABLE),
        (DutyState.OFF_DUTY, None, Availability.NOT_AVAILABLE),
    ],
)
def test_availability_is_derived(duty: DutyState, active: S | None, expected: Availability) -> None:
    assert availability(duty, active) == expected
