"""One incident as an audience may see it: what travels, what is closer, its log, its assignments.

Knows the records of docs/feed.md. Refuses to decide who may see what (domain/granting.py and sharing.py do).
"""

from __future__ import annotations

from collections.abc import Iterator

from data.records import Record, accountability_fields, responsibility_fields, structure_fields
from data.sight import Sight
from domain.assignment import Assignment
from domain.granting import Audience, Grant
from domain.incident import Incident, short_number
from domain.log import LogEntry
from domain.phase import phase_of
from domain.refs import accountability_ref, incident_ref, structure_ref
from domain.responsibility import warnings
from domain.share_clause import Label
from domain.sharing import FEED_MOST, FIELD_LABELS, label_of_line, may_see_line, redact_incident

LOG_SHOWN = 100
"""Log lines per incident in a snapshot; the newest."""


class IncidentViews(Sight):
    """Incidents of one board, each as an audience may see it. `plans` also give types their names and letters."""

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

    def _agency(self, agency: str) -> Record:
        known = self._board.get_agency(agency)
        return {"id": known.id, "name": known.name, "short": known.short, "discipline": str(known.discipline)}

    def whole(self, number: str, audience: Audience, now: float) -> Record:
        """All of one incident an audience may see: record, assignments and log, with the highest label among it.

        For exports. Raises UnknownIncident as get_known does.
        """
        incident = self.get_known(number, audience, now)
        closer = self.closer(number, audience, now)
        record = (self.find_incident(incident, audience, now) or {}) | closer["fields"]
        log = sorted([*self._log(incident, audience, now, -1), *closer["log"]], key=lambda line: line["seq"])
        assignments = [self._assignment(held) for held in self._board.assignments_of(number)]
        return {"incident": record, "assignments": assignments, "log": log, "label": closer["label"]}


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
