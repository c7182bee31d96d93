"""Records of assistance requests (docs/feed.md): who asked whom for what, and how far each answer has come.

Knows what each side of a request may see of it: the asker all of it, an agency asked its own answer and thread, an
auditor everything, anybody else nothing. Refuses to know the incident behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.assignment import Assignment
from domain.assistance import LIVE, Ask, AskState, AssistanceRequest, Said, deployments, state_of, unmet
from domain.commands import Role
from domain.granting import Audience
from domain.incident import short_number

Record = dict[str, Any]
_WORK = (Role.DISPATCHER, Role.COMMANDER, Role.AGENCY_ADMIN, Role.SERVICE, Role.BRIEFER)


def find_request_record(
    request: AssistanceRequest,
    assignments: Sequence[Assignment],
    capabilities: dict[str, tuple[str, ...]],
    version: int,
    audience: Audience,
    over: bool = False,
) -> Record | None:
    """A request as an audience may see it; None when it may not know of it.

    Once its incident is `over` nobody need answer any more: what still waited shows as withdrawn.
    """
    whole = audience.role == Role.AUDITOR or (audience.role in _WORK and audience.agency == request.agency)
    mine = {audience.agency} if audience.role in _WORK and audience.agency else set()
    asks = [ask for ask in request.asks if whole or ask.agency in mine]
    if not asks:
        return None
    thread = [said for said in request.thread if whole or not said.to or said.to in mine]
    return {
        "id": request.id,
        "incident": request.incident,
        "short": f"{short_number(request.incident)} {request.id.rpartition('|')[2]}",
        "agency": request.agency,
        "by": request.by,
        "needs": [{"capability": need.capability, "count": need.count} for need in request.needs],
        "unmet": [{"capability": need.capability, "count": need.count} for need in unmet(request, capabilities)]
        if whole
        else [],
        "within": request.within,
        "note": request.note,
        "asked_at": request.asked_at,
        "escalate_to": list(request.escalate_to) if whole else [],
        "asks": [_ask(request, ask, assignments, over) for ask in asks],
        "thread": [_said(said) for said in thread],
        "v": version,
    }


def _ask(request: AssistanceRequest, ask: Ask, assignments: Sequence[Assignment], over: bool) -> Record:
    sent = deployments(request, ask.agency, assignments)
    state = state_of(request, ask, assignments)
    return {
        "agency": ask.agency,
        "state": str(AskState.WITHDRAWN if over and state in LIVE else state),
        "asked_at": ask.asked_at,
        "deadline": ask.deadline,
        "acknowledged_by": ask.acknowledged_by,
        "acknowledged_at": ask.acknowledged_at,
        "offered": list(ask.offered),
        "accepted": list(ask.accepted),
        "deployed": [held.unit for held in sent if not held.ended],
        "released": [held.unit for held in sent if held.ended],
        "note": ask.note,
        "reason": ask.reason,
        "clause": ask.clause,
    }


def _said(said: Said) -> Record:
    return {"at": said.at, "agency": said.agency, "name": said.name, "text": said.text, "to": said.to}
