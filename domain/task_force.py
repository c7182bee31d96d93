"""Task forces: a named group of units of several agencies with a leader and a common talkgroup.

Knows the group. Refuses to know where its units are sent: each has its own assignment, the group has none.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import BadCommand

MOST_MEMBERS = 30
"""Units in one task force; a strike team is five, the largest mobile groups about 25."""


@dataclass(frozen=True, slots=True)
class TaskForce:
    """`id` is made of the name ("Strike Team 2145A" -> `strike-team-2145a`); the leader is one of the members.

    `dissolved_at` 0 means it stands. The name may be given again once it is dissolved.
    """

    id: str
    name: str
    leader: str
    members: tuple[str, ...]
    formed_by: str
    formed_at: float
    talkgroup: str = ""
    dissolved_at: float = 0.0

    @property
    def stands(self) -> bool:
        """Whether it can be dispatched."""
        return not self.dissolved_at


def task_force_id(name: str) -> str:
    """A name as an id: lower case, letters and digits, the rest a hyphen. BadCommand when nothing is left."""
    spaced = "".join(char if char.isalnum() else " " for char in name.casefold())
    if not (slug := "-".join(spaced.split())):
        raise BadCommand(f"{name!r} is no name for a task force: it needs letters or digits")
    return slug
