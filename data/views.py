"""The only read path: records of the board, redacted per audience, whole or as what changed.

Knows the records of docs/feed.md and which of them an event's refs concern. Refuses to decide who may see
what (domain/granting.py and sharing.py do) and how anything is drawn.
Deltas carry whole records, so applying one twice or merging several is harmless. Frames carry what travels by itself,
labels up to FEED_MOST; `closer` gives the rest of one incident to whoever may see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from data.codec import to_json
from data.grants import AreasAt, Grants, no_areas
from data.projection import Projection
from data.records import (
    Record,
    accountability_fields,
    closure_record,
    responsibility_fields,
    structure_fields,
    task_force_record,
)
from data.request_records import find_request_record
from domain.assignment import Assignment, availability
from domain.board import Board, incident_of
from domain.closure import Closure
from domain.errors import UnknownIncident
from domain.granting import Audience, Grant, boundaries_between
from domain.incident import Incident, short_number
from domain.log import LogEntry
from domain.phase import phase_of
from domain.position import Fix
from domain.refs import (
    AGREEMENTS,
    accountability_ref,
    closure_ref,
    incident_ref,
    requests_ref,
    split_ref,
    structure_ref,
    task_force_ref,
)
from domain.response_plan import ResponsePlan
from domain.responsibility import warnings
from domain.share_clause import Label
from domain.sharing import (
    FEED_MOST,
    FIELD_LABELS,
    label_of_line,
    may_see_closures,
    may_see_line,
    redact_incident,
    redact_task_force,
)
from domain.task_force import TaskForce
from domain.unit import DutyState, Unit

CLOSED_SHOWN = 600.0
"""Seconds of board time a closed incident stays in snapshots."""
LOG_SHOWN = 100
"""Log lines per incident in a snapshot; the newest."""


Shown = dict[str, Label]
"""What an audience has on its screens: incident -> the highest label that travelled."""


class Views:
    """What each audience may see of one board.

    `plans` give incident types their names and letters, `areas_at(lon, lat, when)` the areas share clauses name.
    """

    def __init__(self, projection: Projection, plans: Mapping[str, ResponsePlan], areas_at: AreasAt = no_areas) -> None:
        self._projection = projection
        self._plans = plans
        self.grants = Grants(lambda: projection.board, plans, areas_at)

    @property
    def _board(self) -> Board:
        return self._projection.board

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
            shown |= {record["id"]: self._label(record["id"], audience, now) for record in frame["incidents"]}
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

    def positions(self, units: Iterable[str], now: float) -> bytes:
        """The newest fixes of some units."""
        known = self._projection.positions
        return to_json({"t": "positions", "at": now, "p": [_packed(known[unit]) for unit in units if unit in known]})

    def all_positions(self, now: float) -> bytes:
        """The newest fix of every unit."""
        return self.positions(self._projection.positions, now)

    # What an audience sees -------------------------------------------------------------------------

    def grant(self, incident: Incident, audience: Audience, now: float) -> Grant | None:
        """What an audience may see of an incident; `now` in server time. None = not even that it exists."""
        return self.grants.of(incident, audience, self._board.head.time(now))

    def may_know_of(self, number: str, audience: Audience, now: float) -> bool:
        """Whether an audience may know that there is such an incident."""
        return self.grant(self._board.get_incident(number), audience, now) is not None

    def get_known(self, number: str, audience: Audience, now: float) -> Incident:
        """An incident by number, for whom it may be known to. Raises UnknownIncident, alike where there is none and
        where it is withheld: the difference would tell."""
        found = self._board.find(incident_ref(number))
        if not isinstance(found, Incident) or self.grant(found, audience, now) is None:
            raise UnknownIncident(f"no incident {number} on this board")
        return found

    def sees_otherwise(self, audience: Audience, shown: Shown, now: float) -> bool:
        """Whether an audience may by now see more or less than it was shown, by nothing but time."""
        known = self._all_known(shown, now)
        return any(self._find_label(number, audience, now) != shown.get(number) for number in known)

    def sight(self, audience: Audience, now: float) -> Shown:
        """What an audience may see now: incident -> the highest label that travels."""
        labels = ((number, self._find_label(number, audience, now)) for number in self._all_known({}, now))
        return {number: label for number, label in labels if label is not None}

    def sharing_moved(self, before: float, now: float) -> bool:
        """Whether a grant may have begun or ended by time alone between two server times."""
        head = self._board.head
        return boundaries_between(self._board, self._board.purposes(), head.time(before), head.time(now))

    def _all_known(self, shown: Shown, now: float) -> list[str]:
        since = self._board.head.time(now) - CLOSED_SHOWN
        present = [*self._board.open_incidents(), *self._board.closed_since(since)]
        return list(dict.fromkeys([*(incident.id for incident in present), *shown]))

    def _find_label(self, number: str, audience: Audience, now: float) -> Label | None:
        grant = self.grant(self._board.get_incident(number), audience, now)
        return None if grant is None else min(grant.label, FEED_MOST)

    def _label(self, number: str, audience: Audience, now: float) -> Label:
        return self._find_label(number, audience, now) or Label.MAP

    def _changes_of_sight(
        self, numbers: Iterable[str], audience: Audience, now: float, shown: Shown
    ) -> tuple[list[str], list[str]]:
        """Which of some incidents an audience lost, and which it sees under another label than before."""
        gone, other = [], []
        for number in numbers:
            label, before = self._find_label(number, audience, now), shown.get(number)
            if label is None:
                if before is not None:  # never name one that was not shown
                    gone.append(number)
                    del shown[number]
            else:
                shown[number] = label
                if label != before:
                    other.append(number)
        return gone, other

    def _at_work(self, number: str) -> list[Assignment]:
        return [held for held in self._board.assignments_of(number) if not held.ended]

    def closer(self, number: str, audience: Audience, now: float) -> Record:
        """What of one incident does not travel by itself: `fields` and `log` of closer labels, as far as granted.

        `label` is the highest among what is given, 0 for nothing. Raises UnknownIncident as get_known does.
        """
        incident = self.get_known(number, audience, now)
        grant = self.grant(incident, audience, now)
        assert grant is not None  # get_known says so
        whole: Record = {"caller": incident.caller}
        fields = {name: value for name, value in redact_incident(whole, grant, Label.CRIMINAL_JUSTICE).items() if value}
        lines = list(self._closer_lines(incident, grant, audience))[-LOG_SHOWN:]
        log = [record for line in lines if (record := self._entry(line, audience, now)) is not None]
        labels = [FIELD_LABELS[name] for name in fields] + [_line_label(line) for line in lines]
        if audience.masked:
            said = f"[shown to {self._board.name_of(audience.agency)}]"
            fields = dict.fromkeys(fields, said)
            log = [{**record, "text": said} for record in log]
        return {"id": number, "label": int(max(labels, default=Label.MAP)), "fields": fields, "log": log}

    def _closer_lines(self, incident: Incident, grant: Grant, audience: Audience) -> Iterator[LogEntry]:
        for line in self._projection.entries.get(incident.id) or ():
            label = label_of_line(line.kind, line.label)
            if label is not None and label > FEED_MOST and may_see_line(label, line.agency, grant, audience):
                yield line

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

    def find_incident(self, incident: Incident, audience: Audience, now: float) -> Record | None:
        """An incident's record as it travels to an audience; None when it may not see it."""
        grant = self.grant(incident, audience, now)
        if grant is None:
            return None
        plan = self._plans.get(incident.type)
        agencies = self._board.agencies_of(incident.id)
        whole: Record = {
            "id": incident.id,
            "short": short_number(incident.id),
            "type": incident.type,
            "name": plan.name if plan else incident.local_type,
            "symbol": plan.symbol if plan else "?",
            "local_type": incident.local_type,
            "priority": incident.priority,
            "lon": incident.lon,
            "lat": incident.lat,
            "address": incident.address,
            "lead": incident.lead_agency,
            "received": incident.received_at,
            "status": str(incident.status),
            "phase": str(phase_of(self._board.assignments_of(incident.id))),
            "closed_at": incident.closed_at,
            "disposition": incident.disposition,
            "agencies": list(agencies),
            "external_id": incident.external_id,
            "closer": self._closer_fields(incident, grant, audience),
            "talkgroup": incident.talkgroup,
            "links": [
                {"incident": link.incident, "short": short_number(link.incident), "kind": str(link.kind)}
                for link in incident.links
                if self.may_know_of(link.incident, audience, now)
            ],
            **structure_fields(self._board.structure_of(incident.id)),
            **accountability_fields(self._board.accountability_of(incident.id)),
            **responsibility_fields(
                incident.responsibility,
                warnings(incident.responsibility, plan.discipline if plan else "", self._board.name_of),
            ),
            "v": self._board.version(incident_ref(incident.id)),
            "structure_v": self._board.version(structure_ref(incident.id)),
            "accountability_v": self._board.version(accountability_ref(incident.id)),
        }
        return redact_incident(whole, grant)

    def _closer_fields(self, incident: Incident, grant: Grant, audience: Audience) -> Record:
        """What a page needs to know to ask for closer labels: nothing of what they say."""
        newest = max((line.seq for line in self._closer_lines(incident, grant, audience)), default=0)
        return {"label": int(grant.label), "patient": grant.patient, "seq": newest}

    def _log(self, incident: Incident, audience: Audience, now: float, after: int) -> list[Record]:
        entries = self._projection.entries.get(incident.id)
        grant = self.grant(incident, audience, now) if entries else None
        if not entries or grant is None:
            return []
        shown = []
        for entry in [entry for entry in entries if entry.seq > after][-LOG_SHOWN:]:
            label = label_of_line(entry.kind, entry.label)
            if label is not None and label <= FEED_MOST and may_see_line(label, entry.agency, grant, audience):
                shown.append(entry)
        return [record for entry in shown if (record := self._entry(entry, audience, now)) is not None]

    def _entry(self, entry: LogEntry, audience: Audience, now: float) -> Record | None:
        """A line; told without the other incident it names, or not at all, to those who may not know of that one."""
        text = entry.text
        if entry.other and not self.may_know_of(entry.other, audience, now):
            text = entry.discreet
        return _entry(entry, text) if text else None

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
            record = find_request_record(one, held, capabilities, version, audience)
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

    def _unit(self, unit: Unit, audience: Audience, now: float) -> Record:
        held = self._board.active_assignment(unit)
        if held is not None and not self.may_know_of(held.incident, audience, now):
            where, active = "", ""
        else:
            where, active = (held.incident, held.id) if held else ("", "")
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
            "v": self._board.version(f"unit:{unit.id}"),
        }

    def _agency(self, agency: str) -> Record:
        known = self._board.get_agency(agency)
        return {"id": known.id, "name": known.name, "short": known.short, "discipline": str(known.discipline)}

    def _assignment(self, held: Assignment) -> Record:
        return {
            "id": held.id,
            "unit": held.unit,
            "incident": held.incident,
            "agency": held.agency,
            "status": str(held.status),
            "stamps": dict(held.stamps),
            "assigned_by": held.assigned_by,
            "clause": held.clause,
            "override_reason": held.override_reason,
            "override_seen": held.override_seen,
            "request": held.request,
            "task_force": held.task_force,
            "end_reason": held.end_reason,
            "ended": held.ended,
            "v": self._board.version(f"assignment:{held.id}"),
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


def _line_label(entry: LogEntry) -> Label:
    return label_of_line(entry.kind, entry.label) or Label.CRIMINAL_JUSTICE


def _entry(entry: LogEntry, text: str) -> Record:
    return {
        "seq": entry.seq,
        "at": entry.at,
        "incident": entry.incident,
        "agency": entry.agency,
        "actor": entry.actor,
        "kind": entry.kind,
        "text": text,
        "label": int(_line_label(entry)),
    }


def _packed(fix: Fix) -> list[object]:
    return [fix.unit, round(fix.lon, 6), round(fix.lat, 6), round(fix.heading), round(fix.speed, 1), fix.at]
