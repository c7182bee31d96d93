"""Clauses of agreements as TOML: aid and share, read and written.

Knows their spelling and the checks one clause needs for itself. Refuses to know parties and units (rules.py).

    [[agreement.clause]]                    [[agreement.share]]
    id = "c1"                               id = "s1"
    giver = "nfd"                           giver = "nfd"
    receiver = "sfd"                        receiver = "sfd"
    mode = "automatic"                      label = 2
    capabilities = ["ENGINE"]               purpose = "treatment"
    cap = 2                                 incident_types = ["CARDIAC_ARREST"]
    hours = [20, 6]                         sensitive = true
    days = ["Saturday", "Sunday"]
    polygon = [[-122.4, 37.7], [-122.3, 37.7], [-122.3, 37.8]]
    activated_by = ["commander"]
    free_hours = 12
    per_unit_hour = 180.0
"""

from __future__ import annotations

import re
from datetime import tzinfo

from data.regions import schema
from data.regions.tomltext import Table, moment_written
from domain.agreement import AidClause, AidMode, CostTerms
from domain.agreement_terms import DAYS
from domain.commands import Role
from domain.problem import did_you_mean
from domain.share_clause import Label, ShareClause

_CLAUSE_KEYS = (
    "id", "giver", "receiver", "mode", "capabilities", "incident_types", "areas", "cap", "hours", "days", "polygon",
    "activated_by", "free_hours", "per_unit_hour", "currency", "cost_note",
)  # fmt: skip
_SHARE_KEYS = (
    "id", "giver", "receiver", "label", "purpose", "incident_types", "areas", "sensitive", "since", "until",
)  # fmt: skip


def read_share(table: Table, zone: tzinfo) -> ShareClause:
    """A share clause; dates without a time begin at midnight in `zone`."""
    table.only(*_SHARE_KEYS)
    identity = table.text("id")
    if identity and not schema.PAPER_ID.fullmatch(identity):
        table.error("id has other signs than letters, digits, . _ -", "shorten it")
    label = table.count("label", int(Label.OPERATIONS))
    if label not in set(Label):
        words = "0 map, 1 operations, 2 caller, 3 patient, 4 criminal justice"
        table.error(f"label {label} is not one of 0 to 4", words)
        label = int(Label.OPERATIONS)
    purpose = table.text("purpose", "")
    if label >= Label.PATIENT and not purpose:
        table.error(f"label {label} is shared for a purpose", 'write purpose = "treatment", or what it is for')
    return ShareClause(
        identity,
        table.text("giver"),
        table.text("receiver"),
        Label(label),
        purpose,
        table.texts("incident_types"),
        table.texts("areas"),
        (),
        table.yes("sensitive", False),
        table.moment("since", zone),
        table.moment("until", zone),
    )


def read_clause(table: Table) -> AidClause:
    """An aid clause."""
    table.only(*_CLAUSE_KEYS)
    identity = table.text("id")
    if identity and not schema.PAPER_ID.fullmatch(identity):
        table.error("id has other signs than letters, digits, . _ -", "shorten it")
    mode = table.text("mode")
    if mode and mode not in set(AidMode):
        table.error(f'unknown mode "{mode[:80]}"', did_you_mean(mode, AidMode))
    cap = table.count("cap", 0)
    if cap < 0:
        table.error(f"cap {cap} is below nought", "0 means no cap")
    return AidClause(
        identity,
        table.text("giver"),
        table.text("receiver"),
        AidMode(mode) if mode in set(AidMode) else AidMode.ON_REQUEST,
        table.texts("capabilities"),
        table.texts("incident_types"),
        table.texts("areas"),
        cap,
        _hours(table),
        _days(table),
        _polygon(table),
        _activators(table),
        _cost(table),
    )


def _hours(table: Table) -> tuple[int, int] | None:
    value = table.values.get("hours")
    if value is None:
        return None
    whole = isinstance(value, list) and all(isinstance(n, int) and not isinstance(n, bool) for n in value)
    if not isinstance(value, list) or not whole or len(value) != 2 or not all(0 <= hour <= 24 for hour in value):
        table.error("hours is not two hours of the day", "write hours = [20, 6] for 20:00 to 06:00")
        return None
    if value[0] == value[1]:
        table.error("hours begin and end together, so the clause never holds", "leave hours out for always")
    return value[0], value[1]


def _days(table: Table) -> tuple[int, ...]:
    days = []
    for word in table.texts("days"):
        found = [at for at, name in enumerate(DAYS) if name[:3].casefold() == word[:3].casefold()]
        if not found:
            table.error(f"days: {word[:20]!r} is no day of the week", 'write days = ["Saturday", "Sunday"]')
        days += found
    return tuple(dict.fromkeys(days))


def _polygon(table: Table) -> tuple[tuple[float, float], ...]:
    value = table.values.get("polygon")
    if value is None:
        return ()
    corners = value if isinstance(value, list) else []
    pairs = [pair for pair in corners if isinstance(pair, list) and len(pair) == 2]
    numbers = all(isinstance(n, (int, float)) and not isinstance(n, bool) for pair in pairs for n in pair)
    if len(pairs) < 3 or len(pairs) != len(corners) or not numbers:
        example = "write polygon = [[-122.4, 37.7], [-122.3, 37.7], [-122.3, 37.8]]"
        table.error("polygon is not three corners or more", example)
        return ()
    for lon, lat in pairs:
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            table.error(f"polygon: corner {lon}, {lat} is no place", "write longitude first, then latitude")
            return ()
    return tuple((float(lon), float(lat)) for lon, lat in pairs)


def _cost(table: Table) -> CostTerms:
    figures = {}
    for key in ("free_hours", "per_unit_hour"):
        value = table.values.get(key, 0)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= 1_000_000:
            table.error(f"{key} is no figure of 0 or more", "write it as a number")
            value = 0
        figures[key] = float(value)
    currency = table.text("currency", "USD")
    if not re.fullmatch(r"[A-Z]{3}", currency):
        table.error(f"currency {currency[:20]!r} is no code of three letters", 'write currency = "USD"')
        currency = "USD"
    return CostTerms(**figures, currency=currency, note=table.text("cost_note", ""))


def _activators(table: Table) -> tuple[str, ...]:
    roles = table.texts("activated_by")
    if not set(roles) <= {Role.DISPATCHER, Role.COMMANDER, Role.SERVICE}:
        table.error("activated_by names a role that assigns no units", 'write activated_by = ["commander"]')
    return roles


def clause_pairs(clause: AidClause) -> list[tuple[str, object]]:
    """What is written of an aid clause; what has its default value is left out."""
    pairs: list[tuple[str, object]] = [(key, str(getattr(clause, key))) for key in ("id", "giver", "receiver", "mode")]
    optional = ("capabilities", "incident_types", "areas", "cap")
    pairs += [(key, getattr(clause, key)) for key in optional if getattr(clause, key)]
    pairs += [("hours", clause.hours)] if clause.hours is not None else []
    pairs += [("days", tuple(DAYS[day] for day in clause.days))] if clause.days else []
    pairs += [("polygon", [list(corner) for corner in clause.polygon])] if clause.polygon else []
    pairs += [("activated_by", clause.activated_by)] if clause.activated_by else []
    cost = clause.cost
    pairs += [(key, getattr(cost, key)) for key in ("free_hours", "per_unit_hour") if getattr(cost, key)]
    pairs += [("currency", cost.currency)] if cost.currency != "USD" else []
    return pairs + ([("cost_note", cost.note)] if cost.note else [])


def share_pairs(clause: ShareClause) -> list[tuple[str, object]]:
    """What is written of a share clause."""
    pairs: list[tuple[str, object]] = [(key, getattr(clause, key)) for key in ("id", "giver", "receiver")]
    pairs.append(("label", int(clause.label)))
    optional = ("purpose", "incident_types", "areas", "sensitive")
    pairs += [(key, getattr(clause, key)) for key in optional if getattr(clause, key)]
    return pairs + [(key, moment_written(getattr(clause, key))) for key in ("since", "until") if getattr(clause, key)]
