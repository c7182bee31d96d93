"""All waiting incidents with the units suggested for all of them together.

Knows how a waiting incident and its share are shown and pressed. Refuses to weigh and to judge authority.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dash import html

from layouts.panels.recommendation import clock

ORDER = "Most urgent first, then the least travel in sum"
LACKS = "nobody near is free, able and may be sent for them"


@dataclass(frozen=True, slots=True)
class SentRow:
    """One unit: `travel` seconds, `authority` in words, `authority_kind` as in recommendation.py."""

    unit: str
    callsign: str
    agency: str
    discipline: str
    travel: float
    authority: str
    authority_kind: str


@dataclass(frozen=True, slots=True)
class NeedRow:
    """One capability an incident needs: who is suggested, fastest first, and how many more nobody can be sent for."""

    capability: str
    sent: tuple[SentRow, ...]
    missing: int


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """One incident: `incident` its id, `short` what people say, `received` board time."""

    incident: str
    short: str
    name: str
    symbol: str
    address: str
    priority: int
    received: float
    needs: tuple[NeedRow, ...]

    @property
    def sent(self) -> list[SentRow]:
        """All units suggested for it."""
        return [one for need in self.needs for one in need.sent]


@dataclass(frozen=True, slots=True)
class TogetherView:
    """`left_out`: incidents that wait too and were not weighed; `elsewhere`: those that are for other agencies.
    `method`: how travel was estimated."""

    rows: tuple[WaitingRow, ...]
    left_out: int = 0
    elsewhere: int = 0
    method: str = ""


def answered(panel: Any, asked: str) -> html.Div:
    """A panel with the mark of the question it answers."""
    return html.Div(panel, className="together-answer", **{"data-asked": asked})


def nobody_waits(elsewhere: int = 0) -> Any:
    """The empty state, which says why it is empty."""
    others = f" {elsewhere} elsewhere: their agencies send for them." if elsewhere else ""
    return html.Div(
        f"No incident of your agency or in its area waits: each has its plan filled, or a crew on scene.{others}",
        className="empty",
    )


def together_panel(view: TogetherView) -> Any:
    """Each incident with its share and a press to send it; every press is an ordinary command of its own."""
    if not view.rows:
        return nobody_waits(view.elsewhere)
    units = sum(len(row.sent) for row in view.rows)
    served = sum(1 for row in view.rows if row.sent)
    words = f" · {units} {'unit' if units == 1 else 'units'}"
    return html.Div(
        className="rec-answer",
        children=[
            html.Div(
                className="rec-head",
                children=[
                    html.Span([html.B(_waiting(len(view.rows) + view.left_out)), html.Span(words, className="mut")]),
                    html.Button(
                        "Dispatch all…",
                        type="button",
                        className="btn btn-main",
                        **{"data-dispatch-all": "1", "aria-disabled": "false" if served else "true"},
                    ),
                ],
            ),
            html.Div(
                f"{view.left_out} less urgent ones are not weighed yet: serve these first",
                className="warn rec-missing",
            )
            if view.left_out
            else None,
            html.Ul(
                [_row(row) for row in view.rows],
                className="rec-list scroll",
                **{"aria-label": "Waiting incidents with the units suggested"},
            ),
            html.Div(
                " · ".join(part for part in (ORDER, view.method, _elsewhere(view.elsewhere)) if part),
                className="rec-method mut",
            ),
        ],
    )


def _elsewhere(count: int) -> str:
    return f"{count} more elsewhere" if count else ""


def _waiting(count: int) -> str:
    return "1 incident waits" if count == 1 else f"{count} incidents wait"


def _row(row: WaitingRow) -> html.Li:
    return html.Li(
        className="held",
        **{"data-held": row.incident},
        children=[
            html.Div(
                className="held-head",
                children=[
                    html.Span(className="held-icon", **{"data-symbol": row.symbol, "data-priority": str(row.priority)}),
                    html.Button(
                        [html.B(row.short), " ", row.name],
                        type="button",
                        className="held-what",
                        title=" · ".join(part for part in (row.name, row.address) if part),
                        **{
                            "data-open": row.incident,
                            "aria-label": f"{row.short} {row.name}, priority {row.priority}: show the incident",
                        },
                    ),
                    html.Span(className="held-since num mut", **{"data-since": str(row.received)}),
                    _press(row),
                ],
            ),
            *(_need(need) for need in row.needs),
        ],
    )


def _press(row: WaitingRow) -> Any:
    if not row.sent:
        return None
    names = ", ".join(one.callsign for one in row.sent)
    return html.Button(
        f"Dispatch {len(row.sent)}",
        type="button",
        className="step step-main",
        **{
            "data-command": "AssignUnits",
            "data-incident": row.incident,
            "data-units": ",".join(one.unit for one in row.sent),
            "aria-label": f"Dispatch {names} to {row.short}",
        },
    )


def _need(need: NeedRow) -> html.Div:
    lack = f"lacks {need.missing}"
    return html.Div(
        className="held-need",
        children=[
            html.Span(need.capability, className="mut held-what", title=need.capability),
            html.Span(
                [*map(_unit, need.sent), html.Span(lack, className="warn", title=LACKS) if need.missing else None],
                className="held-units",
            ),
        ],
    )


def _unit(one: SentRow) -> html.Button:
    icon = {"data-shape": one.discipline, "data-status": "available", "data-unit-icon": one.unit, "aria-hidden": "true"}
    about = f"{one.callsign}, {one.agency}, {clock(one.travel)} away, {one.authority}"
    return html.Button(
        [
            html.Span(className="rec-icon", **icon),
            html.B(one.callsign),
            html.Span(clock(one.travel), className="num mut"),
        ],
        type="button",
        className=f"held-unit held-{one.authority_kind}",
        title=about,
        **{"data-locate": one.unit, "aria-label": f"{about}: show the unit"},
    )
