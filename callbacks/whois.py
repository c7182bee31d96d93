"""From a point on the map to "who is responsible here?"."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, no_update

from callbacks.desk import Desk
from domain.agency import SERVICE_NAMES
from domain.board import Board
from domain.errors import BadCommand, UnknownAgency
from domain.incident import check_place
from domain.jurisdiction import ServiceAnswer, gaps
from layouts import ids
from layouts.panels.whois import WhoisEntry, WhoisRow, WhoisView, whois_panel
from layouts.problem import problem


def register(app: Dash, desk: Desk) -> None:
    """Wire query and panel."""

    @app.callback(Output(ids.WHOIS, "children"), Input(ids.WHOIS_QUERY, "data"), prevent_initial_call=True)
    async def answer(data: Any) -> Any:
        if not data:
            return no_update
        try:
            lon, lat = check_place(float(data["lon"]), float(data["lat"]))
        except (BadCommand, KeyError, TypeError, ValueError) as wrong:
            return problem(f"that is not a place on the map: {wrong}", "press W over the map again")
        board = desk.link.board
        answers = desk.jurisdictions(lon, lat, board.head.time(desk.link.now()))
        missing = gaps(answers)
        rows = tuple(_row(each, each.service in missing, board) for each in answers)
        return whois_panel(WhoisView(lon, lat, desk.region.note, rows))


def _row(answer: ServiceAnswer, missing: bool, board: Board) -> WhoisRow:
    responsible = {area.agency for area in answer.areas}
    entries = tuple(
        WhoisEntry(_name(board, area.agency), area.name, area.layer, area.effective) for area in answer.areas
    )
    beyond = dict.fromkeys(area.agency for area in answer.neighbours if area.agency not in responsible)
    return WhoisRow(
        SERVICE_NAMES[answer.service],
        entries,
        missing,
        answer.disputed,
        answer.boundary_metres,
        tuple(_name(board, agency) for agency in beyond),
    )


def _name(board: Board, agency: str) -> str:
    try:
        return board.get_agency(agency).short
    except UnknownAgency:
        # A boundary file may name agencies that are not on this board; they are still responsible.
        return f"{agency} (not on this board)"
