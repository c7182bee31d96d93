"""Commands about agreements: drafted, proposed, signed, suspended, revoked.

Knows their shape only; see commands.py. `agreement` is an id; whose admin may give which is rules/agreements.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.agreement import Agreement


@dataclass(frozen=True, slots=True)
class DraftAgreement:
    """Write a new paper, or (with the id of a draft or a proposed one) other terms; signatures under the old are void.

    Of `terms` only what parties agree on counts: id, title, parties, clauses, shares, since, until.
    """

    terms: Agreement
    change: bool = False


@dataclass(frozen=True, slots=True)
class ProposeAgreement:
    """Lay a draft before its parties' admins."""

    agreement: str


@dataclass(frozen=True, slots=True)
class SignAgreement:
    """Sign for one's agency; `digest` is of the terms that were read: nobody signs what they did not see."""

    agreement: str
    digest: str


@dataclass(frozen=True, slots=True)
class SuspendAgreement:
    """Let it rest for a while; what is out under it stays out."""

    agreement: str
    reason: str


@dataclass(frozen=True, slots=True)
class ResumeAgreement:
    """Let it bind again."""

    agreement: str


@dataclass(frozen=True, slots=True)
class RevokeAgreement:
    """End it; what is out under it stays out. A draft or proposed paper is withdrawn."""

    agreement: str
    reason: str
