"""Whether somebody who gives a command may know of the incident it names. Asked before any rule of the command.

Knows whose view the asker has. Refuses to say anything that tells an incident withheld from one that does not exist:
both get the same answer, word for word.
"""

from __future__ import annotations

from collections.abc import Iterator

from domain.board import Board, incident_of
from domain.commands import Actor, Command, Role
from domain.decision import Decision, refuse
from domain.granting import Audience, Grant, granted, shares_of, standing_of
from domain.incident import Incident
from domain.lookups import find_purpose
from domain.refs import AGREEMENTS, assignment_ref, incident_ref, requests_ref, structure_ref
from domain.rules.verdict import Facts


def grant_of(board: Board, incident: Incident, audience: Audience, facts: Facts, now: float) -> Grant | None:
    """What an audience may see of an incident at board time `now`."""
    standing = standing_of(board, incident, facts.plans, facts.areas_at)
    purpose = find_purpose(board, incident.id, audience.agency, audience.role)
    return granted(audience, standing, shares_of(board), purpose, now)


def may_know_of(board: Board, number: str, actor: Actor, facts: Facts, server_time: float) -> bool:
    """Whether an actor may know that there is such an incident; a service account acts for any agency."""
    if actor.role == Role.SERVICE:
        return True
    incident = board.find(incident_ref(number))
    if not isinstance(incident, Incident):
        return False
    if actor.agency and actor.agency == incident.lead_agency:
        return True
    audience = Audience(actor.agency, str(actor.role))
    return grant_of(board, incident, audience, facts, board.head.time(server_time)) is not None


def withheld(board: Board, command: Command, actor: Actor, facts: Facts, server_time: float) -> Decision | None:
    """The refusal of a command that names an incident its giver may not know of, in the words of one that is not."""
    for number, said in _named(board, command):
        if board.find(incident_ref(number)) is not None and not may_know_of(board, number, actor, facts, server_time):
            return said
    return None


def knowledge(board: Board, command: Command, actor: Actor) -> frozenset[str]:
    """The refs an asker's knowledge of an incident stands on, where those can change in the instant they act."""
    refs: set[str] = set()
    for number, _ in _named(board, command):
        incident = board.find(incident_ref(number))
        if not isinstance(incident, Incident) or actor.role == Role.SERVICE or actor.agency == incident.lead_agency:
            continue
        if any(held.agency == actor.agency for held in board.assignments_of(number)):
            continue  # an agency that ever had a unit there takes part for good
        responsible = {agency for here in incident.responsibility.services for agency in here.agencies}
        if actor.agency in board.structure_of(number).taking_part():
            refs.add(structure_ref(number))
        elif actor.agency in responsible:
            refs.add(incident_ref(number))
        elif board.requests_of(number):
            refs |= {requests_ref(number), AGREEMENTS}
        else:
            refs.add(AGREEMENTS)
    return frozenset(refs)


def seen_version(board: Board, ref: str, actor: Actor, facts: Facts, server_time: float) -> int:
    """A ref's version as the asker may know it: 0 for what belongs to an incident withheld from them."""
    number = incident_of(ref) or (ref.split(":", 1)[1].split("|")[0] if ref.startswith("assignment:") else None)
    if number is not None and not may_know_of(board, number, actor, facts, server_time):
        return 0
    return board.version(ref)


def _named(board: Board, command: Command) -> Iterator[tuple[str, Decision]]:
    """The incidents a command names, each with the answer for one that does not exist."""
    for field in ("incident", "other"):
        number = getattr(command, field, "")
        if isinstance(number, str) and number:
            yield number, refuse("unknown_incident", f"no incident {number} on this board", "check the number")
    assignment = getattr(command, "assignment", "")
    if isinstance(assignment, str) and board.find(assignment_ref(assignment)) is not None:
        yield assignment.split("|")[0], refuse("unknown_assignment", f"no assignment {assignment}", "look again")
