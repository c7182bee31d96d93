"""What available units reach in time, and what is left bare: the shape of the answers.

Knows which units count. Refuses to know how ground is reached (geo/coverage.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.assignment import availability
from domain.board import Board
from domain.events import Event
from domain.incident import Incident
from domain.incident_events import IncidentReported
from domain.position import Fix, place_of
from domain.reach import Ring
from domain.unit import Availability, Unit

MINUTES = (4.0, 8.0, 12.0)
"""Offered: 4 minutes is NFPA 1710's travel time of the first engine, 8 that of a whole first alarm and of advanced life
support; 12 for what is far."""


@dataclass(frozen=True, slots=True)
class Stand:
    """A unit and where it stands (WGS 84); `kind` says what it travels on."""

    unit: str
    kind: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Share:
    """How much is covered, of all there is: land in km², and past calls."""

    area: float
    area_of: float
    calls: float
    calls_of: float

    @property
    def area_share(self) -> float:
        """0 to 1; 0 where there is no land."""
        return self.area / self.area_of if self.area_of else 0.0

    @property
    def calls_share(self) -> float | None:
        """0 to 1, None where no past calls are known."""
        return self.calls / self.calls_of if self.calls_of else None


@dataclass(frozen=True, slots=True)
class CoverageAnswer:
    """Coverage now, its gaps as polygons of rings, and what some units' leaving takes away (None: nobody leaves).

    `second` is what two units reach: what is still covered wherever one of them leaves. `method` says how travel
    times were found, with the error band.
    """

    units: int
    now: Share
    second: Share
    gaps: tuple[tuple[Ring, ...], ...]
    method: str
    without: Share | None = None
    opened: tuple[tuple[Ring, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class MoveUp:
    """A unit moved to a vacant station, what is covered then, and how far it is there in a straight line, in metres."""

    unit: str
    station: str
    after: Share
    metres: float


def available_stands(board: Board, positions: Mapping[str, Fix], capability: str) -> list[Stand]:
    """The units on the board that could be sent at once and have a capability, and where they stand."""
    return [_stand(unit, positions) for unit in board.units() if capability in unit.capabilities and _free(board, unit)]


def find_call(event: Event) -> Incident | None:
    """The incident somebody called about, if an event says so."""
    return event.incident if isinstance(event, IncidentReported) else None


def capabilities_of(units: Iterable[Unit]) -> list[str]:
    """What units can do, the most frequent first."""
    counts: dict[str, int] = {}
    for unit in units:
        for capability in unit.capabilities:
            counts[capability] = counts.get(capability, 0) + 1
    return sorted(counts, key=lambda one: (-counts[one], one))


def _free(board: Board, unit: Unit) -> bool:
    held = board.active_assignment(unit)
    return availability(unit.duty, held.status if held else None) == Availability.AVAILABLE


def _stand(unit: Unit, positions: Mapping[str, Fix]) -> Stand:
    return Stand(unit.id, unit.kind, *place_of(unit, positions.get(unit.id)))
