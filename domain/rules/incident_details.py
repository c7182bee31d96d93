"""Rules for what is known of an incident: update, relocate, link, unlink."""

from __future__ import annotations

from domain.board import Board
from domain.commands import Envelope, LinkIncidents, RelocateIncident, UnlinkIncidents, UpdateIncident
from domain.decision import Decision, refuse
from domain.errors import BadCommand
from domain.events import FieldChange, IncidentRelocated, IncidentsLinked, IncidentsUnlinked, IncidentUpdated
from domain.incident import Incident, check_place, short_number
from domain.refs import incident_ref
from domain.responsibility import leader
from domain.rules.common import Standing, board_time, checked_text, find_known, find_open, takes_part, weightiest
from domain.rules.verdict import Facts, Verdict, no

UPDATABLE = ("type", "address", "local_type", "caller")
"""The fields UpdateIncident may change; place, priority and lead have commands of their own."""
MOST_LINKS = 50
"""Links of one incident."""


def update(board: Board, command: UpdateIncident, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Agencies taking part may correct what is known; only the fields given change."""
    incident = find_open(board, command.incident)
    if isinstance(incident, Decision):
        return no(incident, incident=command.incident)
    decision, stands_on = takes_part(board, incident, envelope)
    if not decision.allowed:
        return no(decision, incident=incident.id)
    changes = _changes(incident, command, facts)
    when = board_time(board, command.occurred_at, now)
    if not changes:
        return _nothing_new(incident)
    text = f"{short_number(incident.id)} updated: {', '.join(change.field.replace('_', ' ') for change in changes)}"
    event = IncidentUpdated(incident.id, changes, when)
    return Verdict(decision, (event,), stands_on | {incident_ref(incident.id)}, text, incident.id)


def _changes(incident: Incident, command: UpdateIncident, facts: Facts) -> tuple[FieldChange, ...]:
    given = {field: value for field in UPDATABLE if (value := getattr(command, field)) is not None}
    if not given:
        raise BadCommand(f"nothing to update: give one of {', '.join(UPDATABLE)}")
    new = {field: checked_text(value, field.replace("_", " ")) for field, value in given.items() if field != "type"}
    if "type" in given:
        plan = facts.plans.get(given["type"])
        if plan is None:
            raise BadCommand(f"incident type {given['type']!r} has no response plan")
        new["type"] = plan.code
        old = facts.plans.get(incident.type)
        if old is not None and incident.local_type == old.name and "local_type" not in given:
            # The words were the old plan's own, not somebody's: they would contradict the new type.
            new["local_type"] = plan.name
    was = {field: str(getattr(incident, field)) for field in UPDATABLE}
    return tuple(
        FieldChange(field, was[field], new[field]) for field in UPDATABLE if field in new and new[field] != was[field]
    )


def _nothing_new(incident: Incident) -> Verdict:
    # Not a yes without an event: this picture may be some milliseconds old, and a yes would be believed.
    refusal = refuse("nothing_new", f"{short_number(incident.id)} is as you say already", "look again")
    return no(refusal, incident=incident.id, conflict=incident_ref(incident.id))


def relocate(board: Board, command: RelocateIncident, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Agencies taking part may move it; units already sent stay sent, whatever clause the old place was under."""
    incident = find_open(board, command.incident)
    if isinstance(incident, Decision):
        return no(incident, incident=command.incident)
    decision, stands_on = takes_part(board, incident, envelope)
    if not decision.allowed:
        return no(decision, incident=incident.id)
    lon, lat = check_place(command.lon, command.lat)
    address = incident.address if command.address is None else checked_text(command.address, "address")
    if (lon, lat, address) == (incident.lon, incident.lat, incident.address):
        return _nothing_new(incident)
    when = board_time(board, command.occurred_at, now)
    # The place is another, the time is not: boundaries of the incident's own time decide.
    here = facts.responsible_at(lon, lat, incident.received_at)
    event = IncidentRelocated(
        incident.id,
        incident.lon,
        incident.lat,
        incident.address,
        lon,
        lat,
        address,
        when,
        here,
    )
    plan = facts.plans.get(incident.type)
    discipline = str(plan.discipline) if plan else ""
    text = f"{short_number(incident.id)} moved to {address or f'{lat:.5f}, {lon:.5f}'}"
    if (responsible := leader(here, discipline)) not in ("", incident.lead_agency):
        # The lead is handed over by people, not swept along with a place.
        text += (
            f"; {board.name_of(responsible)} is responsible there, {board.name_of(incident.lead_agency)} still leads"
        )
    text += weightiest(board, here, discipline)
    return Verdict(decision, (event,), stands_on | {incident_ref(incident.id)}, text, incident.id)


def link(board: Board, command: LinkIncidents, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """An agency that takes part in one of two incidents may link them; a closed one too, duplicates show late."""
    pair = _pair(board, command.incident, command.other, envelope, facts)
    if isinstance(pair, Decision):
        return no(pair, incident=command.incident)
    incident, other, (decision, stands_on) = pair
    if (known := incident.find_link(other.id)) is not None:
        words = known.kind.replace("_", " ")
        reason = f"{short_number(incident.id)} is already linked to {short_number(other.id)}: {words}"
        return no(
            refuse("already_linked", reason, "unlink it first"),
            incident=incident.id,
            conflict=incident_ref(incident.id),
        )
    if max(len(incident.links), len(other.links)) >= MOST_LINKS:
        raise BadCommand(f"an incident has at most {MOST_LINKS} links")
    event = IncidentsLinked(incident.id, other.id, command.kind, board_time(board, command.occurred_at, now))
    text = f"{short_number(incident.id)} linked to {short_number(other.id)}: {command.kind.replace('_', ' ')}"
    refs = {incident_ref(incident.id), incident_ref(other.id)}
    return Verdict(decision, (event,), stands_on | refs, text, incident.id)


def unlink(board: Board, command: UnlinkIncidents, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Whoever may link may unlink."""
    pair = _pair(board, command.incident, command.other, envelope, facts)
    if isinstance(pair, Decision):
        return no(pair, incident=command.incident)
    incident, other, (decision, stands_on) = pair
    known = incident.find_link(other.id)
    if known is None:
        reason = f"{short_number(incident.id)} is not linked to {short_number(other.id)}"
        return no(refuse("not_linked", reason), incident=incident.id, conflict=incident_ref(incident.id))
    event = IncidentsUnlinked(incident.id, other.id, known.kind, board_time(board, command.occurred_at, now))
    text = f"{short_number(incident.id)} no longer linked to {short_number(other.id)}"
    refs = {incident_ref(incident.id), incident_ref(other.id)}
    return Verdict(decision, (event,), stands_on | refs, text, incident.id)


def _pair(
    board: Board, number: str, other_number: str, envelope: Envelope, facts: Facts
) -> tuple[Incident, Incident, Standing] | Decision:
    if number == other_number:
        raise BadCommand("an incident cannot be linked to itself")
    incident, other = find_known(board, number), find_known(board, other_number)
    if isinstance(incident, Decision):
        return incident
    if isinstance(other, Decision):
        return other
    here, there = takes_part(board, incident, envelope), takes_part(board, other, envelope)
    for found, (decision, _) in ((incident, here), (other, there)):
        plan = facts.plans.get(found.type)
        if not decision.allowed and (plan is None or plan.sensitive):
            # In the words for one that is not there: a hidden incident is not found out by guessing its number.
            return refuse("unknown_incident", f"no incident {found.id} on this board", "check the number")
    if here[0].allowed and there[0].allowed:
        return incident, other, (here[0], here[1] | there[1])
    if here[0].allowed or there[0].allowed:
        return incident, other, here if here[0].allowed else there
    return here[0]
