"""Which units to send: a suggestion with its reasons, never an assignment.

Knows needs, candidates and how to fill one with the other. Refuses to know how travel times and decisions
were found (the caller hands them in), and assigns nothing.

How units are chosen. Only a unit that is available and whose Decision allows it may be chosen; it fills
one need. Units are taken fastest first (equal ones by id); each is kept if the needs can still be filled
with it, where units taken before may trade needs among themselves: a quint taken as an engine becomes the
ladder when a plain engine comes along. So no need stays open that the units at hand could have filled,
and among all ways to fill as many needs the total travel time is the least. (Needs and units form a
transversal matroid, for which taking the cheapest first is optimal; Edmonds 1971.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from domain.decision import Decision
from domain.response_plan import Need
from domain.unit import Availability, Unit

_NOBODY: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit with all that speaks for and against it.

    `status` is what its symbol shows ("available", "en_route"), `travel_seconds` (infinite where there is no way) and
    `distance` (metres) its way to the incident, estimated by `method`, `decision` whether the asker may send it.
    """

    unit: Unit
    status: str
    availability: Availability
    travel_seconds: float
    distance: float
    method: str
    decision: Decision

    @property
    def sendable(self) -> bool:
        """Available now and allowed."""
        return self.availability == Availability.AVAILABLE and self.decision.allowed


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A candidate, the capability it fills or could fill, and why, in sentences for people."""

    candidate: Candidate
    fills: str
    why: tuple[str, ...]

    @property
    def unit(self) -> Unit:
        """The unit suggested."""
        return self.candidate.unit


@dataclass(frozen=True, slots=True)
class Recommendation:
    """`chosen` in the order of the needs, fastest first within one; `alternates` sendable ones first,
    then fastest first.

    `missing` says how many units of which capability nobody can be sent for. Alternates are further units
    that could fill a need: sendable ones, ones whose agency must be asked, and ones that are at work but
    may be re-assigned. Each says which it is in `why`.
    """

    chosen: tuple[Suggestion, ...]
    alternates: tuple[Suggestion, ...]
    missing: tuple[Need, ...]


def recommend(
    needs: Sequence[Need],
    candidates: Iterable[Candidate],
    already: Mapping[str, int] = _NOBODY,
    most_alternates: int = 20,
) -> Recommendation:
    """Fill the needs from the candidates; `already` counts units at work on the incident by the need they fill.

    See the module's docstring for the rule and `filled` for a way to count. Unavailable units are never
    mentioned. A unit named twice counts once, by its faster entry.
    """
    wanted = _wanted(needs)
    open_needs = {need: max(0, count - already.get(need, 0)) for need, count in wanted.items()}
    ranked: dict[str, Candidate] = {}
    for candidate in sorted(candidates, key=lambda one: (one.travel_seconds, one.unit.id)):
        able = any(need in candidate.unit.capabilities for need in wanted)
        if able and candidate.availability != Availability.NOT_AVAILABLE:
            ranked.setdefault(candidate.unit.id, candidate)
    filling = _Filling(open_needs)
    for candidate in ranked.values():
        if filling.complete:
            break
        if candidate.sendable:
            filling.take(candidate.unit)
    chosen = _chosen(filling, ranked, wanted, already)
    lacking = filling.lacking()
    left = [candidate for unit, candidate in ranked.items() if unit not in filling.taken]
    # What can be sent at once stands before what must be asked for or released; each group fastest first.
    others = sorted(left, key=lambda one: not one.sendable)[: max(0, most_alternates)]
    alternates = tuple(_alternate(candidate, open_needs, lacking) for candidate in others)
    return Recommendation(chosen, alternates, tuple(Need(need, count) for need, count in lacking.items() if count))


def filled(needs: Sequence[Need], at_work: Iterable[Unit]) -> dict[str, int]:
    """How many units at work on an incident fill each need, each unit one, as many in all as can be."""
    filling = _Filling(_wanted(needs))
    for unit in at_work:
        filling.take(unit)
    return {need: len(units) for need, units in filling.units.items() if units}


@dataclass(slots=True)
class _Filling:
    """Who fills what so far. `room` is the units wanted per need; a unit taken stays, but may change its need."""

    room: Mapping[str, int]
    taken: dict[str, Unit] = field(default_factory=dict)
    units: dict[str, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.units = {need: [] for need in self.room}

    @property
    def complete(self) -> bool:
        """Whether every need is filled."""
        return len(self.taken) >= sum(self.room.values())

    def take(self, unit: Unit) -> bool:
        """Take a unit if the needs can be filled with it; False when all it can do is filled for good."""
        if unit.id in self.taken:
            return False
        self.taken[unit.id] = unit
        if self._place(unit.id, set()):
            return True
        del self.taken[unit.id]
        return False

    def lacking(self) -> dict[str, int]:
        """Units still lacking per need, 0 included."""
        return {need: count - len(self.units[need]) for need, count in self.room.items()}

    def _place(self, unit: str, tried: set[str]) -> bool:
        able = [need for need in self.room if need in self.taken[unit].capabilities and need not in tried]
        for need in able:
            if len(self.units[need]) < self.room[need]:
                self.units[need].append(unit)
                return True
        for need in able:
            if need in tried:
                continue
            tried.add(need)
            for seat, other in enumerate(self.units[need]):
                if self._place(other, tried):
                    self.units[need][seat] = unit
                    return True
        return False


def _wanted(needs: Sequence[Need]) -> dict[str, int]:
    """Needs by capability in their order; one named twice is added up."""
    wanted: dict[str, int] = {}
    for need in needs:
        wanted[need.capability] = wanted.get(need.capability, 0) + max(0, need.count)
    return wanted


def _chosen(
    filling: _Filling, ranked: Mapping[str, Candidate], wanted: Mapping[str, int], already: Mapping[str, int]
) -> tuple[Suggestion, ...]:
    order = {unit: rank for rank, unit in enumerate(ranked)}
    rows: list[Suggestion] = []
    for need, units in filling.units.items():
        before = min(already.get(need, 0), wanted[need])
        for place, unit in enumerate(sorted(units, key=order.__getitem__), start=before + 1):
            candidate = ranked[unit]
            why = (_way(candidate), f"fills {need} {place} of {wanted[need]}", candidate.decision.reason)
            rows.append(Suggestion(candidate, need, why))
    return tuple(rows)


def _alternate(candidate: Candidate, open_needs: Mapping[str, int], lacking: Mapping[str, int]) -> Suggestion:
    able = [need for need in open_needs if need in candidate.unit.capabilities]
    # What it could do about a need nobody fills is worth more than what others do already.
    need = next((name for name in able if lacking[name]), able[0])
    why = [_way(candidate), f"could fill {need}"]
    if candidate.availability == Availability.CONDITIONALLY_AVAILABLE:
        why.append(f"{candidate.status.replace('_', ' ')} elsewhere: must be released first")
    why.append(candidate.decision.reason)
    if not candidate.decision.allowed and candidate.decision.remedy:
        why.append(candidate.decision.remedy)
    return Suggestion(candidate, need, tuple(why))


def _way(candidate: Candidate) -> str:
    """`3:40 away (2.1 km, straight-line estimate, ±30 %)`, or why there is no way."""
    if candidate.travel_seconds == inf:
        return f"{candidate.method} ({candidate.distance / 1000:.1f} km)"
    minutes, seconds = divmod(round(candidate.travel_seconds), 60)
    return f"{minutes}:{seconds:02d} away ({candidate.distance / 1000:.1f} km, {candidate.method})"
