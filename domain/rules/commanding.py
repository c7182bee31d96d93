"""Rules for the command structure: agency roles, lead, unified command, ICS positions, talkgroups.

Who leads, alone or in unified command, gives roles and hands over; agencies taking part fill positions other than
Incident Commander. Giving an agency a role lets it see the incident: therefore no agency gives itself one.
"""

from __future__ import annotations

from domain.board import Board
from domain.command_structure import INCIDENT_COMMANDER, MOST_POSITIONS, AgencyPart, Position
from domain.commands import (
    AssignPosition,
    AssignTalkgroup,
    ChangeLeadAgency,
    Envelope,
    GiveAgencyRole,
    RelievePosition,
    Role,
    SetUnifiedCommand,
    WithdrawAgencyRole,
)
from domain.decision import Decision, allow, refuse
from domain.errors import BadCommand
from domain.events import (
    AgencyRoleGiven,
    AgencyRoleWithdrawn,
    LeadAgencyChanged,
    PositionAssigned,
    PositionRelieved,
    TalkgroupAssigned,
    UnifiedCommandSet,
)
from domain.incident import Incident, short_number
from domain.refs import BOARD, assignment_ref, incident_ref, structure_ref, task_force_ref, unit_ref
from domain.rules.common import (
    board_time,
    checked_text,
    directs,
    find_open,
    needed_text,
    takes_part,
    unknown_agency,
)
from domain.rules.sending import live_assignment, unknown_unit
from domain.rules.task_forces import find_standing, speaks_for
from domain.rules.verdict import Facts, Verdict, no
from domain.unit import Unit

MOST_PARTS = 100
"""Agency roles on one incident."""


def give_role(board: Board, command: GiveAgencyRole, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Who leads says which other agency does what."""
    led = _led(board, command.incident, envelope)
    if isinstance(led, Verdict):
        return led
    incident, decision, stands_on = led
    if (unknown := unknown_agency(board, command.agency)) is not None:
        return no(unknown, incident=incident.id)
    parts = board.structure_of(incident.id).parts
    if AgencyPart(command.agency, command.role) in parts:
        return _standing(incident, "role_given", f"{command.agency} is {command.role} already")
    if len(parts) >= MOST_PARTS:
        raise BadCommand(f"an incident has at most {MOST_PARTS} agency roles")
    event = AgencyRoleGiven(incident.id, command.agency, command.role, board_time(board, command.occurred_at, now))
    text = f"{command.agency}: {command.role}, {short_number(incident.id)}"
    return Verdict(decision, (event,), stands_on, text, incident.id)


def withdraw_role(board: Board, command: WithdrawAgencyRole, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Who leads may take a role away; an agency whose units were sent takes part all the same."""
    led = _led(board, command.incident, envelope)
    if isinstance(led, Verdict):
        return led
    incident, decision, stands_on = led
    if AgencyPart(command.agency, command.role) not in board.structure_of(incident.id).parts:
        return _standing(incident, "no_role", f"{command.agency} is not {command.role}")
    event = AgencyRoleWithdrawn(incident.id, command.agency, command.role, board_time(board, command.occurred_at, now))
    text = f"{command.agency} no longer {command.role}, {short_number(incident.id)}"
    return Verdict(decision, (event,), stands_on, text, incident.id)


def change_lead(board: Board, command: ChangeLeadAgency, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Who leads hands over; under unified command only to one of the agencies in it."""
    led = _led(board, command.incident, envelope)
    if isinstance(led, Verdict):
        return led
    incident, decision, stands_on = led
    if (unknown := unknown_agency(board, command.agency)) is not None:
        return no(unknown, incident=incident.id)
    if command.agency == incident.lead_agency:
        return _standing(incident, "leads_already", f"{command.agency} leads already")
    unified = board.structure_of(incident.id).unified
    if unified and command.agency not in unified:
        reason = f"{command.agency} is not in unified command ({', '.join(unified)})"
        return no(refuse("not_in_unified_command", reason, "change the unified command first"), incident=incident.id)
    when = board_time(board, command.occurred_at, now)
    event = LeadAgencyChanged(incident.id, incident.lead_agency, command.agency, when)
    text = f"{short_number(incident.id)} is led by {command.agency}"
    return Verdict(decision, (event,), stands_on, text, incident.id)


def set_unified(board: Board, command: SetUnifiedCommand, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Two or more agencies with the lead among them, or none to end it."""
    led = _led(board, command.incident, envelope)
    if isinstance(led, Verdict):
        return led
    incident, decision, stands_on = led
    agencies = command.agencies
    if agencies and (not 2 <= len(agencies) <= 20 or len(set(agencies)) != len(agencies)):
        raise BadCommand("unified command is of 2 to 20 different agencies, or of none to end it")
    for agency in agencies:
        if (unknown := unknown_agency(board, agency)) is not None:
            return no(unknown, incident=incident.id)
    if agencies and incident.lead_agency not in agencies:
        reason = f"{incident.lead_agency} leads and must be one of them"
        return no(refuse("lead_not_in_unified_command", reason, "change the lead first"), incident=incident.id)
    was = board.structure_of(incident.id).unified
    if agencies == was:
        return _standing(incident, "unified_already", "the command is so already")
    event = UnifiedCommandSet(incident.id, was, agencies, board_time(board, command.occurred_at, now))
    words = f"unified command of {', '.join(agencies)}" if agencies else f"single command of {incident.lead_agency}"
    return Verdict(decision, (event,), stands_on, f"{short_number(incident.id)}: {words}", incident.id)


def assign_position(board: Board, command: AssignPosition, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """A position has one holder: a person's name, a unit at work on the incident, or a unit and a name."""
    name = needed_text(command.position, "position", 80)
    asked = _manned(board, command.incident, name, envelope)
    if isinstance(asked, Verdict):
        return asked
    incident, decision, stands_on = asked
    holder = checked_text(command.holder, "holder", 80)
    agency = envelope.actor.agency
    if command.unit:
        unit = board.find(unit_ref(command.unit))
        if not isinstance(unit, Unit):
            return no(unknown_unit(command.unit), incident=incident.id)
        held = live_assignment(board, unit.id, incident.id)
        if held is None:
            refusal = refuse("unit_not_on_incident", f"{unit.callsign} is not on {short_number(incident.id)}")
            return no(refusal, incident=incident.id, conflict=unit_ref(unit.id))
        stands_on |= {assignment_ref(held.id)}
        holder, agency = holder or unit.callsign, unit.agency
    if not holder:
        raise BadCommand("name a holder or a unit")
    structure = board.structure_of(incident.id)
    was = structure.find_position(name)
    if was is None and len(structure.positions) >= MOST_POSITIONS:
        raise BadCommand(f"an incident has at most {MOST_POSITIONS} positions")
    when = board_time(board, command.occurred_at, now)
    filled = Position(was.name if was else name, holder, command.unit, agency, when)
    event = PositionAssigned(incident.id, filled, was.holder if was else "", when)
    text = f"{filled.name}: {holder}, {short_number(incident.id)}"
    return Verdict(decision, (event,), stands_on, text, incident.id)


def relieve_position(board: Board, command: RelievePosition, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Whoever may fill a position may relieve it."""
    name = needed_text(command.position, "position", 80)
    asked = _manned(board, command.incident, name, envelope)
    if isinstance(asked, Verdict):
        return asked
    incident, decision, stands_on = asked
    held = board.structure_of(incident.id).find_position(name)
    if held is None:
        return _standing(incident, "no_position", f"nobody is {name} on {short_number(incident.id)}")
    event = PositionRelieved(incident.id, held.name, held.holder, board_time(board, command.occurred_at, now))
    text = f"{held.holder} relieved as {held.name}, {short_number(incident.id)}"
    return Verdict(decision, (event,), stands_on, text, incident.id)


def assign_talkgroup(board: Board, command: AssignTalkgroup, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """To an incident by who takes part, to a task force by who formed or leads it, to the board by a commander."""
    if command.incident and command.task_force:
        raise BadCommand("a talkgroup goes to an incident or to a task force, not to both at once")
    talkgroup = checked_text(command.talkgroup, "talkgroup", 60)
    incident = task_force = ""
    if command.incident:
        found = find_open(board, command.incident)
        if isinstance(found, Decision):
            return no(found, incident=command.incident)
        decision, stands_on = takes_part(board, found, envelope)
        incident, was, whose, ref = found.id, found.talkgroup, short_number(found.id), incident_ref(found.id)
    elif command.task_force:
        group = find_standing(board, command.task_force)
        if isinstance(group, Decision):
            return no(group)
        decision, stands_on = speaks_for(board, group, envelope)
        task_force, was, whose, ref = group.id, group.talkgroup, group.name, task_force_ref(group.id)
    else:
        decision, stands_on = _board_talkgroup(envelope), frozenset()
        was, whose, ref = board.head.talkgroup, "the board", BOARD
    if not decision.allowed:
        return no(decision, incident=incident)
    if was == talkgroup:
        refusal = refuse("nothing_new", f"{whose} is on {talkgroup or 'no talkgroup'} already", "look again")
        return no(refusal, incident=incident, conflict=ref)
    event = TalkgroupAssigned(talkgroup, was, incident, task_force, board_time(board, command.occurred_at, now))
    return Verdict(decision, (event,), stands_on | {ref}, f"{whose} on {talkgroup or 'no talkgroup'}", incident)


def _board_talkgroup(envelope: Envelope) -> Decision:
    if envelope.actor.role in (Role.COMMANDER, Role.SERVICE):
        return allow("commander", "a commander tunes the board")
    return refuse("not_commander", "the board's talkgroup is a commander's matter", "ask a commander")


_Allowed = tuple[Incident, Decision, frozenset[str]]


def _led(board: Board, number: str, envelope: Envelope) -> _Allowed | Verdict:
    incident = find_open(board, number)
    if isinstance(incident, Decision):
        return no(incident, incident=number)
    decision, _ = directs(board, incident, envelope)
    if not decision.allowed:
        return no(decision, incident=incident.id)
    return incident, decision, frozenset({incident_ref(incident.id), structure_ref(incident.id)})


def _manned(board: Board, number: str, position: str, envelope: Envelope) -> _Allowed | Verdict:
    if position.casefold() == INCIDENT_COMMANDER.casefold():
        return _led(board, number, envelope)
    incident = find_open(board, number)
    if isinstance(incident, Decision):
        return no(incident, incident=number)
    decision, _ = takes_part(board, incident, envelope)
    if not decision.allowed:
        return no(decision, incident=incident.id)
    return incident, decision, frozenset({incident_ref(incident.id), structure_ref(incident.id)})


def _standing(incident: Incident, rule: str, reason: str) -> Verdict:
    """A no because it is so already, or was never so."""
    return no(refuse(rule, reason, "look again"), incident=incident.id, conflict=structure_ref(incident.id))
