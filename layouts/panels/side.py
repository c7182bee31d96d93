"""Four views side by side: units recommended for the selected incident, suggested for all that wait, assistance asked
for and given, and all units to search.

Knows tabs and frames; the search box itself is made by assets/p_units.js, Dash having no plain input.
Refuses to rank (recommendation.py shows an answer) and to search.
"""

from __future__ import annotations

from dash import html

from layouts import ids
from layouts.panels.recommendation import no_recommendation
from layouts.panels.together import nobody_waits


def _tab(tab: str, panel: str, words: str, selected: bool) -> html.Button:
    return html.Button(
        words,
        id=tab,
        type="button",
        className="tab",
        role="tab",
        tabIndex=0 if selected else -1,
        **{"aria-selected": "true" if selected else "false", "aria-controls": panel},
    )


def side_panel() -> html.Section:
    """The tab bar and its panels; all but the first are hidden until chosen."""
    return html.Section(
        className="panel side",
        **{"aria-label": "Units"},
        children=[
            html.Div(
                id=ids.SIDE_TABS,
                className="ph tabs",
                role="tablist",
                **{"aria-label": "Units"},
                children=[
                    _tab(ids.TAB_RECOMMENDED, ids.PANEL_RECOMMENDED, "Recommended", True),
                    _tab(ids.TAB_TOGETHER, ids.PANEL_TOGETHER, "All waiting", False),
                    _tab(ids.TAB_AID, ids.PANEL_AID, "Aid", False),
                    _tab(ids.TAB_UNITS, ids.PANEL_UNITS, "All units", False),
                ],
            ),
            html.Div(
                id=ids.PANEL_RECOMMENDED,
                className="tab-panel",
                role="tabpanel",
                **{"aria-labelledby": ids.TAB_RECOMMENDED},
                children=html.Div(no_recommendation(), id=ids.RECOMMENDATION, className="recommendation"),
            ),
            html.Div(
                id=ids.PANEL_TOGETHER,
                className="tab-panel",
                role="tabpanel",
                hidden=True,
                **{"aria-labelledby": ids.TAB_TOGETHER},
                children=html.Div(nobody_waits(), id=ids.TOGETHER, className="together"),
            ),
            html.Div(
                id=ids.PANEL_AID,
                className="tab-panel",
                role="tabpanel",
                hidden=True,
                **{"aria-labelledby": ids.TAB_AID},
                children=html.Div(id=ids.AID, className="aid scroll", tabIndex=0),
            ),
            html.Div(
                id=ids.PANEL_UNITS,
                className="tab-panel",
                role="tabpanel",
                hidden=True,
                **{"aria-labelledby": ids.TAB_UNITS},
                children=[
                    html.Div(id=ids.UNIT_CARD, className="unit-card", hidden=True),
                    html.Div(
                        className="unit-find",
                        children=[
                            html.Div(id=ids.UNIT_SEARCH, className="find"),
                            html.Span(id=ids.UNIT_COUNT, className="mut num", role="status"),
                        ],
                    ),
                    html.Ul(
                        id=ids.UNIT_LIST,
                        className="unit-list scroll",
                        role="listbox",
                        **{"aria-label": "Units", "aria-busy": "true"},
                    ),
                ],
            ),
        ],
    )
