"""Who is before the screen, or behind the wire: what a session or a service token says.

Knows the facts. Refuses to know how they were proved (api/sign_in.py) and what they allow (rules/, sharing.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.commands import Actor, Role
from domain.granting import Audience


@dataclass(frozen=True, slots=True)
class Identity:
    """A person or program that proved who it is, at one position: `agency` ("" for the whole board) and `role`.

    `account` is the name it signs in with, `name` what people call it, `session` names its session without being
    its secret. `viewing_as` is another agency whose view an admin looks at: then nothing may be changed.
    `training` marks the accounts that come with a training region, `origin` is console or api.
    """

    account: str
    name: str
    agency: str
    role: Role
    session: str = ""
    viewing_as: str = ""
    training: bool = False
    origin: str = "console"

    @property
    def actor(self) -> Actor:
        """How commands and log lines name it."""
        return Actor(self.name, self.agency, self.role, self.origin)

    @property
    def audience(self) -> Audience:
        """Whose view it has; of another agency's, only that there is something."""
        if self.viewing_as:
            return Audience(self.viewing_as, str(Role.DISPATCHER), masked=True)
        return Audience(self.agency, str(self.role))
