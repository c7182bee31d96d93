"""Rules for closures: close streets, change a closure, reopen.

Closing errs on the safe side, so anybody on duty may; opening sends people into what it was closed for, so that is
for the agency that closed, for who leads the incident it belongs to, and for a commander who gives a reason.
"""

from __future__ import annotations

from dataclasses import replace

from domain.board import Board
from domain.closure import MOST_METRES, MOST_POINTS, MOST_SECONDS, Closure, ClosureShape
from domain.commands import ChangeClosure, CloseStreets, Envelope, ReopenStreets, Role
from domain.decision import Decision, allow, refuse
from domain.errors import BadCommand
from domain.events import ClosureChanged, StreetsClosed, StreetsReopened
from domain.incident import check_place, short_number
from domain.position import metres_apart
from domain.refs import CLOSURES, closure_ref, incident_ref
from domain.rules.common import Standing, board_time, directs, find_known, find_open, needed_text
from domain.rules.verdict import Facts, Verdict, no


def close(board: Board, command: CloseStreets, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Anybody on duty may close streets; several agencies may close the same street, each with its own closure."""
    when = board_time(board, command.occurred_at, now)
    stands_on = {CLOSURES}
    if command.incident:
        incident = find_open(board, command.incident)
        if isinstance(incident, Decision):
            return no(incident, incident=command.incident)
        stands_on.add(incident_ref(incident.id))
    closure = Closure(
        f"C{board.closure_count + 1}",
        command.shape,
        _checked_points(command.shape, command.points),
        needed_text(command.reason, "reason", 120),
        envelope.actor.agency,
        when,
        _checked_end(command.until, when),
        command.passable,
        command.incident,
    )
    stands_on.add(closure_ref(closure.id))
    decision = allow("close_streets", "anyone on duty may close streets")
    text = f"streets closed, {closure.id}: {closure.reason}"
    return Verdict(decision, (StreetsClosed(closure, when),), frozenset(stands_on), text, command.incident)


def change(board: Board, command: ChangeClosure, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Who may reopen may change: moving a closure opens what it leaves."""
    found = _find_standing(board, command.closure, now)
    if isinstance(found, Decision):
        return no(found)
    decision, stands_on = _answers_for(board, found, envelope, command.reason or "")
    if not decision.allowed:
        return no(decision, incident=found.incident, conflict=closure_ref(found.id))
    when = board_time(board, command.occurred_at, now)
    changed = replace(
        found,
        points=found.points if command.points is None else _checked_points(found.shape, command.points),
        reason=found.reason if command.reason is None else needed_text(command.reason, "reason", 120),
        until=found.until if command.until is None else _checked_end(command.until, when),
        passable=found.passable if command.passable is None else command.passable,
    )
    if changed == found:
        refusal = refuse("nothing_new", f"{found.id} is as you say already", "look again")
        return no(refusal, incident=found.incident, conflict=closure_ref(found.id))
    words = ", ".join(
        word
        for word, differs in (
            ("moved", changed.points != found.points),
            (f"reason: {changed.reason}", changed.reason != found.reason),
            ("new end" if changed.until else "open end", changed.until != found.until),
            ("passable" if changed.passable else "not passable", changed.passable != found.passable),
        )
        if differs
    )
    event = ClosureChanged(changed, words, when)
    return Verdict(
        decision, (event,), stands_on | {closure_ref(found.id)}, f"{found.id} changed: {words}", found.incident
    )


def reopen(board: Board, command: ReopenStreets, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """The streets are open from now on."""
    found = _find_standing(board, command.closure, now)
    if isinstance(found, Decision):
        return no(found)
    reason = command.reason.strip()
    decision, stands_on = _answers_for(board, found, envelope, reason)
    if not decision.allowed:
        return no(decision, incident=found.incident, conflict=closure_ref(found.id))
    reason = needed_text(reason, "reason", 120) if reason else ""
    event = StreetsReopened(found.id, found.incident, reason, board_time(board, command.occurred_at, now))
    return Verdict(
        decision,
        (event,),
        stands_on | {closure_ref(found.id)},
        f"streets reopened, {found.id}: {found.reason}",
        found.incident,
    )


def _find_standing(board: Board, name: str, now: float) -> Closure | Decision:
    found = board.find(closure_ref(name))
    if not isinstance(found, Closure):
        return refuse("unknown_closure", f"no closure {name[:20]} on this board", "look at the list of closures")
    if not found.stands(board.head.time(now)):
        ended = "was reopened" if found.reopened_at else "has ended"
        return refuse("closure_ended", f"{found.id} {ended}", "close the streets anew")
    return found


def _answers_for(board: Board, closure: Closure, envelope: Envelope, reason: str) -> Standing:
    agency = envelope.actor.agency
    if envelope.actor.role == Role.SERVICE or (agency and agency == closure.agency):
        return allow("closure", f"{agency or 'a service account'} answers for {closure.id}"), frozenset()
    if closure.incident:
        incident = find_known(board, closure.incident)
        if not isinstance(incident, Decision):
            commands, stands_on = directs(board, incident, envelope)
            if commands.allowed:
                return commands, stands_on
    if envelope.actor.role == Role.COMMANDER and reason.strip():
        return allow("commander", "a commander's decision, with a reason"), frozenset()
    about = f" for {short_number(closure.incident)}" if closure.incident else ""
    refusal = f"{closure.id} was closed by {closure.agency}{about}, not by {agency}"
    return refuse("not_your_closure", refusal, f"ask {closure.agency}; a commander may with a reason"), frozenset()


def _checked_points(shape: ClosureShape, points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    least = 3 if shape == ClosureShape.AREA else 2
    placed = tuple(check_place(lon, lat) for lon, lat in points)
    if not least <= len(placed) <= MOST_POINTS or len(set(placed)) < least:
        raise BadCommand(
            f"a closed {shape} has {least} to {MOST_POINTS} different points; {len(set(placed))} were given"
        )
    if any(metres_apart(*placed[0], *point) > MOST_METRES for point in placed):
        raise BadCommand(f"a closure reaches at most {MOST_METRES / 1000:.0f} km; draw several")
    return placed


def _checked_end(until: float, when: float) -> float:
    if until and not when < until <= when + MOST_SECONDS:
        raise BadCommand(
            f"a closure ends after it begins and within {MOST_SECONDS / 86400:.0f} days, or has an open end"
        )
    return until
