"""Events about assistance.

Knows their shape only; see events.py. `incident` is the request's, so that its log can tell.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.assistance import Ask, AssistanceRequest, Said


@dataclass(frozen=True, slots=True)
class AssistanceRequested:
    """One agency asked others."""

    request: AssistanceRequest
    when: float


@dataclass(frozen=True, slots=True)
class AskChanged:
    """An agency's answer came further: `ask` is all of it as it is now, `what` says how, in words for the log.

    `said` is the line it adds to the thread, `escalated` the ask of the next agency where it led to one.
    """

    request: str
    incident: str
    ask: Ask
    what: str
    when: float
    said: Said | None = None
    escalated: Ask | None = None


@dataclass(frozen=True, slots=True)
class RequestWithdrawn:
    """It is no longer needed."""

    request: str
    incident: str
    reason: str
    when: float


@dataclass(frozen=True, slots=True)
class RequestDiscussed:
    """A line in the thread."""

    request: str
    incident: str
    said: Said
    when: float


@dataclass(frozen=True, slots=True)
class OverrideAcknowledged:
    """The owner of a unit taken under an override has seen it."""

    assignment: str
    incident: str
    by: str
    when: float
