"""The map panel: a static dash-leaflet map whose own layers are drawn by assets/map_*.js.

Knows the map's frame: controls, chips, layer and legend panels, all reachable by keyboard. Refuses to know what
is drawn (the scripts read the browser's picture) and who is responsible where.
The map is part of the static layout and is never returned by a callback: Dash would mount it anew and lose its
view (dash#3846).
"""

from __future__ import annotations

from collections.abc import Sequence

import dash_leaflet as dl
from dash import dcc, html
from dash.development.base_component import Component

from layouts import ids

ATTACH = {"variable": "concord.mapHooks.attach"}
"""dash-leaflet resolves this to window.concord.mapHooks.attach when the group is added to its map."""

KEYS = (
    "Arrow keys move the map, plus and minus zoom. [ and ] step through the incidents, Z zooms to the selection, "
    "/ searches, W asks who is responsible at the pointer or the middle, N reports an incident, C closes a street, "
    "Esc clears."
)


def map_panel(view: tuple[float, float, float], tiles: str, note: str, capabilities: Sequence[str] = ()) -> Component:
    """The map, looking at `view` (lon, lat, zoom).

    `tiles` is a tile server's URL template or "" for none: without one no request leaves the origin.
    `note` is shown wherever the region's areas are seen, e.g. "modelled, not official"; `capabilities` are what
    coverage can be asked for, the most frequent first.
    """
    lon, lat, zoom = view
    return html.Section(
        id="map-panel",
        className="map-panel",
        **{"aria-label": "Map", "data-tiles": "yes" if tiles else "", "data-tool": ""},
        children=[
            dl.Map(
                id="map",
                className="map-leaflet",
                center=[lat, lon],
                zoom=zoom,
                minZoom=4,
                maxZoom=18,
                zoomSnap=0.5,
                wheelPxPerZoomLevel=100,
                preferCanvas=True,
                trackViewport=False,
                zoomControl=False,
                attributionControl=bool(tiles),
                children=[
                    *([dl.TileLayer(url=tiles)] if tiles else []),
                    dl.ScaleControl(position="bottomleft", imperial=False, maxWidth=120),
                    dl.LayerGroup(id="map-own-layers", eventHandlers={"add": ATTACH}),
                ],
            ),
            html.P(KEYS, id="map-keys", className="map-hidden"),
            html.Div(id="map-tip", className="map-tip", hidden=True),
            _top_left(),
            html.Details(
                id="map-layers",
                className="map-box map-layers",
                open=True,
                children=[html.Summary("Layers"), html.Div(id="map-layers-list", className="map-layers-list")],
            ),
            html.Details(
                id="map-legend",
                className="map-box map-legend",
                open=True,
                children=[html.Summary("Legend"), html.Div(id="map-legend-list")],
            ),
            html.Div(
                className="map-foot",
                # The whole note may be a paragraph; its first words are what must always be in sight.
                children=[html.Span(f"Boundaries {note.split(':')[0]}", title=note)] if note else [],
            ),
            html.Div(id="map-ground-note", className="map-box map-ground-note", role="status", hidden=True),
            html.Section(
                id="map-coverage",
                className="map-box map-coverage",
                hidden=True,
                **{"aria-label": "Coverage", "data-capabilities": " ".join(capabilities)},
            ),
            html.Section(
                id="map-audit", className="map-box map-audit", hidden=True, **{"aria-label": "Boundary audit"}
            ),
            *(dcc.Store(id=name) for name in (ids.SEARCH_QUERY, ids.SEARCH, ids.SEARCH_SHOWN)),
            *(dcc.Store(id=name) for name in (ids.AUDIT_QUERY, ids.AUDIT, ids.AUDIT_SHOWN)),
            html.Div(id="map-reach-note", className="map-box map-reach-note", role="status", hidden=True),
            dcc.Store(id=ids.WHOIS_QUERY),
            *(dcc.Store(id=name) for name in (ids.PLACE_QUERY, ids.PLACE, ids.PLACE_SHOWN)),
            *(dcc.Store(id=name) for name in (ids.REACH_QUERY, ids.REACH, ids.REACH_SHOWN)),
            *(dcc.Store(id=name) for name in (ids.COVERAGE_QUERY, ids.COVERAGE, ids.COVERAGE_SHOWN)),
        ],
    )


def _top_left() -> Component:
    return html.Div(
        className="map-corner",
        children=[
            html.Div(
                className="map-line",
                children=[
                    html.Div(id="map-asof", className="map-box map-asof"),
                    html.Div(id="map-search", className="map-search", role="search"),
                ],
            ),
            html.Div(
                className="map-buttons",
                children=[
                    html.Div(
                        className="map-box map-zoom",
                        children=[
                            _button("map-zoom-in", "+", "Zoom in"),
                            _button("map-zoom-out", "−", "Zoom out"),
                        ],
                    ),
                    html.Div(
                        className="map-toolbar",
                        children=[
                            _tool("map-report", "Report incident", "N"),
                            _tool("map-whois", "Who is responsible?", "W"),
                            _tool("map-close", "Close street", "C"),
                        ],
                    ),
                ],
            ),
            html.Div(id="map-hint", className="map-box map-hint", role="status", hidden=True),
            html.Div(id="map-closing", className="map-box map-closing", hidden=True),
            html.Section(id="map-closure", className="map-box map-closure", hidden=True, **{"aria-label": "Closure"}),
        ],
    )


def _button(id_: str, sign: str, name: str) -> Component:
    return html.Button(sign, id=id_, type="button", title=name, **{"aria-label": name})


def _tool(id_: str, name: str, key: str) -> Component:
    return html.Button(
        [name, html.Kbd(key, **{"aria-hidden": "true"})],
        id=id_,
        type="button",
        className="map-tool",
        **{"aria-pressed": "false", "aria-keyshortcuts": key},
    )
