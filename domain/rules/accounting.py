"""Rules for benchmarks and personnel accountability (PAR): agencies taking part in an open incident may."""

from __future__ import annotations

from domain.accountability import MOST_BENCHMARKS, Accountability, check_interval
from domain.board import Board
from domain.commands import Envelope, MarkBenchmark, ReportPar, StartPar, StopPar
from domain.decision import Decision, refuse
from domain.errors import BadCommand
from domain.events import BenchmarkMarked, BenchmarkWithdrawn, Event, ParReported, ParStarted, ParStopped
from domain.incident import Incident, short_number
from domain.refs import accountability_ref, incident_ref
from domain.rules.common import board_time, checked_text, find_open, needed_text, takes_part
from domain.rules.verdict import Facts, Verdict, no

MOST_PEOPLE = 5000
"""People one PAR report may count."""


def mark_benchmark(board: Board, command: MarkBenchmark, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """A benchmark is reached once; a wrong one is withdrawn with a reason."""
    asked = _asked(board, command.incident, envelope)
    if isinstance(asked, Verdict):
        return asked
    incident, known, _, _ = asked
    name = needed_text(command.name, "benchmark", 80)
    when = board_time(board, command.occurred_at, now)
    mark = known.find_benchmark(name)
    event: Event
    if command.withdraw:
        if mark is None:
            return _not(incident, "no_benchmark", f"{short_number(incident.id)} has no mark {name}", "check the name")
        event = BenchmarkWithdrawn(incident.id, mark.name, mark.at, needed_text(command.reason, "reason"), when)
        return _yes(asked, event, f"{mark.name} withdrawn, {short_number(incident.id)}")
    if mark is not None:
        reason = f"{mark.name} was marked {when - mark.at:.0f} s ago by {mark.by}"
        return _not(incident, "already_marked", reason, "withdraw it first if it was wrong")
    if len(known.benchmarks) >= MOST_BENCHMARKS:
        raise BadCommand(f"an incident has at most {MOST_BENCHMARKS} benchmarks")
    event = BenchmarkMarked(incident.id, name, envelope.actor.agency, when)
    return _yes(asked, event, f"{name}, {short_number(incident.id)}")


def start_par(board: Board, command: StartPar, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Starting it again starts the timer anew, with the new interval."""
    asked = _asked(board, command.incident, envelope)
    if isinstance(asked, Verdict):
        return asked
    event = ParStarted(asked[0].id, check_interval(command.interval), board_time(board, command.occurred_at, now))
    return _yes(asked, event, f"PAR every {event.interval / 60:g} min, {short_number(event.incident)}")


def report_par(board: Board, command: ReportPar, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """A complete report starts the timer anew; an incomplete one does not: somebody is missing."""
    asked = _asked(board, command.incident, envelope)
    if isinstance(asked, Verdict):
        return asked
    incident, known, _, _ = asked
    if not 0 <= command.count <= MOST_PEOPLE:
        raise BadCommand(f"{command.count} people cannot be counted; 0 to {MOST_PEOPLE}")
    if known.par is None:
        return _not(incident, "no_par", f"no PAR runs on {short_number(incident.id)}", "start one")
    note = checked_text(command.note, "note")
    event = ParReported(incident.id, command.complete, command.count, note, board_time(board, command.occurred_at, now))
    words = "complete" if command.complete else "INCOMPLETE"
    return _yes(asked, event, f"PAR {words}, {command.count} people, {short_number(incident.id)}")


def stop_par(board: Board, command: StopPar, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Only what runs can be stopped."""
    asked = _asked(board, command.incident, envelope)
    if isinstance(asked, Verdict):
        return asked
    incident, known, _, _ = asked
    if known.par is None:
        return _not(incident, "no_par", f"no PAR runs on {short_number(incident.id)}", "")
    event = ParStopped(incident.id, board_time(board, command.occurred_at, now))
    return _yes(asked, event, f"PAR stopped, {short_number(incident.id)}")


_Asked = tuple[Incident, Accountability, Decision, frozenset[str]]


def _asked(board: Board, number: str, envelope: Envelope) -> _Asked | Verdict:
    incident = find_open(board, number)
    if isinstance(incident, Decision):
        return no(incident, incident=number)
    decision, stands_on = takes_part(board, incident, envelope)
    if not decision.allowed:
        return no(decision, incident=incident.id)
    return incident, board.accountability_of(incident.id), decision, stands_on


def _yes(asked: _Asked, event: Event, text: str) -> Verdict:
    incident, _, decision, stands_on = asked
    refs = {incident_ref(incident.id), accountability_ref(incident.id)}
    return Verdict(decision, (event,), stands_on | refs, text, incident.id)


def _not(incident: Incident, rule: str, reason: str, remedy: str) -> Verdict:
    return no(refuse(rule, reason, remedy), incident=incident.id, conflict=accountability_ref(incident.id))
