"""From a selected unit to the ground it reaches in some minutes."""

from __future__ import annotations

import asyncio
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update

from callbacks.desk import Desk
from domain.errors import UnknownUnit
from domain.position import place_of
from domain.reach import MINUTES, Isochrones
from layouts import ids


def register(app: Dash, desk: Desk) -> None:
    """Wire query and bands."""

    @app.callback(Output(ids.REACH, "data"), Input(ids.REACH_QUERY, "data"), prevent_initial_call=True)
    async def answer(data: Any) -> Any:
        if not isinstance(data, dict) or not data.get("unit"):
            return no_update
        try:
            unit = desk.link.board.get_unit(str(data["unit"]))
        except UnknownUnit as unknown:
            return {"unit": str(data["unit"]), "problem": f"{unknown}; choose another unit"}
        lon, lat = place_of(unit, desk.link.positions.get(unit.id))
        seconds = [minutes * 60 for minutes in MINUTES]
        # Aside: on a large street network it takes longer than others should wait.
        found = await asyncio.to_thread(desk.isochrones, unit.kind, lon, lat, seconds)
        return {"unit": unit.id, "asked": data.get("t"), **_bands(found)}

    app.clientside_callback(
        ClientsideFunction("concord", "onReach"),
        Output(ids.REACH_SHOWN, "data"),
        Input(ids.REACH, "data"),
        prevent_initial_call=True,
    )


def _bands(found: Isochrones) -> dict[str, Any]:
    return {
        "lon": found.lon,
        "lat": found.lat,
        "method": found.method,
        "bands": [{"seconds": band.seconds, "polygons": band.polygons} for band in found.bands],
    }
