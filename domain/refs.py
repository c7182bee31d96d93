"""References: how entities and what guards them are named in versions, checks and feeds.

Knows spelling only. Every ref of a board has a version: the sequence number of the last event that touched it. Some
refs hold no entity and exist to be compared: `roster:` changes whenever an incident's assignments do, `requests:`
whenever one of its assistance requests does, `clause:` whenever a clause's use does, so that closing an incident or
counting a cap cannot be overtaken by an assignment made in the same instant; `membership:` changes whenever a unit
joins or leaves a task force, so that no unit can join two at once; `closures` whenever one is made, so that no two
get one name.
"""

from __future__ import annotations

BOARD = "board"
NUMBERS = "numbers"
AGREEMENTS = "agreements"
BOUNDARIES = "boundaries"
CLOSURES = "closures"


def agency_ref(agency: str) -> str:
    """An agency."""
    return f"agency:{agency}"


def agreement_ref(agreement: str) -> str:
    """An agreement."""
    return f"agreement:{agreement}"


def unit_ref(unit: str) -> str:
    """A unit."""
    return f"unit:{unit}"


def incident_ref(incident: str) -> str:
    """An incident."""
    return f"incident:{incident}"


def assignment_ref(assignment: str) -> str:
    """An assignment."""
    return f"assignment:{assignment}"


def roster_ref(incident: str) -> str:
    """The set of an incident's assignments (no entity)."""
    return f"roster:{incident}"


def clause_ref(clause: str) -> str:
    """The use of an agreement's clause (no entity)."""
    return f"clause:{clause}"


def accountability_ref(incident: str) -> str:
    """An incident's benchmarks and PAR timer."""
    return f"accountability:{incident}"


def structure_ref(incident: str) -> str:
    """An incident's command structure: agency roles, unified command, ICS positions."""
    return f"structure:{incident}"


def request_ref(request: str) -> str:
    """An assistance request."""
    return f"request:{request}"


def requests_ref(incident: str) -> str:
    """The assistance requests of an incident: changes whenever one does (no entity)."""
    return f"requests:{incident}"


def purpose_ref(incident: str, agency: str, role: str) -> str:
    """Why an agency's role looks at patient data of an incident."""
    return f"purpose:{incident}|{agency}|{role}"


def task_force_ref(task_force: str) -> str:
    """A task force."""
    return f"taskforce:{task_force}"


def membership_ref(unit: str) -> str:
    """A unit's belonging to a task force (no entity)."""
    return f"membership:{unit}"


def closure_ref(closure: str) -> str:
    """A closure of streets."""
    return f"closure:{closure}"


def split_ref(ref: str) -> tuple[str, str]:
    """Kind and id of a ref: `unit:sffd/E14` -> ("unit", "sffd/E14"); the bare refs have no id."""
    kind, _, rest = ref.partition(":")
    return kind, rest
