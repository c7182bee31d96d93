"""Whether anybody is coming: the question behind the reddest alarm on the screen."""

from __future__ import annotations

import pytest

from domain.assignment import Assignment, AssignmentStatus
from domain.phase import Phase, phase_of


@pytest.mark.parametrize(
    ("statuses", "phase"),
    [
        ([], Phase.UNASSIGNED),
        (["cancelled"], Phase.UNASSIGNED),
        (["reserved"], Phase.UNASSIGNED),
        (["cleared"], Phase.CLEAR),
        (["cleared", "cancelled"], Phase.CLEAR),
        (["cleared", "dispatched"], Phase.ASSIGNED),
        (["on_scene"], Phase.ASSIGNED),
    ],
)
def test_an_incident_is_unassigned_until_somebody_is_sent_and_clear_when_all_have_left(
    statuses: list[str], phase: Phase
) -> None:
    held = [Assignment(str(n), f"sffd/E{n}", "SF-1", "sffd", AssignmentStatus(s)) for n, s in enumerate(statuses)]
    assert phase_of(held) == phase
