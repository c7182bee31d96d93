"""Benchmarks and PAR: timed marks, and who is accounted for."""

from __future__ import annotations

import pytest

from domain.commands import Actor, CloseIncident, MarkBenchmark, ReportPar, Role, StartPar, StopPar
from domain.errors import BadCommand
from tests.unit.boards import NOON, Table

POLICE = Actor("Lee", "sfpd", Role.DISPATCHER)


def running() -> tuple[Table, str]:
    table = Table()
    fire = table.fire()
    table.do(StartPar(fire, 600))
    return table, fire


def test_a_benchmark_is_marked_once_whatever_its_capitals() -> None:
    table = Table()
    fire = table.fire()
    verdict = table.do(MarkBenchmark(fire, "Primary search complete"))
    table.now += 30
    mark = table.board.accountability_of(fire).benchmarks[0]
    assert (mark.name, mark.at, mark.by) == ("Primary search complete", NOON, "sffd")
    refusal = table.ask(MarkBenchmark(fire, "primary SEARCH complete"))
    assert refusal.decision.rule == "already_marked"
    assert "30 s ago by sffd" in refusal.decision.reason
    assert verdict.stands_on == {f"incident:{fire}", f"accountability:{fire}"}


def test_a_benchmark_set_by_mistake_is_withdrawn_with_a_reason() -> None:
    table = Table()
    fire = table.fire()
    assert table.ask(MarkBenchmark(fire, "Water", withdraw=True, reason="x")).decision.rule == "no_benchmark"
    table.do(MarkBenchmark(fire, "Water"))
    with pytest.raises(BadCommand, match="reason is empty"):
        table.ask(MarkBenchmark(fire, "Water", withdraw=True))
    table.do(MarkBenchmark(fire, "water", withdraw=True, reason="wrong fire"))
    assert table.board.accountability_of(fire).benchmarks == ()
    table.do(MarkBenchmark(fire, "Water"))


def test_a_par_is_overdue_when_its_interval_has_passed_and_nobody_has_to_say_so() -> None:
    table, fire = running()
    par = table.board.accountability_of(fire).par
    assert par is not None
    assert not par.overdue(NOON + 600)
    assert par.overdue(NOON + 600.5)


def test_a_complete_report_starts_the_timer_anew_an_incomplete_one_does_not() -> None:
    table, fire = running()
    table.now += 500
    table.do(ReportPar(fire, False, 3, "one missing"))
    par = table.board.accountability_of(fire).par
    assert par is not None
    assert (par.due_at, par.complete, par.count) == (NOON + 600, False, 3)
    table.do(ReportPar(fire, True, 4))
    par = table.board.accountability_of(fire).par
    assert par is not None
    assert (par.due_at, par.complete, par.count) == (NOON + 1100, True, 4)
    assert [line.text for line in table.log][-2:] == ["PAR INCOMPLETE, 3 people: one missing", "PAR complete, 4 people"]


def test_only_a_running_par_is_reported_or_stopped() -> None:
    table, fire = running()
    table.do(StopPar(fire))
    assert table.ask(StopPar(fire)).decision.rule == "no_par"
    assert table.ask(ReportPar(fire, True, 4)).decision.rule == "no_par"


@pytest.mark.parametrize("interval", [0, 59, 7201, float("nan"), -600])
def test_an_interval_nobody_would_keep_is_refused(interval: float) -> None:
    table = Table()
    fire = table.fire()
    with pytest.raises(BadCommand, match="interval"):
        table.ask(StartPar(fire, interval))


def test_a_count_below_zero_is_none() -> None:
    table, fire = running()
    with pytest.raises(BadCommand, match="people"):
        table.ask(ReportPar(fire, True, -1))


def test_those_who_take_no_part_and_closed_incidents_have_no_timers() -> None:
    table, fire = running()
    commands = [MarkBenchmark(fire, "Water"), StartPar(fire, 600), ReportPar(fire, True, 1), StopPar(fire)]
    assert {table.ask(command, POLICE).decision.rule for command in commands} == {"not_taking_part"}
    table.do(CloseIncident(fire))
    assert {table.ask(command).decision.rule for command in commands} == {"incident_closed"}
