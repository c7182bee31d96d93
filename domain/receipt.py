"""The share receipt of an incident: which agency may see how much of it, since when, under what.

Knows how grants and ended papers are told. Refuses to know the rule (granting.py). Only the owner, auditors and the
board's admin read it: who works with whom is their business.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from domain.agreement import Agreement, AgreementStatus
from domain.board import Board
from domain.commands import Role
from domain.granting import Audience, Grant, Shares, Standing, by_clause, clause_grants
from domain.identity import Identity
from domain.incident import Incident
from domain.share_clause import ShareClause


class Granting(Protocol):
    """Whatever knows the grants of a board."""

    shares: Shares

    def of(self, incident: Incident, audience: Audience, now: float) -> Grant | None:
        """What an audience may see."""

    def standing(self, incident: Incident) -> Standing:
        """How an incident stands."""


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """One agency and one ground: `label` in words, `until` 0 while it holds, `rule` and `clause` what it rests on."""

    agency: str
    name: str
    label: str
    rule: str
    reason: str
    clause: str
    since: float
    until: float


def may_read_receipt(identity: Identity, incident: Incident) -> bool:
    """Whether somebody may read who could see an incident."""
    if identity.viewing_as:
        return False
    own = bool(identity.agency) and identity.agency == incident.lead_agency
    return identity.role in (Role.AUDITOR, Role.BOARD_ADMIN) or (
        own and identity.role in (Role.DISPATCHER, Role.COMMANDER, Role.AGENCY_ADMIN)
    )


def receipt(board: Board, incident: Incident, grants: Granting, identity: Identity, now: float) -> list[ReceiptRow]:
    """A row for each agency that may see the incident now, and for each paper that let one and has ended.

    Times are board times. Empty for whoever may not read it.
    """
    if not may_read_receipt(identity, incident):
        return []
    rows: list[ReceiptRow] = []
    standing = grants.standing(incident)
    for agency in board.agencies():
        grant = grants.of(incident, Audience(agency.id, str(Role.DISPATCHER)), now)
        if grant is not None:
            since = grant.since if grant.clause else _since(board, incident, agency.id, grant)
            rows.append(_row(agency.id, agency.short, grant, since, grant.until))
        rows += (
            _row(agency.id, agency.short, by_clause(paper, clause), max(paper.since, incident.received_at), ended)
            for paper, clause, ended in _ended(grants, standing, agency.id, incident, now)
        )
    return rows


def _since(board: Board, incident: Incident, agency: str, grant: Grant) -> float:
    """From the report on, or from the first unit's dispatch for those who joined later."""
    if grant.rule != "takes_part":
        return incident.received_at
    stamps = [
        min(held.stamps.values()) for held in board.assignments_of(incident.id) if held.agency == agency and held.stamps
    ]
    return min(stamps, default=incident.received_at)


def _ended(
    grants: Granting, standing: Standing, agency: str, incident: Incident, now: float
) -> Iterator[tuple[Agreement, ShareClause, float]]:
    for paper, clause in grants.shares(standing.owner, agency):
        ended = _end(paper, clause.until, now)
        if ended <= incident.received_at:
            continue
        if clause_grants(_as_it_was(paper), clause, standing, agency, ended - 1e-3):
            yield paper, clause, ended


def _end(paper: Agreement, clause_until: float, now: float) -> float:
    """When a paper or clause stopped binding; 0 while it binds."""
    ends = [until for until in (paper.until, clause_until) if until and until <= now]
    if paper.status in (AgreementStatus.SUSPENDED, AgreementStatus.REVOKED):
        ends.append(paper.ended_at)
    return min(ends, default=0.0)


def _as_it_was(paper: Agreement) -> Agreement:
    return replace(paper, status=AgreementStatus.IN_FORCE)


def _row(agency: str, name: str, grant: Grant, since: float, until: float) -> ReceiptRow:
    label = grant.label.name.lower().replace("_", " ")
    return ReceiptRow(agency, name, label, grant.rule, grant.reason, grant.clause, since, until)
