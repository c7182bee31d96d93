"""What each agency has used and has left, and the two filters: by agency, by status.

Knows the panel's frame; assets/p_agencies.js fills it. Refuses to count units.
"""

from __future__ import annotations

from dash import html

from layouts import ids


def agencies_panel() -> html.Section:
    """Agencies at work first; the number turns amber when one or none is left."""
    legend = [html.Span([html.I(className=f"key bar-{part}"), word]) for part, word in _LEGEND]
    return html.Section(
        className="panel agencies",
        **{"aria-labelledby": "agencies-title"},
        children=[
            html.Div(
                className="ph",
                children=[
                    html.H2("Agencies", id="agencies-title"),
                    html.Span(id=ids.AGENCY_COUNT, className="mut num"),
                    html.Span(
                        className="right legend",
                        children=[
                            html.Button("Show all", id=ids.AGENCY_ALL, type="button", className="btn", hidden=True),
                            *legend,
                        ],
                    ),
                ],
            ),
            html.Div(
                id=ids.STATUS_CHIPS, className="status-chips", role="group", **{"aria-label": "Filter units by status"}
            ),
            html.Div(
                className="agency-head mut",
                **{"aria-hidden": "true"},
                children=[html.Span("Agency"), html.Span("Used"), html.Span("Left")],
            ),
            html.Ul(
                id=ids.AGENCY_LIST,
                className="agency-list scroll",
                tabIndex=0,
                **{"aria-label": "Agencies: units used and left", "aria-busy": "true"},
            ),
        ],
    )


_LEGEND = (("used", "Used"), ("left", "Left"), ("outof", "Out"))
