"""The only read path: records of the board, redacted per audience, whole or as what changed.

Knows the records of docs/feed.md and which of them an event's refs concern. Refuses to decide who may see
what (domain/granting.py and sharing.py do) and how anything is drawn.
Deltas carry whole records, so applying one twice or merging several is harmless. Frames carry what travels by itself,
labels up to FEED_MOST; `closer` gives the rest of one incident to whoever may see it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from msgspec import Raw

from data.checksum import Checksum
from data.codec import to_json
from data.grants import AreasAt, Grants, no_areas
from data.incident_views import LOG_SHOWN, IncidentViews
from data.records import Record, closure_record, task_force_record
from data.request_records import find_request_record
from data.sight import CLOSED_SHOWN, Seen, Shown
from domain.assignment import Assignment, availability
from domain.board import incident_of
from domain.closure import Closure
from domain.freshness import Source, note
from domain.granting import Audience
from domain.incident import Incident
from domain.refs import (
    AGREEMENTS,
    accountability_ref,
    assignment_ref,
    closure_ref,
    incident_ref,
    requests_ref,
    split_ref,
    structure_ref,
    task_force_ref,
    unit_ref,
)
from domain.response_plan import ResponsePlan
from domain.sharing import may_see_closures, redact_task_force
from domain.task_force import TaskForce
from domain.unit import DutyState, Unit

__all__ = ["CLOSED_SHOWN", "LOG_SHOWN", "Shown", "Views"]


class Views(IncidentViews):
    """What each audience may see of one board, as frames."""

    def __init__(
        self,
        projection: Seen,
        plans: Mapping[str, ResponsePlan],
        areas_at: AreasAt = no_areas,
        grants: Grants | None = None,
    ) -> None:
        super().__init__(projection, plans, areas_at, grants)
        self._units_written: dict[tuple[str, bool], tuple[Unit, Assignment | None, int, Raw]] = {}
        self._units_summed = (-1, 0)

    # Frames -------------------------------------------------------------------------------------

    def hello(self, audience: Audience, now: float, version: str) -> bytes:
        """The first frame of every connection."""
        head = self._board.head
        return to_json(
            {
                "t": "hello",
                "board": head.region,
                "title": head.title,
                "note": head.note,
                "training": head.training,
                "zone": head.time_zone,
                "version": version,
                "at": now,
                "clock": {"base": head.clock_base, "at": head.clock_at, "rate": head.clock_rate},
                "talkgroup": head.talkgroup,
                "agencies": [self._agency(agency.id) for agency in self._board.agencies()],
                "audience": {"agency": audience.agency, "role": audience.role},
            }
        )

    def snapshot(self, audience: Audience, now: float, shown: Shown | None = None) -> bytes:
        """The whole picture for an audience; `shown` becomes what is in it."""
        since = self._board.head.time(now) - CLOSED_SHOWN
        every = [*self._board.open_incidents(), *self._board.closed_since(since)]
        frame = self._records(every, self._board.units(), audience, now, log_after=-1)
        if shown is not None:
            shown.clear()
            self._changes_of_sight((record["id"] for record in frame["incidents"]), audience, now, shown)
        frame["task_forces"] = self._task_forces(self._board.task_forces(), audience, now)
        frame["closures"] = self._closures(self._board.closures(), audience, now)
        frame["requests"] = self._requests((incident.id for incident in every), audience)
        frame |= {"t": "snapshot", "seq": self._board.seq, "at": now, "last_closed": self._board.last_closed}
        return to_json(frame)

    def delta(self, audience: Audience, after: int, now: float, shown: Shown | None = None) -> bytes | None:
        """What changed after a sequence number, merged; None when that is too long ago to tell.

        `shown` is what the audience has on its screens, and is kept up: incidents it may no longer see come as `gone`,
        those whose label changed whole, with their whole log (`relog`). Without it (a viewer that comes back) the
        answer is None too when something was shared otherwise meanwhile.
        """
        touched = self._touched_after(after)
        if touched is None or (shown is None and self._reshared_after(after)):
            return None
        units: dict[str, None] = {}
        incidents: dict[str, None] = {}
        groups: list[TaskForce] = []
        closures: list[Closure] = []
        for ref in touched:
            kind, rest = split_ref(ref)
            if kind == "unit":
                units[rest] = None
            elif kind == "taskforce":
                groups.append(self._board.get_task_force(rest))
            elif kind == "purpose":
                incidents[rest.split("|")[0]] = None
            elif kind == "closure":
                closures.append(self._board.get_closure(rest))
            elif (number := incident_of(ref)) is not None:
                incidents[number] = None
        gone: list[str] = []
        relog: list[str] = []
        if shown is not None:
            looked_at = {**incidents, **(dict.fromkeys(self._all_known(shown, now)) if AGREEMENTS in touched else {})}
            gone, relog = self._changes_of_sight(looked_at, audience, now, shown)
            incidents |= dict.fromkeys(relog)
            units |= {held.unit: None for number in (*gone, *relog) for held in self._at_work(number)}
        frame = self._records(
            [self._board.get_incident(number) for number in incidents],
            [self._board.get_unit(unit) for unit in units],
            audience,
            now,
            log_after=after,
            whole_log=frozenset(relog),
        )
        frame["gone"], frame["relog"] = gone, [number for number in relog if shown and number in shown]
        frame["task_forces"] = self._task_forces(groups, audience, now)
        frame["closures"] = self._closures(closures, audience, now)
        # Deployed and released follow from assignments, so whatever touches an incident may move its requests.
        frame["requests"] = self._requests(incidents, audience)
        frame = {kind: records for kind, records in frame.items() if records}
        if "board" in touched:
            head = self._board.head
            frame["clock"] = {"base": head.clock_base, "at": head.clock_at, "rate": head.clock_rate}
            frame["talkgroup"] = head.talkgroup
        frame |= {"t": "delta", "prev": after, "seq": self._board.seq, "at": now}
        return to_json(frame)

    def checksum(self, audience: Audience, now: float) -> str:
        """Eight hex digits that stand for what an audience's pages hold now (docs/feed.md, "Checksum")."""
        board = self._board
        whole = Checksum(self._units_sum())
        for incident in board.open_incidents():
            if self.grant(incident, audience, now) is None:
                continue
            number = incident.id
            marks = (incident_ref(number), structure_ref(number), accountability_ref(number))
            whole.add("i", number, *(board.version(ref) for ref in marks))
            for held in self._at_work(number):
                whole.add("a", held.id, board.version(assignment_ref(held.id)))
            for record in self._requests([number], audience):
                whole.add("r", record["id"], record["v"])
        for record in self._closures(board.closures(), audience, now):
            whole.add("c", record["id"], record["v"])
        return str(whole)

    def _units_sum(self) -> int:
        """The units' part of every audience's checksum."""
        seq, total = self._units_summed
        if seq != self._board.seq:
            units = Checksum()
            for unit in self._board.units():
                units.add("u", unit.id, self._board.version(unit_ref(unit.id)))
            total = units.total
            self._units_summed = (self._board.seq, total)
        return total

    async def sources(self, now: float) -> str:
        """The frame that says how old each agency's news is; lets others work in between."""
        found: dict[str, Source] = {}
        for count, unit in enumerate(list(self._board.units())):
            if count % 1000 == 999:
                await asyncio.sleep(0)
            source = found.setdefault(unit.agency, Source())
            note(source, unit, self._board.active_assignment(unit), self._projection.positions.get(unit.id), now)
        rows = [[agency, round(one.heard, 1), one.out, one.late] for agency, one in found.items()]
        return to_json({"t": "sources", "at": round(now, 3), "agencies": rows}).decode()

    # Records ------------------------------------------------------------------------------------

    def _records(
        self,
        incidents: Iterable[Incident],
        units: Iterable[Unit],
        audience: Audience,
        now: float,
        log_after: int,
        whole_log: frozenset[str] = frozenset(),
    ) -> Record:
        frame: Record = {"incidents": [], "assignments": [], "log": [], "units": []}
        noted = set(self._noted_after(log_after)) if log_after >= 0 else set()
        for incident in incidents:
            noted.discard(incident.id)
            record = self.find_incident(incident, audience, now)
            if record is None:
                continue
            frame["incidents"].append(record)
            frame["assignments"] += [self._assignment(held) for held in self._board.assignments_of(incident.id)]
            frame["log"] += self._log(incident, audience, now, -1 if incident.id in whole_log else log_after)
        for number in noted:
            incident = self._board.get_incident(number)
            frame["log"] += self._log(incident, audience, now, log_after)
            record = self.find_incident(incident, audience, now)
            if record is not None and record.get("closer", {}).get("seq", 0) > log_after:
                frame["incidents"].append(record)  # it says that there is something closer to fetch
        frame["units"] = [self._unit(unit, audience, now) for unit in units]
        return frame

    def _task_forces(self, groups: Iterable[TaskForce], audience: Audience, now: float) -> list[Record]:
        versions = ((group, self._board.version(task_force_ref(group.id))) for group in groups)
        records = (redact_task_force(task_force_record(group, v), audience) for group, v in versions)
        return [record for record in records if record is not None]

    def _requests(self, incidents: Iterable[str], audience: Audience) -> list[Record]:
        """The assistance requests of some incidents, each as its side may see it."""
        records = []
        for one in (request for number in incidents for request in self._board.requests_of(number)):
            promised = [unit for ask in one.asks for unit in ask.accepted]
            capabilities = {unit: self._board.get_unit(unit).capabilities for unit in promised}
            held, version = self._board.assignments_of(one.incident), self._board.version(requests_ref(one.incident))
            over = not self._board.get_incident(one.incident).open
            record = find_request_record(one, held, capabilities, version, audience, over)
            if record is not None:
                records.append(record)
        return records

    def _closures(self, closures: Iterable[Closure], audience: Audience, now: float) -> list[Record]:
        """A closed street is everybody's to know; the incident it belongs to only for those who may know of that."""
        return [
            closure_record(
                closure,
                self._board.version(closure_ref(closure.id)),
                closure.incident if closure.incident and self.may_know_of(closure.incident, audience, now) else "",
            )
            for closure in closures
            if may_see_closures(audience)
        ]

    def _unit(self, unit: Unit, audience: Audience, now: float) -> Raw:
        """A unit as JSON. It is the same for all who may know of its incident, and for all who may not, so it is
        written once for either: a snapshot holds thousands."""
        held = self._board.active_assignment(unit)
        open_ = held is None or self.may_know_of(held.incident, audience, now)
        version = self._board.version(unit_ref(unit.id))
        kept = self._units_written.get((unit.id, open_))
        if kept is None or kept[0] is not unit or kept[1] is not held or kept[2] != version:
            raw = Raw(to_json(self._unit_record(unit, held, open_, version)))
            kept = self._units_written[(unit.id, open_)] = (unit, held, version, raw)
        return kept[3]

    def _unit_record(self, unit: Unit, held: Assignment | None, open_: bool, version: int) -> Record:
        where, active = (held.incident, held.id) if held is not None and open_ else ("", "")
        return {
            "id": unit.id,
            "agency": unit.agency,
            "callsign": unit.callsign,
            "kind": unit.kind,
            "capabilities": list(unit.capabilities),
            "discipline": str(self._board.get_agency(unit.agency).discipline),
            "staffing": unit.staffing,
            "station": unit.station,
            "home": [unit.home_lon, unit.home_lat],
            "status": unit_status(unit, held),
            "since": held.since if held else unit.duty_since,
            "availability": str(availability(unit.duty, held.status if held else None)),
            "duty": str(unit.duty),
            "duty_reason": unit.duty_reason,
            "active": active,
            "incident": where,
            "v": version,
        }

    # What changed -------------------------------------------------------------------------------

    def _touched_after(self, after: int) -> set[str] | None:
        touches = self._projection.touches
        if after > self._board.seq or (after < self._board.seq and (not touches or touches[0][0] > after + 1)):
            return None
        touched: set[str] = set()
        for seq, refs in reversed(touches):
            if seq <= after:
                break
            touched.update(refs)
        return touched

    def _reshared_after(self, after: int) -> bool:
        """Whether something was shared otherwise after a sequence number."""
        reshared = self._projection.reshared
        return bool(reshared) and reshared[-1] > after

    def _noted_after(self, after: int) -> set[str]:
        """Incidents whose log grew; a note touches no entity."""
        noted: set[str] = set()
        for seq, incident in reversed(self._projection.noted):
            if seq <= after:
                break
            noted.add(incident)
        return noted


def unit_status(unit: Unit, active: Assignment | None) -> str:
    """What a unit's symbol shows: its active assignment's status, else its duty state, else available."""
    if active is not None:
        return str(active.status)
    return "available" if unit.duty == DutyState.IN_SERVICE else str(unit.duty)
