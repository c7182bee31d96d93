"""Records of what an incident carries besides itself, of task forces and of closures (docs/feed.md).

Knows how domain values become plain fields. Refuses to know who may see them: views.py asks domain/sharing.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from domain.accountability import Accountability
from domain.agency import SERVICE_NAMES
from domain.closure import Closure
from domain.command_structure import CommandStructure
from domain.responsibility import Responsibility, Warning
from domain.task_force import TaskForce

Record = dict[str, Any]


def structure_fields(structure: CommandStructure) -> Record:
    """Agency roles, unified command and ICS positions, as fields of an incident's record."""
    return {
        "roles": [{"agency": part.agency, "role": str(part.role)} for part in structure.parts],
        "unified": list(structure.unified),
        "positions": [
            {
                "name": held.name,
                "holder": held.holder,
                "unit": held.unit,
                "agency": held.agency,
                "since": held.since,
            }
            for held in structure.positions
        ],
    }


def accountability_fields(known: Accountability) -> Record:
    """Benchmarks and PAR as fields of an incident's record.

    Nobody writes "overdue": a reader compares `due_at` with board time.
    """
    par = known.par
    return {
        "benchmarks": [{"name": mark.name, "at": mark.at, "by": mark.by} for mark in known.benchmarks],
        "par": None
        if par is None
        else {
            "interval": par.interval,
            "started_at": par.started_at,
            "due_at": par.due_at,
            "reported_at": par.reported_at,
            "complete": par.complete,
            "count": par.count,
        },
    }


def task_force_record(group: TaskForce, version: int) -> Record:
    """A task force, standing or dissolved."""
    return {
        "id": group.id,
        "name": group.name,
        "leader": group.leader,
        "members": list(group.members),
        "talkgroup": group.talkgroup,
        "formed_by": group.formed_by,
        "formed_at": group.formed_at,
        "dissolved_at": group.dissolved_at,
        "v": version,
    }


def responsibility_fields(here: Responsibility, warnings: Iterable[Warning]) -> Record:
    """Who is responsible at an incident's place and what to be warned of, as fields of its record."""
    return {
        "responsible": [
            {
                "service": str(one.service),
                "title": SERVICE_NAMES[one.service],
                "agencies": list(one.agencies),
                "areas": list(one.areas),
                "gap": one.gap,
                "disputed": one.disputed,
                "metres": one.metres,
                "neighbours": list(one.neighbours),
                "layer": one.layer,
                "effective": one.effective,
                "modelled": one.modelled,
            }
            for one in here.services
        ],
        "nearby": list(here.nearby),
        "edition": here.edition,
        "warnings": [{"severity": str(warning.severity), "text": warning.text} for warning in warnings],
    }


def closure_record(closure: Closure, version: int, incident: str) -> Record:
    """A closure, standing or not; `incident` is "" for a reader who may not know of the one it belongs to."""
    return {
        "id": closure.id,
        "shape": str(closure.shape),
        "points": [list(point) for point in closure.points],
        "reason": closure.reason,
        "agency": closure.agency,
        "since": closure.since,
        "until": closure.until,
        "passable": closure.passable,
        "incident": incident,
        "reopened_at": closure.reopened_at,
        "v": version,
    }
