"""From typed text to places: coordinates, names, addresses, and the incidents the asker may know of."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update

from callbacks.desk import Desk
from data.who import get_identity
from domain.gazetteer import Match, Named
from domain.granting import Audience
from domain.position import place_of
from geo.coordinates import BadCoordinates, Coordinates, find_coordinates
from geo.notations import notations
from layouts import ids

LONGEST = 120


def register(app: Dash, desk: Desk) -> None:
    """Wire query and answer."""

    @app.callback(Output(ids.SEARCH, "data"), Input(ids.SEARCH_QUERY, "data"), prevent_initial_call=True)
    async def answer(data: Any) -> Any:
        if not isinstance(data, dict):
            return no_update
        text, stamp = str(data.get("text") or "").strip()[:LONGEST], data.get("t")
        if not text:
            return {"t": stamp, "results": []}
        try:
            placed = find_coordinates(text, desk.region.view[:2], lambda name: _known_place(desk, name))
        except BadCoordinates as wrong:
            return {"t": stamp, "results": [], "problem": str(wrong)}
        if placed is not None and not placed.doubtful:
            return {"t": stamp, "results": [_coordinates(placed)]}
        also = list(_on_the_board(desk, get_identity().audience, text))
        found = await asyncio.to_thread(desk.gazetteer.find, text, also)
        results = [_match(each) for each in found]
        return {"t": stamp, "results": [*results, _coordinates(placed)] if placed is not None else results}

    app.clientside_callback(
        ClientsideFunction("concord", "onSearch"),
        Output(ids.SEARCH_SHOWN, "data"),
        Input(ids.SEARCH, "data"),
        prevent_initial_call=True,
    )


def _known_place(desk: Desk, name: str) -> tuple[float, float] | None:
    """The town that is meant by a name behind a short code."""
    towns = (each.named for each in desk.gazetteer.find(name) if each.named.kind == "place")
    return next(((town.lon, town.lat) for town in towns), None)


def _on_the_board(desk: Desk, audience: Audience, text: str) -> Iterator[Named]:
    """Open incidents as the asker may see them, and units by callsign."""
    board, now = desk.link.board, desk.link.now()
    for incident in board.open_incidents():
        record = desk.views.find_incident(incident, audience, now)
        if record is not None:
            name = f"{record['short']} {record.get('name', '')}"
            address = str(record.get("address", ""))
            yield Named("incident", f"{name} {address}".strip(), record["lon"], record["lat"], record["id"])
    wanted = text.casefold()
    for unit in board.units():
        if unit.callsign.casefold().startswith(wanted) or unit.id.casefold() == wanted:
            lon, lat = place_of(unit, desk.link.positions.get(unit.id))
            yield Named("unit", unit.callsign, lon, lat, unit.id)


def _match(match: Match) -> dict[str, Any]:
    named = match.named
    return {
        "kind": named.kind,
        "title": named.name,
        "detail": named.detail,
        "note": match.note,
        **_place(named.lon, named.lat),
    }


def _coordinates(placed: Coordinates) -> dict[str, Any]:
    within = f"within {placed.precision:.0f} m" if placed.precision >= 1.0 else "to the metre"
    return {
        "kind": "coordinates",
        "title": placed.notation,
        "detail": within,
        "note": placed.note,
        **_place(placed.lon, placed.lat),
    }


def _place(lon: float, lat: float) -> dict[str, Any]:
    return {"lon": lon, "lat": lat, "notations": notations(lon, lat)}
