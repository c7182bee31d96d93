"""A wrong button put right: the only way backward, with a reason, and never into what could not be."""

from __future__ import annotations

import pytest

from domain.assignment import AssignmentStatus
from domain.commands import Actor, AssignUnits, CloseIncident, CorrectStatus, ReleaseUnits, Role, SetDuty
from domain.errors import BadCommand
from domain.events import StatusCorrected
from domain.unit import DutyState
from tests.unit.boards import NOON, Table, automatic_aid

S = AssignmentStatus


class Scene:
    """One fire with E1 on scene: dispatched at noon, en route at +60, on scene at +120."""

    def __init__(self) -> None:
        self.table = Table(automatic_aid(cap=1))
        self.fire = self.table.fire()
        self.table.dispatch(self.fire, "sffd/E1")
        for status in ("en_route", "on_scene"):
            self.table.now += 60
            self.table.step(self.fire, "sffd/E1", status)
        self.id = f"{self.fire}|sffd/E1|1"

    @property
    def held(self) -> object:
        return self.table.board.get_assignment(self.id)


def test_a_status_goes_back_with_a_reason_and_what_was_said_stays_on_record() -> None:
    scene = Scene()
    verdict = scene.table.do(CorrectStatus(scene.id, S.EN_ROUTE, "wrong button"))
    held = scene.table.board.get_assignment(scene.id)
    assert held.status == S.EN_ROUTE
    assert held.stamps == {"dispatched": NOON, "en_route": NOON + 60}
    event = verdict.events[0]
    assert isinstance(event, StatusCorrected)
    assert event.was_stamps["on_scene"] == NOON + 120
    assert scene.table.log[-1].text == "E1 corrected from on scene to en route: wrong button"
    assert verdict.stands_on == {f"assignment:{scene.id}", "unit:sffd/E1", f"incident:{scene.fire}"}


def test_only_the_time_of_a_stamp_can_be_corrected() -> None:
    scene = Scene()
    scene.table.do(CorrectStatus(scene.id, S.EN_ROUTE, "radio log", at=NOON + 45, time_only=True))
    held = scene.table.board.get_assignment(scene.id)
    assert held.status == S.ON_SCENE
    assert held.stamps["en_route"] == NOON + 45


@pytest.mark.parametrize(
    ("at", "rule"),
    [(NOON - 5, "time_runs_backward"), (NOON + 121, "time_runs_backward")],
)
def test_a_corrected_time_stays_between_its_neighbours(at: float, rule: str) -> None:
    scene = Scene()
    asked = CorrectStatus(scene.id, S.EN_ROUTE, "radio log", at=at, time_only=True)
    assert scene.table.ask(asked).decision.rule == rule


def test_a_corrected_time_is_neither_in_the_future_nor_before_the_call() -> None:
    scene = Scene()
    late = CorrectStatus(scene.id, S.ON_SCENE, "radio log", at=NOON + 500)
    assert scene.table.ask(late).decision.rule == "time_in_future"
    early = CorrectStatus(scene.id, S.DISPATCHED, "radio log", at=NOON - 1)
    assert scene.table.ask(early).decision.rule == "time_runs_backward"


def test_a_unit_cleared_by_mistake_is_back_at_work() -> None:
    scene = Scene()
    scene.table.step(scene.fire, "sffd/E1", "cleared")
    scene.table.do(CorrectStatus(scene.id, S.ON_SCENE, "wrong unit"))
    assert scene.table.board.get_unit("sffd/E1").active == scene.id


def test_a_correction_never_gives_a_unit_two_active_assignments() -> None:
    scene = Scene()
    scene.table.step(scene.fire, "sffd/E1", "cleared")
    scene.table.dispatch(scene.table.fire(), "sffd/E1")
    refusal = scene.table.ask(CorrectStatus(scene.id, S.ON_SCENE, "slip"))
    assert refusal.decision.rule == "unit_active_elsewhere"
    assert "dispatched on #2 by sffd" in refusal.decision.reason
    assert refusal.conflict == "unit:sffd/E1"


def test_nor_two_assignments_on_one_incident() -> None:
    scene = Scene()
    scene.table.step(scene.fire, "sffd/E1", "cleared")
    scene.table.do(AssignUnits(scene.fire, ("sffd/E1",), reserve=True))
    assert scene.table.ask(CorrectStatus(scene.id, S.ON_SCENE, "slip")).decision.rule == "already_assigned"


def test_nothing_is_revived_on_a_closed_incident_but_an_ended_times_can_be_corrected() -> None:
    scene = Scene()
    scene.table.step(scene.fire, "sffd/E1", "cleared")
    scene.table.do(CloseIncident(scene.fire))
    assert scene.table.ask(CorrectStatus(scene.id, S.ON_SCENE, "slip")).decision.rule == "incident_closed"
    scene.table.do(CorrectStatus(scene.id, S.ON_SCENE, "radio log", at=NOON + 100, time_only=True))


def test_nor_with_a_unit_out_of_service() -> None:
    scene = Scene()
    scene.table.step(scene.fire, "sffd/E1", "cleared")
    scene.table.do(SetDuty("sffd/E1", DutyState.OUT_OF_SERVICE, "fuel"))
    assert scene.table.ask(CorrectStatus(scene.id, S.ON_SCENE, "slip")).decision.rule == "not_in_service"


def test_nor_beyond_a_clauses_cap_and_the_answer_stands_on_the_clause() -> None:
    scene = Scene()
    other = f"{scene.fire}|smfd/E91|1"
    scene.table.dispatch(scene.fire, "smfd/E91")
    scene.table.do(ReleaseUnits(scene.fire, ("smfd/E91",)))
    back = CorrectStatus(other, S.DISPATCHED, "slip")
    assert {"clause:peninsula/1", "agreements"} <= scene.table.ask(back).stands_on
    scene.table.dispatch(scene.fire, "smfd/E92")
    assert scene.table.ask(back).decision.rule == "clause_cap_reached"


def test_cancelled_and_cleared_can_be_exchanged_where_the_word_was_wrong() -> None:
    scene = Scene()
    scene.table.step(scene.fire, "sffd/E1", "cleared")
    scene.table.do(CorrectStatus(scene.id, S.CANCELLED, "never arrived", at=NOON + 90))
    held = scene.table.board.get_assignment(scene.id)
    assert held.stamps == {"dispatched": NOON, "en_route": NOON + 60, "cancelled": NOON + 90}


def test_a_correction_of_nothing_without_a_reason_or_by_a_stranger_is_refused() -> None:
    scene = Scene()
    assert scene.table.ask(CorrectStatus(scene.id, S.ON_SCENE, "slip")).decision.rule == "nothing_to_correct"
    assert scene.table.ask(CorrectStatus("x", S.ON_SCENE, "slip")).decision.rule == "unknown_assignment"
    stranger = Actor("Lee", "sfpd", Role.DISPATCHER)
    assert scene.table.ask(CorrectStatus(scene.id, S.EN_ROUTE, "slip"), stranger).decision.rule == "not_your_unit"
    with pytest.raises(BadCommand, match="reason is empty"):
        scene.table.ask(CorrectStatus(scene.id, S.EN_ROUTE, " "))
    with pytest.raises(BadCommand, match="dispatched, en_route, on_scene"):
        scene.table.ask(CorrectStatus(scene.id, S.STAGING, "slip", at=NOON, time_only=True))
