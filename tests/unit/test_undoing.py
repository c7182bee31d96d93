"""Taking a command back: within ten seconds, by who gave it, before anybody acted on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.assignment import AssignmentStatus
from domain.board import Board
from domain.commands import (
    Actor,
    AddNote,
    AssignUnits,
    ChangePriority,
    CloseIncident,
    Command,
    ExchangeUnits,
    PreemptUnit,
    RelocateIncident,
    ReportIncident,
    Role,
    SetDuty,
    UndoCommand,
    UpdateIncident,
)
from domain.recent import KEPT
from domain.unit import DutyState
from tests.unit.boards import Table, automatic_aid

S = AssignmentStatus
COMMANDER = Actor("Chen", "sffd", Role.COMMANDER)


def undo(table: Table) -> UndoCommand:
    """Undo of the last command that did something."""
    return UndoCommand(table.recorded[-1].command_id)


def facts(board: Board, *refs: str) -> list[object]:
    return [board.find(ref) for ref in refs]


@pytest.mark.parametrize(
    "make",
    [
        lambda fire: ChangePriority(fire, 4),
        lambda fire: RelocateIncident(fire, -122.5, 37.7, "1 Pier"),
        lambda fire: UpdateIncident(fire, type="CRISIS", caller="555"),
        lambda fire: SetDuty("sffd/E1", DutyState.OUT_OF_SERVICE, "fuel"),
        lambda fire: AssignUnits(fire, ("sffd/E1", "sffd/E2")),
        lambda fire: AssignUnits(fire, ("sffd/E1",), reserve=True),
    ],
)
def test_units_and_incident_are_as_before(make: Callable[[str], Command]) -> None:
    table = Table()
    fire = table.fire()
    refs = (f"incident:{fire}", "unit:sffd/E1", "unit:sffd/E2")
    before = facts(table.board, *refs)
    table.do(make(fire))
    assert facts(table.board, *refs) != before
    verdict = table.do(undo(table))
    assert facts(table.board, *refs) == before
    assert verdict.decision.rule == "undo"


def test_an_undone_assignment_is_cancelled_not_erased() -> None:
    table = Table(automatic_aid())
    fire = table.fire()
    table.dispatch(fire, "smfd/E91")
    verdict = table.do(undo(table))
    held = table.board.assignments_of(fire)[0]
    assert (held.status, held.end_reason) == (S.CANCELLED, "undone")
    assert table.board.lent_under("peninsula/1") == 0
    assert verdict.stands_on == {f"assignment:{held.id}", "unit:smfd/E91", f"incident:{fire}"}
    assert table.log[-1].text == "Undone: assignment, E91 cancelled"


def test_an_undone_exchange_puts_the_first_unit_back() -> None:
    table = Table()
    fire = table.fire()
    table.dispatch(fire, "sffd/E1")
    table.step(fire, "sffd/E1", "on_scene")
    table.do(ExchangeUnits(fire, "sffd/E1", "sffd/E2"))
    table.do(undo(table))
    first, second = table.board.assignments_of(fire)
    assert (first.status, second.status) == (S.ON_SCENE, S.CANCELLED)
    assert table.board.get_unit("sffd/E1").active == first.id


def preempted(table: Table) -> tuple[str, str]:
    minor = table.do(ReportIncident("FIRE", -122.4, 37.78, 4)).incident
    table.dispatch(minor, "sffd/E1")
    table.step(minor, "sffd/E1", "en_route")
    fire = table.fire()
    table.do(PreemptUnit(fire, "sffd/E1"))
    return minor, fire


def test_an_undone_preemption_gives_the_unit_back() -> None:
    table = Table()
    minor, fire = preempted(table)
    table.do(undo(table))
    assert table.board.assignments_of(minor)[0].status == S.EN_ROUTE
    assert table.board.assignments_of(fire)[0].status == S.CANCELLED
    assert [line.incident for line in table.log[-2:]] == [minor, fire]


def test_a_unit_is_not_given_back_to_an_incident_closed_meanwhile() -> None:
    table = Table()
    minor, _ = preempted(table)
    taken = undo(table)
    table.do(CloseIncident(minor))
    refusal = table.ask(taken).decision
    assert refusal.rule == "already_acted_on"
    assert "closed since" in refusal.reason


def test_a_unit_is_not_given_back_under_a_clause_used_meanwhile() -> None:
    table = Table(automatic_aid(cap=1))
    fire = table.fire()
    table.dispatch(fire, "smfd/E91")
    table.do(ExchangeUnits(fire, "smfd/E91", "sffd/E1"))
    taken = undo(table)
    assert {"clause:peninsula/1", "agreements"} <= table.ask(taken).stands_on
    table.dispatch(table.fire(), "smfd/E92")
    assert "clause peninsula/1 has been used since" in table.ask(taken).decision.reason


def test_once_the_crew_acknowledged_it_is_too_late() -> None:
    table = Table()
    fire = table.fire()
    table.dispatch(fire, "sffd/E1")
    given = undo(table)
    table.step(fire, "sffd/E1", "acknowledged")
    refusal = table.ask(given).decision
    assert refusal.rule == "already_acted_on"
    assert "E1 is acknowledged by now" in refusal.reason
    assert "with a reason" in refusal.remedy


def test_what_somebody_changed_since_is_not_overwritten() -> None:
    table = Table()
    fire = table.fire()
    table.do(ChangePriority(fire, 4))
    given = undo(table)
    table.do(UpdateIncident(fire, address="1 Pier"))
    assert table.ask(given).conflict == f"incident:{fire}"


def test_undo_works_for_ten_seconds_and_once() -> None:
    table = Table()
    fire = table.fire()
    table.do(ChangePriority(fire, 4))
    given = undo(table)
    table.now += 10.5
    assert table.ask(given).decision.rule == "undo_too_late"
    table.now -= 1
    table.do(given)
    assert table.ask(given).decision.rule == "already_undone"


def test_another_agency_does_not_undo_it() -> None:
    table = Table()
    table.do(ChangePriority(table.fire(), 4))
    assert table.ask(undo(table), Actor("Lee", "sfpd", Role.COMMANDER)).decision.rule == "other_agency"
    assert table.ask(undo(table), COMMANDER).decision.allowed


def test_a_note_a_status_a_report_and_an_undo_are_not_undone() -> None:
    table = Table()
    fire = table.fire()
    assert "incident reported cannot be undone" in table.ask(undo(table)).decision.reason
    table.do(AddNote(fire, "smoke"))
    assert "note stays" in table.ask(undo(table)).decision.reason
    table.dispatch(fire, "sffd/E1")
    table.step(fire, "sffd/E1", "en_route")
    assert "corrected, not undone" in table.ask(undo(table)).decision.reason
    table.do(ChangePriority(fire, 3))
    table.do(undo(table))
    assert table.ask(undo(table)).decision.rule == "not_undoable"


def test_a_command_nobody_remembers_is_not_undone() -> None:
    table = Table()
    fire = table.fire()
    table.do(ChangePriority(fire, 4))
    given = undo(table)
    for _ in range(KEPT):
        table.do(AddNote(fire, "x"))
    assert table.ask(given).decision.rule == "unknown_command"
