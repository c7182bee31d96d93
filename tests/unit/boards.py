"""Boards in memory for tests of rules: commands are decided and folded, no store needed."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from domain.agency import Agency, Discipline, Service
from domain.agreement import Agreement, AidClause, AidMode
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
from domain.log import LogEntry, log_entries
from domain.response_plan import Need, ResponsePlan
from domain.responsibility import UNKNOWN, Responsibility, ServiceHere
from domain.rules import Facts, Verdict, decide
from domain.unit import Unit

NOON = 1_780_000_000.0
FIRE = ResponsePlan(
    "FIRE", "Structure fire", "F", "fire", 1, ((Need("ENGINE", 2), Need("ALS", 1)), (Need("ENGINE", 4),))
)
CRISIS = ResponsePlan("CRISIS", "Suicide threat", "P", "law", 1, ((Need("PATROL", 1),),), sensitive=True)
HERE = Responsibility(
    (
        ServiceHere(Service.FIRE, ("sffd", "smfd")),
        ServiceHere(Service.EMS, ("amr",)),
        ServiceHere(Service.POLICE, ("sfpd",)),
    )
)
"""Every agency of the table is responsible here for something, so each may know of what is not sensitive."""
FACTS = Facts(
    plans={"FIRE": FIRE, "CRISIS": CRISIS},
    areas_at=lambda lon, lat, when: {"sffd"} if lon > -123 else set(),
    responsible_at=lambda lon, lat, when: HERE if lon > -123 else UNKNOWN,
)


def unit(name: str, *capabilities: str) -> Unit:
    agency, callsign = name.split("/")
    return Unit(
        name,
        agency,
        callsign,
        capabilities[0] if capabilities else "ENGINE",
        capabilities or ("ENGINE",),
        4,
        "",
        -122.4,
        37.8,
    )


def automatic_aid(cap: int = 2, **terms: object) -> Agreement:
    clause = AidClause("1", "smfd", "sffd", AidMode.AUTOMATIC, cap=cap, **terms)  # type: ignore[arg-type]
    request = AidClause("2", "amr", "sffd", AidMode.ON_REQUEST)
    return Agreement("peninsula", "Peninsula auto-aid", ("sffd", "smfd", "amr"), (clause, request), since=NOON - 86400)


class Table:
    """A board with three agencies, ready to be given commands."""

    def __init__(self, *agreements: Agreement) -> None:
        self.board = Board()
        self.now = NOON
        self.recorded: list[RecordedEvent] = []
        self.log: list[LogEntry] = []
        self._ids = itertools.count(1)
        loader = Actor("loader", "", Role.SERVICE)
        self.do(OpenBoard("Test", "test", "SF"), loader)
        names = {"sffd": Discipline.FIRE, "smfd": Discipline.FIRE, "amr": Discipline.EMS, "sfpd": Discipline.LAW}
        self.do(RegisterAgencies(tuple(Agency(name, name.upper(), name, kind) for name, kind in names.items())), loader)
        units = [unit(f"sffd/E{n}") for n in range(1, 6)] + [unit(f"smfd/E9{n}") for n in range(1, 4)]
        self.do(RegisterUnits((*units, unit("amr/M1", "ALS"), unit("sfpd/3A1", "PATROL"))), loader)
        if agreements:
            self.do(RegisterAgreements(agreements), loader)

    def ask(
        self,
        command: Command,
        actor: Actor | None = None,
        expected: Mapping[str, int] | None = None,
        issued: float = 0.0,
    ) -> Verdict:
        actor = actor or Actor("Okafor", "sffd", Role.DISPATCHER)
        envelope = Envelope(f"c{next(self._ids)}", actor, command, issued, expected or {})
        self.envelope = envelope
        return decide(self.board, envelope, self.now, FACTS)

    def do(self, command: Command, actor: Actor | None = None) -> Verdict:
        verdict = self.ask(command, actor)
        assert verdict.decision.allowed, verdict.decision
        for event in verdict.events:
            recorded = RecordedEvent(
                self.board.seq + 1, self.now, event, self.envelope.actor, self.envelope.id, verdict.decision
            )
            self.board.apply(recorded)
            self.recorded.append(recorded)
            self.log += log_entries(recorded, self.board)
        return verdict

    def fire(self) -> str:
        return self.do(ReportIncident("FIRE", -122.4, 37.78, address="24th St")).incident

    def dispatch(self, incident: str, *units: str) -> None:
        self.do(AssignUnits(incident, units))

    def step(self, incident: str, unit: str, status: str, times: int = 1) -> Verdict:
        from domain.assignment import AssignmentStatus

        return self.do(ChangeStatus(f"{incident}|{unit}|{times}", AssignmentStatus(status)))
