"""The answer to "who is responsible here?", over the map.

Knows how an answer is shown: agency per service, layer and date, gaps, disputes, the border near by.
Refuses to find it: geo/jurisdiction.py does, and the caller puts names in place of ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dash import html

from layouts import ids
from layouts.panels.coordinates import coordinates_list


@dataclass(frozen=True, slots=True)
class WhoisEntry:
    """One responsible agency: its name, the area's own name, its layer, the ISO dates it is effective from and until
    ("" = until replaced), and whether the area is modelled rather than official."""

    agency: str
    area: str
    layer: str
    effective: str
    expiry: str = ""
    modelled: bool = False


@dataclass(frozen=True, slots=True)
class WhoisRow:
    """One service. `gap`: nobody answers and somebody should; no entries without it: none is needed here.

    `boundary_metres` is the distance to the nearest border that matters, None when far, `way` the point of the compass
    it lies at, `beyond` the agency whose it is; `neighbours` are all agencies on whose boundary the place counts as;
    `stands_in` names the service that answers where this one has no area."""

    service: str
    entries: tuple[WhoisEntry, ...]
    gap: bool = False
    disputed: bool = False
    boundary_metres: float | None = None
    neighbours: tuple[str, ...] = ()
    stands_in: str = ""
    way: str = ""
    beyond: str = ""


@dataclass(frozen=True, slots=True)
class WhoisView:
    """An answer at a place (WGS 84); `note` is the region's, e.g. "modelled, not official".

    `nearby` are further agencies to notify, with a border within `notify_metres`; `edition` names the boundaries asked
    ("" = the region pack's), `day` the ISO date asked about ("" = now), `notations` the place in every notation.
    """

    lon: float
    lat: float
    note: str
    rows: tuple[WhoisRow, ...]
    nearby: tuple[str, ...] = ()
    notify_metres: float = 0.0
    edition: str = ""
    day: str = ""
    notations: tuple[tuple[str, str], ...] = ()


def whois_overlay() -> html.Div:
    """The answer's place over the map; hidden until there is one."""
    return html.Div(
        id=ids.WHOIS_PANEL,
        className="overlay whois",
        role="dialog",
        hidden=True,
        **{"aria-labelledby": "whois-title", "data-overlay": "whois"},
        children=html.Div(id=ids.WHOIS),
    )


def _entry(entry: WhoisEntry) -> html.Div:
    area = entry.area if entry.area != entry.agency else ""
    parts = (
        entry.layer,
        f"from {entry.effective}" if entry.effective else "",
        f"until {entry.expiry}" if entry.expiry else "",
        "modelled" if entry.modelled else "",
    )
    source = ", ".join(part for part in parts if part)
    return html.Div([html.B(entry.agency), html.Span(f" {area}"), html.Span(source, className="mut block")])


def _cells(row: WhoisRow) -> list[Any]:
    cells: list[Any] = [_entry(entry) for entry in row.entries]
    if row.gap:
        cells.append(html.Span("nobody on file", className="warn"))
    elif not row.entries:
        words = f"none here: {row.stands_in.lower()} answers" if row.stands_in else "none here"
        cells.append(html.Span(words, className="mut"))
    if row.disputed:
        count = len({entry.agency for entry in row.entries})
        cells.append(html.Span(f"disputed: {'both' if count == 2 else f'all {count}'} claim it", className="warn"))
    if row.neighbours:
        near = _metres(row.boundary_metres) if row.boundary_metres is not None else "near"
        way = f", {row.way}" if row.way else ""
        cells.append(html.Span(f"{near} to {', '.join(row.neighbours)}{way}", className="warn block"))
    elif row.boundary_metres is not None:
        way = f" {row.way}" if row.way else ""
        beyond = f": {row.beyond}" if row.beyond else ""
        cells.append(html.Span(f"nearest border {_metres(row.boundary_metres)}{way}{beyond}", className="mut block"))
    return cells


def _metres(metres: float) -> str:
    return f"{metres:.0f} m" if metres < 995 else f"{metres / 1000:.1f} km"


def whois_panel(answer: WhoisView) -> html.Div:
    """The filled panel: place, boundary warning, one line a service, and "report here"."""
    near = [row for row in answer.rows if row.neighbours and row.boundary_metres is not None]
    warning = None
    if near:
        nearest = min(near, key=lambda row: row.boundary_metres or 0.0)
        here = " and ".join(entry.agency for entry in nearest.entries) or "nobody"
        warning = html.Div(
            f"On the boundary of {here}: {nearest.boundary_metres:.0f} m to {', '.join(nearest.neighbours)}",
            className="warn",
        )
    place = {"data-report-lon": f"{answer.lon:.6f}", "data-report-lat": f"{answer.lat:.6f}"}
    return html.Div(
        className="whois-answer",
        **{"data-place": f"{answer.lon:.6f},{answer.lat:.6f}"},
        children=[
            html.Div(
                className="overlay-head",
                children=[
                    html.H2("Who is responsible here?", id="whois-title"),
                    html.Button(
                        html.Kbd("Esc"),
                        type="button",
                        className="icon-btn",
                        **{"data-close": "whois", "aria-label": "Esc, close"},
                    ),
                ],
            ),
            html.Div(
                [
                    html.Span(f"{answer.lat:.4f}, {answer.lon:.4f}", className="num"),
                    html.Span(f" · {answer.note.partition(':')[0]}" if answer.note else "", title=answer.note),
                ],
                className="mut",
            ),
            warning,
            html.Div(f"As of {answer.day}, not now", className="warn") if answer.day else None,
            html.Table(
                html.Tbody([html.Tr([html.Th(row.service, scope="row"), html.Td(_cells(row))]) for row in answer.rows])
            ),
            html.Div(
                f"Notify too, within {answer.notify_metres:.0f} m: {', '.join(answer.nearby)}", className="whois-nearby"
            )
            if answer.nearby
            else None,
            html.Div(f"Boundaries: edition {answer.edition}", className="mut") if answer.edition else None,
            coordinates_list(answer.notations) if answer.notations else None,
            html.Button("Report incident here", type="button", className="btn", **place),
        ],
    )
