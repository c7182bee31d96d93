"""What becomes of an agreement by each of its events.

Knows the steps. Refuses to know who may take them (rules/agreements.py).
"""

from __future__ import annotations

from dataclasses import replace

from domain.agreement import Agreement, AgreementStatus
from domain.agreement_events import (
    AgreementDrafted,
    AgreementProposed,
    AgreementResumed,
    AgreementRevoked,
    AgreementSigned,
    AgreementSuspended,
)

AgreementStep = (
    AgreementDrafted | AgreementProposed | AgreementSigned | AgreementSuspended | AgreementResumed | AgreementRevoked
)


def stepped(paper: Agreement, event: AgreementStep) -> Agreement:
    """The paper after an event."""
    match event:
        case AgreementDrafted():
            return event.agreement
        case AgreementProposed():
            return replace(paper, status=AgreementStatus.PROPOSED)
        case AgreementSigned():
            status = AgreementStatus.IN_FORCE if event.complete else paper.status
            return replace(paper, status=status, signatures=(*paper.signatures, event.signature))
        case AgreementSuspended():
            return _ended(paper, AgreementStatus.SUSPENDED, event.when, event.by, event.reason)
        case AgreementResumed():
            return _ended(paper, AgreementStatus.IN_FORCE, 0.0, "", "")
        case AgreementRevoked():
            return _ended(paper, AgreementStatus.REVOKED, event.when, event.by, event.reason)


def _ended(paper: Agreement, status: AgreementStatus, at: float, by: str, reason: str) -> Agreement:
    return replace(paper, status=status, ended_at=at, ended_by=by, reason=reason)
