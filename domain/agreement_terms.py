"""The terms of one clause against one question: does it cover it, and if not, which term says no?

Knows hours, days, areas, kinds and roles. Refuses to know caps, papers and who wins (agreement.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.agreement import AidClause

Polygon = tuple[tuple[float, float], ...]
"""Corners (lon, lat), WGS 84."""

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _nowhere(polygon: Polygon) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class AidQuestion:
    """May `asker` use a unit of `owner` with these capabilities, for this, here, now?

    `areas` are the areas the incident lies in, `inside` whether it lies in a polygon; `hour` is the local hour of day,
    `weekday` the local day, Monday = 0; `role` is what the asker is, "" = whichever role may (for a proposal).
    """

    asker: str
    owner: str
    capabilities: tuple[str, ...]
    incident_type: str
    areas: Collection[str]
    when: float
    hour: int
    weekday: int = 0
    role: str = ""
    inside: Callable[[Polygon], bool] = _nowhere


@dataclass(frozen=True, slots=True)
class Term:
    """One term and whether it holds: `name` is the field's, `words` a sentence for people."""

    name: str
    holds: bool
    words: str


def between(clause: AidClause, question: AidQuestion) -> bool:
    """Whether a clause is about these two agencies in this direction."""
    return clause.giver == question.owner and clause.receiver == question.asker


def covers(clause: AidClause, question: AidQuestion) -> bool:
    """Whether every term of a clause holds."""
    return between(clause, question) and all(term.holds for term in terms(clause, question))


def terms(clause: AidClause, question: AidQuestion) -> Iterator[Term]:
    """Each term a clause sets, and whether it holds for the question; a term it leaves open is not among them."""
    if clause.capabilities:
        held = bool(set(clause.capabilities) & set(question.capabilities))
        kinds = ", ".join(question.capabilities) or "no capability"
        yield Term("capabilities", held, f"lends {', '.join(clause.capabilities)}; asked for {kinds}")
    if clause.incident_types:
        held = question.incident_type in clause.incident_types
        asked = question.incident_type or "no type"
        yield Term("incident_types", held, f"for {', '.join(clause.incident_types)}; this is {asked}")
    if clause.areas or clause.polygon:
        held = bool(set(clause.areas) & set(question.areas))
        held = held or (bool(clause.polygon) and question.inside(clause.polygon))
        drawn = ("an area drawn for this clause",) if clause.polygon else ()
        where = ", ".join(sorted(question.areas)) or "none of the areas on file"
        yield Term("areas", held, f"in {', '.join((*clause.areas, *drawn))}; the place lies in {where}")
    if clause.hours is not None or clause.days:
        yield Term("hours", _open(clause, question), f"{_times(clause)}; asked for {_moment(question)}")
    if clause.activated_by:
        held = not question.role or question.role in clause.activated_by
        asked = question.role or "any role"
        yield Term("activated_by", held, f"activated by {', '.join(clause.activated_by)}; asked by {asked}")


def _open(clause: AidClause, question: AidQuestion) -> bool:
    """Whether day and hour fit. A span past midnight belongs to the day it began on."""
    start, end = clause.hours if clause.hours is not None else (0, 24)
    days = clause.days or tuple(range(7))
    if start <= end:
        return start <= question.hour < end and question.weekday in days
    if question.hour >= start:
        return question.weekday in days
    return question.hour < end and (question.weekday - 1) % 7 in days


def _times(clause: AidClause) -> str:
    hours = f"{clause.hours[0]:02}-{clause.hours[1]:02} h" if clause.hours is not None else "all day"
    days = ", ".join(DAYS[day] for day in clause.days)
    return f"{hours} on {days}" if days else hours


def _moment(question: AidQuestion) -> str:
    return f"{DAYS[question.weekday % 7]}, {question.hour:02} h"
