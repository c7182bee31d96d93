"""Accounts: who may sign in, and at which positions.

Knows the rules of names, passwords and positions. Refuses to know secrets and how they are kept (data/people.py).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from domain.commands import Role
from domain.decision import Decision, allow, refuse
from domain.errors import BadCommand

FAILURES_ALLOWED = 5
"""Wrong passwords in a row that are forgiven; the next one locks the account (CJIS AC-7: a limit of five)."""
SIGNED_IN_SECONDS = 12 * 3600.0
"""After this long a person proves anew who they are (UX: a shift)."""
IDLE_SECONDS = 30 * 60.0
"""After this long without a hand on it the screen locks (CJIS AC-11), except on marked devices."""
SHORTEST, LONGEST = 12, 200
"""Characters of a password."""

FOR_THE_BOARD = (Role.BOARD_ADMIN, Role.AUDITOR)
"""Roles that belong to the board; the others belong to an agency. `service` may be either, `public` nobody's."""
FOR_AN_AGENCY = (Role.DISPATCHER, Role.COMMANDER, Role.BRIEFER, Role.AGENCY_ADMIN)

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,62}")


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """What somebody is at an agency; `agency` is "" for roles of the board."""

    agency: str
    role: Role

    def __str__(self) -> str:
        return f"{self.agency}:{self.role}"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in. `name` is what they type, `display` what others read.

    `disabled`, `locked` and `must_change` (the password, before anything else) bar the way; `second_factor` says
    that a code is asked for; `external` is `issuer|subject` of whoever is vouched for by an identity provider;
    `training` marks the accounts of a training region, which have no password.
    """

    name: str
    display: str
    positions: tuple[Position, ...]
    disabled: bool = False
    locked: bool = False
    must_change: bool = False
    second_factor: bool = False
    external: str = ""
    training: bool = False
    created: float = 0.0


def checked_name(name: str) -> str:
    """An account's name as it is kept: lower case. Raises BadCommand."""
    wanted = name.strip().lower()
    if not _NAME.fullmatch(wanted):
        raise BadCommand("an account's name has 2 to 63 of a-z 0-9 . _ @ -, a letter or digit first")
    return wanted


def password_problem(password: str, name: str) -> str:
    """What is wrong with a new password, in words; "" when nothing is.

    Length counts and the obvious is refused (NIST SP 800-63B: no rules of composition, no forced change).
    """
    if len(password) < SHORTEST:
        return f"a password has at least {SHORTEST} characters; three unrelated words make a good one"
    if len(password) > LONGEST:
        return f"a password has at most {LONGEST} characters"
    plain = password.casefold()
    if name and name.casefold() in plain:
        return "the password contains the account's name"
    if len(set(plain)) < 5:
        return "the password repeats a few characters over and over"
    if any(word in plain for word in ("password", "passwort", "concord", "dispatch", "12345678", "qwertyui")):
        return "the password contains a word everybody tries first"
    return ""


def read_positions(words: Iterable[str], agencies: Collection[str]) -> tuple[Position, ...]:
    """Positions from words like `sffd:dispatcher` or `:auditor`. Raises BadCommand naming the word and the remedy."""
    found: list[Position] = []
    for word in words:
        agency, colon, role_word = word.strip().partition(":")
        if not colon:
            raise BadCommand(f"{word!r} is no position; write agency:role, such as sffd:dispatcher")
        try:
            role = Role(role_word)
        except ValueError:
            known = ", ".join([*FOR_AN_AGENCY, *FOR_THE_BOARD])
            raise BadCommand(f"{word!r}: {role_word!r} is no role; roles are {known}") from None
        if role in FOR_THE_BOARD and agency:
            raise BadCommand(f"{word!r}: {role} belongs to the board; write :{role}")
        if role in FOR_AN_AGENCY and agency not in agencies:
            raise BadCommand(f"{word!r}: no agency {agency!r} on this board")
        if role not in FOR_AN_AGENCY and role not in FOR_THE_BOARD:
            raise BadCommand(f"{word!r}: a person cannot be {role}; programs get a service token")
        found.append(Position(agency, role))
    return tuple(dict.fromkeys(found))


def may_manage(manager: Position, positions: Collection[Position]) -> Decision:
    """Whether an admin may make or change an account that holds these positions (none: nobody's account yet)."""
    if manager.role == Role.BOARD_ADMIN:
        return allow("board_admin", "a board admin manages every account")
    if manager.role != Role.AGENCY_ADMIN:
        return refuse("role", f"a {manager.role} does not manage accounts", "ask an administrator")
    other = [one for one in positions if one.agency != manager.agency or not manager.agency]
    if other:
        reason = f"{other[0]} is not a position of {manager.agency}"
        return refuse("other_agency", reason, "ask the board's administrator")
    return allow("agency_admin", f"an admin of {manager.agency} manages its accounts")


def training_account(position: Position, agency_name: str) -> Account:
    """The account that comes with a training region for a position; one per agency and role."""
    words = str(position.role).replace("_", " ")
    name = f"{words.replace(' ', '-')}.{position.agency or 'board'}"
    display = f"{agency_name} {words}" if agency_name else words.capitalize()
    return Account(name, display, (position,), training=True)
