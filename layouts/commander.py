"""The commander's screen: incidents left, map in the middle, agencies and recommended units right, the
selected incident below.

Knows where each panel stands. Refuses to know what is in them (panels/) and what is true (the feed).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from dash import html

from domain.agency import Agency
from domain.response_plan import ResponsePlan
from layouts import ids, shell
from layouts.map import map_panel
from layouts.panels import agencies, detail, incidents, side, whois

HINTS = (
    ("F4", "next unassigned"),
    ("1-9", "tick"),
    ("D", "dispatch ticked"),
    ("N", "note"),
    ("S", "status"),
    ("?", "keys"),
)


@dataclass(frozen=True, slots=True)
class CommanderPage:
    """What the page is told before the feed speaks.

    `title` names the board, `note` is shown wherever modelled areas are seen ("modelled, not official"),
    `training` puts the TRAINING badge up, `view` is (lon, lat, zoom) of the map, `tiles` a tile server's
    URL template or "" for none, `plans` the types an incident can be reported as, `agencies` those of the
    board in the order they are offered; `capabilities` are those of the region's units, the most frequent first.
    """

    title: str
    note: str
    training: bool
    view: tuple[float, float, float]
    tiles: str = ""
    plans: tuple[ResponsePlan, ...] = ()
    agencies: tuple[Agency, ...] = field(default=())
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """Who the page is for: a name, an agency ("" for the whole board), a role; `links` are (path, words) of the
    offices they may enter."""

    name: str = ""
    agency: str = ""
    role: str = ""
    links: tuple[tuple[str, str], ...] = ()


def _plans(page: CommanderPage) -> str:
    """Types for the report form, by name, as JSON the script reads."""
    plans = sorted(page.plans, key=lambda plan: plan.name)
    return json.dumps([{"code": p.code, "name": p.name, "symbol": p.symbol, "priority": p.priority} for p in plans])


def commander_page(page: CommanderPage, reader: Reader) -> html.Div:
    """The whole page. The map is static layout; callbacks set leaf properties only (dash#3846)."""
    return html.Div(
        id=ids.BOARD,
        className="board commander",
        **{
            "data-agency": reader.agency,
            "data-role": reader.role,
            "data-name": reader.name,
            "data-links": json.dumps(reader.links),
            "data-plans": _plans(page),
        },
        children=[
            *shell.stores(),
            html.A("To the incidents", href=f"#{ids.INCIDENT_LIST}", className="skip"),
            shell.header(page.title, "Commander", page.note, page.training),
            shell.banner(),
            incidents.incidents_panel(),
            html.Main(
                className="map-cell",
                children=[map_panel(page.view, page.tiles, page.note, page.capabilities), whois.whois_overlay()],
            ),
            html.Div(className="right-column", children=[agencies.agencies_panel(), side.side_panel()]),
            detail.detail_panel(),
            shell.result_bar(HINTS),
            incidents.report_dialog(),
        ],
    )
