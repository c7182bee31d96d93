"""A command somebody in the simulated world gives, and the answer they get.

Knows who they are. Refuses to know how a command travels.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.agency import Agency
from domain.commands import Actor, Command, Role
from domain.outcome import Outcome

ORIGIN = "simulator"


@dataclass(slots=True)
class Ask:
    """One command; whoever sends it writes the `outcome` down before the next one is taken."""

    actor: Actor
    command: Command
    outcome: Outcome | None = None

    @property
    def accepted(self) -> bool:
        """Whether it was sent and happened."""
        return self.outcome is not None and self.outcome.accepted


def dispatcher_of(agency: Agency) -> Actor:
    """The agency's dispatch centre."""
    return Actor(f"{agency.short} dispatch", agency.id, Role.DISPATCHER, ORIGIN)


def call_taker_of(agency: Agency) -> Actor:
    """Whoever answers the agency's telephone."""
    return Actor(f"{agency.short} call taker", agency.id, Role.DISPATCHER, ORIGIN)


def crew_of(agency: str, callsign: str) -> Actor:
    """A crew, reporting by terminal."""
    return Actor(f"{callsign} crew", agency, Role.SERVICE, ORIGIN)
