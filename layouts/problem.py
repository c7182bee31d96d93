"""An error shown where its panel would be: what went wrong and what to do, never a blank space.

Knows how an error looks. Refuses to know what caused it.
"""

from __future__ import annotations

from dash import html


def problem(text: str, remedy: str = "") -> html.Div:
    """A refused or failed answer in its panel; screen readers are told at once."""
    return html.Div(
        className="problem",
        role="alert",
        children=[
            html.B("This could not be answered"),
            html.Span(text),
            html.Span(remedy, className="mut") if remedy else None,
        ],
    )
