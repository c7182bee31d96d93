"""Agreements: mutual- and automatic-aid papers as data, and the one question put to them.

Knows clauses and who may use whose units. Refuses to know geography (the caller says which areas a
place lies in) and the unit's status (assignment.py).

How a question is answered, most direct rule first; no rule means no:
1. an agency may always use its own units;
2. an automatic-aid clause in force from the owner to the asker, covering resource, incident type,
   area and hour, under its cap, allows it and is named;
3. an on-request clause, or none, means the owner must be asked; what it then promised may be sent;
4. a commander may override where life is at risk, with a reason, and it stands out for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from domain.agreement_terms import AidQuestion, covers
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
    """A paper: parties, clauses, validity (seconds since the epoch, `until` 0 = open), and how far it has come."""

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

    @property
    def terms_digest(self) -> str:
        """What a signature signs: SHA-256 over everything that was agreed, and nothing of what became of it since."""
        agreed = (self.id, self.title, self.parties, self.clauses, self.shares, self.since, self.until)
        return hashlib.sha256(repr(agreed).encode()).hexdigest()

    def signed_by(self, agency: str) -> Signature | None:
        """An agency's signature under the present terms."""
        digest = self.terms_digest
        return next((one for one in self.signatures if one.agency == agency and one.digest == digest), None)

    def expired(self, when: float) -> bool:
        """Whether its time is over; nobody writes that down."""
        return bool(self.until) and when >= self.until

    def standing(self, when: float) -> str:
        """Its status as people say it at a time: `draft proposed in_force suspended revoked expired not_yet`."""
        if self.status == AgreementStatus.IN_FORCE and not self.in_force(when):
            return "expired" if self.expired(when) else "not_yet"
        return str(self.status)

    def in_force(self, when: float) -> bool:
        """Whether it binds at a time; the first second counts, the last does not."""
        if self.status != AgreementStatus.IN_FORCE or any(one.at > when for one in self.signatures):
            return False
        return self.since <= when and (not self.until or when < self.until)


def clause_name(agreement: Agreement, clause: AidClause) -> str:
    """How a clause is cited and stored: `agreement/clause`."""
    return f"{agreement.id}/{clause.id}"


def may_assign(
    question: AidQuestion,
    agreements: Iterable[Agreement],
    in_use: Callable[[str], int],
    *,
    promised: str = "",
    promised_clause: str = "",
    commander_override: str = "",
) -> Decision:
    """Answer a question under the agreements; `in_use(clause_name)` counts units now lent under a clause.

    `promised` says under which assistance request the owner promised this very unit, `promised_clause` the on-request
    clause the request rests on.
    """
    if question.asker == question.owner:
        return allow("own_agency", "own agency")
    capped: tuple[str, int] | None = None
    on_request: tuple[str, str] | None = None
    for agreement in agreements:
        if not agreement.in_force(question.when):
            continue
        for clause in agreement.clauses:
            if not covers(clause, question):
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
    if promised:
        return allow("assistance", promised, promised_clause)
    if commander_override:
        return allow("commander_override", f"commander's override: {commander_override}")
    remedy = f"ask {question.owner} for assistance"
    if capped:
        return refuse("clause_cap_reached", f"clause {capped[0]} is used up ({capped[1]} of {capped[1]})", remedy)
    if on_request:
        return refuse("on_request", f"{on_request[1]}: {question.owner} must be asked", remedy)
    return refuse("no_agreement", f"no agreement lets {question.asker} use units of {question.owner} here", remedy)
