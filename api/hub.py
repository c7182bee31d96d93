"""The feed's hub: one per worker. One delta per audience, serialised once, handed to every viewer.

Knows who listens and how far each has got. Refuses to know sockets (feed.py) and records (data/views.py).
A viewer that reads too slowly is not buffered for: its queue is dropped and it gets a snapshot.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable

from data.link import BoardLink
from data.views import Shown, Views
from domain.granting import Audience

QUEUE = 64
"""Frames a viewer may lag behind: about 15 s of the position lane."""
POSITIONS_SECONDS = 0.25
"""The position lane's pace: 4 frames a second."""
BEAT_SECONDS = 1.0

log = logging.getLogger("concord.feed")


class Viewer:
    """One listening page: its audience and the frames waiting for it."""

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        self._frames: asyncio.Queue[bytes] = asyncio.Queue(QUEUE)
        self.lost = False

    def offer(self, frame: bytes) -> None:
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

    async def next(self) -> bytes:
        """The next frame; b"" means: start again from a snapshot."""
        return await self._frames.get()


class Hub:
    """Fans the board's changes out to viewers."""

    def __init__(self, link: BoardLink, views: Views, version: str, report: Callable[[str], None] = log.info) -> None:
        self.link = link
        self.views = views
        self.version = version
        self._viewers: dict[Audience, set[Viewer]] = defaultdict(set)
        self._sent: dict[Audience, int] = {}
        self._shown: dict[Audience, Shown] = defaultdict(dict)
        self._looked_at = 0.0
        self._generation = link.projection.generation
        self._report = report
        self.resyncs = 0
        self.ground = ""
        """the boundary edition pages draw; "" = the region pack's"""

    @property
    def viewers(self) -> int:
        """How many pages listen here."""
        return sum(len(group) for group in self._viewers.values())

    def join(self, viewer: Viewer, seq: int) -> list[bytes]:
        """Add a viewer that knows the board up to `seq` (0 = nothing); returns its first frames."""
        self._flush(viewer.audience)
        self._viewers[viewer.audience].add(viewer)
        self._sent.setdefault(viewer.audience, self.link.board.seq)
        now = self.link.now()
        first = [self.views.hello(viewer.audience, now, self.version)]
        shown = self._shown[viewer.audience]
        resumed = self.views.delta(viewer.audience, seq, now) if seq else None
        if resumed is not None and not shown:
            shown |= self.views.sight(viewer.audience, now)  # a delta was enough: they have all of it already
        first.append(resumed or self.views.snapshot(viewer.audience, now, shown))
        first.append(self.views.all_positions(now))
        if self.ground:
            first.append(_ground_frame(self.ground, now))
        if not self.link.projection.connected:
            first.append(_store_frame(False, now))
        return first

    def ground_changed(self, edition: str) -> None:
        """Other boundaries are in force: pages fetch the drawn map again."""
        self.ground = edition
        self._to_all(_ground_frame(edition, self.link.now()))

    def resync(self, viewer: Viewer) -> list[bytes]:
        """A slow viewer's new beginning."""
        self.resyncs += 1
        viewer.lost = False
        return self.join(viewer, 0)

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer."""
        group = self._viewers.get(viewer.audience)
        if group is not None:
            group.discard(viewer)
            if not group:
                del self._viewers[viewer.audience]
                self._sent.pop(viewer.audience, None)
                self._shown.pop(viewer.audience, None)

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
            for audience in list(self._viewers):
                self._flush(audience)
            if projection.connected != connected:
                connected = projection.connected
                self._to_all(_store_frame(connected, self.link.now()))

    async def _position_lane(self) -> None:
        projection = self.link.projection
        while True:
            await asyncio.sleep(POSITIONS_SECONDS)
            if not projection.moved:
                continue
            moved, projection.moved = projection.moved, {}
            if self._viewers:
                self._to_all(self.views.positions(moved, self.link.now()))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self._share_by_time(self.link.now())
            self._to_all(b'{"t":"beat","at":%.3f,"seq":%d}' % (self.link.now(), self.link.board.seq))

    def _flush(self, audience: Audience) -> None:
        group = self._viewers.get(audience)
        sent = self._sent.get(audience, self.link.board.seq)
        if not group or sent >= self.link.board.seq:
            return
        shown = self._shown[audience]
        frame = self.views.delta(audience, sent, self.link.now(), shown)
        self._sent[audience] = self.link.board.seq
        if frame is None:
            frame = self.views.snapshot(audience, self.link.now(), shown)
        for viewer in group:
            viewer.offer(frame)

    def _share_by_time(self, now: float) -> None:
        """Nobody writes down that a clause or purpose runs out; whoever sees otherwise by now gets a whole picture."""
        before, self._looked_at = self._looked_at or now, now
        if not self.views.sharing_moved(before, now):
            return
        for audience, group in self._viewers.items():
            shown = self._shown[audience]
            if self.views.sees_otherwise(audience, shown, now):
                self._sent[audience] = self.link.board.seq
                frame = self.views.snapshot(audience, now, shown)
                for viewer in group:
                    viewer.offer(frame)

    def _start_over(self) -> None:
        """The store was replaced: what viewers hold is not its picture."""
        self._report("the store holds another log now: every viewer starts again")
        for audience, group in self._viewers.items():
            self._sent[audience] = self.link.board.seq
            for viewer in group:
                viewer.offer(self.views.snapshot(audience, self.link.now(), self._shown[audience]))

    def _to_all(self, frame: bytes) -> None:
        for group in self._viewers.values():
            for viewer in group:
                viewer.offer(frame)


def _store_frame(connected: bool, now: float) -> bytes:
    return b'{"t":"store","ok":%s,"at":%.3f}' % (b"true" if connected else b"false", now)


def _ground_frame(edition: str, now: float) -> bytes:
    return b'{"t":"ground","edition":"%s","at":%.3f}' % (edition.encode(), now)
