"""A worker process of the fault campaign: dispatchers who claim and clear a few contended units.

`python -m tests.integration.faults.worker URL BOARD SEED NAME FILE [mutant]`. Writes a line when a command is given
and a line when its outcome is known, so that a kill -9 leaves an exact record. An unknown outcome is asked for again
under the same id, as a client should. Ends by itself after SIGTERM, once nothing is unknown.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import random
import signal
import sys
import time
from typing import Any

from data.link import BoardLink
from domain.assignment import AssignmentStatus
from domain.commands import Actor, AssignUnits, ChangeStatus, Command, Envelope, Role
from domain.errors import StoreUnavailable
from domain.outcome import OutcomeStatus
from domain.refs import unit_ref
from domain.unit import Unit
from tests.integration.mutant import remove_check
from tests.unit.boards import FACTS

DISPATCHERS = 3
UNITS = ("sffd/E1", "sffd/E2", "sffd/E3")
LONGEST_WAIT = 15.0
"""Seconds an unknown outcome is asked for again before the worker gives up."""


def envelope_of(call: dict[str, Any]) -> Envelope:
    """The command of a recorded call, to be given (again)."""
    what, subject, incident = call["asked"]
    command: Command = (
        AssignUnits(incident, (subject,)) if what == "claim" else ChangeStatus(subject, AssignmentStatus.CLEARED)
    )
    return Envelope(call["id"], Actor(call["by"], "sffd", Role.DISPATCHER), command, call["issued"])


class Record:
    """Appends lines to a file; each is written whole before the next step."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, **line: Any) -> None:
        """One line of JSON."""
        os.write(self._file, (json.dumps(line) + "\n").encode())


async def dispatcher(link: BoardLink, chance: random.Random, name: str, record: Record, stop: asyncio.Event) -> None:
    """Claim what is free, clear what is held, sometimes the other way round."""
    number = 0
    while not stop.is_set():
        number += 1
        unit = chance.choice(UNITS)
        known = link.board.find(unit_ref(unit))
        held = known.active if isinstance(known, Unit) else ""
        incident = chance.choice([incident.id for incident in link.board.open_incidents()])
        asked = ["clear", held, ""] if held and chance.random() < 0.7 else ["claim", unit, incident]
        call = {"id": f"{name}-{number}", "by": name, "asked": asked, "issued": link.now()}
        record.write(t="call", at=time.monotonic(), **call)
        envelope = envelope_of(call)
        outcome = await link.send(envelope)
        until = time.monotonic() + LONGEST_WAIT
        while outcome.status == OutcomeStatus.UNAVAILABLE and time.monotonic() < until:
            await asyncio.sleep(0.05)
            outcome = await link.send(envelope)
        if outcome.status != OutcomeStatus.UNAVAILABLE:
            known_now = {"status": outcome.status, "rule": outcome.decision.rule, "seq": outcome.seq}
            record.write(t="known", id=call["id"], at=time.monotonic(), **known_now)
        await asyncio.sleep(chance.random() * 0.02)


async def main(url: str, board: str, seed: str, name: str, path: str, mutant: bool) -> None:
    """Work until told to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_reader(0, os._exit, 1)  # whoever started this is gone
    logging.disable(logging.WARNING)  # stores come and go here
    record = Record(path)
    while not stop.is_set():
        with contextlib.suppress(StoreUnavailable):
            async with BoardLink.open(url, board, FACTS) as link:
                if mutant:
                    await remove_check(link._client)
                desks = [
                    dispatcher(link, random.Random(f"{seed}/{name}/{n}"), f"{name}-{n}", record, stop)
                    for n in range(DISPATCHERS)
                ]
                await asyncio.gather(*desks)
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:6], mutant=sys.argv[6:] == ["mutant"]))
