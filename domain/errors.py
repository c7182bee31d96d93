"""Named errors for broken promises. An ordinary "no" is a Decision, never one of these."""

from __future__ import annotations


class ConcordError(Exception):
    """Any error Concord raises on purpose; its text names the place and the remedy."""


class UnknownAgency(ConcordError, LookupError):
    """No agency of that id is registered on the board."""


class UnknownUnit(ConcordError, LookupError):
    """No unit of that id is registered on the board."""


class UnknownIncident(ConcordError, LookupError):
    """No incident of that number exists on the board."""


class UnknownAssignment(ConcordError, LookupError):
    """No assignment of that id exists on the board."""


class UnknownTaskForce(ConcordError, LookupError):
    """No task force of that id was ever formed on the board."""


class UnknownAgreement(ConcordError, LookupError):
    """No agreement of that id is on the board."""


class UnknownRequest(ConcordError, LookupError):
    """No assistance request of that id was ever made on the board."""


class UnknownClosure(ConcordError, LookupError):
    """No streets were ever closed under that id on the board."""


class BadCommand(ConcordError, ValueError):
    """A command that cannot mean anything: a missing field, a number out of range, an unknown word."""


class BadRegion(ConcordError, ValueError):
    """A region pack that cannot be used; the text carries file, row and remedy."""


class StoreUnavailable(ConcordError, ConnectionError):
    """The store did not answer in time. Nothing is promised about the command that met it."""


class CommandMisused(ConcordError, ValueError):
    """A command id was sent again with another body."""


class BadStreets(ConcordError, ValueError):
    """A street network that cannot be read; the text names the file and the remedy."""
