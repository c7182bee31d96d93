"""Agreements: mutual- and automatic-aid papers as data, and the one question put to them.

Knows clauses and who may use whose units. Refuses to know geography (the caller says which areas a
place lies in) and the unit's status (assignment.py).

How a question is answered, most direct rule first; no rule means no:
1. an agency may always use its own units;
2. an automatic-aid clause in force from the owner to the asker, covering resource, incident type,
   area and hour, under its cap, allows it and is named;
3. an on-request clause, or none, means the owner must be asked;
4. a commander may override where life is at risk, with a reason, and it stands out for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from domain.decision import Decision, allow, refuse
from domain.share_clause import ShareClause


class AidMode(StrEnum):
    """How a clause is used."""

    AUTOMATIC = "automatic"
    ON_REQUEST = "on_request"


class AgreementStatus(StrEnum):
    """How far a paper has come; whether it binds at a time is `Agreement.in_force`."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    """Before the parties' admins, who sign one by one."""
    IN_FORCE = "in_force"
    """Signed by every party; it binds within its validity."""
    SUSPENDED = "suspended"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Signature:
    """An agency's yes to exactly these terms: `digest` is `terms_digest` of what was signed, `at` in board time."""

    agency: str
    by: str
    at: float
    digest: str = ""


@dataclass(frozen=True, slots=True)
class CostTerms:
    """What aid costs: nothing for `free_hours` of a unit, then `per_unit_hour` in `currency`; `note` in words."""

    free_hours: float = 0.0
    per_unit_hour: float = 0.0
    currency: str = "USD"
    note: str = ""


@dataclass(frozen=True, slots=True)
class AidClause:
    """One grant: `giver` lends to `receiver`. Empty collections mean "any"; cap 0 means no cap.

    `areas` are names of areas a place can lie in (a county's FIPS code or an agency id whose jurisdiction it is).
    `hours` are local hours of day [from, to), wrapping past midnight; None means always.
    """

    id: str
    giver: str
    receiver: str
    mode: AidMode
    capabilities: tuple[str, ...] = ()
    incident_types: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    cap: int = 0
    hours: tuple[int, int] | None = None
    days: tuple[int, ...] = ()
    """days of the week the hours count on, Monday = 0; a span past midnight belongs to the day it began"""
    polygon: tuple[tuple[float, float], ...] = ()
    """an area drawn for this clause alone: (lon, lat) corners, WGS 84; with `areas` too, either will do"""
    activated_by: tuple[str, ...] = ()
    """roles of the receiver that may use it; empty = every role that may assign"""
    cost: CostTerms = CostTerms()


@dataclass(frozen=True, slots=True)
class Agreement:
    """A signed paper: parties, clauses and validity (seconds since the epoch; `until` 0 = open-ended)."""

    id: str
    title: str
    parties: tuple[str, ...]
    clauses: tuple[AidClause, ...]
    since: float = 0.0
    until: float = 0.0
    modelled: bool = False
    shares: tuple[ShareClause, ...] = ()
    status: AgreementStatus = AgreementStatus.IN_FORCE
    """Papers of a region pack are in force as they come."""
    signatures: tuple[Signature, ...] = ()
    ended_at: float = 0.0
    """Board time since which it is suspended or revoked."""
    ended_by: str = ""
    """The agency that suspended or revoked it."""
    reason: str = ""
    """Why it was suspended or revoked."""

    def in_force(self, when: float) -> bool:
        """Whether it binds at a time; the first second counts, the last does not."""
        if self.status != AgreementStatus.IN_FORCE:
            return False
        return self.since <= when and (not self.until or when < self.until)


@dataclass(frozen=True, slots=True)
class AidQuestion:
    """May `asker` use a unit of `owner` with these capabilities, for this, here, now?

    `areas` are the areas the incident lies in, `hour` the local hour of day.
    """

    asker: str
    owner: str
    capabilities: tuple[str, ...]
    incident_type: str
    areas: Collection[str]
    when: float
    hour: int


def clause_name(agreement: Agreement, clause: AidClause) -> str:
    """How a clause is cited and stored: `agreement/clause`."""
    return f"{agreement.id}/{clause.id}"


def _covers(clause: AidClause, question: AidQuestion) -> bool:
    if clause.giver != question.owner or clause.receiver != question.asker:
        return False
    if clause.capabilities and not set(clause.capabilities) & set(question.capabilities):
        return False
    if clause.incident_types and question.incident_type not in clause.incident_types:
        return False
    if clause.areas and not set(clause.areas) & set(question.areas):
        return False
    if clause.hours is not None:
        start, end = clause.hours
        within = start <= question.hour < end if start <= end else question.hour >= start or question.hour < end
        if not within:
            return False
    return True


def may_assign(
    question: AidQuestion,
    agreements: Iterable[Agreement],
    in_use: Callable[[str], int],
    *,
    commander_override: str = "",
) -> Decision:
    """Answer a question under the agreements; `in_use(clause_name)` counts units now lent under a clause."""
    if question.asker == question.owner:
        return allow("own_agency", "own agency")
    capped: tuple[str, int] | None = None
    on_request: tuple[str, str] | None = None
    for agreement in agreements:
        if not agreement.in_force(question.when):
            continue
        for clause in agreement.clauses:
            if not _covers(clause, question):
                continue
            name = clause_name(agreement, clause)
            if clause.mode == AidMode.ON_REQUEST:
                on_request = on_request or (name, agreement.title)
                continue
            used = in_use(name)
            if clause.cap and used >= clause.cap:
                capped = (name, clause.cap)
                continue
            use = f", {used + 1} of {clause.cap} used" if clause.cap else ""
            return allow("automatic_aid", f"auto-aid, {agreement.title}, clause {clause.id}{use}", name)
    if commander_override:
        return allow("commander_override", f"commander's override: {commander_override}")
    remedy = f"ask {question.owner} for assistance"
    if capped:
        return refuse("clause_cap_reached", f"clause {capped[0]} is used up ({capped[1]} of {capped[1]})", remedy)
    if on_request:
        return refuse("on_request", f"{on_request[1]}: {question.owner} must be asked", remedy)
    return refuse("no_agreement", f"no agreement lets {question.asker} use units of {question.owner} here", remedy)
