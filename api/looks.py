"""What people at their screens put on record by working: closer looks, refusals, overrides.

Knows which of them belong into the audit log, and that one look is one entry however often the page asks again.
"""

from __future__ import annotations

import time
from collections import OrderedDict

from data.audit_log import AuditLog
from domain.audit_entry import AuditKind, audit_entry
from domain.commands import Command
from domain.identity import Identity
from domain.outcome import Outcome, OutcomeStatus
from domain.share_clause import Label

ONE_LOOK_SECONDS = 600.0
"""A page asks again whenever the incident changes; for so long that is still the same look."""
REMEMBERED = 10_000


class Looks:
    """Puts them on record, one per process."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._seen: OrderedDict[tuple[str, str, int], float] = OrderedDict()

    async def viewed(self, identity: Identity, incident: str, label: Label) -> None:
        """Somebody is about to see label 2 or above of an incident. Raises StoreUnavailable: then they may not."""
        look, now = (identity.session, incident, int(label)), time.monotonic()
        if now - self._seen.get(look, -ONE_LOOK_SECONDS) < ONE_LOOK_SECONDS:
            return
        what = f"saw {label.name.lower().replace('_', ' ')} information of {incident}"
        await self._log.record(
            audit_entry(AuditKind.VIEWED, identity, what, subject=f"incident:{incident}", label=int(label))
        )
        self._seen[look] = now
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)

    def gave(self, identity: Identity, command: Command, outcome: Outcome, subject: str = "") -> None:
        """A command was answered; a refusal and an override go on record. `subject`: the ref it was about, where that
        is no incident."""
        name, subject = type(command).__name__, f"incident:{outcome.incident}" if outcome.incident else subject
        rule = outcome.decision.rule
        if outcome.status == OutcomeStatus.REFUSED:
            self._log.note(
                audit_entry(AuditKind.REFUSED, identity, f"{name}: {outcome.text}", subject=subject, rule=rule)
            )
        elif outcome.accepted and rule == "commander_override":
            what = f"{name}: {outcome.text}; {outcome.decision.reason}"
            self._log.note(audit_entry(AuditKind.OVERRIDE, identity, what, subject=subject, rule=rule))
