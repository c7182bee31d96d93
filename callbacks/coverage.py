"""From a capability and minutes to what available units cover, what some units' leaving takes away, and a move-up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update

from callbacks.desk import Desk
from domain.coverage import MINUTES, CoverageAnswer, MoveUp, Share, available_stands
from domain.move_up import agencies_short, permitted_moves, vacant_stations
from layouts import ids

MOST_LEAVING = 40


def register(app: Dash, desk: Desk) -> None:
    """Wire query and answer."""

    @app.callback(Output(ids.COVERAGE, "data"), Input(ids.COVERAGE_QUERY, "data"), prevent_initial_call=True)
    async def answer(data: Any) -> Any:
        asked = _asked(data)
        if asked is None:
            return no_update
        board, seconds, leaving = desk.link.board, asked.minutes * 60, asked.leaving
        stands = available_stands(board, desk.link.positions, asked.capability)
        if not any(asked.capability in unit.capabilities for unit in board.units()):
            return {"problem": f"no unit on this board can {asked.capability}; choose another", **asked.echo}
        try:
            # Aside: the first question works out the region's land.
            found = await asyncio.to_thread(desk.coverage.answer, asked.capability, seconds, stands, leaving)
        except ValueError as wrong:
            return {"problem": str(wrong), **asked.echo}
        answer = {**asked.echo, **_fields(found), "move": None, "searched": False, "at": desk.link.now()}
        agencies = agencies_short(board, leaving if found.opened else (), asked.searching_for)
        if agencies:
            vacant = vacant_stations(desk.region.stations, [one for one in stands if one.unit not in leaving], agencies)
            pairs = permitted_moves(board, stands, vacant, desk.facts, board.head.time(desk.link.now()))
            move = await asyncio.to_thread(
                desk.coverage.find_move_up, asked.capability, seconds, stands, pairs, vacant, leaving
            )
            answer |= {"searched": True, "move": _move(desk, move)}
        return answer

    app.clientside_callback(
        ClientsideFunction("concord", "onCoverage"),
        Output(ids.COVERAGE_SHOWN, "data"),
        Input(ids.COVERAGE, "data"),
        prevent_initial_call=True,
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """`searching_for` is the agency a move-up is asked for, "" for none; `echo` goes back with the answer."""

    capability: str
    minutes: float
    leaving: tuple[str, ...]
    searching_for: str
    echo: dict[str, Any]


def _asked(data: Any) -> _Asked | None:
    if not isinstance(data, dict):
        return None
    capability, minutes, leaving = str(data.get("capability") or ""), data.get("minutes"), data.get("leaving") or []
    if not capability or minutes not in MINUTES or not isinstance(leaving, list):
        return None
    echo = {name: data.get(name) for name in ("capability", "minutes", "leaving", "agency", "t")}
    units = tuple(str(unit) for unit in leaving[:MOST_LEAVING])
    return _Asked(capability, float(minutes), units, str(data.get("agency") or ""), echo)


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
    return {
        "area": share.area_share,
        "calls": share.calls_share,
        "km2": share.area,
        "of": share.area_of,
        "n": round(share.calls_of),
    }


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
        "metres": round(move.metres),
    }
