"""A place in every notation, each with a button that copies it.

Knows how they are laid out. Refuses to work them out (geo/notations.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from dash import html


def coordinates_list(notations: Sequence[tuple[str, str]]) -> html.Details:
    """Folded: most of the time one of them is enough, and it stands above already."""
    return html.Details(
        className="coordinates",
        children=[
            html.Summary("Coordinates"),
            html.Ul(
                [
                    html.Li(
                        [
                            html.Span(name, className="mut"),
                            html.Code(text),
                            html.Button(
                                "Copy",
                                type="button",
                                className="btn small",
                                **{"data-copy": text, "aria-label": f"Copy {name}: {text}"},
                            ),
                        ]
                    )
                    for name, text in notations
                ]
            ),
        ],
    )
