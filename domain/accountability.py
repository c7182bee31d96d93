"""Benchmarks and personnel accountability of an incident.

Knows timed marks and the PAR timer. Refuses to know who may set them (rules/accounting.py) and who rings
when a report is overdue: overdue is a question about a time, never a state that somebody has to write.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import BadCommand

SHORTEST_PAR = 60.0
LONGEST_PAR = 7200.0
"""Seconds a PAR interval may last; departments use 600 to 1800 (a setting of theirs, not a standard's)."""
MOST_BENCHMARKS = 100
"""Marks on one incident."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A timed mark: "primary search complete", "fire under control". `by` is the agency that reported it."""

    name: str
    at: float
    by: str


@dataclass(frozen=True, slots=True)
class Par:
    """A running personnel accountability timer, all times board time, `interval` in seconds.

    `counted_from` is the start or the last *complete* report: an incomplete one says that somebody is
    missing, so it does not buy time. `complete` and `count` (people accounted for) are the last report's;
    `reported_at` 0 means none was given yet.
    """

    interval: float
    started_at: float
    counted_from: float
    reported_at: float = 0.0
    complete: bool = True
    count: int = 0

    @property
    def due_at(self) -> float:
        """When the next complete report is due."""
        return self.counted_from + self.interval

    def overdue(self, when: float) -> bool:
        """Whether a report is due at a board time; the due second itself is still in time."""
        return when > self.due_at


@dataclass(frozen=True, slots=True)
class Accountability:
    """What an incident's timers say; `par` is None while no PAR runs."""

    incident: str
    benchmarks: tuple[Benchmark, ...] = ()
    par: Par | None = None

    def find_benchmark(self, name: str) -> Benchmark | None:
        """The mark of that name, whatever its capitals."""
        return next((mark for mark in self.benchmarks if mark.name.casefold() == name.casefold()), None)


def check_interval(interval: float) -> float:
    """A PAR interval in seconds, or BadCommand."""
    if not SHORTEST_PAR <= interval <= LONGEST_PAR:
        raise BadCommand(f"PAR interval {interval!r} s is not within {SHORTEST_PAR:.0f} to {LONGEST_PAR:.0f} s")
    return interval
