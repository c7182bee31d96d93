"""Callbacks: parse, hand over, render. All of them asynchronous; no rule about incidents, units or agencies.

`register` wires every callback to the app; `Desk` is what they hand over to.
"""

from __future__ import annotations

from dash import Dash

from callbacks import audit, closer, commands, coverage, reach, recommendation, search, together, whois
from callbacks.desk import Desk


def register(app: Dash, desk: Desk) -> None:
    """Wire every callback of the board's pages."""
    commands.register(app, desk)
    whois.register(app, desk)
    reach.register(app, desk)
    coverage.register(app, desk)
    audit.register(app, desk)
    search.register(app, desk)
    recommendation.register(app, desk)
    closer.register(app, desk)
    together.register(app, desk)


__all__ = ["Desk", "register"]
