"""The frame every screen has: header with link state and clock, banner, result line.

Knows the frame's parts. Refuses to know which screen it is around.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from layouts import ids


def stores() -> list[Any]:
    """The stores between page and server (docs/feed.md); empty until a script or a callback writes."""
    return [dcc.Store(id=name, storage_type="memory") for name in ids.STORES]


def header(title: str, screen: str, note: str, training: bool) -> html.Header:
    """Brand, training badge, link state, what burns, clock, who acts, theme and help.

    Of a long note only what stands before its first colon is shown; the rest is its title.
    """
    badge = (
        [html.Span("TRAINING", className="chip train", title="No real emergency is on this board")] if training else []
    )
    return html.Header(
        className="top",
        children=[
            html.Div(className="brand", children=[html.H1(title), html.Span(screen)]),
            *badge,
            html.I(className="sep", **{"aria-hidden": "true"}),
            html.Div(id=ids.LINK_STATE, className="live", **{"data-state": "connecting"}),
            html.Ul(id=ids.SOURCES, className="sources", **{"aria-label": "How fresh each agency's positions are"}),
            html.Div(id=ids.SUMMARY, className="facts"),
            html.Span(note.split(":")[0], className="mut note", title=note) if note else None,
            html.I(className="grow", **{"aria-hidden": "true"}),
            html.Div(id=ids.ALARM, className="alarm", role="status", hidden=True),
            html.Div(id=ids.AID_ALARM, className="alarm aid-alarm", role="status", hidden=True),
            html.I(className="sep", **{"aria-hidden": "true"}),
            html.Div(id=ids.CLOCK, className="clock-box"),
            html.I(className="sep", **{"aria-hidden": "true"}),
            html.Button(id=ids.ACTING_BUTTON, type="button", className="acting two"),
            html.Button("◐", id=ids.THEME_BUTTON, type="button", className="icon-btn"),
            html.Button(
                "?", id=ids.HELP_BUTTON, type="button", className="icon-btn", title="Keys", **{"aria-label": "? keys"}
            ),
        ],
    )


def banner() -> html.Div:
    """The red banner of a lost link; over the page, so that nothing moves when it comes."""
    return html.Div(id=ids.BANNER, className="banner", role="alert", hidden=True)


def result_bar(hints: Sequence[tuple[str, str]]) -> html.Footer:
    """The line that answers every action, and the keys worth knowing: (key, what it does)."""
    return html.Footer(
        className="result",
        children=[
            html.Div(
                id=ids.RESULT_LINE,
                className="result-line",
                role="status",
                **{"aria-live": "polite", "aria-atomic": "true"},
            ),
            html.Div(
                className="hints mut",
                **{"aria-hidden": "true"},
                children=[html.Span([html.Kbd(key), words]) for key, words in hints],
            ),
        ],
    )
