"""Commands about assistance: asking, answering, taking back.

Knows their shape only; see commands.py. `request` is an id; whose dispatcher may give which is rules/assisting.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.response_plan import Need

PATIENCE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class RequestAssistance:
    """Ask `agencies`, all at once, for `needs` to arrive `within` seconds.

    An ask unanswered for `patience` seconds goes to the next of `escalate_to`.
    """

    incident: str
    agencies: tuple[str, ...]
    needs: tuple[Need, ...]
    within: float = 0.0
    note: str = ""
    patience: float = PATIENCE_SECONDS
    escalate_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AcknowledgeRequest:
    """Somebody at the agency asked has seen it."""

    request: str


@dataclass(frozen=True, slots=True)
class OfferUnits:
    """Answer with units of one's own: what was asked for is accepted at once, whole or in part; anything else is a
    counter-offer."""

    request: str
    units: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class AcceptOffer:
    """Take a counter-offer, whole or in part."""

    request: str
    agency: str
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeclineOffer:
    """Do not take it; the agency may offer others."""

    request: str
    agency: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeclineRequest:
    """Answer that one cannot help; the next agency is asked."""

    request: str
    reason: str


@dataclass(frozen=True, slots=True)
class WithdrawRequest:
    """It is no longer needed; what is out stays out."""

    request: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WithdrawOffer:
    """Take back units that have not been sent yet."""

    request: str
    units: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class SayToRequest:
    """A line in the thread; `to` is the agency asked ("" = all of them; an agency asked writes in its own)."""

    request: str
    text: str
    to: str = ""


@dataclass(frozen=True, slots=True)
class ExpireAsk:
    """Its deadline has passed unanswered. Given by the board itself."""

    request: str
    agency: str


@dataclass(frozen=True, slots=True)
class AcknowledgeOverride:
    """The owner has seen that its unit was taken under a commander's override."""

    assignment: str
