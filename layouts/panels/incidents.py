"""The list of open incidents and the form that reports one.

Knows their frames; assets/p_incidents.js and assets/p_report.js fill them from the feed.
Refuses to know an incident.
"""

from __future__ import annotations

from dash import html

from layouts import ids


def incidents_panel() -> html.Section:
    """List by priority, then oldest. Busy (a skeleton) until the first snapshot."""
    return html.Section(
        className="panel incidents",
        **{"aria-labelledby": "incidents-title"},
        children=[
            html.Div(
                className="ph",
                children=[
                    html.H2("Incidents", id="incidents-title"),
                    html.Span(id=ids.INCIDENT_COUNT, className="mut num"),
                    html.Span(
                        className="right",
                        children=[
                            html.Button(id=ids.INCIDENT_NEW, type="button", className="pill", hidden=True),
                            html.Button("Report…", id=ids.REPORT_BUTTON, type="button", className="btn"),
                        ],
                    ),
                ],
            ),
            html.Ul(
                id=ids.INCIDENT_LIST,
                className="cards scroll",
                role="listbox",
                **{"aria-label": "Open incidents, most urgent first", "aria-busy": "true"},
            ),
        ],
    )


def report_dialog() -> html.Dialog:
    """The form's frame; not modal, so that the map stays in reach for choosing the place."""
    return html.Dialog(id=ids.REPORT_DIALOG, className="dialog report")
