"""What a fault campaign's record must show, judged by a model that shares nothing with the board's own code.

Knows the recorded calls, the raw log and the simplest idea of who holds a unit. The five figures must all be 0.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.integration.faults.linearizable import UNKNOWN, Operation, is_linearizable

HELD = ("unit_active_elsewhere", "already_assigned")
"""Rules that say no because somebody holds the unit."""
SAYS_NOTHING = ("too_busy", "stale")
"""Rules whose no tells nothing about the unit."""


FIGURES = ("acknowledged_lost", "two_active", "left_unknown", "refused_but_happened", "not_linearizable")
"""The findings that must be 0."""


@dataclass(slots=True)
class Findings:
    """What one seed showed. The first five must be 0."""

    seed: int
    acknowledged_lost: int = 0
    two_active: int = 0
    left_unknown: int = 0
    refused_but_happened: int = 0
    not_linearizable: int = 0
    commands: int = 0
    accepted: int = 0
    asked_again: int = 0
    """commands whose worker was killed before it knew, asked for again under their id"""
    faults: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether exactly one truth remained."""
        return not any(
            (
                self.acknowledged_lost,
                self.two_active,
                self.left_unknown,
                self.refused_but_happened,
                self.not_linearizable,
            )
        )


def calls_in(folder: Path) -> list[Path]:
    """The files workers have written to."""
    return [path for path in sorted(folder.glob("*.calls")) if path.stat().st_size]


def read_calls(folder: Path) -> dict[str, dict[str, Any]]:
    """Every call by id, with what became of it under `known` where told; a line cut by a kill is passed over."""
    calls: dict[str, dict[str, Any]] = {}
    for path in calls_in(folder):
        for line in path.read_bytes().split(b"\n"):
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if entry["t"] == "call":
                calls[entry["id"]] = entry
            else:
                calls[entry["id"]]["known"] = entry
    return calls


def judge(seed: int, calls: dict[str, dict[str, Any]], log: list[tuple[str, dict[str, Any]]]) -> Findings:
    """Hold calls against the log, given as (kind, body) in order; the first entry has sequence number 1."""
    found = Findings(seed, commands=len(calls))
    happened = {body["command"]: seq for seq, (_, body) in enumerate(log, start=1)}
    for call in calls.values():
        known = call.get("known")
        if known is None:
            found.left_unknown += 1
        elif known["status"] == "accepted":
            found.accepted += 1
            if happened.get(call["id"]) != known["seq"]:
                found.acknowledged_lost += 1
                found.notes.append(f"{call['id']} was acknowledged as event {known['seq']}: {call['asked']}")
        elif call["id"] in happened:
            found.refused_but_happened += 1
            found.notes.append(f"{call['id']} was told {known['rule']} and is event {happened[call['id']]}")
        elif known["rule"] not in (*HELD, *SAYS_NOTHING, "assignment_ended"):
            found.notes.append(f"{call['id']} was told {known['status']}/{known['rule']}: unforeseen")
    holders = holders_by_log(log, found)
    histories = histories_by_unit(calls)
    for unit, history in histories.items():
        after = max((operation.replied for operation in history if operation.replied < math.inf), default=0.0) + 1
        history.append(Operation(after, after + 1, ("look", ""), holders.get(unit, "")))
        if not is_linearizable(history, (unit, "", ()), step):
            found.not_linearizable += 1
            found.notes.append(f"no order of the {len(history)} operations on {unit} explains the answers")
    return found


def holders_by_log(log: list[tuple[str, dict[str, Any]]], found: Findings) -> dict[str, str]:
    """Who holds each unit at the end, told by the log alone; counts units on two active assignments on the way."""
    holders: dict[str, str] = {}
    for seq, (kind, body) in enumerate(log, start=1):
        event = body["event"]
        if kind == "UnitAssigned":
            made = event["assignment"]
            if made["unit"] in holders:
                found.two_active += 1
                found.notes.append(f"event {seq} gives {made['unit']} to a second assignment")
            holders[made["unit"]] = made["id"]
        elif kind == "AssignmentStatusChanged" and holders.get(event["unit"]) == event["assignment"]:
            del holders[event["unit"]]  # the campaign knows no other step than clearing
    return holders


def histories_by_unit(calls: dict[str, dict[str, Any]]) -> dict[str, list[Operation]]:
    """Operations of each unit: units share nothing, so each may be checked by itself."""
    histories: dict[str, list[Operation]] = {}
    for call in calls.values():
        what, subject, incident = call["asked"]
        unit = subject if what == "claim" else subject.split("|")[1]
        asked = ("claim", incident) if what == "claim" else ("clear", subject)
        known = call.get("known")
        if known is None:
            histories.setdefault(unit, []).append(Operation(call["at"], math.inf, asked, UNKNOWN))
        elif (result := _result(known)) is not None:
            histories.setdefault(unit, []).append(Operation(call["at"], known["at"], asked, result))
    return histories


def _result(known: dict[str, Any]) -> str | None:
    if known["status"] == "accepted":
        return "done"
    if known["rule"] in HELD:
        return "held"
    return "ended" if known["rule"] == "assignment_ended" else None


State = tuple[str, str, tuple[tuple[str, int], ...]]
"""The unit, the assignment it is on ("" if free), and how often it was on each incident."""


def step(state: State, asked: tuple[str, str]) -> tuple[State, str]:
    """The simplest idea of one unit."""
    unit, holder, times = state
    what, subject = asked
    if what == "look":
        return state, holder
    if what == "clear":
        return ((unit, "", times), "done") if holder == subject else (state, "ended")
    if holder:
        return state, "held"
    before = dict(times)
    before[subject] = before.get(subject, 0) + 1
    return (unit, f"{subject}|{unit}|{before[subject]}", tuple(sorted(before.items()))), "done"
