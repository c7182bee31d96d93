"""What becomes of an assistance request by each of its events.

Knows the steps. Refuses to know who may take them (rules/assisting.py).
"""

from __future__ import annotations

from dataclasses import replace

from domain.assistance import AskState, AssistanceRequest, Said
from domain.assistance_events import AskChanged, RequestDiscussed, RequestWithdrawn


def answered(request: AssistanceRequest, event: AskChanged | RequestWithdrawn | RequestDiscussed) -> AssistanceRequest:
    """The request after an event."""
    match event:
        case AskChanged():
            after = request.with_ask(event.ask.agency, event.ask)
            after = after.saying(event.said) if event.said else after
            return replace(after, asks=(*after.asks, event.escalated)) if event.escalated else after
        case RequestWithdrawn():
            over = tuple(replace(ask, state=AskState.WITHDRAWN) if ask.live else ask for ask in request.asks)
            words = "withdrawn" + (f": {event.reason}" if event.reason else "")
            return replace(request, asks=over).saying(Said(event.when, request.agency, "", words))
        case RequestDiscussed():
            return request.saying(event.said)
