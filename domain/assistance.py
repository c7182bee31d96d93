"""Assistance requests: one agency asks others for resources, each answers for itself, both sides see one thread.

Knows a request, its asks (one per agency asked) and how far each has come. Refuses to know who may answer (rules/) and
whether a paper would lend anyway (agreement.py). Deployed and released are not written: they follow from the
assignments made under the request, so a correction or an undo can never contradict them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from domain.assignment import Assignment
from domain.response_plan import Need

LONGEST_THREAD = 200


class AskState(StrEnum):
    """How far an agency's answer has come (DOMAIN.md); the last two follow from assignments."""

    REQUESTED = "requested"
    OFFERED = "offered"
    """Other units than were asked for: the asker takes them or not."""
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    DEPLOYED = "deployed"
    RELEASED = "released"


LIVE = (AskState.REQUESTED, AskState.OFFERED, AskState.ACCEPTED)
"""While an ask is live the agency asked knows of the incident: whoever asks for help says what for."""


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the thread between the asking agency and one asked: `to` is the agency asked, "" for all of them."""

    at: float
    agency: str
    name: str
    text: str
    to: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """What one agency was asked, and its answer so far. Board times; at `deadline` it expires unanswered.

    `accepted` may be assigned by the asker; `offered` are a counter-offer; `clause` is the on-request clause that
    covers it ("" where none does).
    """

    agency: str
    asked_at: float
    deadline: float
    state: AskState = AskState.REQUESTED
    acknowledged_by: str = ""
    acknowledged_at: float = 0.0
    offered: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    note: str = ""
    reason: str = ""
    clause: str = ""

    @property
    def live(self) -> bool:
        """Whether it can still lead to units."""
        return self.state in LIVE


@dataclass(frozen=True, slots=True)
class AssistanceRequest:
    """`needs` for an incident, asked by `agency` (in person `by`), to arrive `within` seconds (0 = as soon as can be).

    An ask unanswered for `patience` seconds expires and the next of `escalate_to` is asked.
    """

    id: str
    incident: str
    agency: str
    by: str
    needs: tuple[Need, ...]
    within: float
    patience: float
    asked_at: float
    escalate_to: tuple[str, ...] = ()
    note: str = ""
    asks: tuple[Ask, ...] = ()
    thread: tuple[Said, ...] = ()

    def find_ask(self, agency: str) -> Ask | None:
        """What an agency was asked last."""
        return next((ask for ask in reversed(self.asks) if ask.agency == agency), None)

    @property
    def live(self) -> bool:
        """Whether some agency's answer is awaited or its units may be sent."""
        return any(ask.live for ask in self.asks)

    def with_ask(self, agency: str, ask: Ask) -> AssistanceRequest:
        """With another answer of an agency in place of its last."""
        last = max(at for at, known in enumerate(self.asks) if known.agency == agency)
        return replace(self, asks=(*self.asks[:last], ask, *self.asks[last + 1 :]))

    def saying(self, said: Said) -> AssistanceRequest:
        """With a line more; the oldest go when it gets too long."""
        return replace(self, thread=(*self.thread, said)[-LONGEST_THREAD:])

    @property
    def next_agency(self) -> str:
        """Whom to ask next when somebody does not help; "" when nobody is left."""
        asked = {ask.agency for ask in self.asks}
        return next((agency for agency in self.escalate_to if agency not in asked), "")


def request_id(incident: str, number: int) -> str:
    """The number-th request of an incident: `SF-2026-000001|R1`."""
    return f"{incident}|R{number}"


def deployments(request: AssistanceRequest, agency: str, assignments: Iterable[Assignment]) -> list[Assignment]:
    """An agency's assignments made under a request."""
    return [held for held in assignments if held.request == request.id and held.agency == agency]


def state_of(request: AssistanceRequest, ask: Ask, assignments: Iterable[Assignment]) -> AskState:
    """How far an answer has come, deployed and released included."""
    sent = deployments(request, ask.agency, assignments)
    if not sent:
        return ask.state
    waiting = set(ask.accepted) - {held.unit for held in sent}
    if any(not held.ended for held in sent):
        return AskState.DEPLOYED
    return ask.state if waiting and ask.live else AskState.RELEASED


def unmet(request: AssistanceRequest, capabilities: dict[str, tuple[str, ...]]) -> tuple[Need, ...]:
    """What nobody has accepted yet. `capabilities` are those of the accepted units; each fills one need."""
    left = {need.capability: need.count for need in request.needs}
    for ask in request.asks:
        for unit in ask.accepted:
            fills = next((each for each in capabilities.get(unit, ()) if left.get(each, 0) > 0), "")
            if fills:
                left[fills] -= 1
    return tuple(Need(capability, count) for capability, count in left.items() if count > 0)
