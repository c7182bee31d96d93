"""Looking things up in any state: a board, a draft of one, a snapshot.

Knows what is there and what is assumed where nothing was written yet. Refuses to know how it changes.
`find_` gives the empty thing or None, `get_` raises: what the log speaks of must be there.
"""

from __future__ import annotations

from typing import Protocol

from domain.accountability import Accountability
from domain.agreement import Agreement
from domain.assignment import Assignment
from domain.assistance import AssistanceRequest
from domain.closure import Closure
from domain.command_structure import CommandStructure
from domain.edition import BoundaryEditions
from domain.entities import BoardHead, Entity
from domain.errors import (
    UnknownAgreement,
    UnknownAssignment,
    UnknownClosure,
    UnknownIncident,
    UnknownRequest,
    UnknownTaskForce,
    UnknownUnit,
)
from domain.incident import Incident
from domain.purpose import Purpose
from domain.refs import (
    BOARD,
    BOUNDARIES,
    accountability_ref,
    agreement_ref,
    assignment_ref,
    closure_ref,
    incident_ref,
    purpose_ref,
    request_ref,
    structure_ref,
    task_force_ref,
    unit_ref,
)
from domain.task_force import TaskForce
from domain.unit import Unit

Changes = dict[str, Entity | None]
"""Refs an event touches, with the entity after it; None where a ref only carries a version."""


class Reader(Protocol):
    """Whatever can say what an entity is now."""

    def find(self, ref: str) -> Entity | None:
        """The entity under a ref, if there is one."""


def find_head(state: Reader) -> BoardHead:
    """The board's own facts; the empty ones before it was opened."""
    head = state.find(BOARD)
    return head if isinstance(head, BoardHead) else BoardHead()


def find_accountability(state: Reader, incident: str) -> Accountability:
    """An incident's benchmarks and PAR; the empty one where there is none yet."""
    found = state.find(accountability_ref(incident))
    return found if isinstance(found, Accountability) else Accountability(incident)


def find_structure(state: Reader, incident: str) -> CommandStructure:
    """An incident's command structure; the empty one where there is none yet."""
    found = state.find(structure_ref(incident))
    return found if isinstance(found, CommandStructure) else CommandStructure(incident)


def find_purpose(state: Reader, incident: str, agency: str, role: str) -> Purpose | None:
    """What an agency's role declared last for an incident."""
    found = state.find(purpose_ref(incident, agency, role))
    return found if isinstance(found, Purpose) else None


def get_request(state: Reader, request: str) -> AssistanceRequest:
    """An assistance request by id. Raises UnknownRequest."""
    found = state.find(request_ref(request))
    if not isinstance(found, AssistanceRequest):
        raise UnknownRequest(f"no request {request} on this board")
    return found


def get_unit(state: Reader, unit: str) -> Unit:
    """A unit by id. Raises UnknownUnit."""
    found = state.find(unit_ref(unit))
    if not isinstance(found, Unit):
        raise UnknownUnit(f"no unit {unit} on this board")
    return found


def get_incident(state: Reader, incident: str) -> Incident:
    """An incident by number. Raises UnknownIncident."""
    found = state.find(incident_ref(incident))
    if not isinstance(found, Incident):
        raise UnknownIncident(f"no incident {incident} on this board")
    return found


def get_assignment(state: Reader, assignment: str) -> Assignment:
    """An assignment by id. Raises UnknownAssignment."""
    found = state.find(assignment_ref(assignment))
    if not isinstance(found, Assignment):
        raise UnknownAssignment(f"no assignment {assignment} on this board")
    return found


def get_task_force(state: Reader, task_force: str) -> TaskForce:
    """A task force by id, dissolved ones too. Raises UnknownTaskForce."""
    found = state.find(task_force_ref(task_force))
    if not isinstance(found, TaskForce):
        raise UnknownTaskForce(f"no task force {task_force} on this board")
    return found


def get_agreement(state: Reader, agreement: str) -> Agreement:
    """An agreement by id, whatever it has come to. Raises UnknownAgreement."""
    found = state.find(agreement_ref(agreement))
    if not isinstance(found, Agreement):
        raise UnknownAgreement(f"no agreement {agreement} on this board")
    return found


def get_closure(state: Reader, closure: str) -> Closure:
    """A closure by id, ended ones too. Raises UnknownClosure."""
    found = state.find(closure_ref(closure))
    if not isinstance(found, Closure):
        raise UnknownClosure(f"no closure {closure} on this board")
    return found


def find_editions(state: Reader) -> BoundaryEditions:
    """The editions of boundaries adopted; none at first."""
    found = state.find(BOUNDARIES)
    return found if isinstance(found, BoundaryEditions) else BoundaryEditions()
