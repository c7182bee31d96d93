"""From recorded calls to an ordered plan of steps: which command is sent when, with which recorded time.

Knows the order. Refuses to know the board's answers: whether a step is accepted is the board's to say.

The order is by time. Within a row it is status order, and a step is due at the running maximum of the row's
stamps: a stamp that runs backward is sent when its turn comes, with the time that was recorded, so that the
board refuses it by name. At one and the same second units are freed before others are sent, calls are reported
before units are sent to them, and closed last.

Two things the recording cannot say must still be decided, or a unit would be lost to the rest of the replay.
They are sent as steps of their own, noted in the incident's log, and flagged by name:

- *available missing*: the row has no Available time. The unit is cleared when it is next dispatched; if that
  never comes, it stays assigned and its call stays open.
- *available backward*: the Available time lies before another stamp of the row and will be refused. The unit
  is cleared at the row's latest stamp.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.assignment import AssignmentStatus
from tools.replaying.rows import Call, Row


class StepKind(StrEnum):
    """What a step asks of the board."""

    REPORT = "report"
    ASSIGN = "assign"
    STATUS = "status"
    NOTE = "note"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Step:
    """One command to be. `due` orders it, `occurred_at` is the recorded time it carries (epoch seconds).

    `row` is -1 for steps of the call itself; `status` is set for statuses, `text` for notes.
    """

    kind: StepKind
    due: float
    occurred_at: float
    call: int
    row: int = -1
    status: AssignmentStatus | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """Something the recording says that cannot be so, or fails to say."""

    name: str
    row: str
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Calls, their rows in one list, the steps in order and what was noticed while ordering them."""

    calls: tuple[Call, ...]
    rows: tuple[Row, ...]
    steps: tuple[Step, ...]
    flags: tuple[Flag, ...]

    @property
    def first(self) -> float:
        """When the first step is due; 0 in an empty plan."""
        return self.steps[0].due if self.steps else 0.0

    @property
    def last(self) -> float:
        """When the last step is due; 0 in an empty plan."""
        return self.steps[-1].due if self.steps else 0.0


# At the same second: what began earlier goes first, then reports, then new assignments, then closings.
_EARLIER, _REPORTS, _NEW, _CLOSINGS = range(4)
_Key = tuple[float, int, float, int, int]


def plan(calls: Sequence[Call]) -> Plan:
    """The steps of all calls in the order they are to be sent. Pure: the same calls give the same plan."""
    rows: list[Row] = []
    keyed: list[tuple[_Key, Step]] = []
    flags: list[Flag] = []
    next_dispatch = _next_dispatches(calls)
    for index, call in enumerate(calls):
        keyed.append(
            ((call.received, _REPORTS, 0.0, index, 0), Step(StepKind.REPORT, call.received, call.received, index))
        )
        ends: list[float] = []
        stays = False
        for row in call.rows:
            number = len(rows)
            rows.append(row)
            later = next_dispatch.get(row.id, 0.0)
            steps, end = _row_steps(row, index, number, later, flags)
            keyed += [(_key(step, steps[0], number, order), step) for order, step in enumerate(steps)]
            ends.append(end)
            stays = stays or (bool(steps) and not end)
        closed = max([call.received, *ends])
        if stays:
            flags.append(Flag("call_stays_open", call.number, "a unit was never recorded clear of it"))
        else:
            keyed.append(((closed, _CLOSINGS, 0.0, index, 0), Step(StepKind.CLOSE, closed, closed, index)))
    keyed.sort(key=lambda pair: pair[0])
    return Plan(tuple(calls), tuple(rows), tuple(step for _, step in keyed), tuple(flags))


def _key(step: Step, first: Step, number: int, order: int) -> _Key:
    phase = _NEW if step.due == first.due else _EARLIER
    return (step.due, phase, first.due, number, order)


def _next_dispatches(calls: Sequence[Call]) -> dict[str, float]:
    """For each row, when the same unit is dispatched next; absent for a unit's last row."""
    by_unit: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for call in calls:
        for row in call.rows:
            if AssignmentStatus.DISPATCHED in row.stamps:
                by_unit[row.callsign].append((row.stamps[AssignmentStatus.DISPATCHED], row.id))
    following: dict[str, float] = {}
    for times in by_unit.values():
        times.sort()
        following.update({row: later for (_, row), (later, _) in itertools.pairwise(times)})
    return following


def _row_steps(row: Row, call: int, number: int, later: float, flags: list[Flag]) -> tuple[list[Step], float]:
    """A row's steps in status order, and when it ends (0: never)."""
    if AssignmentStatus.DISPATCHED not in row.stamps:
        flags.append(Flag("dispatch_missing", row.id, "no Dispatch time; the row cannot be sent"))
        return [], 0.0
    steps: list[Step] = []
    latest = 0.0
    cleared = False
    for status, when in row.stamps.items():
        if when < latest:
            flags.append(Flag("stamp_backward", row.id, f"{status} is {latest - when:.0f} s before an earlier status"))
        elif status == AssignmentStatus.CLEARED:
            cleared = True
        latest = max(latest, when)
        kind = StepKind.ASSIGN if status == AssignmentStatus.DISPATCHED else StepKind.STATUS
        steps.append(Step(kind, latest, when, call, number, status))
    if cleared:
        return steps, latest
    if AssignmentStatus.CLEARED in row.stamps:
        why, end = "available backward", latest
        text = f"{row.callsign}: recorded available before another of its times; cleared at the latest of them."
    elif later:
        why, end = "available missing", max(later, latest)
        text = f"{row.callsign}: no available time recorded; cleared when it was next dispatched."
    else:
        flags.append(Flag("available_missing", row.id, "no Available time and no later dispatch; it stays assigned"))
        return steps, 0.0
    flags.append(Flag(why.replace(" ", "_"), row.id, text))
    steps.append(Step(StepKind.NOTE, end, end, call, number, None, text))
    steps.append(Step(StepKind.STATUS, end, end, call, number, AssignmentStatus.CLEARED))
    return steps, end
