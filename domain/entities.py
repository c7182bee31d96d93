"""What a board is made of: the union of everything that has a ref and a state.

Knows the board's own two small facts and lists the rest. Refuses to know how any of it changes (evolving.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.accountability import Accountability
from domain.agency import Agency
from domain.agreement import Agreement
from domain.assignment import Assignment
from domain.assistance import AssistanceRequest
from domain.closure import Closure
from domain.command_structure import CommandStructure
from domain.edition import BoundaryEditions
from domain.incident import Incident
from domain.purpose import Purpose
from domain.task_force import TaskForce
from domain.unit import Unit


@dataclass(frozen=True, slots=True)
class BoardHead:
    """The board's own facts, its clock included (see ClockSet)."""

    title: str = ""
    region: str = ""
    number_prefix: str = ""
    note: str = ""
    training: bool = True
    time_zone: str = "UTC"
    clock_base: float = 0.0
    clock_at: float = 0.0
    clock_rate: float = 1.0
    talkgroup: str = ""

    def time(self, server_time: float) -> float:
        """Board time at a server time, both in seconds since the epoch."""
        return self.clock_base + (server_time - self.clock_at) * self.clock_rate


@dataclass(frozen=True, slots=True)
class Numbers:
    """The last incident serial given out."""

    serial: int = 0


Entity = (
    BoardHead
    | Numbers
    | Agency
    | Agreement
    | Unit
    | Incident
    | Assignment
    | Accountability
    | CommandStructure
    | TaskForce
    | Closure
    | BoundaryEditions
    | Purpose
    | AssistanceRequest
)
