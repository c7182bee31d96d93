"""Events about agreements.

Knows their shape only; see events.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.agreement import Agreement, Signature


@dataclass(frozen=True, slots=True)
class AgreementDrafted:
    """A paper was written, or written anew; `agreement` is all of it."""

    agreement: Agreement
    when: float


@dataclass(frozen=True, slots=True)
class AgreementProposed:
    """It lies before its parties."""

    agreement: str
    by: str
    when: float


@dataclass(frozen=True, slots=True)
class AgreementSigned:
    """A party signed; with the last one it is in force."""

    agreement: str
    signature: Signature
    complete: bool
    when: float


@dataclass(frozen=True, slots=True)
class AgreementSuspended:
    """It rests."""

    agreement: str
    by: str
    reason: str
    when: float


@dataclass(frozen=True, slots=True)
class AgreementResumed:
    """It binds again."""

    agreement: str
    by: str
    when: float


@dataclass(frozen=True, slots=True)
class AgreementRevoked:
    """It is over."""

    agreement: str
    by: str
    reason: str
    when: float
