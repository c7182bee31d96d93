"""Recorded calls: read, ordered into steps, and counted, without a store."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.assignment import AssignmentStatus
from domain.decision import allow, refuse
from domain.outcome import Outcome, OutcomeStatus
from tools.replaying.account import ROW_REFUSED, Account, table
from tools.replaying.plan import Step, StepKind, plan
from tools.replaying.rows import STAMP_COLUMNS, BadRecording, Call, gather, priority_of, read_calls

ZONE = ZoneInfo("America/Los_Angeles")


def line(call: str, unit: str, received: str, **stamps: str) -> dict[str, str]:
    """A line of the file; times are `HH:MM:SS` of one morning, stamps by status name."""
    words = {"Call Number": call, "Unit ID": unit, "Call Type": "Alarms", "RowID": f"{call}-{unit}"}
    words |= {"Location": "(37.75, -122.42)", "Final Priority": "3", "Call Type Group": "Alarm"}
    words["Received DtTm"] = f"04/07/2020 {received} AM"
    for status, column in STAMP_COLUMNS.items():
        words[column] = f"04/07/2020 {stamps[status]} AM" if status in stamps else ""
    return words


def steps_of(*lines: dict[str, str]) -> list[str]:
    """The plan's steps in order, as short words."""
    made = plan(gather(lines, ZONE, "test"))
    return [
        f"{made.rows[s.row].id if s.row >= 0 else made.calls[s.call].number} {s.status or s.kind}" for s in made.steps
    ]


def flags_of(*lines: dict[str, str]) -> list[str]:
    return [flag.name for flag in plan(gather(lines, ZONE, "test")).flags]


def test_local_times_become_seconds_since_the_epoch() -> None:
    (call,) = gather([line("1", "E1", "08:00:00", dispatched="08:01:00")], ZONE, "test")
    assert call.received == 1_586_271_600.0  # 2020-04-07 15:00 UTC, summer time
    assert call.rows[0].stamps == {AssignmentStatus.DISPATCHED: 1_586_271_660.0}
    assert (call.lon, call.lat) == (-122.42, 37.75)


@pytest.mark.parametrize(
    ("final", "group", "ours"),
    [("3", "Potentially Life-Threatening", 1), ("3", "Fire", 1), ("3", "Alarm", 2), ("2", "Fire", 3), ("", "", 3)],
)
def test_their_priority_becomes_ours(final: str, group: str, ours: int) -> None:
    assert priority_of(final, group) == ours


def test_a_row_is_sent_in_status_order_after_its_report_and_before_its_closing() -> None:
    one = line(
        "1", "E1", "08:00:00", dispatched="08:01:00", en_route="08:02:00", on_scene="08:05:00", cleared="08:20:00"
    )
    assert steps_of(one) == [
        "1 report", "1-E1 dispatched", "1-E1 en_route", "1-E1 on_scene", "1-E1 cleared", "1 close",
    ]  # fmt: skip


def test_a_backward_stamp_is_sent_in_its_turn_with_the_recorded_time() -> None:
    row = line(
        "1",
        "E1",
        "08:00:00",
        dispatched="08:01:00",
        transporting="08:10:00",
        at_destination="08:09:00",
        cleared="08:30:00",
    )
    made = plan(gather([row], ZONE, "test"))
    hospital = next(step for step in made.steps if step.status == AssignmentStatus.AT_DESTINATION)
    assert hospital.due - hospital.occurred_at == 60.0
    assert [flag.name for flag in made.flags] == ["stamp_backward"]
    assert steps_of(row)[-3:] == ["1-E1 at_destination", "1-E1 cleared", "1 close"]


def test_a_backward_available_is_sent_and_then_cleared_at_the_latest_stamp_with_a_note() -> None:
    row = line("1", "E1", "08:00:00", dispatched="08:01:00", on_scene="08:10:00", cleared="08:09:00")
    assert steps_of(row)[-4:] == ["1-E1 cleared", "1-E1 note", "1-E1 cleared", "1 close"]
    assert flags_of(row) == ["stamp_backward", "available_backward"]


def test_a_missing_available_is_cleared_when_the_unit_is_next_dispatched() -> None:
    first = line("1", "E1", "08:00:00", dispatched="08:01:00")
    second = line("2", "E1", "09:00:00", dispatched="09:01:00", cleared="09:10:00")
    steps = steps_of(first, second)
    assert steps.index("1-E1 cleared") < steps.index("2-E1 dispatched")
    assert flags_of(first, second) == ["available_missing"]


def test_a_unit_never_recorded_clear_keeps_its_call_open() -> None:
    row = line("1", "E1", "08:00:00", dispatched="08:01:00")
    assert "1 close" not in steps_of(row)
    assert flags_of(row) == ["available_missing", "call_stays_open"]


def test_at_the_same_second_a_unit_is_freed_before_it_is_sent_again() -> None:
    # The later call is first in the file: only the order by phase can put this right.
    later = line("2", "E1", "08:10:00", dispatched="08:10:00", cleared="08:10:00")
    earlier = line("1", "E1", "08:00:00", dispatched="08:01:00", cleared="08:10:00")
    steps = steps_of(later, earlier)
    assert steps.index("1-E1 cleared") < steps.index("2 report") < steps.index("2-E1 dispatched")
    assert steps[-1] == "2 close"


def test_a_row_without_dispatch_is_refused_by_name_and_counted() -> None:
    made = plan(gather([line("1", "E1", "08:00:00", cleared="08:10:00")], ZONE, "test"))
    account = Account(made)
    for step in made.steps:
        account.answered(step, Outcome(OutcomeStatus.ACCEPTED, allow("x", "x"), 1))
    assert account.rows_refused == {"dispatch_missing": 1}
    assert account.complete


def test_every_row_and_command_ends_in_exactly_one_column() -> None:
    lines = [line("1", unit, "08:00:00", dispatched="08:01:00", cleared="08:10:00") for unit in ("E1", "E2")]
    made = plan(gather(lines, ZONE, "test"))
    account = Account(made)
    for step in made.steps:
        if step.row == 1 and step.kind == StepKind.ASSIGN:
            account.answered(step, Outcome(OutcomeStatus.CONFLICT, refuse("unit_active_elsewhere", "E2 is busy")))
        elif step.row == 1:
            account.left_out(step, ROW_REFUSED)
        else:
            account.answered(step, Outcome(OutcomeStatus.ACCEPTED, allow("x", "x"), 1))
    assert (account.rows_accepted, account.rows_refused) == (1, {"unit_active_elsewhere": 1})
    assert account.complete
    text = table(account, 1.0, 2)
    assert "refused: unit_active_elsewhere" in text
    assert "row refused" in text


def test_a_stopped_replay_says_what_was_not_reached() -> None:
    account = Account(plan(gather([line("1", "E1", "08:00:00", dispatched="08:01:00", cleared="08:02:00")], ZONE, "t")))
    assert account.rows_not_reached == 1
    assert "4 commands not reached" in table(account, 1.0, 0)


@pytest.mark.parametrize(
    ("column", "text", "named"),
    [
        ("Received DtTm", "yesterday", "line 2, Received DtTm: 'yesterday'"),
        ("Location", "Mission St", "line 2: Location 'Mission St'"),
        ("Unit ID", " ", "line 2: a row needs"),
    ],
)
def test_an_unreadable_line_is_named(column: str, text: str, named: str) -> None:
    with pytest.raises(BadRecording, match="line 2") as error:
        gather([line("1", "E1", "08:00:00") | {column: text}], ZONE, "test")
    assert named in str(error.value)


def test_another_kind_of_file_is_refused_by_its_missing_columns(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BadRecording, match="no column Call Number"):
        read_calls(tmp_path / "other.csv", ZONE)


def test_the_real_fortnight_is_read_whole(real_data: Path) -> None:
    calls = read_calls(real_data / "sf" / "sffd_2020-04-07_to_20.csv", ZONE)
    made = plan(calls)
    assert (len(calls), len(made.rows)) == (5292, 10410)
    assert len({row.callsign for row in made.rows}) == 199
    names = [flag.name for flag in made.flags]
    # Counted against the running maximum of each row: 13 hospital and 4 available stamps.
    assert (names.count("stamp_backward"), names.count("available_backward"), names.count("available_missing")) == (
        17,
        4,
        2,
    )
    assert all(first.due <= second.due for first, second in zip(made.steps, made.steps[1:], strict=False))


def test_a_limit_and_a_beginning_choose_calls(real_data: Path) -> None:
    path = real_data / "sf" / "sffd_2020-04-07_to_20.csv"
    all_calls: list[Call] = read_calls(path, ZONE)
    since = all_calls[100].received
    assert read_calls(path, ZONE, since, 3) == [call for call in all_calls if call.received >= since][:3]


def test_a_step_names_its_row() -> None:
    made = plan(gather([line("1", "E1", "08:00:00", dispatched="08:01:00")], ZONE, "t"))
    assert Account(made).subject(Step(StepKind.ASSIGN, 0, 0, 0, 0)) == "1-E1"
