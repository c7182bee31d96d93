"""Records of what an incident carries besides itself, and of task forces (docs/feed.md).

Knows how domain values become plain fields. Refuses to know who may see them: views.py asks domain/sharing.py.
"""

from __future__ import annotations

from typing import Any

from domain.accountability import Accountability
from domain.command_structure import CommandStructure
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
