"""From an envelope to a verdict: role, what was seen, then the command's own rule.

Knows the order of the questions. Refuses to know any subject's rule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.board import Board
from domain.commands import (
    STALE_AFTER,
    AddNote,
    AssignUnits,
    ChangePriority,
    ChangeStatus,
    CloseIncident,
    Envelope,
    OpenBoard,
    RegisterAgencies,
    RegisterAgreements,
    RegisterUnits,
    ReportIncident,
    SetClock,
    SetDuty,
)
from domain.decision import refuse
from domain.errors import BadCommand
from domain.rules import assigning, incidents, setup
from domain.rules.roles import may_give
from domain.rules.verdict import Facts, Verdict, no

Rule = Callable[[Board, Any, Envelope, float, Facts], Verdict]

RULES: dict[type, Rule] = {
    OpenBoard: setup.open_board,
    SetClock: setup.set_clock,
    RegisterAgencies: setup.register_agencies,
    RegisterUnits: setup.register_units,
    RegisterAgreements: setup.register_agreements,
    ReportIncident: incidents.report,
    ChangePriority: incidents.change_priority,
    AddNote: incidents.add_note,
    CloseIncident: incidents.close,
    AssignUnits: assigning.assign,
    ChangeStatus: assigning.change_status,
    SetDuty: assigning.set_duty,
}


def decide(board: Board, envelope: Envelope, server_time: float, facts: Facts) -> Verdict:
    """Answer a command against the board as it is at `server_time` (seconds since the epoch).

    Raises BadCommand for a command that cannot mean anything; every other no is in the Verdict.
    """
    command = envelope.command
    rule = RULES.get(type(command))
    if rule is None:
        raise BadCommand(f"{type(command).__name__} is not a command")
    if envelope.issued_at and server_time - envelope.issued_at > STALE_AFTER:
        age = server_time - envelope.issued_at
        return no(
            refuse("stale", f"this command is {age:.0f} s old; older than {STALE_AFTER:.0f} s is refused", "look again")
        )
    permitted = may_give(envelope.actor, command)
    if not permitted.allowed:
        return no(permitted)
    verdict = rule(board, command, envelope, server_time, facts)
    if not verdict.decision.allowed:
        # A plain no says more than "something changed": it names the holder or the rule.
        return verdict
    for ref, seen in envelope.expected.items():
        if board.version(ref) != seen:
            changed = refuse("changed_since_seen", f"{ref} changed since you looked", "look again, then repeat")
            return no(changed, incident=verdict.incident, conflict=ref)
    return verdict
