"""The simplest board one can think of: who holds what, in dictionaries. Shares no code with domain/.

What the stateful test holds the real one against: it predicts yes or no, and keeps the log's kinds and versions.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ROAD = ["reserved", "dispatched", "acknowledged", "en_route", "staging", "on_scene", "transporting", "at_destination"]
BEFORE_ARRIVAL = ROAD[:5]
OVER = ("cleared", "cancelled")


@dataclass
class ModelBoard:
    """Units, incidents and assignments by name. Every method says whether the command is to be accepted."""

    kinds: list[str] = field(default_factory=list)
    """the log: kinds of events, in order"""
    version: dict[str, int] = field(default_factory=dict)
    duty: dict[str, str] = field(default_factory=dict)
    open: dict[str, bool] = field(default_factory=dict)
    priority: dict[str, int] = field(default_factory=dict)
    status: dict[str, str] = field(default_factory=dict)
    """assignment -> status; an assignment is `incident|unit|n`"""

    def held_by(self, unit: str) -> list[str]:
        """Assignments of a unit that are not over, in the order they were made."""
        return [name for name, now in self.status.items() if name.split("|")[1] == unit and now not in OVER]

    def active(self, unit: str) -> str:
        """The one the unit works on."""
        working = [name for name in self.held_by(unit) if self.status[name] != "reserved"]
        assert len(working) <= 1, f"{unit} works on {working}"
        return working[0] if working else ""

    def reserved(self, unit: str) -> tuple[str, ...]:
        """Those stacked behind it."""
        return tuple(name for name in self.held_by(unit) if self.status[name] == "reserved")

    def note_event(self, kind: str, *refs: str) -> bool:
        """It happened: the next event, and what it touched."""
        self.kinds.append(kind)
        self.version.update(dict.fromkeys(refs, len(self.kinds)))
        return True

    def reported(self, incident: str) -> bool:
        self.open[incident] = True
        self.priority[incident] = 1
        return self.note_event("IncidentReported", f"incident:{incident}", "numbers")

    def may_assign(self, unit: str, incident: str, reserve: bool) -> bool:
        here = any(name.startswith(f"{incident}|") for name in self.held_by(unit))
        free = reserve or not self.active(unit)
        return self.open[incident] and self.duty[unit] == "in_service" and not here and free

    def assign(self, unit: str, incident: str, reserve: bool) -> bool:
        if not self.may_assign(unit, incident, reserve):
            return False
        times = sum(name.rpartition("|")[0] == f"{incident}|{unit}" for name in self.status)
        name = f"{incident}|{unit}|{times + 1}"
        self.status[name] = "reserved" if reserve else "dispatched"
        return self.note_event("UnitAssigned", f"assignment:{name}", f"unit:{unit}", f"roster:{incident}")

    def step(self, name: str, to: str) -> bool:
        now, (incident, unit, _) = self.status[name], name.split("|")
        if now in OVER:
            return False
        if to == "cancelled":
            allowed = now in BEFORE_ARRIVAL
        elif to == "cleared":
            allowed = now != "reserved"
        else:
            allowed = ROAD.index(to) > ROAD.index(now)
        if now == "reserved" and to != "cancelled":
            allowed = allowed and self.duty[unit] == "in_service" and not self.active(unit)
        if allowed:
            self.status[name] = to
            self.note_event("AssignmentStatusChanged", f"assignment:{name}", f"unit:{unit}", f"roster:{incident}")
        return allowed

    def close(self, incident: str) -> bool:
        held = any(name.startswith(f"{incident}|") and now not in OVER for name, now in self.status.items())
        if not self.open[incident] or held:
            return False
        self.open[incident] = False
        return self.note_event("IncidentClosed", f"incident:{incident}")

    def prioritise(self, incident: str, priority: int) -> bool:
        if not self.open[incident]:
            return False
        self.priority[incident] = priority
        return self.note_event("IncidentPriorityChanged", f"incident:{incident}")

    def note(self, incident: str) -> bool:
        return self.open[incident] and self.note_event("NoteAdded")

    def set_duty(self, unit: str, duty: str) -> bool:
        if duty != "in_service" and self.active(unit):
            return False
        self.duty[unit] = duty
        return self.note_event("UnitDutyChanged", f"unit:{unit}")
