"""From a capability and minutes to what available units cover, what some units' leaving takes away, and a move-up."""

from __future__ import annotations

import asyncio
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update

from callbacks.desk import Desk
from domain.coverage import CoverageAnswer, MoveUp, Share, available_stands
from domain.errors import UnknownUnit
from domain.move_up import permitted_moves, vacant_stations
from layouts import ids

MOST_LEAVING = 40


def register(app: Dash, desk: Desk) -> None:
    """Wire query and answer."""

    @app.callback(Output(ids.COVERAGE, "data"), Input(ids.COVERAGE_QUERY, "data"), prevent_initial_call=True)
    async def answer(data: Any) -> Any:
        asked = _asked(data)
        if asked is None:
            return no_update
        capability, minutes, leaving = asked
        board, seconds = desk.link.board, minutes * 60
        stands = available_stands(board, desk.link.positions, capability)
        if not any(capability in unit.capabilities for unit in board.units()):
            return {"problem": f"no unit on this board can {capability}; choose another capability", **_echo(data)}
        try:
            # Aside: the first question works out the region's land.
            found = await asyncio.to_thread(desk.coverage.answer, capability, seconds, stands, leaving)
        except ValueError as wrong:
            return {"problem": str(wrong), **_echo(data)}
        move = None
        if leaving and found.opened:
            agencies = {board.get_unit(unit).agency for unit in leaving if _known(desk, unit)}
            vacant = vacant_stations(desk.region.stations, [one for one in stands if one.unit not in leaving], agencies)
            now = board.head.time(desk.link.now())
            pairs = permitted_moves(board, stands, vacant, desk.facts, now)
            move = await asyncio.to_thread(
                desk.coverage.find_move_up, capability, seconds, stands, pairs, vacant, leaving
            )
        return {**_echo(data), **_fields(found), "move": _move(desk, move), "at": desk.link.now()}

    app.clientside_callback(
        ClientsideFunction("concord", "onCoverage"),
        Output(ids.COVERAGE_SHOWN, "data"),
        Input(ids.COVERAGE, "data"),
        prevent_initial_call=True,
    )


def _asked(data: Any) -> tuple[str, float, tuple[str, ...]] | None:
    if not isinstance(data, dict):
        return None
    try:
        minutes = float(data.get("minutes") or 0)
    except (TypeError, ValueError):
        return None
    capability, leaving = str(data.get("capability") or ""), data.get("leaving") or []
    if not capability or not 0 < minutes <= 60 or not isinstance(leaving, list):
        return None
    return capability, minutes, tuple(str(unit) for unit in leaving[:MOST_LEAVING])


def _known(desk: Desk, unit: str) -> bool:
    try:
        desk.link.board.get_unit(unit)
    except UnknownUnit:
        return False
    return True


def _echo(data: dict[str, Any]) -> dict[str, Any]:
    return {name: data.get(name) for name in ("capability", "minutes", "leaving", "t")}


def _fields(found: CoverageAnswer) -> dict[str, Any]:
    return {
        "units": found.units,
        "now": _share(found.now),
        "second": _share(found.second),
        "without": _share(found.without) if found.without else None,
        "gaps": found.gaps,
        "opened": found.opened,
        "method": found.method,
    }


def _share(share: Share) -> dict[str, float | None]:
    return {"area": share.area_share, "calls": share.calls_share, "km2": share.area}


def _move(desk: Desk, move: MoveUp | None) -> dict[str, Any] | None:
    if move is None:
        return None
    station = next(each for each in desk.region.stations if each.id == move.station)
    unit = desk.link.board.get_unit(move.unit)
    return {
        "unit": unit.id,
        "callsign": unit.callsign,
        "station": station.name,
        "lon": station.lon,
        "lat": station.lat,
        "after": _share(move.after),
    }
