"""Events about units and their assignments, task forces among them.

Knows their shape only; see events.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.assignment import Assignment, AssignmentStatus
from domain.task_force import TaskForce
from domain.unit import DutyState


@dataclass(frozen=True, slots=True)
class UnitAssigned:
    """A unit was dispatched to, or reserved for, an incident."""

    assignment: Assignment
    when: float


@dataclass(frozen=True, slots=True)
class AssignmentStatusChanged:
    """One assignment took a step."""

    assignment: str
    unit: str
    incident: str
    was: AssignmentStatus
    status: AssignmentStatus
    clause: str
    when: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class UnitPreempted:
    """An assignment was cancelled because a more urgent incident, `taken_for`, took the unit; `by` is whose doing."""

    assignment: str
    unit: str
    incident: str
    was: AssignmentStatus
    taken_for: str
    by: str
    reason: str
    clause: str
    when: float


@dataclass(frozen=True, slots=True)
class StatusCorrected:
    """A wrong entry was put right: the assignment stands at `status` with `stamps`, whatever was said before."""

    assignment: str
    unit: str
    incident: str
    was: AssignmentStatus
    was_stamps: Mapping[str, float]
    status: AssignmentStatus
    stamps: Mapping[str, float]
    reason: str
    clause: str
    when: float


@dataclass(frozen=True, slots=True)
class UnitDutyChanged:
    """A unit came into service or left it."""

    unit: str
    duty: DutyState
    reason: str
    when: float


@dataclass(frozen=True, slots=True)
class TaskForceFormed:
    """A group of units got a name, a leader and perhaps a talkgroup."""

    task_force: TaskForce
    when: float


@dataclass(frozen=True, slots=True)
class TaskForceDissolved:
    """A task force is no more."""

    task_force: str
    members: tuple[str, ...]
    when: float
