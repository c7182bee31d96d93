"""From an open incident to what of it does not travel by itself: caller, closer notes. Each look is put on record."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update

from callbacks.desk import Desk
from data.who import get_identity
from domain.errors import StoreUnavailable, UnknownIncident
from domain.receipt import receipt
from domain.share_clause import Label
from layouts import ids


def register(app: Dash, desk: Desk) -> None:
    """Wire query and answer."""

    @app.callback(Output(ids.CLOSER, "data"), Input(ids.CLOSER_QUERY, "data"), prevent_initial_call=True)
    async def answer(data: Any) -> Any:
        if not isinstance(data, dict):
            return no_update
        number, identity, now = str(data.get("incident") or ""), get_identity(), desk.link.now()
        try:
            found = desk.views.closer(number, identity.audience, now)
            if found["label"] >= Label.CALLER:
                # On record before it is seen: what cannot be recorded is not shown.
                await desk.viewed(identity, number, Label(found["label"]))
            if data.get("receipt"):
                incident = desk.views.get_known(number, identity.audience, now)
                board = desk.link.board
                rows = receipt(board, incident, desk.views.grants, identity, board.head.time(now))
                found["receipt"] = [asdict(row) for row in rows]
        except UnknownIncident as unknown:
            return {"t": data.get("t"), "id": number, "problem": str(unknown)}
        except StoreUnavailable:
            problem = "closer details cannot be put on record now, so they are not shown"
            return {"t": data.get("t"), "id": number, "problem": problem}
        return {"t": data.get("t"), **found}

    app.clientside_callback(
        ClientsideFunction("concord", "onCloser"),
        Output(ids.CLOSER_SHOWN, "data"),
        Input(ids.CLOSER, "data"),
        prevent_initial_call=True,
    )
