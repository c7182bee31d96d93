"""Rules for assistance: who may ask, who answers, what an answer may say.

An agency answers for itself alone. Whoever was not asked gets the answer for a request that does not exist.
"""

from __future__ import annotations

from dataclasses import replace

from domain.agreement import AidMode, clause_name
from domain.agreement_terms import covers
from domain.assignment import Assignment
from domain.assistance import Ask, AskState, AssistanceRequest, Said, deployments, request_id, unmet
from domain.board import Board
from domain.commands import (
    AcceptOffer,
    AcknowledgeOverride,
    AcknowledgeRequest,
    DeclineOffer,
    DeclineRequest,
    Envelope,
    ExpireAsk,
    OfferUnits,
    RequestAssistance,
    Role,
    SayToRequest,
    WithdrawOffer,
    WithdrawRequest,
)
from domain.decision import Decision, allow, refuse
from domain.errors import BadCommand
from domain.events import (
    AskChanged,
    AssistanceRequested,
    Event,
    OverrideAcknowledged,
    RequestDiscussed,
    RequestWithdrawn,
)
from domain.incident import Incident, short_number
from domain.refs import AGREEMENTS, assignment_ref, incident_ref, request_ref, requests_ref, unit_ref
from domain.response_plan import Need
from domain.rules.common import TEXT_LIMIT, checked_text, find_open, needed_text, takes_part, unknown_agency
from domain.rules.sending import out_of_service, unknown_unit
from domain.rules.verdict import Facts, Verdict, no, scene_of
from domain.unit import Unit

MOST_AGENCIES, MOST_NEEDS, MOST_COUNT = 20, 20, 100
PATIENCE = (30.0, 24 * 3600.0)
"""Seconds an agency may be given to answer."""


def request(board: Board, command: RequestAssistance, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """An agency that takes part asks others; each ask names the on-request clause that covers it, if one does."""
    incident = find_open(board, command.incident)
    if isinstance(incident, Decision):
        return no(incident, incident=command.incident)
    decision, stands_on = takes_part(board, incident, envelope)
    if not decision.allowed:
        return no(decision, incident=incident.id)
    _check(command)
    agency, when = envelope.actor.agency, board.head.time(now)
    for other in (*command.agencies, *command.escalate_to):
        if (unknown := unknown_agency(board, other)) is not None:
            return no(unknown, incident=incident.id)
        if other == agency:
            return no(refuse("asks_itself", f"{agency} asks itself", "assign its units"), incident=incident.id)
    number = len(board.requests_of(incident.id)) + 1
    asks = tuple(
        _ask(board, incident, agency, other, command.needs, when, command.patience, facts) for other in command.agencies
    )
    asked = AssistanceRequest(
        request_id(incident.id, number),
        incident.id,
        agency,
        envelope.actor.name,
        command.needs,
        command.within,
        command.patience,
        when,
        command.escalate_to,
        checked_text(command.note, "note", TEXT_LIMIT // 4),
        asks,
    )
    names = ", ".join(board.name_of(other) for other in command.agencies)
    text = f"{names} asked for {_words(command.needs)} to {short_number(incident.id)}"
    # The clause each ask names is found among the papers.
    refs = frozenset({request_ref(asked.id), requests_ref(incident.id), incident_ref(incident.id), AGREEMENTS})
    return Verdict(decision, (AssistanceRequested(asked, when),), stands_on | refs, text, incident.id)


def acknowledge(board: Board, command: AcknowledgeRequest, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """The agency asked has seen it; the alarm is quiet."""
    found = _asked(board, command.request, envelope)
    if isinstance(found, Verdict):
        return found
    asked, ask = found
    if ask.acknowledged_by:
        return _no(asked, refuse("already_acknowledged", f"{ask.acknowledged_by} has acknowledged it", "answer it"))
    when = board.head.time(now)
    after = replace(ask, acknowledged_by=envelope.actor.name, acknowledged_at=when)
    return _changed(board, asked, after, "acknowledged", when, "request acknowledged")


def offer(board: Board, command: OfferUnits, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Units of one's own, all free. All of them asked for: accepted; any that is not: a counter-offer."""
    found = _asked(board, command.request, envelope)
    if isinstance(found, Verdict):
        return found
    asked, ask = found
    if not ask.live:
        return _no(asked, _over(board, ask))
    if isinstance(closed := find_open(board, asked.incident), Decision):
        return _no(asked, closed, incident_ref(asked.incident))
    if not 0 < len(command.units) <= MOST_COUNT or len(set(command.units)) != len(command.units):
        raise BadCommand(f"offer 1 to {MOST_COUNT} different units; {len(command.units)} were given")
    units: list[Unit] = []
    for name in command.units:
        unit = board.find(unit_ref(name))
        if not isinstance(unit, Unit) or unit.agency != ask.agency:
            return _no(asked, unknown_unit(name))
        if (out := out_of_service(unit)) is not None:
            return _no(asked, out)
        if unit.active:
            busy = refuse("unit_active_elsewhere", f"{unit.callsign} is at work", "offer another")
            return _no(asked, busy, unit_ref(unit.id))
        if unit.id in ask.accepted:
            return _no(asked, refuse("already_accepted", f"{unit.callsign} is accepted already", "look again"))
        units.append(unit)
    when = board.head.time(now)
    note = checked_text(command.note, "note", TEXT_LIMIT // 4)
    fits = _fill(unmet(asked, _capabilities(board, asked)), units)
    callsigns = ", ".join(unit.callsign for unit in units)
    refs = frozenset({incident_ref(asked.incident), *(unit_ref(unit.id) for unit in units)})
    if fits:
        after = replace(ask, state=AskState.ACCEPTED, accepted=(*ask.accepted, *command.units), offered=(), note=note)
        left = unmet(asked.with_ask(ask.agency, after), _capabilities(board, asked, units))
        still = f"; still wanted: {_words(left)}" if left else ""
        return _changed(
            board, asked, after, f"accepted: {callsigns}{still}", when, f"{callsigns} promised{still}", refs
        )
    after = replace(ask, state=AskState.OFFERED, offered=command.units, note=note)
    return _changed(board, asked, after, f"offers instead: {callsigns}", when, f"{callsigns} offered instead", refs)


def accept(board: Board, command: AcceptOffer, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """The asker takes a counter-offer, whole or in part."""
    found = _offered(board, command.request, command.agency, envelope)
    if isinstance(found, Verdict):
        return found
    asked, ask = found
    if not command.units or not set(command.units) <= set(ask.offered):
        return _no(asked, refuse("not_offered", "these units were not offered", "look at the offer"))
    taken = tuple(unit for unit in ask.offered if unit in command.units)
    after = replace(ask, state=AskState.ACCEPTED, accepted=(*ask.accepted, *taken), offered=())
    callsigns = ", ".join(board.get_unit(unit).callsign for unit in taken)
    when = board.head.time(now)
    return _changed(board, asked, after, f"offer taken: {callsigns}", when, f"{callsigns} taken")


def decline_offer(board: Board, command: DeclineOffer, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """The asker does not take it; the agency may offer others."""
    found = _offered(board, command.request, command.agency, envelope)
    if isinstance(found, Verdict):
        return found
    asked, ask = found
    reason = needed_text(command.reason, "reason")
    state = AskState.ACCEPTED if ask.accepted else AskState.REQUESTED
    when = board.head.time(now)
    # The clock runs anew: the agency had answered in time, and may answer again.
    after = replace(ask, state=state, offered=(), deadline=max(ask.deadline, when + asked.patience))
    return _changed(board, asked, after, f"offer not taken: {reason}", when, "offer declined")


def decline(board: Board, command: DeclineRequest, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """The agency cannot help, with a reason; the next one is asked."""
    found = _asked(board, command.request, envelope)
    if isinstance(found, Verdict):
        return found
    asked, ask = found
    if not ask.live:
        return _no(asked, _over(board, ask))
    if deployments(asked, ask.agency, board.assignments_of(asked.incident)):
        sent = refuse("already_deployed", "its units are under way", "release them")
        return _no(asked, sent)
    reason = needed_text(command.reason, "reason")
    after = replace(ask, state=AskState.DECLINED, reason=reason, accepted=(), offered=())
    when = board.head.time(now)
    return _changed(board, asked, after, f"declined: {reason}", when, "request declined", facts=facts)


def withdraw(board: Board, command: WithdrawRequest, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """The asker needs it no longer; units under way stay until they are released."""
    asked = _find(board, command.request)
    if asked is None or not _speaks_for(envelope, asked.agency):
        return _unknown(command.request)
    if not asked.live:
        return _no(asked, refuse("request_over", "every ask of it is over", "look again"))
    reason = checked_text(command.reason, "reason")
    event = RequestWithdrawn(asked.id, asked.incident, reason, board.head.time(now))
    text = f"request {_name(asked)} withdrawn"
    return Verdict(allow("asker", "the asker takes it back"), (event,), _refs(asked), text, asked.incident)


def withdraw_offer(board: Board, command: WithdrawOffer, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """The agency asked takes units back that are not under way, with a reason."""
    found = _asked(board, command.request, envelope)
    if isinstance(found, Verdict):
        return found
    asked, ask = found
    promised = (*ask.accepted, *ask.offered)
    if not command.units or not set(command.units) <= set(promised):
        return _no(asked, refuse("not_offered", "these units were not promised", "look at the request"))
    sent = {held.unit for held in deployments(asked, ask.agency, board.assignments_of(asked.incident))}
    if sent & set(command.units):
        return _no(asked, refuse("already_deployed", "they are under way", "release them"))
    reason = needed_text(command.reason, "reason")
    accepted = tuple(unit for unit in ask.accepted if unit not in command.units)
    offered = tuple(unit for unit in ask.offered if unit not in command.units)
    # What is still offered waits for the asker's word, whatever else is promised.
    state = AskState.OFFERED if offered else AskState.ACCEPTED if accepted else AskState.REQUESTED
    when = board.head.time(now)
    deadline = max(ask.deadline, when + asked.patience) if state == AskState.REQUESTED else ask.deadline
    after = replace(ask, state=state, accepted=accepted, offered=offered, deadline=deadline)
    callsigns = ", ".join(board.get_unit(unit).callsign for unit in command.units)
    # What is promised must not be sent in the instant it is taken back: both stand on the request.
    return _changed(board, asked, after, f"took back {callsigns}: {reason}", when, f"{callsigns} taken back")


def say(board: Board, command: SayToRequest, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Either side writes into the thread they share."""
    asked = _find(board, command.request)
    agency = envelope.actor.agency
    if asked is None:
        return _unknown(command.request)
    if _speaks_for(envelope, asked.agency):
        to = command.to
        if to and asked.find_ask(to) is None:
            return _no(asked, refuse("not_asked", f"{to} was not asked", "choose one that was"))
    elif asked.find_ask(agency) is not None:
        to = agency
    else:
        return _unknown(command.request)
    when = board.head.time(now)
    said = Said(when, agency, envelope.actor.name, needed_text(command.text, "message", TEXT_LIMIT // 4), to)
    event = RequestDiscussed(asked.id, asked.incident, said, when)
    text = f"said to {_name(asked)}"
    return Verdict(
        allow("thread", "both sides write"), (event,), frozenset({request_ref(asked.id)}), text, asked.incident
    )


def expire(board: Board, command: ExpireAsk, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """An ask nobody answered in time; the next agency is asked."""
    asked = _find(board, command.request)
    ask = asked.find_ask(command.agency) if asked else None
    if asked is None or ask is None:
        return _unknown(command.request)
    when = board.head.time(now)
    if ask.state != AskState.REQUESTED or when < ask.deadline:
        return _no(asked, refuse("not_due", f"the ask of {ask.agency} is {ask.state}, or its time is not over"))
    after = replace(ask, state=AskState.EXPIRED)
    return _changed(board, asked, after, "no answer in time", when, f"{ask.agency} did not answer", facts=facts)


def acknowledge_override(
    board: Board, command: AcknowledgeOverride, envelope: Envelope, now: float, facts: Facts
) -> Verdict:
    """The owner of a unit that was taken under an override has seen it."""
    held = board.find(assignment_ref(command.assignment))
    if not isinstance(held, Assignment) or not _speaks_for(envelope, held.agency):
        return no(refuse("unknown_assignment", f"no assignment {command.assignment}", "look again"))
    if not held.override_reason or held.override_seen:
        nothing = refuse("nothing_to_acknowledge", f"{held.unit} raises no alarm", "look again")
        return no(nothing, incident=held.incident, conflict=assignment_ref(held.id))
    event = OverrideAcknowledged(held.id, held.incident, envelope.actor.name, board.head.time(now))
    text = f"override on {held.unit} acknowledged"
    refs = frozenset({assignment_ref(held.id)})
    return Verdict(allow("owner", "the unit's owner has seen it"), (event,), refs, text, held.incident)


# What the rules share ---------------------------------------------------------------------------------


def _find(board: Board, request: str) -> AssistanceRequest | None:
    found = board.find(request_ref(request))
    return found if isinstance(found, AssistanceRequest) else None


def _speaks_for(envelope: Envelope, agency: str) -> bool:
    return envelope.actor.role == Role.SERVICE or (bool(agency) and envelope.actor.agency == agency)


def _asked(board: Board, request: str, envelope: Envelope) -> tuple[AssistanceRequest, Ask] | Verdict:
    """The request and what the asker's own agency was asked; else the answer for one that does not exist."""
    asked = _find(board, request)
    ask = asked.find_ask(envelope.actor.agency) if asked else None
    return (asked, ask) if asked and ask else _unknown(request)


def _offered(board: Board, request: str, agency: str, envelope: Envelope) -> tuple[AssistanceRequest, Ask] | Verdict:
    """The asker's own request with an agency's counter-offer."""
    asked = _find(board, request)
    if asked is None or not _speaks_for(envelope, asked.agency):
        return _unknown(request)
    ask = asked.find_ask(agency)
    if ask is None or ask.state != AskState.OFFERED:
        return _no(asked, refuse("no_offer", f"{agency} offers nothing to take or leave", "look again"))
    return asked, ask


def _unknown(request: str) -> Verdict:
    return no(refuse("unknown_request", f"no request {request} of yours on this board", "look again"))


def _no(asked: AssistanceRequest, decision: Decision, conflict: str = "") -> Verdict:
    return no(decision, incident=asked.incident, conflict=conflict or request_ref(asked.id))


def _over(board: Board, ask: Ask) -> Decision:
    return refuse("ask_over", f"the request to {board.name_of(ask.agency)} is {ask.state}", "look again")


def _refs(asked: AssistanceRequest) -> frozenset[str]:
    return frozenset({request_ref(asked.id)})


def _changed(
    board: Board,
    asked: AssistanceRequest,
    ask: Ask,
    what: str,
    when: float,
    text: str,
    refs: frozenset[str] = frozenset(),
    facts: Facts | None = None,
) -> Verdict:
    """The event of an answer; with `facts`, one that leads to the next agency being asked."""
    name = board.name_of(ask.agency)
    said = Said(when, ask.agency, "", what, ask.agency)
    escalated = None
    # Whoever asked in parallel has promised all of it already needs nobody further.
    after = asked.with_ask(ask.agency, ask)
    wanted = unmet(after, _capabilities(board, after))
    if facts is not None and wanted and (further := asked.next_agency):
        incident = board.get_incident(asked.incident)
        if incident.open:
            escalated = _ask(board, incident, asked.agency, further, asked.needs, when, asked.patience, facts)
            refs |= {incident_ref(incident.id), AGREEMENTS}
    event: Event = AskChanged(asked.id, asked.incident, ask, f"{name}: {what}", when, said, escalated)
    return Verdict(allow("assistance", "answers a request"), (event,), _refs(asked) | refs, text, asked.incident)


def _ask(
    board: Board, incident: Incident, asker: str, other: str, needs: tuple[Need, ...], when: float, patience: float,
    facts: Facts,
) -> Ask:  # fmt: skip
    scene = scene_of(facts, incident.type, incident.lon, incident.lat, when, incident.received_at)
    question = scene.question(asker, "", other, tuple(need.capability for need in needs))
    clause = next(
        (
            clause_name(paper, clause)
            for paper in board.agreements_of(other)
            if paper.in_force(when)
            for clause in paper.clauses
            if clause.mode == AidMode.ON_REQUEST and covers(clause, question)
        ),
        "",
    )
    return Ask(other, when, when + patience, clause=clause)


def _capabilities(board: Board, asked: AssistanceRequest, more: list[Unit] | None = None) -> dict[str, tuple[str, ...]]:
    names = [unit for ask in asked.asks for unit in ask.accepted]
    return {unit: board.get_unit(unit).capabilities for unit in names} | {
        unit.id: unit.capabilities for unit in more or []
    }


def _fill(needs: tuple[Need, ...], units: list[Unit]) -> bool:
    """Whether each unit fills a need that is still open, and none is over."""
    left = {need.capability: need.count for need in needs}
    for unit in units:
        fills = next((each for each in unit.capabilities if left.get(each, 0) > 0), "")
        if not fills:
            return False
        left[fills] -= 1
    return True


def _check(command: RequestAssistance) -> None:
    if not 0 < len(command.agencies) <= MOST_AGENCIES or len(command.escalate_to) > MOST_AGENCIES:
        raise BadCommand(f"ask 1 to {MOST_AGENCIES} agencies, and as many after them")
    if len({*command.agencies, *command.escalate_to}) != len(command.agencies) + len(command.escalate_to):
        raise BadCommand("an agency is named twice")
    kinds = [need.capability for need in command.needs]
    if not 0 < len(kinds) <= MOST_NEEDS or len(set(kinds)) != len(kinds):
        raise BadCommand(f"ask for 1 to {MOST_NEEDS} different capabilities")
    for need in command.needs:
        if not need.capability.strip() or not 0 < need.count <= MOST_COUNT:
            raise BadCommand(f"{need.count} {need.capability!r}: ask for 1 to {MOST_COUNT} of a capability")
    if not 0 <= command.within <= 86400 or not PATIENCE[0] <= command.patience <= PATIENCE[1]:
        raise BadCommand(
            f"within {command.within} s, patience {command.patience} s: up to a day, at least 30 s to answer"
        )


def _words(needs: tuple[Need, ...]) -> str:
    return ", ".join(f"{need.count} {need.capability}" for need in needs)


def _name(asked: AssistanceRequest) -> str:
    return asked.id.rpartition("|")[2]
