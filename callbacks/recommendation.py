"""From a selected incident to the units that could go, each with why and under which authority."""

from __future__ import annotations

from collections import Counter
from typing import Any

from dash import Dash, Input, Output, no_update

from callbacks.desk import Desk
from data.who import get_identity
from domain.board import Board
from domain.commands import Role
from domain.decision import Decision
from domain.errors import UnknownAgency, UnknownIncident
from domain.incident import short_number
from domain.recommendation import Recommendation, Suggestion
from domain.response import response_from, starts_near
from layouts import ids
from layouts.panels.recommendation import (
    RecommendationView,
    RecommendedRow,
    no_recommendation,
    recommendation_panel,
)
from layouts.problem import problem

AUTHORITY = {
    "own_agency": "own",
    "automatic_aid": "automatic",
    "assistance": "automatic",
    "on_request": "request",
    "clause_cap_reached": "request",
}
WORDS = {
    "no_agreement": "no agreement",
    "on_request": "on request: ask first",
    "clause_cap_reached": "auto-aid used up: ask",
}
"""Short words for a chip; the full reason is given when somebody tries."""
SHOWN = 14


def register(app: Dash, desk: Desk) -> None:
    """Wire query and panel."""

    @app.callback(Output(ids.RECOMMENDATION, "children"), Input(ids.RECOMMEND_QUERY, "data"), prevent_initial_call=True)
    async def answer(data: Any) -> Any:
        if not isinstance(data, dict):
            return no_update
        number = str(data.get("incident") or "")
        if not number:
            return no_recommendation()
        board = desk.link.board
        audience = get_identity().audience
        asker = audience.agency
        try:
            incident = desk.views.get_known(number, audience, desk.link.now())
            board.get_agency(asker)
        except (UnknownIncident, UnknownAgency) as unknown:
            return problem(str(unknown), "choose another")
        starts = starts_near(board, incident, desk.link.positions, desk.nearby, desk.facts)
        trips = await desk.trips(incident.lon, incident.lat, starts)
        # The board went on while an engine was asked; the answer is about the board as it is now.
        board = desk.link.board
        try:
            incident = desk.views.get_known(number, audience, desk.link.now())
            board.get_agency(asker)
        except (UnknownIncident, UnknownAgency) as unknown:
            return problem(str(unknown), "choose another")
        now, role = board.head.time(desk.link.now()), get_identity().role
        # Who sends sees what they may send themselves; who only looks sees what somebody of the agency may.
        sends = str(role) if role in (Role.DISPATCHER, Role.COMMANDER) else ""
        found = response_from(board, incident, asker, starts, trips, desk.facts, now, role=sends)
        return recommendation_panel(_view(number, found, board))


def _short(decision: Decision) -> str:
    """A decision on a chip: "auto-aid, clause 3, 1 of 2 used"; the paper's title is in the full reason."""
    if decision.rule == "automatic_aid":
        return f"auto-aid, clause {decision.reason.rpartition(', clause ')[2]}"
    if decision.rule == "assistance":
        return f"promised, {decision.reason.rpartition('request ')[2]}"
    return WORDS.get(decision.rule, decision.reason)


def _view(number: str, found: Recommendation, board: Board) -> RecommendationView:
    shown = [(one, True) for one in found.chosen] + [(one, False) for one in found.alternates]
    # Said once for most; a row found in another way says so itself.
    methods = Counter(one.candidate.method for one, _ in shown[:SHOWN])
    usual = methods.most_common(1)[0][0] if methods else ""
    rows = tuple(_row(number, one, chosen, board, usual) for number, (one, chosen) in enumerate(shown[:SHOWN], start=1))
    missing = tuple(f"{need.count} {need.capability}" for need in found.missing)
    return RecommendationView(number, short_number(number), rows, usual, missing)


def _row(number: int, suggestion: Suggestion, recommended: bool, board: Board, usual: str) -> RecommendedRow:
    candidate = suggestion.candidate
    agency = board.get_agency(candidate.unit.agency)
    return RecommendedRow(
        key=str(number) if number <= 9 else "",
        unit=candidate.unit.id,
        callsign=candidate.unit.callsign,
        agency=agency.short,
        kind=candidate.unit.kind,
        status=candidate.status,
        travel=candidate.travel_seconds,
        method="" if candidate.method == usual else candidate.method,
        distance=candidate.distance,
        capability=suggestion.fills,
        authority=_short(candidate.decision),
        authority_in_full=candidate.decision.reason,
        authority_kind=AUTHORITY.get(candidate.decision.rule, "none"),
        allowed=candidate.sendable,
        recommended=recommended,
        discipline=str(agency.discipline),
    )
