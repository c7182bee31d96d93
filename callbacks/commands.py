"""From the page's `command` store to an outcome. The one callback through which people change the board."""

from __future__ import annotations

import time
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update

from callbacks.desk import Desk
from data.codec import read_console_command
from data.who import get_identity
from domain.decision import refuse
from domain.errors import BadCommand
from domain.outcome import Outcome, OutcomeStatus
from layouts import ids


def register(app: Dash, desk: Desk) -> None:
    """Wire command and outcome."""

    @app.callback(Output(ids.OUTCOME, "data"), Input(ids.COMMAND, "data"), prevent_initial_call=True)
    async def submit(data: Any) -> Any:
        if not data:
            return no_update
        started = time.perf_counter()
        try:
            envelope = read_console_command(data, get_identity().actor)
            outcome = await desk.link.send(envelope)
            desk.gave(get_identity(), envelope.command, outcome)
        except BadCommand as wrong:
            decision = refuse("bad_command", str(wrong), "mend the command")
            outcome = Outcome(OutcomeStatus.INVALID, decision, 0, str(wrong))
        sent_id = data.get("id", "") if isinstance(data, dict) else ""
        return _answer(outcome, sent_id, (time.perf_counter() - started) * 1000)

    app.clientside_callback(
        ClientsideFunction("concord", "onOutcome"),
        Output(ids.OUTCOME_SHOWN, "data"),
        Input(ids.OUTCOME, "data"),
        prevent_initial_call=True,
    )


def _answer(outcome: Outcome, sent_id: str, milliseconds: float) -> dict[str, Any]:
    return {
        "id": sent_id,
        "status": str(outcome.status),
        "text": outcome.text or outcome.decision.reason,
        "rule": outcome.decision.rule,
        "reason": outcome.decision.reason,
        "clause": outcome.decision.clause,
        "remedy": outcome.decision.remedy,
        "seq": outcome.seq,
        "incident": outcome.incident,
        "took_ms": round(milliseconds, 1),
    }
