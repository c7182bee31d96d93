"""Who asks: the identity of the request under way.

Knows where the gate put it. Refuses to find it out (gate.py does) and to judge it. Outside a request there is nobody.
"""

from __future__ import annotations

from contextvars import ContextVar

from data.sessions import Session
from domain.commands import Role
from domain.errors import ConcordError
from domain.identity import Identity

NOBODY = Identity("", "nobody", "", Role.PUBLIC)
"""Who has not proved who they are: a role that may do nothing and sees nothing."""

_identity: ContextVar[Identity] = ContextVar("identity", default=NOBODY)
_session: ContextVar[Session | None] = ContextVar("session", default=None)


class NoSession(ConcordError, RuntimeError):
    """A page asked for its session where there is none; the gate should not have let it through."""


def get_identity() -> Identity:
    """Who asks; NOBODY outside a request the gate let in."""
    return _identity.get()


def find_session() -> Session | None:
    """The session of a person at a screen; None for a program."""
    return _session.get()


def get_session() -> Session:
    """The session of the person who asks. Raises NoSession."""
    session = _session.get()
    if session is None:
        raise NoSession("this needs a person who signed in, not a program")
    return session


class Present:
    """Makes an identity the one that asks, for the length of a block."""

    def __init__(self, identity: Identity, session: Session | None = None) -> None:
        self._identity = identity
        self._present = session

    def __enter__(self) -> None:
        self._tokens = (_identity.set(self._identity), _session.set(self._present))

    def __exit__(self, *_: object) -> None:
        _identity.reset(self._tokens[0])
        _session.reset(self._tokens[1])
