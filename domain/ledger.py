"""The ledger of aid: what one agency's units did for another, in units and hours, and what it costs.

Knows which assignments count. Refuses to know how a table is drawn. One assignment of a unit sent by another agency is
one line; hours run from dispatch to clearing, or to now while it lasts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from domain.agreement import Agreement, AidClause, CostTerms, clause_name
from domain.assignment import Assignment, AssignmentStatus


@dataclass(slots=True)
class AidLine:
    """What `giver` gave `receiver`: `units` different ones in `times` assignments, `hours` of them together.

    `basis` counts assignments by automatic, request, override; `costs` sums by currency; `running` are not over yet.
    """

    giver: str
    receiver: str
    units: set[str] = field(default_factory=set)
    times: int = 0
    hours: float = 0.0
    running: int = 0
    basis: dict[str, int] = field(default_factory=dict)
    costs: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Ledger:
    """Lines by giver and receiver; `left_out` counts, by the same pair, assignments that never got under way."""

    lines: dict[tuple[str, str], AidLine] = field(default_factory=dict)
    left_out: dict[tuple[str, str], int] = field(default_factory=dict)


def ledger(
    assignments: Iterable[Assignment], agreements: Iterable[Agreement], start: float, end: float, now: float
) -> Ledger:
    """The aid of a period, by the time of dispatch: `start` counts, `end` does not; all in board time.

    Reserved assignments and those cancelled before they were en route are counted as left out.
    """
    terms = _terms(agreements)
    found = Ledger()
    for held in assignments:
        if not held.assigned_by or held.assigned_by == held.agency:
            continue
        dispatched = held.stamps.get(AssignmentStatus.DISPATCHED, min(held.stamps.values(), default=0.0))
        if not start <= dispatched < end:
            continue
        if not _got_under_way(held):
            pair = (held.agency, held.assigned_by)
            found.left_out[pair] = found.left_out.get(pair, 0) + 1
            continue
        line = found.lines.setdefault((held.agency, held.assigned_by), AidLine(held.agency, held.assigned_by))
        hours = max(0.0, _ended(held, now) - dispatched) / 3600
        line.units.add(held.unit)
        line.times += 1
        line.hours += hours
        line.running += not held.ended
        basis = "override" if held.override_reason else "request" if held.request else "automatic"
        line.basis[basis] = line.basis.get(basis, 0) + 1
        cost = terms.get(held.clause)
        if cost is not None and cost.per_unit_hour:
            charged = max(0.0, hours - cost.free_hours) * cost.per_unit_hour
            line.costs[cost.currency] = line.costs.get(cost.currency, 0.0) + charged
    return found


def _terms(agreements: Iterable[Agreement]) -> Mapping[str, CostTerms]:
    clauses: dict[str, AidClause] = {
        clause_name(paper, clause): clause for paper in agreements for clause in paper.clauses
    }
    return {name: clause.cost for name, clause in clauses.items()}


def _got_under_way(held: Assignment) -> bool:
    if held.status == AssignmentStatus.RESERVED:
        return False
    if held.status != AssignmentStatus.CANCELLED:
        return True
    return any(status in held.stamps for status in (AssignmentStatus.EN_ROUTE, AssignmentStatus.STAGING))


def _ended(held: Assignment, now: float) -> float:
    return held.stamps.get(held.status, now) if held.ended else now
