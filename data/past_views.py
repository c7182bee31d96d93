"""A past board as an audience may see it: what is permitted now and was permitted then.

Knows how two grants meet. Refuses to know how a past board is put together (history.py) and what a view holds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from data.grants import AreasAt, Grants, no_areas
from data.history import PastBoard
from data.lines import LogLines
from data.views import Views
from domain.board import Board
from domain.granting import Audience, Grant
from domain.incident import Incident
from domain.position import Fix
from domain.response_plan import ResponsePlan


@dataclass(slots=True)
class PastProjection:
    """A board that does not go on, in the shape views read."""

    board: Board
    entries: LogLines
    positions: dict[str, Fix]
    touches: deque[Any] = field(default_factory=deque)
    noted: deque[Any] = field(default_factory=deque)
    reshared: deque[int] = field(default_factory=deque)


class GrantsThenAndNow(Grants):
    """The lesser of what an audience might see then and may see now; nothing where either says nothing."""

    def __init__(
        self, past: PastBoard, present: Views, now: float, plans: Mapping[str, ResponsePlan], areas_at: AreasAt
    ) -> None:
        super().__init__(lambda: past.board, plans, areas_at)
        self._present = present
        self._now = now

    def of(self, incident: Incident, audience: Audience, now: float) -> Grant | None:
        """A grant that holds at both times; `now` is the past board's time."""
        then = super().of(incident, audience, now)
        known = self._present.find_by_number(incident.id)
        present = self._present.grant(known, audience, self._now) if known is not None else None
        return meet(then, present)


def meet(then: Grant | None, now: Grant | None) -> Grant | None:
    """The lesser of two grants."""
    if then is None or now is None:
        return None
    lesser = min(then, now, key=lambda grant: grant.label)
    return replace(lesser, patient=then.patient and now.patient)


def views_of_past(
    past: PastBoard,
    present: Views,
    now: float,
    plans: Mapping[str, ResponsePlan],
    areas_at: AreasAt = no_areas,
) -> Views:
    """Views of a past board. `now` is the present server time; ask them with `past.when`."""
    projection = PastProjection(past.board, past.lines, past.positions)
    return Views(projection, plans, areas_at, GrantsThenAndNow(past, present, now, plans, areas_at))
