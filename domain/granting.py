"""May an audience know of an incident, and how much of it? One answer, with the rule that gave it.

Knows owners, those who take part, jurisdictions, share clauses and purposes. Refuses to know fields (sharing.py) and
who looks at the moment: an audience is an agency and a role, not a person.

How a question is answered, most direct rule first; no rule means no:
1. the public sees nothing here (its page is built apart, from an allow-list);
2. an auditor sees everything, and every closer look is on record;
3. the owner, the incident's lead agency, sees all of its own, roles permitting;
4. who takes part, took the call or was asked for assistance, sees `map` and `operations`, sensitive types too;
5. in whose jurisdiction it lies, the same, but for sensitive types; so does the board's admin;
6. a share clause in force from the owner grants what it says, sensitive types only where it says so;
7. a briefer's screen hangs on a wall: it stays at `operations` whatever grants more;
8. patient data needs, besides the label, a purpose somebody declared for this incident.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from domain.agreement import Agreement
from domain.board import Board
from domain.commands import Role
from domain.incident import Incident
from domain.purpose import Purpose
from domain.response_plan import ResponsePlan
from domain.share_clause import Label, ShareClause

Shares = Callable[[str, str], Iterable[tuple[Agreement, ShareClause]]]
"""(giver, receiver) -> the clauses between them, in force or not, each with its paper."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Everybody who sees the same: an agency's id and one of domain.commands.Role's words.

    A `masked` audience is an admin who looks at another agency's view: it sees that there is something, not what.
    """

    agency: str
    role: str
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What sharing asks of an incident, found once: its owner, who takes part, in whose jurisdiction it lies, where."""

    incident: str
    type: str
    sensitive: bool
    owner: str
    taking_part: frozenset[str]
    jurisdiction: frozenset[str]
    areas: frozenset[str]
    reporter: str = ""
    """The agency that took the call."""
    asked: frozenset[str] = frozenset()
    """Agencies asked for assistance whose answer still counts."""


@dataclass(frozen=True, slots=True)
class Grant:
    """The highest label an audience may see, and why: `rule` is a stable name, `reason` a sentence.

    `clause` names the share clause that decided, `since` and `until` bound it (0 = open); `patient` says whether a
    purpose lives, without which label `patient` stays withheld even from those above it.
    """

    label: Label
    rule: str
    reason: str
    clause: str = ""
    since: float = 0.0
    until: float = 0.0
    patient: bool = False

    def sees(self, label: Label) -> bool:
        """Whether something of this label may be seen."""
        return label <= self.label and (label != Label.PATIENT or self.patient)


_READS_ALL_OF_ITS_OWN = (Role.DISPATCHER, Role.COMMANDER, Role.AGENCY_ADMIN, Role.SERVICE)
_READS_OPERATIONS = (Role.BRIEFER,)


def standing_of(
    board: Board,
    incident: Incident,
    plans: Mapping[str, ResponsePlan],
    areas_at: Callable[[float, float, float], Collection[str]],
) -> Standing:
    """How an incident stands. A type nobody planned for counts as sensitive."""
    plan = plans.get(incident.type)
    here = incident.responsibility
    return Standing(
        incident.id,
        incident.type,
        plan is None or plan.sensitive,
        incident.lead_agency,
        frozenset(board.agencies_of(incident.id)),
        frozenset(agency for service in here.services for agency in service.agencies),
        frozenset(areas_at(incident.lon, incident.lat, incident.received_at)),
        incident.reported_by,
        frozenset(ask.agency for one in board.requests_of(incident.id) for ask in one.asks if ask.live),
    )


def shares_of(board: Board) -> Shares:
    """The share clauses of a board, asked one pair at a time."""

    def between(giver: str, receiver: str) -> Iterable[tuple[Agreement, ShareClause]]:
        return (
            (paper, clause)
            for paper in board.agreements()
            for clause in paper.shares
            if clause.giver == giver and clause.receiver == receiver
        )

    return between


def granted(
    audience: Audience, standing: Standing, shares: Shares, purpose: Purpose | None, now: float
) -> Grant | None:
    """The highest label an audience may see of an incident; None = not even that it exists.

    `purpose` is what the audience declared for this incident, if anything; `now` is board time, at which every grant
    must hold.
    """
    found = _granted(audience, standing, shares, now)
    if found is None or audience.masked or purpose is None or not purpose.lives(now):
        return found
    return replace(found, patient=True) if found.label >= Label.PATIENT else found


def _granted(audience: Audience, standing: Standing, shares: Shares, now: float) -> Grant | None:
    role, agency = audience.role, audience.agency
    if role == Role.AUDITOR:
        return Grant(Label.CRIMINAL_JUSTICE, "auditor", "auditors read everything, on record", patient=True)
    if role == Role.BOARD_ADMIN:
        admin = Grant(Label.OPERATIONS, "board_admin", "the board's administrator")
        return None if standing.sensitive else admin
    if role == Role.SERVICE and not agency:
        return Grant(Label.OPERATIONS, "service", "a service account of the whole board")
    if not agency or role not in (*_READS_ALL_OF_ITS_OWN, *_READS_OPERATIONS):
        return None
    if role in _READS_OPERATIONS:
        found = _by_agency(agency, standing, shares, now)
        return replace(found, label=min(found.label, Label.OPERATIONS)) if found else None
    return _by_agency(agency, standing, shares, now)


def _by_agency(agency: str, standing: Standing, shares: Shares, now: float) -> Grant | None:
    if agency == standing.owner:
        return Grant(Label.CRIMINAL_JUSTICE, "owner", "its own incident")
    base: Grant | None = None
    if agency in standing.taking_part:
        base = Grant(Label.OPERATIONS, "takes_part", "takes part in the incident")
    elif agency == standing.reporter:
        base = Grant(Label.OPERATIONS, "reported", "took the call")
    elif agency in standing.asked:
        base = Grant(Label.OPERATIONS, "asked", "was asked for assistance")
    elif agency in standing.jurisdiction and not standing.sensitive:
        base = Grant(Label.OPERATIONS, "jurisdiction", "the incident lies in its jurisdiction")
    for paper, clause in shares(standing.owner, agency):
        if base is not None and clause.label <= base.label:
            continue
        if clause_grants(paper, clause, standing, agency, now):
            base = by_clause(paper, clause)
    return base


def clause_grants(paper: Agreement, clause: ShareClause, standing: Standing, agency: str, now: float) -> bool:
    """Whether a share clause grants anything of an incident at a time."""
    inside = {*standing.taking_part, *standing.asked, standing.reporter}
    if standing.sensitive and not clause.sensitive and agency not in inside:
        return False
    return (
        paper.in_force(now) and clause.in_force(now) and clause.covers(standing.incident, standing.type, standing.areas)
    )


def by_clause(paper: Agreement, clause: ShareClause) -> Grant:
    """The grant a share clause gives, with the period both it and its paper leave."""
    signed = max((one.at for one in paper.signatures), default=0.0)
    ends = [until for until in (paper.until, clause.until) if until]
    words = f"share, {paper.title}, clause {clause.id}" + (f", for {clause.purpose}" if clause.purpose else "")
    return Grant(
        clause.label,
        "share_clause",
        words,
        f"{paper.id}/{clause.id}",
        max(paper.since, clause.since, signed),
        min(ends, default=0.0),
    )


def boundaries_between(board: Board, purposes: Iterable[Purpose], start: float, end: float) -> bool:
    """Whether some grant begins or ends by time alone between two board times: nobody writes that down."""
    moments = (
        moment
        for paper in board.agreements()
        if paper.shares
        for moment in (
            paper.since,
            paper.until,
            *(at for clause in paper.shares for at in (clause.since, clause.until)),
        )
    )
    if any(start < moment <= end for moment in moments if moment):
        return True
    return any(start < purpose.until <= end for purpose in purposes)


def _moments(paper: Agreement) -> Iterable[float]:
    yield from (paper.since, paper.until)
    for clause in paper.shares:
        yield from (clause.since, clause.until)
