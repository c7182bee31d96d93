"""Which incidents an audience sees, and what it no longer sees.

Knows grants on a board as it is, and what an audience was shown. Refuses to decide a grant (domain/granting.py) and to
know what a record holds (incident_views.py).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Protocol

from data.grants import AreasAt, Grants, no_areas
from data.lines import LogLines
from domain.assignment import Assignment
from domain.board import Board
from domain.errors import UnknownIncident
from domain.granting import Audience, Grant, boundaries_between
from domain.incident import Incident
from domain.position import Fix
from domain.refs import incident_ref
from domain.response_plan import ResponsePlan
from domain.share_clause import Label

CLOSED_SHOWN = 600.0
"""Seconds of board time a closed incident stays in snapshots."""
Shown = dict[str, tuple[Label, bool]]
"""What an audience has on its screens: incident -> its grant's label, and whether patient data is open.

The whole grant, not only what travels: closer labels that were fetched stand on the screen too, and must leave it."""


class Seen(Protocol):
    """What views read: a board that goes on (projection.py), or a past one (past_views.py)."""

    board: Board
    entries: LogLines
    positions: dict[str, Fix]
    touches: deque[tuple[int, tuple[str, ...]]]
    noted: deque[tuple[int, str]]
    reshared: deque[int]


class Sight:
    """Grants of one board. `plans` say which types are sensitive, `areas_at(lon, lat, when)` the areas clauses name."""

    def __init__(
        self,
        projection: Seen,
        plans: Mapping[str, ResponsePlan],
        areas_at: AreasAt = no_areas,
        grants: Grants | None = None,
    ) -> None:
        self._projection = projection
        self._plans = plans
        self.grants = grants or Grants(lambda: projection.board, plans, areas_at)

    @property
    def _board(self) -> Board:
        return self._projection.board

    def grant(self, incident: Incident, audience: Audience, now: float) -> Grant | None:
        """What an audience may see of an incident; `now` in server time. None = not even that it exists."""
        return self.grants.of(incident, audience, self._board.head.time(now))

    def may_know_of(self, number: str, audience: Audience, now: float) -> bool:
        """Whether an audience may know that there is such an incident."""
        return self.grant(self._board.get_incident(number), audience, now) is not None

    def get_known(self, number: str, audience: Audience, now: float) -> Incident:
        """An incident by number, for whom it may be known to. Raises UnknownIncident, alike where there is none and
        where it is withheld: the difference would tell."""
        found = self._board.find(incident_ref(number))
        if not isinstance(found, Incident) or self.grant(found, audience, now) is None:
            raise UnknownIncident(f"no incident {number} on this board")
        return found

    def sees_otherwise(self, audience: Audience, shown: Shown, now: float) -> bool:
        """Whether an audience may by now see more or less than it was shown, by nothing but time."""
        known = self._all_known(shown, now)
        return any(self._find_seen(number, audience, now) != shown.get(number) for number in known)

    def sight(self, audience: Audience, now: float) -> Shown:
        """What an audience may see now, as it is kept of what is shown."""
        seen = ((number, self._find_seen(number, audience, now)) for number in self._all_known({}, now))
        return {number: one for number, one in seen if one is not None}

    def sharing_moved(self, before: float, now: float) -> bool:
        """Whether a grant may have begun or ended by time alone between two server times."""
        head = self._board.head
        return boundaries_between(self._board, self._board.purposes(), head.time(before), head.time(now))

    def _all_known(self, shown: Shown, now: float) -> list[str]:
        since = self._board.head.time(now) - CLOSED_SHOWN
        present = [*self._board.open_incidents(), *self._board.closed_since(since)]
        return list(dict.fromkeys([*(incident.id for incident in present), *shown]))

    def _find_seen(self, number: str, audience: Audience, now: float) -> tuple[Label, bool] | None:
        grant = self.grant(self._board.get_incident(number), audience, now)
        return None if grant is None else (grant.label, grant.patient)

    def _changes_of_sight(
        self, numbers: Iterable[str], audience: Audience, now: float, shown: Shown
    ) -> tuple[list[str], list[str]]:
        """Which of some incidents an audience lost, and which it sees under another label than before."""
        gone, other = [], []
        for number in numbers:
            seen, before = self._find_seen(number, audience, now), shown.get(number)
            if seen is None:
                if before is not None:  # never name one that was not shown
                    gone.append(number)
                    del shown[number]
            else:
                shown[number] = seen
                if seen != before:
                    other.append(number)
        return gone, other

    def _at_work(self, number: str) -> list[Assignment]:
        return [held for held in self._board.assignments_of(number) if not held.ended]

    def find_by_number(self, number: str) -> Incident | None:
        """An incident by number, for whoever then asks who may see it."""
        found = self._board.find(incident_ref(number))
        return found if isinstance(found, Incident) else None
