"""Recommended units for the selected incident: what the plan would send, then a heavier rule, then alternates.

Knows how a row is shown and pressed. Refuses to rank units and to judge authority: every row brings both.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

from dash import html

STATUS_CODES = {
    "available": "AV",
    "dispatched": "DP",
    "acknowledged": "AK",
    "en_route": "ER",
    "staging": "ST",
    "on_scene": "OS",
    "transporting": "TR",
    "at_destination": "HO",
    "out_of_service": "OO",
    "off_duty": "OD",
}
"""Radio codes beside our status names; assets/a_icons.js holds the same table for lists filled by scripts."""


@dataclass(frozen=True, slots=True)
class RecommendedRow:
    """One unit. `key` is the digit that ticks it ("" beyond nine), `travel` seconds, `distance` metres.

    `authority_kind` is own, automatic, request, override or none; `authority` says it in short words,
    `authority_in_full` as the decision does.
    `allowed`: the unit can be assigned at once. `recommended`: the plan would send it.
    `discipline` may be left "" (the page then knows it from the unit).
    """

    key: str
    unit: str
    callsign: str
    agency: str
    kind: str
    status: str
    travel: float
    method: str
    distance: float
    capability: str
    authority: str
    authority_in_full: str
    authority_kind: str
    allowed: bool
    recommended: bool
    discipline: str = ""


@dataclass(frozen=True, slots=True)
class RecommendationView:
    """The answer for an incident: `incident` its id, `short` what people say, `method` how travel was
    estimated, `missing` what the plan asks for and nobody near can give ("2 ENGINE")."""

    incident: str
    short: str
    rows: tuple[RecommendedRow, ...]
    method: str = ""
    missing: tuple[str, ...] = ()


def no_recommendation(text: str = "Select an incident to see the nearest suitable units of any agency.") -> html.Div:
    """The empty state, which says what to do."""
    return html.Div(text, className="empty")


def clock(seconds: float) -> str:
    if seconds == inf:
        return "no way"
    whole = round(max(0.0, seconds))
    return f"{whole // 60}:{whole % 60:02d}"


def _far(metres: float) -> str:
    return f"{metres / 1000:.1f} km" if metres >= 1000 else f"{round(metres, -1):.0f} m"


def _button(row: RecommendedRow, view: RecommendationView) -> Any:
    about = {"data-command": "AssignUnits", "data-incident": view.incident, "data-units": row.unit}
    if row.allowed:
        return html.Button(
            "Assign",
            type="button",
            className="step step-main",
            **{**about, "aria-label": f"Assign {row.callsign} to {view.short}"},
        )
    if row.authority_kind in ("request", "none", "override"):
        return html.Button(
            "Override…",
            type="button",
            className="step step-alarm only-commander",
            **{**about, "data-override": "1", "aria-label": f"Override… and assign {row.callsign} to {view.short}"},
        )
    return None


def _tick(row: RecommendedRow) -> Any:
    if not row.allowed:
        return html.Span(className="tick-none")
    return html.Button(
        type="button",
        className="tick-box",
        role="checkbox",
        **{"aria-checked": "false", "aria-label": f"Tick {row.callsign}"},
    )


def _row(row: RecommendedRow, view: RecommendationView, heavier: bool) -> html.Li:
    classes = ["rec"] + (["rec-alternate-first"] if heavier else []) + ([] if row.allowed else ["rec-no"])
    about = " · ".join(part for part in (_far(row.distance), row.capability, row.method) if part)
    icon = {"data-shape": row.discipline, "data-status": row.status, "data-unit-icon": row.unit, "aria-hidden": "true"}
    return html.Li(
        className=" ".join(classes),
        **{"data-row-unit": row.unit, "data-key": row.key, "data-recommended": "1" if row.recommended else "0"},
        children=[
            html.Div(
                className="rec-main",
                children=[
                    html.Span(row.key, className="rec-key mut", **{"aria-hidden": "true"}),
                    _tick(row),
                    html.Span(className="rec-icon", **icon),
                    html.Button(
                        row.callsign,
                        type="button",
                        className="rec-call",
                        **{"data-locate": "1", "aria-label": f"{row.callsign}, {row.agency}: show the unit"},
                    ),
                    html.Span(row.agency, className="rec-agency mut"),
                    html.Span(
                        STATUS_CODES.get(row.status, row.status),
                        className="rec-status",
                        title=row.status.replace("_", " "),
                    ),
                    html.B(clock(row.travel), className="rec-travel num"),
                    _button(row, view),
                ],
            ),
            html.Div(
                className="rec-more mut",
                children=[
                    html.Span(about, title=about),
                    html.Span(
                        row.authority,
                        className=f"authority authority-{row.authority_kind}",
                        title=row.authority_in_full,
                    ),
                ],
            ),
        ],
    )


def recommendation_panel(view: RecommendationView) -> html.Div:
    """The answer as rows; what is ticked goes out as one command, all or nothing."""
    if not view.rows:
        return html.Div(
            [no_recommendation(f"No suitable unit found for {view.short}."), _missing(view)],
            **{"data-for-incident": view.incident},
        )
    rows = []
    before = True
    for row in view.rows:
        rows.append(_row(row, view, heavier=before and not row.recommended and bool(rows)))
        before = row.recommended
    planned = sum(1 for row in view.rows if row.recommended)
    return html.Div(
        className="rec-answer",
        **{"data-for-incident": view.incident},
        children=[
            html.Div(
                className="rec-head",
                children=[
                    html.Span([html.B(f"For {view.short}"), html.Span(_planned(planned), className="mut")]),
                    html.Button("Tick plan", type="button", className="btn", **{"data-tick-plan": "1"})
                    if planned
                    else None,
                    html.Button(
                        ["Dispatch ", html.Span(className="ticked-count num"), html.Kbd("D")],
                        type="button",
                        className="btn btn-main",
                        **{
                            "data-command": "AssignUnits",
                            "data-incident": view.incident,
                            "data-units": "",
                            "data-ticked": "1",
                            "aria-disabled": "true",
                        },
                    ),
                ],
            ),
            _missing(view),
            html.Ul(rows, className="rec-list scroll", **{"aria-label": f"Recommended units for {view.short}"}),
            html.Div(view.method, className="rec-method mut") if view.method else None,
        ],
    )


def _planned(count: int) -> str:
    return (
        f" · plan 1-{count}, then alternates" if count > 1 else " · alternates" if not count else " · 1 fills the plan"
    )


def _missing(view: RecommendationView) -> Any:
    if not view.missing:
        return None
    return html.Div("Missing: " + ", ".join(view.missing), className="warn rec-missing")
