"""Rules for putting a region on a board: head, clock, agencies, units, agreements.

Registering what is already known the same way changes nothing and is allowed: loading a region twice is harmless.
"""

from __future__ import annotations

from dataclasses import replace

from domain.agreement import Agreement, AgreementStatus
from domain.board import Board, evolve
from domain.commands import Envelope, OpenBoard, RegisterAgencies, RegisterAgreements, RegisterUnits, Role, SetClock
from domain.decision import allow, refuse
from domain.errors import BadCommand
from domain.events import AgencyRegistered, AgreementRegistered, BoardOpened, ClockSet, Event, UnitRegistered
from domain.refs import AGREEMENTS, BOARD, agency_ref, agreement_ref, unit_ref
from domain.rules.verdict import Facts, Verdict, no
from domain.unit import Unit, unit_id


def open_board(board: Board, command: OpenBoard, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """A board is opened once; opening it again must say the same region."""
    head = board.head
    if head.region and head.region != command.region:
        reason = f"this board shows region {head.region}, not {command.region}"
        return no(refuse("other_region", reason, "choose another board name, or an empty data folder"))
    opened = BoardOpened(
        command.title, command.region, command.number_prefix, command.note, command.training, command.time_zone
    )
    events: list[Event] = [] if evolve(board, opened)[BOARD] == head else [opened]
    if not head.clock_at:
        events.append(ClockSet(now, now, 1.0))
    return Verdict(allow("setup", "board opened"), tuple(events), frozenset({BOARD}), f"board {command.title} opened")


def set_clock(board: Board, command: SetClock, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Only a rate above zero is a clock."""
    if not command.rate > 0:
        raise BadCommand(f"clock rate {command.rate!r} must be above 0")
    event = ClockSet(command.base, now, command.rate)
    return Verdict(allow("setup", "clock set"), (event,), frozenset({BOARD}), f"clock runs at {command.rate:g}x")


def register_agencies(board: Board, command: RegisterAgencies, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Agencies new or changed join the board."""
    changed = [agency for agency in command.agencies if board.find(agency_ref(agency.id)) != agency]
    return Verdict(
        allow("setup", "agencies registered"),
        tuple(AgencyRegistered(agency) for agency in changed),
        frozenset(agency_ref(agency.id) for agency in changed),
        f"{len(changed)} agencies registered",
    )


def register_units(board: Board, command: RegisterUnits, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Units new or changed join the board; what they are doing is kept."""
    events: list[Event] = []
    for unit in command.units:
        if unit.id != unit_id(unit.agency, unit.callsign):
            raise BadCommand(f"unit id {unit.id!r} is not {unit_id(unit.agency, unit.callsign)!r}")
        if board.find(agency_ref(unit.agency)) is None:
            return no(
                refuse("unknown_agency", f"{unit.id}: no agency {unit.agency} on this board", "register it first")
            )
        if envelope.actor.role == Role.AGENCY_ADMIN and unit.agency != envelope.actor.agency:
            return no(refuse("other_agency", f"{unit.id} is not a unit of {envelope.actor.agency}", "ask its admin"))
        before = board.find(unit_ref(unit.id))
        kept = unit
        if isinstance(before, Unit):
            kept = replace(
                unit,
                duty=before.duty,
                duty_reason=before.duty_reason,
                duty_since=before.duty_since,
                active=before.active,
                reserved=before.reserved,
            )
        if kept != before:
            events.append(UnitRegistered(kept))
    stands_on = frozenset(unit_ref(event.unit.id) for event in events if isinstance(event, UnitRegistered))
    return Verdict(allow("setup", "units registered"), tuple(events), stands_on, f"{len(events)} units registered")


def _as_parties_left_it(board: Board, paper: Agreement) -> Agreement | None:
    """A paper of a pack with the status it has on the board; None when nothing in it is new.

    A pack says terms and no more: signatures and steps are made on the board, by the parties.
    """
    paper = Agreement(
        paper.id, paper.title, paper.parties, paper.clauses, paper.since, paper.until, paper.modelled, paper.shares
    )
    there = board.find(agreement_ref(paper.id))
    if not isinstance(there, Agreement):
        return paper
    if there.signatures or (there.terms_digest == paper.terms_digest and there.status != paper.status):
        return None
    if there.status in (AgreementStatus.SUSPENDED, AgreementStatus.REVOKED):
        paper = replace(
            paper, status=there.status, ended_at=there.ended_at, ended_by=there.ended_by, reason=there.reason
        )
    return None if there == paper else paper


def register_agreements(
    board: Board, command: RegisterAgreements, envelope: Envelope, now: float, facts: Facts
) -> Verdict:
    """Agreements new or changed bind from now on; what its parties suspended, revoked or signed here stays so.

    A pack is loaded at every start: it must not bring a revoked paper back.
    """
    if envelope.actor.agency:
        reason = f"{envelope.actor.agency} is one party; who loads a region speaks for the board"
        return no(refuse("other_agency", reason, "draft it, then let every party sign"))
    changed = [paper for each in command.agreements if (paper := _as_parties_left_it(board, each)) is not None]
    for paper in changed:
        for party in paper.parties:
            if board.find(agency_ref(party)) is None:
                return no(refuse("unknown_agency", f"{paper.id}: no agency {party} on this board", "register it first"))
    return Verdict(
        allow("setup", "agreements registered"),
        tuple(AgreementRegistered(paper) for paper in changed),
        frozenset({AGREEMENTS}) if changed else frozenset(),
        f"{len(changed)} agreements registered",
    )
