"""The simulated world, stepped by hand against the real rules, without a store and without waiting."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from domain.agency import Agency, Discipline
from domain.agreement import Agreement, AidClause, AidMode
from domain.assignment import AssignmentStatus
from domain.board import Board
from domain.commands import (
    Actor,
    AssignUnits,
    ChangeStatus,
    Command,
    Envelope,
    OpenBoard,
    RegisterAgencies,
    RegisterAgreements,
    RegisterUnits,
    ReportIncident,
    Role,
)
from domain.events import RecordedEvent
from domain.outcome import Outcome, OutcomeStatus
from domain.position import Fix
from domain.region import Place, Region, Station
from domain.response import Trip
from domain.response_plan import Need, ResponsePlan
from domain.rules import Facts, decide
from domain.unit import Unit
from tools.simulator import times
from tools.simulator.asks import Ask
from tools.simulator.calls import HOURS, SHARE, Calls, spread
from tools.simulator.dispatchers import PATIENCE
from tools.simulator.ground import Drive, metres_between, moved
from tools.simulator.world import World

START = 1_767_283_200.0
HOME = (-122.4, 37.75)
PLANS = {
    "FALL": ResponsePlan("FALL", "Fall", "M", "ems", 3, ((Need("ALS", 1), Need("ENGINE", 1)),), transports=True),
    "OUTSIDE_FIRE": ResponsePlan("OUTSIDE_FIRE", "Outside fire", "F", "fire", 3, ((Need("ENGINE", 1),),)),
    "DISTURBANCE": ResponsePlan("DISTURBANCE", "Disturbance", "D", "law", 3, ((Need("PATROL", 2),),)),
}
AGENCIES = (
    Agency("fd", "Fire", "Fire", Discipline.FIRE),
    Agency("amb", "Ambulance", "Amb", Discipline.EMS),
    Agency("pd", "Police", "Police", Discipline.LAW),
)
LEADS = {"fire": "fd", "ems": "amb", "law": "pd"}
FACTS = Facts(plans=PLANS, leader_at=lambda lon, lat, when, discipline: LEADS.get(discipline, ""))


def unit(agency: str, callsign: str, kind: str, *capabilities: str) -> Unit:
    spot = moved(*HOME, 300.0 * len(callsign), 200.0)
    return Unit(f"{agency}/{callsign}", agency, callsign, kind, capabilities, 2, "", *spot)


UNITS = (
    *(unit("fd", f"E{n}", "ENGINE", "ENGINE") for n in range(1, 7)),
    *(unit("amb", f"A{n}", "AMBULANCE_ALS", "ALS", "BLS") for n in range(1, 9)),
    *(unit("pd", f"P{n}", "PATROL", "PATROL") for n in range(1, 13)),
)
REGION = Region(
    "test",
    "Test",
    "UTC",
    "T",
    (*HOME, 12.0),
    agencies=AGENCIES,
    stations=(Station("amb/H1", "amb", "Hospital", *moved(*HOME, 2000, 0), "hospital"),),
    units=UNITS,
    plans=tuple(PLANS.values()),
    places=(Place("Town", *HOME, 1_500_000),),
)


class Office:
    """A board and the real rules, in memory: commands in, events folded at once."""

    def __init__(self, *, seed: int = 1, surge: float = 1.0, agreements: Sequence[Agreement] = ()) -> None:
        self.board = Board()
        self.log: list[RecordedEvent] = []
        self.answers: Counter[str] = Counter()
        self.now = START
        loader = Actor("loader", "", Role.SERVICE, "import")
        for command in (
            OpenBoard("Test", "test", "T"),
            RegisterAgencies(AGENCIES),
            RegisterUnits(UNITS),
            RegisterAgreements(tuple(agreements)),
        ):
            self.give(loader, command)
        self.world = World(
            REGION, FACTS, self.board, seed=seed, surge=surge, places={},
            travel=lambda metres, kind: metres / 10.0, trips=_trips,
        )  # fmt: skip

    def give(self, actor: Actor, command: Command) -> Outcome:
        """Put a command to the rules, as the write path does."""
        verdict = decide(self.board, Envelope("id", actor, command), self.now, FACTS)
        for event in verdict.events:
            recorded = RecordedEvent(self.board.seq + 1, self.now, event, actor, "id", verdict.decision)
            self.board.apply(recorded)
            self.log.append(recorded)
        self.answers[verdict.decision.rule if not verdict.decision.allowed else "accepted"] += 1
        status = OutcomeStatus.ACCEPTED if verdict.decision.allowed else OutcomeStatus.REFUSED
        return Outcome(status, verdict.decision, self.board.seq, verdict.text, verdict.incident)

    def run(self, seconds: float, step: float = 1.0) -> Iterator[Ask]:
        """Let the world live for a time; gives every ask with its outcome."""
        end = self.now + seconds
        while self.now < end:
            for ask in self.world.asks(self.now, self.board):
                ask.outcome = self.give(ask.actor, ask.command)
                yield ask
            self.now += step

    def report(self, kind: str, external: str = "sim-x") -> str:
        """Somebody reports an incident near home; its number."""
        leader = Actor("Ann", LEADS[PLANS[kind].discipline], Role.DISPATCHER)
        lon, lat = moved(*HOME, 900, 900)
        return self.give(leader, ReportIncident(kind, lon, lat, external_id=external)).incident


def _trips(lon: float, lat: float, starts: Sequence[tuple[str, float, float]], most: int) -> list[Trip]:
    far = sorted((metres_between(lon, lat, start[1], start[2]), index) for index, start in enumerate(starts))
    return [Trip(index, metres, metres / 10, "test") for metres, index in far[:most]]


def quiet(**others: object) -> Office:
    """An office into which no calls come by themselves."""
    return Office(surge=0.0, **others)  # type: ignore[arg-type]


def test_the_same_seed_gives_the_same_log_and_another_seed_another() -> None:
    first, again, other = Office(seed=7, surge=2), Office(seed=7, surge=2), Office(seed=8, surge=2)
    for office in (first, again, other):
        assert list(office.run(1800))
    assert first.log == again.log
    assert first.log != other.log


def test_two_hours_end_in_order_with_nothing_refused_but_late_reports() -> None:
    office = Office(surge=1.0)
    for _ in office.run(7200):
        pass
    closed = [incident for incident in office.board.incidents() if not incident.open]
    assert len(closed) > 5
    assert set(office.answers) <= {"accepted", "unit_active_elsewhere"}
    for incident in closed:
        assert all(held.ended for held in office.board.assignments_of(incident.id))


def test_a_crew_acknowledges_drives_arrives_and_clears() -> None:
    office = quiet()
    number = office.report("OUTSIDE_FIRE")
    for _ in office.run(4000):
        pass
    (held,) = office.board.assignments_of(number)
    assert list(held.stamps) == ["dispatched", "acknowledged", "en_route", "on_scene", "cleared"]
    assert list(held.stamps.values()) == sorted(held.stamps.values())
    assert not office.board.get_incident(number).open


def test_a_unit_stands_where_the_incident_is_once_it_is_on_scene_and_comes_home_after() -> None:
    office = quiet()
    number = office.report("OUTSIDE_FIRE")
    incident = office.board.get_incident(number)
    arrived = 0.0
    for ask in office.run(4000):
        if isinstance(ask.command, ChangeStatus) and ask.command.status == AssignmentStatus.ON_SCENE:
            name = office.board.get_assignment(ask.command.assignment).unit
            fix = next(fix for fix in office.world.fixes(office.now, office.now) if fix.unit == name)
            assert metres_between(fix.lon, fix.lat, incident.lon, incident.lat) < 60
            arrived = office.now
    assert arrived
    (held,) = office.board.assignments_of(number)
    home = office.board.get_unit(held.unit)
    last = {fix.unit: fix for fix in office.world.fixes(office.now, office.now + 1000)}[held.unit]
    assert metres_between(last.lon, last.lat, home.home_lon, home.home_lat) < 60


def test_a_moving_unit_reports_plausible_steps_each_second() -> None:
    office = quiet()
    office.report("OUTSIDE_FIRE")
    track: dict[str, list[Fix]] = {}
    for second in range(300):
        for _ in office.run(1):
            pass
        for fix in office.world.fixes(office.now, office.now):
            if fix.unit.startswith("fd/"):
                track.setdefault(fix.unit, []).append(fix)
        assert second < 300
    moving = max(track.values(), key=len)
    assert len(moving) > 30
    assert all(metres_between(a.lon, a.lat, b.lon, b.lat) < 40 for a, b in itertools.pairwise(moving))
    assert all(first.seq < second.seq for first, second in itertools.pairwise(moving))


def test_a_crew_obeys_a_person_who_cancels_it() -> None:
    office = quiet()
    number = office.report("OUTSIDE_FIRE")
    for ask in office.run(600):
        if isinstance(ask.command, ChangeStatus) and ask.command.status == AssignmentStatus.EN_ROUTE:
            person = Actor("Ann", "fd", Role.DISPATCHER)
            assert office.give(person, ChangeStatus(ask.command.assignment, AssignmentStatus.CANCELLED)).accepted
            break
    asked = [ask for ask in office.run(600) if isinstance(ask.command, ChangeStatus)]
    assert asked == []
    assert [held.status for held in office.board.assignments_of(number)] == [AssignmentStatus.CANCELLED]


def test_a_crew_goes_on_from_the_status_a_person_gave_it() -> None:
    office = quiet()
    number = office.report("OUTSIDE_FIRE")
    for ask in office.run(600):
        if isinstance(ask.command, AssignUnits):
            held = office.board.assignments_of(number)[0]
            office.give(Actor("Ann", "fd", Role.DISPATCHER), ChangeStatus(held.id, AssignmentStatus.ON_SCENE))
            break
    later = [ask.command.status for ask in office.run(4000) if isinstance(ask.command, ChangeStatus)]
    assert later == [AssignmentStatus.CLEARED]


def test_an_incident_reported_by_a_person_waits_for_a_person() -> None:
    office = quiet()
    number = office.report("OUTSIDE_FIRE", external="")
    assert not [ask for ask in office.run(PATIENCE - 5) if isinstance(ask.command, AssignUnits)]
    assert [ask for ask in office.run(60) if isinstance(ask.command, AssignUnits)]
    assert office.board.assignments_of(number)


def test_units_a_person_sent_to_a_persons_incident_are_not_added_to() -> None:
    office = quiet()
    number = office.report("DISTURBANCE", external="")
    assert office.give(Actor("Ann", "pd", Role.DISPATCHER), AssignUnits(number, ("pd/P1",))).accepted
    assert not [ask for ask in office.run(600) if isinstance(ask.command, AssignUnits)]


def test_what_no_agreement_gives_its_own_agency_sends() -> None:
    office = quiet()
    number = office.report("FALL")
    sent = [ask for ask in office.run(300) if isinstance(ask.command, AssignUnits) and ask.accepted]
    assert [ask.actor.agency for ask in sent] == ["amb", "fd"]
    assert {held.agency for held in office.board.assignments_of(number)} == {"amb", "fd"}


def test_automatic_aid_is_used_where_a_clause_gives_it() -> None:
    clause = AidClause("1", "fd", "amb", AidMode.AUTOMATIC)
    office = quiet(agreements=[Agreement("aid", "Aid", ("fd", "amb"), (clause,))])
    number = office.report("FALL")
    sent = [ask for ask in office.run(300) if isinstance(ask.command, AssignUnits)]
    assert [ask.actor.agency for ask in sent] == ["amb"]
    assert {held.clause for held in office.board.assignments_of(number)} == {"", "aid/1"}


def test_a_new_world_on_an_old_board_takes_up_what_it_finds() -> None:
    office = quiet()
    number = office.report("OUTSIDE_FIRE")
    for ask in office.run(600):
        if isinstance(ask.command, ChangeStatus) and ask.command.status == AssignmentStatus.ON_SCENE:
            break
    office.world = World(
        REGION, FACTS, office.board, seed=1, surge=0.0, places={}, travel=lambda m, kind: m / 10.0, trips=_trips
    )
    for _ in office.run(5000):
        pass
    assert len(office.board.assignments_of(number)) == 1
    assert not office.board.get_incident(number).open


def test_calls_follow_the_hours_of_the_day() -> None:
    calls = Calls(REGION, FACTS, random.Random(1), 1.0)
    midnight = START - START % 86400
    night, noon = (calls.rate(midnight + hour * 3600 + 1) for hour in (5, 16))
    assert noon / night == pytest.approx(HOURS[16] / HOURS[5])


def test_as_many_calls_come_as_the_daily_figures_say() -> None:
    calls = Calls(REGION, FACTS, random.Random(1), 1.0)
    midnight = START - START % 86400
    came = sum(len(list(calls.asks(midnight + second, Board()))) for second in range(0, 86400, 60))
    assert came == pytest.approx((0.43 + 0.9) * 1500 * SHARE, rel=0.15)


def test_calls_come_only_from_where_somebody_is_responsible() -> None:
    west = replace(FACTS, leader_at=lambda lon, lat, when, kind: LEADS.get(kind, "") if lon < HOME[0] else "")
    calls = Calls(REGION, west, random.Random(1), 50.0)
    asks = [ask for second in range(600) for ask in calls.asks(START + second, Board())]
    assert len(asks) > 50
    assert all(isinstance(ask.command, ReportIncident) and ask.command.lon < HOME[0] for ask in asks)


def test_people_live_nearer_together_in_small_places() -> None:
    assert spread(1_000) == 300.0
    assert spread(50_000) < spread(800_000) <= 4000.0


def test_a_drive_begins_and_ends_where_it_should_and_never_runs_wild() -> None:
    goal = moved(*HOME, 3000, -1000)
    drive = Drive(*HOME, *goal, START, 300.0, 50.0, 4)
    assert metres_between(*drive.at(START)[:2], *HOME) < 1
    assert drive.at(START + 300) == (*goal, -1.0, 0.0)
    for second in range(300):
        lon, lat, heading, speed = drive.at(START + second)
        assert metres_between(lon, lat, *HOME) < 3300
        assert 0 <= heading < 360
        assert 8 < speed < 15


def test_times_of_crews_lie_round_the_recorded_medians() -> None:
    rng = random.Random(3)
    engine = UNITS[0]
    turnouts = sorted(times.turnout(engine, rng) for _ in range(999))
    assert turnouts[499] == pytest.approx(77, rel=0.1)
    assert turnouts[899] < 200
