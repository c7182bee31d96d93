"""Who is responsible here, at a time: the editions of boundaries a process answers from.

Knows which edition holds at which time and hands the question on to its index. Refuses to know where editions come from
and how an index finds its answer (jurisdiction.py).

What happened before an edition came into force keeps the one of its time: an incident is asked about with the time it
was received. A whole tuple is swapped when an edition is added, so a question under way is answered from what it began
with, and none ever waits.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy.typing as npt

from domain.jurisdiction import Area, Border, ServiceAnswer
from geo.jurisdiction import JurisdictionIndex, ManyAnswers

PACK = ""
"""The name of the region pack's own boundaries, the first edition."""


@dataclass(frozen=True, slots=True)
class Edition:
    """Boundaries that answer from `since` (board time) on."""

    id: str
    since: float
    index: JurisdictionIndex


class Ground:
    """The editions of one board, the oldest first. The first answers for all time before the second."""

    def __init__(self, first: JurisdictionIndex) -> None:
        self._editions: tuple[Edition, ...] = (Edition(PACK, float("-inf"), first),)

    @property
    def editions(self) -> tuple[tuple[str, float], ...]:
        """Name and beginning of each edition in use here."""
        return tuple((edition.id, edition.since) for edition in self._editions)

    def use(self, edition: str, since: float, index: JurisdictionIndex) -> None:
        """Answer from an edition from a time on. One with the same name and beginning is replaced."""
        others = [one for one in self._editions if (one.id, one.since) != (edition, since)]
        # Two of one beginning: the one taken up last comes last, and answers.
        self._editions = tuple(sorted([*others, Edition(edition, since, index)], key=lambda one: one.since))

    def find(self, edition: str) -> JurisdictionIndex | None:
        """The index of an edition in use here, whenever it is in force."""
        return next((one.index for one in self._editions if one.id == edition), None)

    def edition_at(self, when: float) -> Edition:
        """The edition in force at a time (board time)."""
        editions = self._editions
        return editions[max(0, bisect_right([one.since for one in editions], when) - 1)]

    def at(self, lon: float, lat: float, when: float) -> tuple[ServiceAnswer, ...]:
        """As JurisdictionIndex.at, from the edition of that time."""
        return self.edition_at(when).index.at(lon, lat, when)

    def borders(self, lon: float, lat: float, when: float, metres: float) -> tuple[Border, ...]:
        """As JurisdictionIndex.borders, from the edition of that time."""
        return self.edition_at(when).index.borders(lon, lat, when, metres)

    def responsible_at(self, lon: float, lat: float, when: float) -> tuple[ServiceAnswer, ...]:
        """As JurisdictionIndex.responsible_at, from the edition of that time."""
        return self.edition_at(when).index.responsible_at(lon, lat, when)

    def areas_at(self, lon: float, lat: float, when: float) -> frozenset[str]:
        """As JurisdictionIndex.areas_at, from the edition of that time."""
        return self.edition_at(when).index.areas_at(lon, lat, when)

    def near(self, lon: float, lat: float, when: float, metres: float) -> tuple[tuple[float, Area], ...]:
        """As JurisdictionIndex.near, from the edition of that time."""
        return self.edition_at(when).index.near(lon, lat, when, metres)

    def at_many(self, lons: npt.ArrayLike, lats: npt.ArrayLike, when: float) -> ManyAnswers:
        """As JurisdictionIndex.at_many, from the edition of that time."""
        return self.edition_at(when).index.at_many(lons, lats, when)
