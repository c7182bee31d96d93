"""The fold: what each event changes.

Knows for every event which refs it touches and what becomes of them. Refuses to know whether it should
have happened (rules/), and where events come from.
The same `evolve` makes the state written beside an event and the picture in every worker's memory. What it reads,
the answer that gave the event must stand on: else the two could differ. A test holds every rule to that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from domain.accountability import Accountability, Benchmark, Par
from domain.agreement_steps import stepped
from domain.assignment import Assignment, AssignmentStatus
from domain.assistance import AssistanceRequest
from domain.assistance_steps import answered
from domain.command_structure import AgencyPart, CommandStructure
from domain.edition import BoundaryEditions
from domain.entities import Numbers
from domain.events import (
    AgencyRegistered,
    AgencyRoleGiven,
    AgencyRoleWithdrawn,
    AgreementDrafted,
    AgreementProposed,
    AgreementRegistered,
    AgreementResumed,
    AgreementRevoked,
    AgreementSigned,
    AgreementSuspended,
    AskChanged,
    AssignmentStatusChanged,
    AssistanceRequested,
    BenchmarkMarked,
    BenchmarkWithdrawn,
    BoardOpened,
    BoundariesAdopted,
    ClockSet,
    ClosureChanged,
    CommandUndone,
    Event,
    IncidentClosed,
    IncidentPriorityChanged,
    IncidentRelocated,
    IncidentReopened,
    IncidentReported,
    IncidentsLinked,
    IncidentsUnlinked,
    IncidentUpdated,
    LeadAgencyChanged,
    NoteAdded,
    OverrideAcknowledged,
    ParReported,
    ParStarted,
    ParStopped,
    PositionAssigned,
    PositionRelieved,
    PurposeDeclared,
    RequestDiscussed,
    RequestWithdrawn,
    StatusCorrected,
    StreetsClosed,
    StreetsReopened,
    TalkgroupAssigned,
    TaskForceDissolved,
    TaskForceFormed,
    UnifiedCommandSet,
    UnitAssigned,
    UnitDutyChanged,
    UnitPreempted,
    UnitRegistered,
)
from domain.incident import Incident, IncidentLink, IncidentStatus
from domain.lookups import (
    Changes,
    Reader,
    find_accountability,
    find_editions,
    find_head,
    find_structure,
    get_agreement,
    get_assignment,
    get_closure,
    get_incident,
    get_request,
    get_task_force,
    get_unit,
)
from domain.refs import (
    AGREEMENTS,
    BOARD,
    BOUNDARIES,
    CLOSURES,
    NUMBERS,
    accountability_ref,
    agency_ref,
    agreement_ref,
    assignment_ref,
    clause_ref,
    closure_ref,
    incident_ref,
    membership_ref,
    purpose_ref,
    request_ref,
    requests_ref,
    roster_ref,
    structure_ref,
    task_force_ref,
    unit_ref,
)
from domain.unit import Unit


def evolve(state: Reader, event: Event) -> Changes:
    """The refs an event touches and what becomes of them. Never refuses: it has happened."""
    match event:
        case BoardOpened():
            return {
                BOARD: replace(
                    find_head(state),
                    title=event.title,
                    region=event.region,
                    number_prefix=event.number_prefix,
                    note=event.note,
                    training=event.training,
                    time_zone=event.time_zone,
                )
            }
        case ClockSet():
            return {BOARD: replace(find_head(state), clock_base=event.base, clock_at=event.at, clock_rate=event.rate)}
        case AgencyRegistered():
            return {agency_ref(event.agency.id): event.agency}
        case UnitRegistered():
            return {unit_ref(event.unit.id): event.unit}
        case AgreementRegistered() | AgreementDrafted():
            return {agreement_ref(event.agreement.id): event.agreement, AGREEMENTS: None}
        case AgreementProposed() | AgreementSigned() | AgreementSuspended() | AgreementResumed() | AgreementRevoked():
            ref = agreement_ref(event.agreement)
            return {ref: stepped(get_agreement(state, event.agreement), event), AGREEMENTS: None}
        case IncidentReported():
            return {incident_ref(event.incident.id): event.incident, NUMBERS: Numbers(event.serial)}
        case (
            IncidentPriorityChanged()
            | IncidentUpdated()
            | IncidentRelocated()
            | IncidentClosed()
            | IncidentReopened()
            | LeadAgencyChanged()
        ):
            return {incident_ref(event.incident): _changed(get_incident(state, event.incident), event)}
        case IncidentsLinked() | IncidentsUnlinked():
            return _linked(state, event)
        case NoteAdded():
            return {}
        case AssistanceRequested():
            return _asked(event.request)
        case AskChanged() | RequestWithdrawn() | RequestDiscussed():
            return _asked(answered(get_request(state, event.request), event))
        case OverrideAcknowledged():
            held = get_assignment(state, event.assignment)
            return {assignment_ref(held.id): replace(held, override_seen=event.by), roster_ref(held.incident): None}
        case PurposeDeclared():
            declared = event.purpose
            return {purpose_ref(declared.incident, declared.agency, declared.role): declared}
        case UnitAssigned():
            return _assigned(state, event.assignment)
        case AssignmentStatusChanged():
            return _stepped(state, event.assignment, event.status, event.when, event.reason)
        case UnitPreempted():
            # Without the number: who may see this assignment may not know of the incident that took the unit.
            reason = f"taken by {event.by} for a more urgent incident"
            return _stepped(state, event.assignment, AssignmentStatus.CANCELLED, event.when, reason)
        case StatusCorrected():
            return _corrected(state, event)
        case UnitDutyChanged():
            unit = replace(
                get_unit(state, event.unit), duty=event.duty, duty_reason=event.reason, duty_since=event.when
            )
            return {unit_ref(unit.id): unit}
        case BenchmarkMarked() | BenchmarkWithdrawn() | ParStarted() | ParReported() | ParStopped():
            return {accountability_ref(event.incident): _accounted(find_accountability(state, event.incident), event)}
        case TalkgroupAssigned():
            return _tuned(state, event)
        case TaskForceFormed():
            group = event.task_force
            return {task_force_ref(group.id): group, **{membership_ref(unit): None for unit in group.members}}
        case TaskForceDissolved():
            gone = replace(get_task_force(state, event.task_force), dissolved_at=event.when)
            return {task_force_ref(gone.id): gone, **{membership_ref(unit): None for unit in event.members}}
        case AgencyRoleGiven() | AgencyRoleWithdrawn() | UnifiedCommandSet() | PositionAssigned() | PositionRelieved():
            return {structure_ref(event.incident): _structured(find_structure(state, event.incident), event)}
        case CommandUndone():
            return _undone(event)
        case StreetsClosed():
            return {closure_ref(event.closure.id): event.closure, CLOSURES: None}
        case ClosureChanged():
            return {closure_ref(event.closure.id): event.closure}
        case StreetsReopened():
            return {closure_ref(event.closure): replace(get_closure(state, event.closure), reopened_at=event.when)}
        case BoundariesAdopted():
            return {BOUNDARIES: BoundaryEditions((*find_editions(state).editions, event.edition))}
        case _:
            assert_never(event)


def _changed(
    incident: Incident,
    event: IncidentPriorityChanged
    | IncidentUpdated
    | IncidentRelocated
    | IncidentClosed
    | IncidentReopened
    | LeadAgencyChanged,
) -> Incident:
    match event:
        case IncidentPriorityChanged():
            return replace(incident, priority=event.priority)
        case IncidentUpdated():
            now = {change.field: change.now for change in event.changes}
            return replace(
                incident,
                type=now.get("type", incident.type),
                address=now.get("address", incident.address),
                local_type=now.get("local_type", incident.local_type),
                caller=now.get("caller", incident.caller),
            )
        case IncidentRelocated():
            return replace(
                incident, lon=event.lon, lat=event.lat, address=event.address, responsibility=event.responsibility
            )
        case IncidentClosed():
            return replace(incident, status=event.status, disposition=event.disposition, closed_at=event.when)
        case IncidentReopened():
            return replace(incident, status=IncidentStatus.ACTIVE, disposition="", closed_at=0.0)
        case LeadAgencyChanged():
            return replace(incident, lead_agency=event.agency)


def _linked(state: Reader, event: IncidentsLinked | IncidentsUnlinked) -> Changes:
    changes: Changes = {}
    for number, other, kind in (
        (event.incident, event.other, event.kind),
        (event.other, event.incident, event.kind.inverse),
    ):
        incident = get_incident(state, number)
        links = tuple(link for link in incident.links if link.incident != other)
        if isinstance(event, IncidentsLinked):
            links = (*links, IncidentLink(other, kind))
        changes[incident_ref(number)] = replace(incident, links=links)
    return changes


def _assigned(state: Reader, assignment: Assignment) -> Changes:
    unit = get_unit(state, assignment.unit)
    changes: Changes = {
        assignment_ref(assignment.id): assignment,
        unit_ref(unit.id): _carrying(unit, assignment),
        roster_ref(assignment.incident): None,
    }
    if assignment.clause:
        changes[clause_ref(assignment.clause)] = None
    return changes


def _asked(request: AssistanceRequest) -> Changes:
    return {request_ref(request.id): request, requests_ref(request.incident): None}


def _stepped(state: Reader, assignment: str, status: AssignmentStatus, when: float, reason: str) -> Changes:
    before = get_assignment(state, assignment)
    # Only the assignment named is stamped; the unit merely learns which one is active.
    after = replace(before, status=status, stamps={**before.stamps, str(status): when})
    if after.ended:
        after = replace(after, end_reason=reason)
    return _moved(state, before, after)


def _corrected(state: Reader, event: StatusCorrected) -> Changes:
    before = get_assignment(state, event.assignment)
    after = replace(before, status=event.status, stamps=dict(event.stamps))
    after = replace(after, end_reason=before.end_reason if before.ended and after.ended else "")
    return _moved(state, before, after)


def _moved(state: Reader, before: Assignment, after: Assignment) -> Changes:
    unit = _carrying(get_unit(state, after.unit), after)
    changes: Changes = {assignment_ref(after.id): after, unit_ref(unit.id): unit, roster_ref(after.incident): None}
    if after.clause and before.ended != after.ended:
        changes[clause_ref(after.clause)] = None
    return changes


def _carrying(unit: Unit, assignment: Assignment) -> Unit:
    """A unit as it stands once one of its assignments is as given."""
    active = "" if unit.active == assignment.id else unit.active
    reserved = tuple(held for held in unit.reserved if held != assignment.id)
    if assignment.status == AssignmentStatus.RESERVED:
        # Its place in the queue is kept.
        reserved = unit.reserved if assignment.id in unit.reserved else (*reserved, assignment.id)
    elif not assignment.ended:
        active = assignment.id
    return replace(unit, active=active, reserved=reserved)


def _accounted(
    known: Accountability, event: BenchmarkMarked | BenchmarkWithdrawn | ParStarted | ParReported | ParStopped
) -> Accountability:
    match event:
        case BenchmarkMarked():
            return replace(known, benchmarks=(*known.benchmarks, Benchmark(event.name, event.when, event.by)))
        case BenchmarkWithdrawn():
            return replace(known, benchmarks=tuple(mark for mark in known.benchmarks if mark.name != event.name))
        case ParStarted():
            return replace(known, par=Par(event.interval, event.when, event.when))
        case ParReported():
            if known.par is None:
                return known
            counted_from = event.when if event.complete else known.par.counted_from
            reported = replace(
                known.par,
                counted_from=counted_from,
                reported_at=event.when,
                complete=event.complete,
                count=event.count,
            )
            return replace(known, par=reported)
        case ParStopped():
            return replace(known, par=None)


def _tuned(state: Reader, event: TalkgroupAssigned) -> Changes:
    if event.incident:
        incident = replace(get_incident(state, event.incident), talkgroup=event.talkgroup)
        return {incident_ref(incident.id): incident}
    if event.task_force:
        group = replace(get_task_force(state, event.task_force), talkgroup=event.talkgroup)
        return {task_force_ref(group.id): group}
    return {BOARD: replace(find_head(state), talkgroup=event.talkgroup)}


def _structured(
    known: CommandStructure,
    event: AgencyRoleGiven | AgencyRoleWithdrawn | UnifiedCommandSet | PositionAssigned | PositionRelieved,
) -> CommandStructure:
    match event:
        case AgencyRoleGiven():
            return replace(known, parts=(*known.parts, AgencyPart(event.agency, event.role)))
        case AgencyRoleWithdrawn():
            gone = AgencyPart(event.agency, event.role)
            return replace(known, parts=tuple(part for part in known.parts if part != gone))
        case UnifiedCommandSet():
            return replace(known, unified=event.agencies)
        case PositionAssigned():
            name = event.position.name.casefold()
            others = tuple(held for held in known.positions if held.name.casefold() != name)
            return replace(known, positions=(*others, event.position))
        case PositionRelieved():
            return replace(known, positions=tuple(held for held in known.positions if held.name != event.position))


def _undone(event: CommandUndone) -> Changes:
    changes: Changes = {}
    for incident in event.incidents:
        changes[incident_ref(incident.id)] = incident
    for assignment in event.assignments:
        changes[assignment_ref(assignment.id)] = assignment
        changes[roster_ref(assignment.incident)] = None
        if assignment.clause:
            changes[clause_ref(assignment.clause)] = None
    for unit in event.units:
        changes[unit_ref(unit.id)] = unit
    return changes
