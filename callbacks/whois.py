"""From a point on the map, and perhaps a day, to "who is responsible here?"; in short for the report form."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from dash import ClientsideFunction, Dash, Input, Output, no_update

from callbacks.desk import Desk
from domain.agency import SERVICE_NAMES, Service
from domain.board import Board
from domain.errors import BadCommand
from domain.incident import check_place
from domain.jurisdiction import Border, ServiceAnswer, gaps, stand_ins
from domain.responsibility import NOTIFY_METRES, leader, warnings, why_leader
from geo.notations import notations
from layouts import ids
from layouts.panels.whois import WhoisEntry, WhoisRow, WhoisView, whois_panel
from layouts.problem import problem

BORDER_LOOKED_FOR = 20_000.0
"""Metres within which the nearest border is told; a person who asks "how far is it to theirs?" asks no further."""


def register(app: Dash, desk: Desk) -> None:
    """Wire queries and answers."""

    @app.callback(Output(ids.WHOIS, "children"), Input(ids.WHOIS_QUERY, "data"), prevent_initial_call=True)
    async def answer(data: Any) -> Any:
        if not data:
            return no_update
        board = desk.link.board
        try:
            lon, lat = _place(data)
            when, day = _when(data, board, desk.link.now())
        except (BadCommand, KeyError, TypeError, ValueError, OverflowError) as wrong:
            return problem(f"that is not a place on the map: {wrong}", "press W over the map again")
        answers = desk.jurisdictions(lon, lat, when)
        here = desk.facts.responsible_at(lon, lat, when)
        missing, standing_in = gaps(answers), stand_ins(answers)
        borders = {border.service: border for border in desk.borders(lon, lat, when, BORDER_LOOKED_FOR)}
        rows = tuple(
            _row(each, each.service in missing, standing_in.get(each.service), borders.get(each.service), board)
            for each in answers
        )
        nearby = tuple(board.name_of(agency) for agency in here.nearby)
        view = WhoisView(
            lon, lat, desk.region.note, rows, nearby, NOTIFY_METRES, here.edition[:10], day, notations(lon, lat)
        )
        return whois_panel(view)

    @app.callback(Output(ids.PLACE, "data"), Input(ids.PLACE_QUERY, "data"), prevent_initial_call=True)
    async def in_short(data: Any) -> Any:
        if not isinstance(data, dict):
            return no_update
        board = desk.link.board
        try:
            lon, lat = _place(data)
        except (BadCommand, KeyError, TypeError, ValueError, OverflowError) as wrong:
            return {"t": data.get("t"), "problem": f"that is not a place: {wrong}"}
        plan = desk.facts.plans.get(str(data.get("type") or ""))
        discipline = plan.discipline if plan else ""
        here = desk.facts.responsible_at(lon, lat, board.head.time(desk.link.now()))
        lead = leader(here, discipline)
        return {
            "t": data.get("t"),
            "lead": board.name_of(lead) if lead else "",
            "why": why_leader(here, discipline),
            "services": [
                {"title": SERVICE_NAMES[one.service], "agencies": [board.name_of(agency) for agency in one.agencies]}
                for one in here.services
                if one.agencies
            ],
            "warnings": [
                {"severity": str(each.severity), "text": each.text}
                for each in warnings(here, discipline, board.name_of)
            ],
        }

    app.clientside_callback(
        ClientsideFunction("concord", "onPlace"),
        Output(ids.PLACE_SHOWN, "data"),
        Input(ids.PLACE, "data"),
        prevent_initial_call=True,
    )


def _place(data: dict[str, Any]) -> tuple[float, float]:
    return check_place(float(data["lon"]), float(data["lat"]))


def _when(data: dict[str, Any], board: Board, now: float) -> tuple[float, str]:
    """The time asked about, and the day in words of the page: noon of a day that was named, else now."""
    if not (text := str(data.get("day") or "")):
        return board.head.time(now), ""
    day = date.fromisoformat(text)
    return datetime.combine(day, time(12), ZoneInfo(board.head.time_zone)).timestamp(), day.isoformat()


def _row(
    answer: ServiceAnswer, missing: bool, stands_in: Service | None, border: Border | None, board: Board
) -> WhoisRow:
    responsible = {area.agency for area in answer.areas}
    entries = tuple(
        WhoisEntry(board.name_of(area.agency), area.name, area.layer, area.effective, area.expiry, area.modelled)
        for area in answer.areas
    )
    beyond = dict.fromkeys(area.agency for area in answer.neighbours if area.agency not in responsible)
    return WhoisRow(
        SERVICE_NAMES[answer.service],
        entries,
        missing,
        answer.disputed,
        border.metres if border else None,
        tuple(board.name_of(agency) for agency in beyond),
        SERVICE_NAMES[stands_in] if stands_in else "",
        border.way if border else "",
        board.name_of(border.area.agency) if border else "",
    )
