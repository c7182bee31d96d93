"""What the doors put on record: the one call they make for it.

Knows the call's shape. Refuses to know where records are kept: app.py hands that in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from domain.audit_entry import AuditEntry, audit_entry
from domain.identity import Identity


@dataclass(frozen=True, slots=True)
class Happening:
    """Something at a door: `kind` is a word of the audit log, `what` a sentence, `subject` a ref such as
    `account:NAME`, `address` where it came from, `rule` the rule that said no."""

    kind: str
    who: Identity
    what: str
    subject: str = ""
    address: str = ""
    rule: str = ""

    def entry(self) -> AuditEntry:
        """It as the audit log takes it."""
        return audit_entry(self.kind, self.who, self.what, subject=self.subject, rule=self.rule, address=self.address)


Record = Callable[[Happening], None]


def forget(happening: Happening) -> None:
    """For parts put together without an audit log."""
