"""Drives a simulated world along a link: its commands are sent, its positions reported, its time kept.

Knows three kinds of time. *Live*: a step a second, board time. *Virtual*: steps without waiting; every command
carries its time as a recorded one, so only a service account may give it. *Warm-up*: the virtual 90 minutes before now,
which gives an empty board incidents at every stage, through commands like everybody's.

When the store does not answer, the same command is sent again until it does: its id makes that harmless.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from domain.board import Board
from domain.commands import Actor, Envelope, Role, SetClock
from domain.errors import StoreUnavailable
from domain.outcome import Outcome, OutcomeStatus
from domain.position import Fix
from tools.simulator.asks import ORIGIN, Ask
from tools.simulator.world import World

TICK = 1.0
"""Server seconds between two steps of a live simulation."""
WARM_UP = 5400.0
"""Board seconds simulated before the beginning on an empty board."""
WARM_UP_STEP = 5.0
WAITS = (0.2, 0.5, 1.0, 2.0)
"""Seconds between tries while the store is away; the last is repeated."""
log = logging.getLogger("concord.simulator")


class Link(Protocol):
    """What the simulator needs of a link to a board (data/link.py)."""

    @property
    def board(self) -> Board:
        """The board as this process knows it."""

    def now(self) -> float:
        """Server time, seconds since the epoch."""

    async def send(self, envelope: Envelope) -> Outcome:
        """Submit a command."""

    async def report_positions(self, fixes: Sequence[Fix]) -> int:
        """Store a batch of fixes."""


class Driver:
    """One simulation run; `run` names it in command ids, which never repeat from run to run."""

    def __init__(self, link: Link, world: World, stop: asyncio.Event, run: str) -> None:
        self.answers: Counter[str] = Counter()
        self._link = link
        self._world = world
        self._stop = stop
        self._run = run
        self._sent = 0

    async def live(self, until: float = 0.0) -> None:
        """Step once a second until stopped, or until that many board seconds have passed."""
        began = self._board_now()
        while not self._stop.is_set() and not (until and self._board_now() >= began + until):
            started = asyncio.get_running_loop().time()
            now = self._board_now()
            await self._step(now, recorded=False)
            await self._report(now)
            spent = asyncio.get_running_loop().time() - started
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), max(0.05, TICK - spent))

    async def virtual(self, start: float, until: float, step: float = TICK) -> None:
        """Play `until` board seconds from `start` without waiting; the board's clock then stands at the end."""
        await self.set_clock(start, 1.0)
        await self._play(start, start + until, step)
        await self.set_clock(start + until, 1.0)
        await self._report(start + until)

    async def warm_up(self) -> None:
        """Play the 90 minutes before now, so that the board shows work in progress."""
        await self._play(self._board_now() - WARM_UP, self._board_now(), WARM_UP_STEP)

    async def set_clock(self, base: float, rate: float) -> None:
        """Set the board's clock."""
        await self._send(Ask(Actor("simulator", "", Role.SERVICE, ORIGIN), SetClock(base, rate)))

    def _board_now(self) -> float:
        return self._link.board.head.time(self._link.now())

    async def _play(self, start: float, end: float, step: float) -> None:
        now = start
        while now < end and not self._stop.is_set():
            await self._step(now, recorded=True)
            now += step
            await asyncio.sleep(0)

    async def _step(self, now: float, *, recorded: bool) -> None:
        for ask in self._world.asks(now, self._link.board):
            if recorded:
                ask.actor = replace(ask.actor, role=Role.SERVICE)
                ask.command = replace(ask.command, occurred_at=now)  # type: ignore[arg-type]
            await self._send(ask)
            if self._stop.is_set():
                return

    async def _send(self, ask: Ask) -> None:
        self._sent += 1
        envelope = Envelope(f"sim/{self._run}/{self._sent}", ask.actor, ask.command)
        tries = 0
        while True:
            outcome = await self._link.send(envelope)
            if outcome.status != OutcomeStatus.UNAVAILABLE or self._stop.is_set():
                break
            if not tries:
                log.warning("the store does not answer; waiting for it")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), WAITS[min(tries, len(WAITS) - 1)])
            tries += 1
        ask.outcome = outcome
        self.answers["accepted" if outcome.accepted else f"{outcome.status}: {outcome.decision.rule}"] += 1
        if not outcome.accepted:
            log.info("%s of %s: %s", type(ask.command).__name__, ask.actor.agency, outcome.text)

    async def _report(self, now: float) -> None:
        fixes = self._world.fixes(now, self._link.now())
        # A lost batch is made good by the next: every unit reports again.
        with contextlib.suppress(StoreUnavailable):
            await self._link.report_positions(fixes)
