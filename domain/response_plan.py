"""Response plans: which capabilities an incident type needs, by alarm level.

Knows a plan as its region wrote it. Refuses to know which units could fill it (recommendation.py).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    """`count` units able to do `capability`."""

    capability: str
    count: int


@dataclass(frozen=True, slots=True)
class ResponsePlan:
    """A run card: incident type and default priority -> needs by alarm level (first alarm first).

    `code` is the incident type's name in capitals ("STRUCTURE_FIRE"), `common` its APCO 2.103.2 common
    incident type code where there is one, `symbol` the letter in the map's diamond, `service` the
    discipline that leads, `sensitive` whether agencies that take no part must not see it,
    `transports` whether somebody is usually carried away.
    """

    code: str
    name: str
    symbol: str
    discipline: str
    priority: int
    alarms: tuple[tuple[Need, ...], ...]
    common: str = ""
    checklist: tuple[str, ...] = ()
    sensitive: bool = False
    transports: bool = False

    def needs(self, alarm: int) -> tuple[Need, ...]:
        """The needs of an alarm level, 1 the first; levels beyond the last repeat the last."""
        return self.alarms[min(max(alarm, 1), len(self.alarms)) - 1]
