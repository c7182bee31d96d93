"""The last commands of a board: what an undo needs to know of what it takes back.

Knows, for each recent command, its events, who gave it and when, and what the entities it touched were before.
Refuses to decide whether it may be undone (rules/undoing.py).
Folded from the events like everything else, so every process that read them has the same index. It is bounded
and not part of the written state: a process that starts from a snapshot knows only what came after it and
refuses to undo the rest, which matters for the ten seconds an undo is allowed and no longer.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.commands import Actor
from domain.entities import Entity
from domain.events import CommandUndone, Event, RecordedEvent

KEPT = 1000
"""Commands remembered: at 100 commands a second that is the ten seconds an undo has."""
MOST_EVENTS = 200
"""Events remembered of one command; only loading a region makes more, and that is not undone."""


@dataclass(slots=True)
class RecentCommand:
    """One command's doing. `before` maps refs of entities to what they were before it (None: not there),
    `versions` to the sequence number it gave them; `at` is server time of its last event."""

    id: str
    actor: Actor
    first: int
    last: int
    at: float
    events: list[Event] = field(default_factory=list)
    before: dict[str, Entity | None] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    undone: bool = False


class RecentCommands:
    """The last `KEPT` commands by id, oldest first."""

    def __init__(self) -> None:
        self._commands: OrderedDict[str, RecentCommand] = OrderedDict()

    def find(self, command: str) -> RecentCommand | None:
        """A command's doing, if it is among the last."""
        return self._commands.get(command)

    def take(self, recorded: RecordedEvent, before: Mapping[str, Entity | None]) -> None:
        """Remember an event; `before` maps the refs of entities it touched to what they were."""
        known = self._commands.get(recorded.command_id)
        if known is None or known.last != recorded.seq - 1:
            # An id that comes again much later is another command: ids are remembered for an hour.
            known = RecentCommand(recorded.command_id, recorded.actor, recorded.seq, recorded.seq, recorded.at)
            self._commands[recorded.command_id] = known
            self._commands.move_to_end(recorded.command_id)
            if len(self._commands) > KEPT:
                self._commands.popitem(last=False)
        known.last, known.at = recorded.seq, recorded.at
        if len(known.events) < MOST_EVENTS:
            known.events.append(recorded.event)
            for ref, entity in before.items():
                known.before.setdefault(ref, entity)
                known.versions[ref] = recorded.seq
        if isinstance(recorded.event, CommandUndone) and (undone := self._commands.get(recorded.event.command)):
            undone.undone = True
