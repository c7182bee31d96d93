"""The feed's hub: one per worker. One delta per audience, serialised once, handed to every viewer.

Knows who listens and how far each has got. Refuses to know sockets (feed.py), records (data/views.py) and where units
are (positions_lane.py). A viewer that reads too slowly is not buffered for: its queue is dropped, it gets a snapshot.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from api.interest import EVERYTHING, Interest
from api.positions_lane import PositionsLane
from data.link import BoardLink
from data.views import Shown, Views
from domain.granting import Audience

QUEUE = 64
"""Frames a viewer may lag behind: about 15 s of the position lane."""
POSITIONS_SECONDS = 0.25
"""The position lane's pace: 4 frames a second."""
BEAT_SECONDS = 1.0
SUM_BEATS = 5
"""Every so many beats the state's checksum and the agencies' sources go along."""
SNAPSHOT_SECONDS = 5.0
"""A snapshot serves whoever comes within this time, with a delta after it: many come at once after an outage."""

Frame = str | bytes
log = logging.getLogger("concord.feed")


class Viewer:
    """One listening page: its audience, what it can show, and the frames waiting for it."""

    def __init__(self, audience: Audience, interest: Interest = EVERYTHING, numbers: str = "") -> None:
        self.audience = audience
        self.interest = interest
        self.numbers = numbers
        """digest of the unit numbers it has"""
        self._frames: asyncio.Queue[Frame] = asyncio.Queue(QUEUE)
        self.lost = False

    def offer(self, frame: Frame) -> None:
        """Queue a frame, or mark the viewer for a new snapshot when it is too slow."""
        if self.lost:
            return
        try:
            self._frames.put_nowait(frame)
        except asyncio.QueueFull:
            self.lost = True
            while not self._frames.empty():
                self._frames.get_nowait()
            self._frames.put_nowait(b"")  # wakes the sender, which asks for a snapshot

    async def next(self) -> Frame:
        """The next frame; b"" means: start again from a snapshot."""
        return await self._frames.get()


@dataclass(slots=True)
class _Snapshot:
    text: str
    seq: int
    made: float
    shown: Shown

    def still_holds(self, shown: Shown) -> bool:
        """Whether nothing of it was taken away or is shared otherwise by now."""
        fresh = time.monotonic() - self.made < SNAPSHOT_SECONDS
        return fresh and all(shown.get(number) == seen for number, seen in self.shown.items())


@dataclass(slots=True)
class _Group:
    """The viewers of one audience: they have all been sent the same, up to `sent`."""

    sent: int
    shown: Shown
    viewers: set[Viewer] = field(default_factory=set)

    def offer(self, frame: Frame) -> None:
        for viewer in self.viewers:
            viewer.offer(frame)


class Hub:
    """Fans the board's changes out to viewers."""

    def __init__(self, link: BoardLink, views: Views, version: str, report: Callable[[str], None] = log.info) -> None:
        self.link = link
        self.views = views
        self.version = version
        self.lane = PositionsLane(link.projection)
        self._groups: dict[Audience, _Group] = {}
        self._snapshots: dict[Audience, _Snapshot] = {}
        self._sources = ""
        self._looked_at = 0.0
        self._generation = link.projection.generation
        self._report = report
        self.resyncs = 0
        self.ground = ""
        """the boundary edition pages draw; "" = the region pack's"""

    @property
    def viewers(self) -> int:
        """How many pages listen here."""
        return sum(len(group.viewers) for group in self._groups.values())

    # Viewers ------------------------------------------------------------------------------------

    def join(self, viewer: Viewer, seq: int) -> list[Frame]:
        """Add a viewer that knows the board up to `seq` (0 = nothing); returns its first frames."""
        audience, now = viewer.audience, self.link.now()
        self._absorb()
        group = self._groups.get(audience)
        if group is None:
            group = self._groups[audience] = _Group(self.link.board.seq, self.views.sight(audience, now))
        else:
            self._flush(audience, group)
        first: list[Frame] = [self.views.hello(audience, now, self.version).decode()]
        if viewer.numbers != self.lane.numbers.digest:
            viewer.numbers = self.lane.numbers.digest
            first.append(self._numbers_frame(0))
        resumed = self.views.delta(audience, seq, now) if seq else None
        first += [resumed.decode()] if resumed is not None else self._beginning(audience, group.shown, now)
        first.append(self.lane.whole(viewer.interest, now))
        if self._sources:
            first.append(self._sources)
        if self.ground:
            first.append(_ground_frame(self.ground, now))
        if not self.link.projection.connected:
            first.append(_store_frame(False, now))
        group.viewers.add(viewer)
        return first

    def change_interest(self, viewer: Viewer, interest: Interest) -> None:
        """A page shows something else now: it gets what it lacks of it."""
        self._absorb()
        if lacking := self.lane.change(viewer.interest, interest, self.link.now()):
            viewer.offer(lacking)
        viewer.interest = interest

    def resync(self, viewer: Viewer) -> list[Frame]:
        """A slow viewer's new beginning."""
        self.resyncs += 1
        viewer.lost = False
        viewer.numbers = ""  # whatever waited for it was dropped, new numbers among it
        return self.join(viewer, 0)

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer."""
        group = self._groups.get(viewer.audience)
        if group is not None:
            group.viewers.discard(viewer)
            if not group.viewers:
                del self._groups[viewer.audience]
                self._snapshots.pop(viewer.audience, None)

    def ground_changed(self, edition: str) -> None:
        """Other boundaries are in force: pages fetch the drawn map again."""
        self.ground = edition
        self._to_all(_ground_frame(edition, self.link.now()))

    # Lanes --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve all lanes until cancelled."""
        async with asyncio.TaskGroup() as lanes:
            lanes.create_task(self._fast_lane())
            lanes.create_task(self._position_lane())
            lanes.create_task(self._beat())

    async def _fast_lane(self) -> None:
        projection = self.link.projection
        connected = projection.connected
        while True:
            await projection.changed.wait()
            projection.changed.clear()
            if projection.generation != self._generation:
                self._generation = projection.generation
                self._start_over()
            for audience, group in list(self._groups.items()):
                self._flush(audience, group)
            if projection.connected != connected:
                connected = projection.connected
                self._to_all(_store_frame(connected, self.link.now()))

    async def _position_lane(self) -> None:
        due = time.monotonic()
        while True:
            due = max(due + POSITIONS_SECONDS, time.monotonic())
            await asyncio.sleep(due - time.monotonic())
            self._absorb()
            if not self._groups:
                self.lane.forget_moves()
                continue
            near, far = self.lane.due(self.link.now())
            for group in self._groups.values():
                for viewer in group.viewers:
                    moves = far if viewer.interest.far else near
                    if moves is not None and (frame := moves.frame(viewer.interest)):
                        viewer.offer(frame)

    async def _beat(self) -> None:
        beats = 0
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self._share_by_time(self.link.now())
            beats += 1
            with_sum = beats % SUM_BEATS == 0
            for audience, group in list(self._groups.items()):
                self._flush(audience, group)
                group.offer(self._beat_frame(audience, with_sum))
            if with_sum and self._groups:
                self._sources = await self.views.sources(self.link.now())
                self._to_all(self._sources)

    def _beat_frame(self, audience: Audience, with_sum: bool) -> str:
        now, seq = self.link.now(), self.link.board.seq
        checksum = f',"sum":"{self.views.checksum(audience, now)}"' if with_sum else ""
        return f'{{"t":"beat","at":{now:.3f},"seq":{seq}{checksum}}}'

    def _absorb(self) -> None:
        known = self.lane.absorb()
        if len(self.lane.numbers) == known:
            return
        frame, digest = self._numbers_frame(known), self.lane.numbers.digest
        for group in self._groups.values():
            for viewer in group.viewers:
                viewer.numbers = digest
                viewer.offer(frame)

    def _numbers_frame(self, first: int) -> str:
        numbers = self.lane.numbers
        return json.dumps({"t": "numbers", "digest": numbers.digest, "from": first, "units": numbers.since(first)})

    # What changed -------------------------------------------------------------------------------

    def _beginning(self, audience: Audience, shown: Shown, now: float) -> list[Frame]:
        """The whole picture, made a moment ago for somebody else where it can be, with what changed since."""
        kept = self._snapshots.get(audience)
        if kept is not None and kept.still_holds(shown):
            if kept.seq == self.link.board.seq:
                return [kept.text]
            since = self.views.delta(audience, kept.seq, now)
            if since is not None:
                return [kept.text, since.decode()]
        text = self.views.snapshot(audience, now).decode()
        self._snapshots[audience] = _Snapshot(text, self.link.board.seq, time.monotonic(), dict(shown))
        return [text]

    def _flush(self, audience: Audience, group: _Group) -> None:
        if group.sent >= self.link.board.seq:
            return
        frame = self.views.delta(audience, group.sent, self.link.now(), group.shown)
        group.sent = self.link.board.seq
        if frame is None:
            frame = self.views.snapshot(audience, self.link.now(), group.shown)
        group.offer(frame.decode())

    def _share_by_time(self, now: float) -> None:
        """Nobody writes down that a clause or purpose runs out; whoever sees otherwise by now gets a whole picture."""
        before, self._looked_at = self._looked_at or now, now
        if not self.views.sharing_moved(before, now):
            return
        self._snapshots.clear()
        for audience, group in self._groups.items():
            if self.views.sees_otherwise(audience, group.shown, now):
                self._anew(audience, group, now)

    def _start_over(self) -> None:
        """The store was replaced: what viewers hold is not its picture."""
        self._report("the store holds another log now: every viewer starts again")
        self._snapshots.clear()
        for audience, group in self._groups.items():
            self._anew(audience, group, self.link.now())

    def _anew(self, audience: Audience, group: _Group, now: float) -> None:
        group.sent = self.link.board.seq
        group.offer(self.views.snapshot(audience, now, group.shown).decode())

    def _to_all(self, frame: Frame) -> None:
        for group in self._groups.values():
            group.offer(frame)


def _store_frame(connected: bool, now: float) -> str:
    return f'{{"t":"store","ok":{"true" if connected else "false"},"at":{now:.3f}}}'


def _ground_frame(edition: str, now: float) -> str:
    return json.dumps({"t": "ground", "edition": edition, "at": round(now, 3)})
