"""The selected incident: header, a timeline of its units, its log.

Knows the frames; assets/p_detail.js and assets/p_timeline.js fill them. Refuses to know an incident.
"""

from __future__ import annotations

from dash import html

from domain.share_clause import Label
from layouts import ids

NOTE_LABELS = (
    (Label.OPERATIONS, "All who work on it"),
    (Label.CALLER, "Caller"),
    (Label.PATIENT, "Patient"),
    (Label.CRIMINAL_JUSTICE, "Criminal justice"),
)
"""Who a note is for. The first is what most notes are; closer ones say so on purpose."""


def detail_panel() -> html.Section:
    """Under list and map; of fixed height, its two parts scroll by themselves."""
    return html.Section(
        className="panel detail",
        **{"aria-labelledby": "detail-title"},
        children=[
            html.Div(id=ids.DETAIL_HEAD, className="ph detail-head"),
            html.Div(
                id=ids.DETAIL_RESPONSIBLE,
                className="detail-responsible",
                hidden=True,
                tabIndex=0,
                role="group",
                **{"aria-label": "Who is responsible"},
            ),
            html.Div(
                className="timeline idle",
                children=[
                    html.Div(id=ids.LANE_FLAGS, className="flags", **{"aria-hidden": "true"}),
                    html.Ul(id=ids.LANES, className="lanes", tabIndex=0, **{"aria-label": "Assigned units"}),
                    html.Div(id=ids.LANE_AXIS, className="axis", **{"aria-hidden": "true"}),
                ],
            ),
            html.Div(
                className="log",
                children=[
                    html.Div(
                        className="log-head",
                        children=[html.H3("Log", id=ids.LOG_TITLE), html.Span(id=ids.LOG_COUNT, className="mut num")],
                    ),
                    html.Ul(
                        id=ids.LOG_LIST,
                        className="log-list scroll",
                        tabIndex=0,
                        **{"aria-label": "Log, newest first"},
                    ),
                    html.Div(
                        className="note-line",
                        children=[
                            html.Textarea(
                                id=ids.NOTE_BOX,
                                className="note-box",
                                rows=1,
                                maxLength=500,
                                placeholder="Note, then Enter",
                                **{"aria-label": "Note for the log; Enter writes it"},
                            ),
                            html.Select(
                                id=ids.NOTE_LABEL,
                                className="small",
                                title="Who may read the note",
                                **{"aria-label": "Who may read the note"},
                                children=[html.Option(words, value=str(int(label))) for label, words in NOTE_LABELS],
                            ),
                        ],
                    ),
                ],
            ),
        ],
    )
