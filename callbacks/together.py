"""From all incidents that wait to the units suggested for all of them together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, no_update

from callbacks.desk import Desk
from callbacks.recommendation import AUTHORITY
from data.who import get_identity
from domain.board import Board
from domain.errors import UnknownAgency
from domain.granting import Audience
from domain.response import Start, Trip
from domain.response_plan import Need
from domain.together import Sent, Share, suggest_together
from domain.waiting import concerning, most_offered, starts_for, waiting_incidents, within_limits
from layouts import ids
from layouts.panels.together import NeedRow, SentRow, TogetherView, WaitingRow, answered, together_panel
from layouts.problem import problem

AT_ONCE = 8
"""Incidents whose ways are asked for at the same time, should an engine outside this process be asked."""


def register(app: Dash, desk: Desk) -> None:
    """Wire query and panel."""

    @app.callback(Output(ids.TOGETHER, "children"), Input(ids.TOGETHER_QUERY, "data"), prevent_initial_call=True)
    async def answer(data: Any) -> Any:
        if not isinstance(data, dict):
            return no_update
        audience, asked = get_identity().audience, str(data.get("t") or "")
        try:
            desk.link.board.get_agency(audience.agency)
        except UnknownAgency as unknown:
            return answered(problem(str(unknown), "choose another"), asked)
        now = desk.link.now()
        board = desk.link.board
        seen = (one for one in board.open_incidents() if desk.views.may_know_of(one.id, audience, now))
        everywhere = waiting_incidents(seen, board, desk.facts)
        waiting = concerning(everywhere, audience.agency, board, desk.facts, board.head.time(now))
        weighed = within_limits(waiting)
        most, starts, trips = most_offered(weighed), dict[str, Sequence[Start]](), dict[str, Sequence[Trip]]()
        for first in range(0, len(weighed), AT_ONCE):
            some = weighed[first : first + AT_ONCE]
            near = starts_for(some, board, audience.agency, desk.link.positions, desk.nearby, most)
            found = await asyncio.gather(
                *(desk.trips(one.incident.lon, one.incident.lat, near[one.incident.id]) for one in some)
            )
            starts |= near
            trips |= {one.incident.id: ways for one, ways in zip(some, found, strict=True)}
            await asyncio.sleep(0)  # others' turn: forty incidents take a tenth of a second
        # The board went on meanwhile; the answer is about the board as it is now.
        board = desk.link.board
        shared = suggest_together(
            board, audience.agency, starts, trips, desk.jointly, desk.facts, board.head.time(desk.link.now())
        )
        panel = together_panel(
            TogetherView(
                tuple(row for share in shared.shares if (row := _row(desk, share, board, audience, now))),
                left_out=len(waiting) - len(weighed),
                elsewhere=len(everywhere) - len(waiting),
                method="; ".join(dict.fromkeys(one.trip.method for share in shared.shares for one in share.sent)),
            )
        )
        return answered(panel, asked)


def _row(desk: Desk, share: Share, board: Board, audience: Audience, now: float) -> WaitingRow | None:
    record = desk.views.find_incident(share.waiting.incident, audience, now)
    if record is None:
        return None
    return WaitingRow(
        incident=record["id"],
        short=record["short"],
        name=record["name"],
        symbol=record["symbol"],
        address=record.get("address", ""),
        priority=record["priority"],
        received=record["received"],
        needs=tuple(_need(need, share, board) for need in share.waiting.needs),
    )


def _need(need: Need, share: Share, board: Board) -> NeedRow:
    sent = tuple(_sent(one, board) for one in share.sent if one.fills == need.capability)
    return NeedRow(need.capability, sent, need.count - len(sent))


def _sent(one: Sent, board: Board) -> SentRow:
    unit = one.unit
    agency = board.get_agency(unit.agency)
    return SentRow(
        unit.id,
        unit.callsign,
        agency.short,
        str(agency.discipline),
        one.trip.seconds,
        one.decision.reason,
        AUTHORITY.get(one.decision.rule, "none"),
    )
