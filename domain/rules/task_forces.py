"""Rules for task forces: form, dispatch as one, dissolve.

Forming names a group and moves nobody, so anybody on duty may; sending it asks, unit by unit, what any assignment asks.
"""

from __future__ import annotations

from domain.board import Board
from domain.commands import DispatchTaskForce, DissolveTaskForce, Envelope, FormTaskForce, Role
from domain.decision import Decision, allow, refuse
from domain.errors import BadCommand
from domain.events import TaskForceDissolved, TaskForceFormed
from domain.incident import short_number
from domain.refs import membership_ref, task_force_ref, unit_ref
from domain.rules.common import Standing, board_time, checked_text, find_open, needed_text
from domain.rules.sending import Sending, send, unknown_unit
from domain.rules.verdict import Facts, Verdict, no
from domain.task_force import MOST_MEMBERS, TaskForce, task_force_id
from domain.unit import Unit


def form(board: Board, command: FormTaskForce, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """A unit belongs to one standing task force at most, and a standing one's name is taken."""
    name = needed_text(command.name, "name", 60)
    group = task_force_id(name)
    if not 2 <= len(command.members) <= MOST_MEMBERS or len(set(command.members)) != len(command.members):
        raise BadCommand(f"a task force has 2 to {MOST_MEMBERS} different units; {len(command.members)} were given")
    if command.leader not in command.members:
        raise BadCommand(f"the leader {command.leader!r} is not one of the units")
    known = board.find(task_force_ref(group))
    if isinstance(known, TaskForce) and known.stands:
        refusal = refuse("name_taken", f"{known.name} stands already", "choose another name, or dissolve it")
        return no(refusal, conflict=task_force_ref(group))
    for member in command.members:
        unit = board.find(unit_ref(member))
        if not isinstance(unit, Unit):
            return no(unknown_unit(member))
        if (other := board.find_task_force_of(member)) is not None:
            reason = f"{unit.callsign} belongs to {other.name}"
            return no(refuse("other_task_force", reason, "dissolve that one first"), conflict=membership_ref(member))
    when = board_time(board, command.occurred_at, now)
    talkgroup = checked_text(command.talkgroup, "talkgroup", 60)
    formed = TaskForce(
        group,
        name,
        command.leader,
        command.members,
        envelope.actor.agency,
        when,
        talkgroup,
    )
    stands_on = frozenset({task_force_ref(group), *(membership_ref(member) for member in command.members)})
    decision = allow("task_force", "anyone on duty may form a task force; sending it is another question")
    return Verdict(decision, (TaskForceFormed(formed, when),), stands_on, f"{name} formed")


def dispatch(board: Board, command: DispatchTaskForce, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Every unit of it or none, each under the rule for it."""
    group = find_standing(board, command.task_force)
    if isinstance(group, Decision):
        return no(group)
    incident = find_open(board, command.incident)
    if isinstance(incident, Decision):
        return no(incident, incident=command.incident)
    asked = Sending(
        incident,
        group.members,
        board_time(board, command.occurred_at, now),
        override_reason=command.override_reason,
        task_force=group.id,
    )
    sent = send(board, asked, envelope, facts)
    if isinstance(sent, Verdict):
        return sent
    text = f"{group.name} ({len(group.members)} units) dispatched to {short_number(incident.id)}"
    return Verdict(sent.decision, sent.events, sent.stands_on | {task_force_ref(group.id)}, text, incident.id)


def dissolve(board: Board, command: DissolveTaskForce, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Whoever formed it or leads it may dissolve it, once none of its units is at work as part of it."""
    group = find_standing(board, command.task_force)
    if isinstance(group, Decision):
        return no(group)
    decision, _ = speaks_for(board, group, envelope)
    if not decision.allowed:
        return no(decision)
    stands_on = {task_force_ref(group.id)}
    for member in group.members:
        unit = board.get_unit(member)
        held = board.active_assignment(unit)
        if held is not None and held.task_force == group.id:
            reason = f"{unit.callsign} of {group.name} is still on {short_number(held.incident)}"
            return no(refuse("units_still_assigned", reason, "release them first"), conflict=unit_ref(member))
        stands_on |= {unit_ref(member), membership_ref(member)}
    event = TaskForceDissolved(group.id, group.members, board_time(board, command.occurred_at, now))
    return Verdict(decision, (event,), frozenset(stands_on), f"{group.name} dissolved")


def find_standing(board: Board, name: str) -> TaskForce | Decision:
    """The standing task force of that id, or the refusal that says why there is none."""
    group = board.find(task_force_ref(name))
    if not isinstance(group, TaskForce):
        return refuse("unknown_task_force", f"no task force {name} on this board", "check the name")
    if not group.stands:
        return refuse("task_force_dissolved", f"{group.name} was dissolved", "form it anew")
    return group


def speaks_for(board: Board, group: TaskForce, envelope: Envelope) -> Standing:
    """Whether the asker may dissolve or tune a task force: who formed it and its leader's agency may."""
    agency = envelope.actor.agency
    leads = board.get_unit(group.leader).agency
    if envelope.actor.role == Role.SERVICE or (agency and agency in (group.formed_by, leads)):
        return allow("task_force", f"{agency or 'a service account'} formed or leads {group.name}"), frozenset()
    reason = f"{group.name} was formed by {group.formed_by} and is led by {leads}"
    return refuse("not_your_task_force", reason, f"ask {leads}"), frozenset()
