"""Who may see what of which incident, asked thousands of times a second: what does not change is found once.

Knows when a standing and the share clauses must be looked up anew. Refuses to know the rule (domain/granting.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from domain.agreement import Agreement
from domain.board import Board
from domain.granting import Audience, Grant, Standing, granted, standing_of
from domain.incident import Incident
from domain.lookups import find_purpose
from domain.refs import AGREEMENTS, incident_ref, requests_ref, roster_ref, structure_ref
from domain.response_plan import ResponsePlan
from domain.share_clause import ShareClause

AreasAt = Callable[[float, float, float], Collection[str]]
Clauses = dict[tuple[str, str], list[tuple[Agreement, ShareClause]]]


def no_areas(lon: float, lat: float, when: float) -> Collection[str]:
    """For boards without geography: no clause that names an area covers anything."""
    return ()


class Grants:
    """Grants on one board, which `board` gives as it is now."""

    def __init__(
        self, board: Callable[[], Board], plans: Mapping[str, ResponsePlan], areas_at: AreasAt = no_areas
    ) -> None:
        self._board = board
        self._plans = plans
        self._areas_at = areas_at
        self._standings: dict[str, tuple[tuple[int, ...], Standing]] = {}
        self._clauses: tuple[tuple[int, int], Clauses] = ((-1, -1), {})

    def of(self, incident: Incident, audience: Audience, now: float) -> Grant | None:
        """What an audience may see of an incident at board time `now`; None = not even that it exists."""
        board = self._board()
        purpose = find_purpose(board, incident.id, audience.agency, audience.role)
        return granted(audience, self.standing(incident), self.shares, purpose, now)

    def standing(self, incident: Incident) -> Standing:
        """How an incident stands, found anew when it, its units or its command structure changed."""
        board, number = self._board(), incident.id
        version = (
            board.version(incident_ref(number)),
            board.version(structure_ref(number)),
            board.version(roster_ref(number)),
            board.version(requests_ref(number)),
        )
        known = self._standings.get(number)
        if known is None or known[0] != version:
            known = (version, standing_of(board, incident, self._plans, self._areas_at))
            self._standings[number] = known
        return known[1]

    def shares(self, giver: str, receiver: str) -> Iterable[tuple[Agreement, ShareClause]]:
        """The share clauses between two agencies, in force or not."""
        board = self._board()
        version = (id(board), board.version(AGREEMENTS))
        if self._clauses[0] != version:
            found: Clauses = defaultdict(list)
            for paper in board.agreements():
                for clause in paper.shares:
                    found[clause.giver, clause.receiver].append((paper, clause))
            self._clauses = (version, dict(found))
        return self._clauses[1].get((giver, receiver), ())
