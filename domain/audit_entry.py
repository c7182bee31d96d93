"""Entries of the audit log: who came in, who was refused what, who looked closely at what.

Knows their shape and limits. Refuses to know where they are kept (data/audit_log.py). What changes the board is in the
board's own log; this one is about access.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.identity import Identity

LONGEST = 300
"""Characters of any text of an entry."""


class AuditKind(StrEnum):
    """What an entry is about."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    LOCKED_OUT = "locked_out"
    LOCK_RELEASED = "lock_released"
    SESSION_REVOKED = "session_revoked"
    REFUSED = "refused"
    OVERRIDE = "override"
    EXPORTED = "exported"
    VIEWED = "viewed"
    """Somebody saw label 2 or above."""
    AUDIT_VIEWED = "audit_viewed"
    ACCOUNT_CHANGED = "account_changed"
    TOKEN_CHANGED = "token_changed"
    VIEWED_AS = "viewed_as"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`what` is a sentence, `subject` a ref (`incident:SF-2026-000001`, `account:ada`), `rule` the rule that said no,
    `label` how closely held what was seen is."""

    kind: AuditKind
    account: str
    name: str
    agency: str
    role: str
    what: str
    subject: str = ""
    rule: str = ""
    label: int = 0
    session: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """An entry as the log keeps it: its number and the store's time."""

    seq: int
    at: float
    entry: AuditEntry


def audit_entry(
    kind: AuditKind | str, who: Identity, what: str, *, subject: str = "", rule: str = "", label: int = 0,
    address: str = "",
) -> AuditEntry:  # fmt: skip
    """An entry about somebody; texts are cut to LONGEST and rid of control characters."""
    return AuditEntry(
        AuditKind(kind),
        _clean(who.account),
        _clean(who.name),
        _clean(who.agency),
        str(who.role),
        _clean(what),
        _clean(subject),
        _clean(rule),
        label,
        who.session[:12],  # enough to tell sessions apart, nothing to carry one with
        _clean(address),
    )


def _clean(text: str) -> str:
    return "".join(char for char in text if char.isprintable())[:LONGEST]
