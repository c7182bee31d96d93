"""Lets asks for assistance expire when nobody answered in time: nobody else would write it down.

Knows when to look. Refuses to know what follows (rules/assisting.py). Every process looks; the command's id is made of
the ask, so it happens once however many give it, and again after a crash.
"""

from __future__ import annotations

import asyncio
import logging

from data.link import BoardLink
from domain.commands import Actor, Envelope, ExpireAsk, Role

LOOK_SECONDS = 1.0
BOARD_ACTOR = Actor("Concord", "", Role.SERVICE, "board")
log = logging.getLogger("concord.deadlines")


async def watch_deadlines(link: BoardLink, pause: float = LOOK_SECONDS) -> None:
    """Look until cancelled."""
    while True:
        await asyncio.sleep(pause)
        if not link.projection.connected:
            continue
        now = link.board.head.time(link.now())
        due = [
            (request.id, ask.agency, ask.deadline)
            for incident in link.board.open_incidents()
            for request in link.board.requests_of(incident.id)
            for ask in request.asks
            if ask.state == "requested" and ask.deadline <= now
        ]
        for request, agency, deadline in due:
            # With the deadline: a refusal is remembered under its id, and a clock that runs anew must expire anew.
            command = Envelope(f"expire|{request}|{agency}|{deadline:.3f}", BOARD_ACTOR, ExpireAsk(request, agency))
            outcome = await link.send(command)
            if not outcome.accepted:
                log.debug("%s of %s is not expired: %s", request, agency, outcome.text)
