"""Agreements and response plans: the two written papers of a pack, as TOML.

Knows their spelling and the checks one paper needs for itself. Refuses to know the agencies and units they
speak of (rules.py).

    [[agreement]]                           [[plan]]
    id = "auto-aid"                         code = "STRUCTURE_FIRE"
    title = "Automatic aid, north"          name = "Structure fire"
    parties = ["nfd", "sfd"]                symbol = "F"
    since = 2024-07-01                      discipline = "fire"
    until = 2029-07-01                      priority = 1
                                            alarms = [["3 ENGINE", "1 LADDER"], ["2 ENGINE"]]
    [[agreement.clause]]
    id = "c1"
    giver = "nfd"
    receiver = "sfd"
    mode = "automatic"
    capabilities = ["ENGINE"]
    cap = 2
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from pathlib import Path

from data.regions import schema
from data.regions.clauses import clause_pairs, read_clause, read_share, share_pairs
from data.regions.tables import Findings
from data.regions.tomltext import Table, moment_written, read_toml, write_pairs
from domain.agency import Discipline
from domain.agreement import Agreement
from domain.problem import did_you_mean
from domain.response_plan import Need, ResponsePlan

_AGREEMENT_KEYS = ("id", "title", "parties", "since", "until", "modelled", "clause", "share")
_PLAN_NEEDED = ("code", "name", "symbol", "discipline", "priority", "alarms")
_PLAN_OPTIONAL = ("common", "checklist", "sensitive", "transports")


def read_agreements(path: Path, zone: tzinfo, findings: Findings) -> list[tuple[int | None, Agreement]]:
    """The agreements of a file with the line each begins on. Dates without a time begin at midnight in `zone`."""
    document = read_toml(path, findings)
    if document is None:
        return []
    document.root.only("agreement")
    tables = document.tables("agreement")
    lines = iter(document.headers.get("agreement.clause", ()))
    counts = [len(each) if isinstance(each := table.values.get("clause", []), list) else 0 for table in tables]
    known = sum(counts) == len(document.headers.get("agreement.clause", ()))
    read = []
    for table, count in zip(tables, counts, strict=True):
        clause_lines = [next(lines) for _ in range(count)] if known else None
        read.append((table.line, _agreement(table, zone, clause_lines)))
    return read


def _agreement(table: Table, zone: tzinfo, clause_lines: list[int] | None) -> Agreement:
    table.only(*_AGREEMENT_KEYS)
    identity = table.text("id")
    if identity and not schema.PAPER_ID.fullmatch(identity):
        table.error("id has other signs than letters, digits, . _ -", "shorten it")
    since, until = table.moment("since", zone), table.moment("until", zone)
    if until and until <= since:
        table.error("until is not after since", "mend one of the dates")
    clauses = tuple(read_clause(each) for each in table.tables("clause", clause_lines))
    shares = tuple(read_share(each, zone) for each in table.tables("share"))
    if not clauses and not shares:
        table.warn("it has no clause, so it grants nothing", "add [[agreement.clause]] or [[agreement.share]]")
    return Agreement(
        identity,
        table.text("title"),
        table.texts("parties", required=True),
        clauses,
        since,
        until,
        table.yes("modelled", False),
        shares,
    )


def read_plans(path: Path, findings: Findings) -> list[tuple[int | None, ResponsePlan]]:
    """The response plans of a file with the line each begins on."""
    document = read_toml(path, findings)
    if document is None:
        return []
    document.root.only("plan")
    return [(table.line, _plan(table)) for table in document.tables("plan")]


def _plan(table: Table) -> ResponsePlan:
    table.only(*_PLAN_NEEDED, *_PLAN_OPTIONAL)
    code, symbol, discipline = table.text("code"), table.text("symbol"), table.text("discipline")
    if code and not schema.WORD.fullmatch(code):
        table.error("code has other signs than capitals, digits and _", "write it like STRUCTURE_FIRE")
    if len(symbol) > 2:
        table.error(f'symbol "{symbol[:20]}" does not fit the map\'s diamond', "one letter, two at most")
    if discipline and discipline not in set(Discipline):
        table.error(f'unknown discipline "{discipline[:80]}"', did_you_mean(discipline, Discipline))
    priority = table.count("priority")
    if "priority" in table.values and priority not in (1, 2, 3, 4):
        table.error(f"priority {priority} is not one of 1 (most urgent), 2, 3, 4", "choose one")
    return ResponsePlan(
        code,
        table.text("name"),
        symbol,
        discipline,
        priority,
        _alarms(table),
        table.text("common", ""),
        table.texts("checklist"),
        table.yes("sensitive", False),
        table.yes("transports", False),
    )


def _alarms(table: Table) -> tuple[tuple[Need, ...], ...]:
    example = 'write alarms = [["3 ENGINE", "1 LADDER"], ["2 ENGINE"]]'
    value = table.values.get("alarms")
    if not isinstance(value, list) or not value or not all(isinstance(level, list) for level in value):
        table.error("alarms is not a list of alarm levels", example)
        return ()
    levels = []
    for level in value:
        needs = []
        for each in level:
            match = schema.NEED.fullmatch(each.strip()) if isinstance(each, str) else None
            if match is None or int(match[1] or 1) < 1:
                table.error(f"alarms: {str(each)[:40]!r} is not a count and a capability", example)
            else:
                needs.append(Need(match[2], int(match[1] or 1)))
        levels.append(tuple(needs))
    return tuple(levels)


def written_agreements(agreements: Iterable[Agreement]) -> str:
    """The text of agreements.toml; what has its default value is left out."""
    parts = []
    for each in agreements:
        pairs: list[tuple[str, object]] = [("id", each.id), ("title", each.title), ("parties", each.parties)]
        pairs += [(key, moment_written(when)) for key, when in (("since", each.since), ("until", each.until)) if when]
        pairs += [("modelled", True)] if each.modelled else []
        parts.append("[[agreement]]\n" + write_pairs(pairs))
        parts += ["[[agreement.clause]]\n" + write_pairs(clause_pairs(clause)) for clause in each.clauses]
        parts += ["[[agreement.share]]\n" + write_pairs(share_pairs(clause)) for clause in each.shares]
    return "\n".join(parts)


def written_plans(plans: Iterable[ResponsePlan]) -> str:
    """The text of response_plans.toml; what has its default value is left out."""
    parts = []
    for each in plans:
        pairs: list[tuple[str, object]] = [("code", each.code), ("name", each.name), ("symbol", each.symbol)]
        pairs += [("discipline", str(each.discipline)), ("priority", each.priority)]
        pairs += [("alarms", [[f"{need.count} {need.capability}" for need in level] for level in each.alarms])]
        pairs += [(key, getattr(each, key)) for key in _PLAN_OPTIONAL if getattr(each, key)]
        parts.append("[[plan]]\n" + write_pairs(pairs))
    return "\n".join(parts)
