"""From the fields of the agreement form to terms, and back: every field as it was typed.

Knows the form's names and what may stand in each field. Refuses to know whether the terms may be: the rule says so
(domain/rules/agreements.py).
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.agreement import Agreement, AidClause, AidMode, CostTerms
from domain.agreement_terms import DAYS
from domain.errors import BadCommand
from domain.share_clause import Label, ShareClause

AID_FIELDS = (
    "id", "giver", "receiver", "mode", "capabilities", "incident_types", "areas", "cap", "hours", "days", "polygon",
    "activated_by", "free_hours", "per_unit_hour", "currency", "cost_note",
)  # fmt: skip
SHARE_FIELDS = (
    "id", "giver", "receiver", "label", "purpose", "incident_types", "areas", "incidents", "sensitive", "since",
    "until",
)  # fmt: skip
ALWAYS_SAID = frozenset({"mode", "label"})
"""What a browser sends of a row nobody filled in: a list to choose from has always something chosen."""
RESERVED = ("draft", "try")
"""Ids a paper's page could not have: the office's own pages stand there."""
Row = dict[str, str]


@dataclass(slots=True)
class Typed:
    """The form as it was typed."""

    id: str = ""
    title: str = ""
    parties: str = ""
    since: str = ""
    until: str = ""
    clauses: list[Row] = field(default_factory=list)
    shares: list[Row] = field(default_factory=list)


def typed(form: Mapping[str, str]) -> Typed:
    """What a form's fields say; rows that were emptied altogether are left out."""
    found = Typed(*(form.get(name, "").strip() for name in ("id", "title", "parties", "since", "until")))
    for kind, names, rows in (("aid", AID_FIELDS, found.clauses), ("share", SHARE_FIELDS, found.shares)):
        for number in itertools.count():
            row = {name: form.get(f"{kind}.{number}.{name}", "").strip() for name in names}
            if f"{kind}.{number}.id" not in form:
                break
            if not form.get(f"{kind}.{number}.remove") and any(row[name] for name in names if name not in ALWAYS_SAID):
                rows.append(row)
    return found


def terms_of(form: Typed, zone: ZoneInfo) -> Agreement:
    """The terms a form says. Raises BadCommand naming the clause, the field and the remedy."""
    if form.id in RESERVED:
        raise BadCommand(f"agreement id {form.id!r} is taken by a page of this office; choose another")
    return Agreement(
        form.id,
        form.title,
        tuple(_words(form.parties)),
        tuple(_aid(row) for row in form.clauses),
        _moment(form.since, "since", "the paper", zone),
        _moment(form.until, "until", "the paper", zone),
        shares=tuple(_share(row, zone) for row in form.shares),
    )


def typed_of(paper: Agreement, zone: ZoneInfo) -> Typed:
    """The form that says a paper's terms."""
    return Typed(
        paper.id,
        paper.title,
        " ".join(paper.parties),
        _day(paper.since, zone),
        _day(paper.until, zone),
        [
            {
                "id": clause.id,
                "giver": clause.giver,
                "receiver": clause.receiver,
                "mode": str(clause.mode),
                "capabilities": " ".join(clause.capabilities),
                "incident_types": " ".join(clause.incident_types),
                "areas": " ".join(clause.areas),
                "cap": str(clause.cap or ""),
                "hours": f"{clause.hours[0]}-{clause.hours[1]}" if clause.hours else "",
                "days": " ".join(DAYS[day] for day in clause.days),
                "polygon": json.dumps(clause.polygon) if clause.polygon else "",
                "activated_by": " ".join(clause.activated_by),
                "free_hours": f"{clause.cost.free_hours:g}" if clause.cost.free_hours else "",
                "per_unit_hour": f"{clause.cost.per_unit_hour:g}" if clause.cost.per_unit_hour else "",
                "currency": clause.cost.currency if clause.cost != CostTerms() else "",
                "cost_note": clause.cost.note,
            }
            for clause in paper.clauses
        ],
        [
            {
                "id": clause.id,
                "giver": clause.giver,
                "receiver": clause.receiver,
                "label": str(int(clause.label)),
                "purpose": clause.purpose,
                "incident_types": " ".join(clause.incident_types),
                "areas": " ".join(clause.areas),
                "incidents": " ".join(clause.incidents),
                "sensitive": "yes" if clause.sensitive else "",
                "since": _day(clause.since, zone),
                "until": _day(clause.until, zone),
            }
            for clause in paper.shares
        ],
    )


def _aid(row: Row) -> AidClause:
    where = f"clause {row['id'] or '(without id)'}"
    try:
        mode = AidMode(row["mode"])
    except ValueError:
        raise BadCommand(f"{where}: mode is automatic or on_request") from None
    return AidClause(
        row["id"],
        row["giver"],
        row["receiver"],
        mode,
        tuple(word.upper() for word in _words(row["capabilities"])),
        tuple(word.upper() for word in _words(row["incident_types"])),
        tuple(_words(row["areas"])),
        _count(row["cap"], "cap", where),
        _hours(row["hours"], where),
        _days(row["days"], where),
        _polygon(row["polygon"], where),
        tuple(_words(row["activated_by"])),
        CostTerms(
            _figure(row["free_hours"], "free hours", where),
            _figure(row["per_unit_hour"], "cost per unit-hour", where),
            row["currency"].upper() or "USD",
            row["cost_note"],
        ),
    )


def _share(row: Row, zone: ZoneInfo) -> ShareClause:
    where = f"clause {row['id'] or '(without id)'}"
    label = _count(row["label"] or "1", "label", where)
    if label not in set(Label):
        raise BadCommand(f"{where}: label is 0 map, 1 operations, 2 caller, 3 patient or 4 criminal justice")
    return ShareClause(
        row["id"],
        row["giver"],
        row["receiver"],
        Label(label),
        row["purpose"],
        tuple(word.upper() for word in _words(row["incident_types"])),
        tuple(_words(row["areas"])),
        tuple(_words(row["incidents"])),
        bool(row["sensitive"]),
        _moment(row["since"], "since", where, zone),
        _moment(row["until"], "until", where, zone),
    )


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _count(text: str, name: str, where: str) -> int:
    if text and not (text.isascii() and text.isdigit() and len(text) < 8):
        raise BadCommand(f"{where}: {name} {text[:20]!r} is no whole number")
    return int(text or 0)


def _figure(text: str, name: str, where: str) -> float:
    try:
        figure = float(text or 0)
    except ValueError:
        raise BadCommand(f"{where}: {name} {text[:20]!r} is no figure") from None
    if not 0 <= figure < 1e9:
        raise BadCommand(f"{where}: {name} {text[:20]!r} is not 0 or more")
    return figure


def _hours(text: str, where: str) -> tuple[int, int] | None:
    if not text:
        return None
    span = re.fullmatch(r"(\d{1,2})\s*-\s*(\d{1,2})", text, re.ASCII)
    if span is None:
        raise BadCommand(f"{where}: hours {text[:20]!r}; write 20-6 for 20:00 to 06:00")
    return int(span[1]), int(span[2])


def _days(text: str, where: str) -> tuple[int, ...]:
    days = []
    for word in _words(text):
        found = [at for at, name in enumerate(DAYS) if len(word) >= 2 and name.casefold().startswith(word.casefold())]
        if len(found) != 1:
            raise BadCommand(f"{where}: {word[:20]!r} is no day of the week; write Saturday Sunday")
        days += found
    return tuple(dict.fromkeys(days))


def _polygon(text: str, where: str) -> tuple[tuple[float, float], ...]:
    if not text:
        return ()
    try:
        corners = json.loads(text)
        return tuple((float(lon), float(lat)) for lon, lat in corners)
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise BadCommand(f"{where}: polygon; write [[-122.4, 37.7], [-122.3, 37.7], [-122.3, 37.8]]") from None


def _moment(text: str, name: str, where: str, zone: ZoneInfo) -> float:
    if not text:
        return 0.0
    try:
        return local_time(text, zone)
    except ValueError:
        raise BadCommand(f"{where}: {name} {text[:30]!r} is no date; write 2026-11-27, or 2026-11-27T08:00") from None


def local_time(text: str, zone: ZoneInfo) -> float:
    """A date and time of day in `zone`, in seconds since the epoch. Raises ValueError, also where it names a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None or not 1969 <= moment.year <= 2999:
        raise ValueError(text)
    return moment.replace(tzinfo=zone).timestamp()


def _day(when: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(when, zone).replace(tzinfo=None, microsecond=0).isoformat() if when else ""
