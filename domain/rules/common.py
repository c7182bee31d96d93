"""What several rules ask: the time, clean text, is it open, who may speak for an incident.

Knows the questions common to incidents, units and command posts. Refuses to know any command.
An answer about authority comes with the refs it stands on: a lead can change and a role be withdrawn in the
instant somebody acts on them, but an agency that ever had a unit assigned takes part for good.
"""

from __future__ import annotations

from domain.assignment import Assignment
from domain.board import Board
from domain.commands import Envelope, Role
from domain.decision import Decision, allow, refuse
from domain.errors import BadCommand
from domain.incident import Incident, short_number
from domain.refs import agency_ref, incident_ref, structure_ref
from domain.responsibility import Responsibility, Severity, warnings

TEXT_LIMIT = 2000
"""Characters of a note; an address, caller or disposition may have a tenth of that."""

Standing = tuple[Decision, frozenset[str]]
"""An answer, and the refs it stands on when it is yes."""


def board_time(board: Board, occurred_at: float, now: float) -> float:
    """The recorded time where one is given, else the board's own."""
    return occurred_at or board.head.time(now)


def checked_text(text: str, what: str, limit: int = TEXT_LIMIT // 10) -> str:
    """Text without surrounding space and control characters, or BadCommand when it is too long."""
    clean = "".join(char for char in text if char.isprintable() or char == "\n").strip()
    if len(clean) > limit:
        raise BadCommand(f"{what} has {len(clean)} characters; at most {limit}")
    return clean


def needed_text(text: str, what: str, limit: int = TEXT_LIMIT // 10) -> str:
    """Text that must not be empty, or BadCommand."""
    if not (clean := checked_text(text, what, limit)):
        raise BadCommand(f"the {what} is empty")
    return clean


def weightiest(board: Board, here: Responsibility, discipline: str) -> str:
    """The first warning of a place, to end a result line with; "" when there is none. The incident has all of them."""
    first = next(iter(warnings(here, discipline, board.name_of)), None)
    if first is None or first.severity == Severity.NOTE:
        return ""
    return f". {first.text.partition(';')[0]}"  # the service that leads


def find_known(board: Board, number: str) -> Incident | Decision:
    """The incident of that number, open or not, or the refusal that says there is none."""
    incident = board.find(incident_ref(number))
    if isinstance(incident, Incident):
        return incident
    return refuse("unknown_incident", f"no incident {number} on this board", "check the number")


def find_open(board: Board, number: str) -> Incident | Decision:
    """The open incident of that number, or the refusal that says why there is none."""
    incident = find_known(board, number)
    if isinstance(incident, Incident) and not incident.open:
        reason = f"{short_number(number)} is {incident.status.lower()}"
        return refuse("incident_closed", reason, "reopen it, or report it anew")
    return incident


def unknown_agency(board: Board, agency: str) -> Decision | None:
    """The refusal that there is no such agency, if there is none."""
    if board.find(agency_ref(agency)) is not None:
        return None
    return refuse("unknown_agency", f"no agency {agency} on this board", "check the agency")


def takes_part(board: Board, incident: Incident, envelope: Envelope) -> Standing:
    """Whether the asker's agency takes part in an incident; a service account speaks for every agency."""
    agency = envelope.actor.agency
    if envelope.actor.role == Role.SERVICE:
        return allow("taking_part", "a service account acts for any agency"), frozenset()
    yes = allow("taking_part", f"{agency} takes part")
    if any(held.agency == agency for held in board.assignments_of(incident.id)) and agency:
        return yes, frozenset()
    commands, stands_on = directs(board, incident, envelope)
    if commands.allowed:
        return yes, stands_on
    if agency and agency in board.structure_of(incident.id).taking_part():
        return yes, frozenset({structure_ref(incident.id)})
    reason = f"{agency} takes no part in {short_number(incident.id)}"
    return refuse("not_taking_part", reason, f"ask {incident.lead_agency}"), frozenset()


def directs(board: Board, incident: Incident, envelope: Envelope) -> Standing:
    """Whether the asker's agency leads an incident, alone or in unified command."""
    agency = envelope.actor.agency
    if envelope.actor.role == Role.SERVICE:
        return allow("lead", "a service account acts for any agency"), frozenset()
    if agency and agency == incident.lead_agency:
        return allow("lead", f"{agency} leads"), frozenset({incident_ref(incident.id)})
    if agency and agency in board.structure_of(incident.id).unified:
        return allow("unified_command", f"{agency} is in unified command"), frozenset({structure_ref(incident.id)})
    reason = f"{agency} does not lead {short_number(incident.id)}"
    return refuse("not_lead", reason, f"ask {incident.lead_agency}"), frozenset()


def answers_for(board: Board, assignment: Assignment, envelope: Envelope) -> Standing:
    """Whether the asker may step an assignment: the unit's agency, the one that sent it, and who leads may."""
    agency = envelope.actor.agency
    if envelope.actor.role == Role.SERVICE or (agency and agency in (assignment.agency, assignment.assigned_by)):
        return allow("concerned", f"{agency or 'a service account'} answers for {assignment.unit}"), frozenset()
    commands, stands_on = directs(board, board.get_incident(assignment.incident), envelope)
    if commands.allowed:
        return commands, stands_on
    reason = f"{assignment.unit} answers to {assignment.agency}, not to {agency}"
    return refuse("not_your_unit", reason, f"ask {assignment.agency}"), frozenset()
