"""What a rule is given and what it gives back.

Knows no rule itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from domain.agreement_terms import AidQuestion, Polygon
from domain.decision import Decision
from domain.events import Event
from domain.response_plan import ResponsePlan
from domain.responsibility import UNKNOWN, Responsibility


def _no_areas(lon: float, lat: float, when: float) -> Collection[str]:
    return ()


def _nobody(lon: float, lat: float, when: float) -> Responsibility:
    return UNKNOWN


def _nowhere(polygon: Polygon, lon: float, lat: float) -> bool:
    return False


def _no_leader(lon: float, lat: float, when: float, discipline: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules need from outside the board: geography, local time and the region's response plans.

    `areas_at(lon, lat, when)` names the areas a place lies in, as agreements' clauses name them;
    `leader_at(lon, lat, when, discipline)` is the agency responsible there for that discipline ("" if
    none); `responsible_at(lon, lat, when)` is all of it that is kept with an incident; `local_hour(when)` is the
    hour of day in the region's time zone, `local_weekday(when)` its day (Monday = 0), `local_year(when)` the year;
    `inside(polygon, lon, lat)` says whether a place lies in a polygon a clause draws.
    """

    plans: Mapping[str, ResponsePlan] = field(default_factory=dict)
    areas_at: Callable[[float, float, float], Collection[str]] = _no_areas
    leader_at: Callable[[float, float, float, str], str] = _no_leader
    responsible_at: Callable[[float, float, float], Responsibility] = _nobody
    local_hour: Callable[[float], int] = lambda when: int(when // 3600 % 24)
    local_weekday: Callable[[float], int] = lambda when: int((when // 86400 + 3) % 7)
    inside: Callable[[Polygon, float, float], bool] = _nowhere
    local_year: Callable[[float], int] = lambda when: 1970 + int(when // 31_556_952)


@dataclass(frozen=True, slots=True)
class Scene:
    """Where and for what units are wanted, as agreements ask it: found once, then put to many units."""

    incident_type: str
    lon: float
    lat: float
    areas: Collection[str]
    when: float
    hour: int
    weekday: int
    facts: Facts

    def question(self, asker: str, role: str, owner: str, capabilities: tuple[str, ...]) -> AidQuestion:
        """May `asker` use a unit of `owner` with these capabilities here? `role` "" = whichever role may."""
        return AidQuestion(
            asker,
            owner,
            capabilities,
            self.incident_type,
            self.areas,
            self.when,
            self.hour,
            self.weekday,
            role,
            lambda polygon: self.facts.inside(polygon, self.lon, self.lat),
        )


def scene_of(facts: Facts, incident_type: str, lon: float, lat: float, when: float, placed_at: float = 0.0) -> Scene:
    """A scene at board time `when`; its areas are those in force at `placed_at`, 0 = at `when` too."""
    areas = facts.areas_at(lon, lat, placed_at or when)
    hour, weekday = facts.local_hour(when), facts.local_weekday(when)
    return Scene(incident_type, lon, lat, areas, when, hour, weekday, facts)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A rule's answer. `stands_on` are the refs whose versions must still be the same at the commit.

    `text` is the sentence for the result line ("E12 dispatched to #7"), `incident` the one concerned,
    `holder` the version to look up when a no means that somebody else was first.
    """

    decision: Decision
    events: tuple[Event, ...] = ()
    stands_on: frozenset[str] = frozenset()
    text: str = ""
    incident: str = ""
    conflict: str = ""
    """The ref somebody else changed first; "" when the no is not about that."""


def no(decision: Decision, *, incident: str = "", conflict: str = "") -> Verdict:
    """A refusal."""
    return Verdict(decision, text=decision.reason, incident=incident, conflict=conflict)
