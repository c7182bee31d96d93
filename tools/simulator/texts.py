"""What simulated people say: addresses, first words of a call, notes, dispositions.

Knows phrases only; everything is invented. Telephone numbers are from the range kept free for fiction.
"""

from __future__ import annotations

import random

STREETS = (
    "Main St", "Oak St", "Park Ave", "Washington St", "2nd St", "5th St", "Maple Ave", "Lake Dr", "Hill Rd",
    "Mission St", "24th St", "Broadway", "Cedar St", "Elm St", "Railroad Ave", "Harbor Way", "College Ave",
    "Market St", "Grand Ave", "Pine St", "Station Rd", "Valley Rd", "Spring St", "Church St", "River Rd",
)  # fmt: skip

OPENINGS: dict[str, tuple[str, ...]] = {
    "ems": (
        "Caller is with the patient.",
        "Patient conscious, answers questions.",
        "Caller counts breaths with us, line kept open.",
        "Door will be opened by a neighbour.",
        "History of heart trouble, takes medicine for it.",
    ),
    "fire": (
        "Smoke seen from across the street.",
        "Caller is outside, unsure whether anyone is still in.",
        "Second caller reports the same.",
        "Alarm company, no answer on call back.",
        "Manager meets you at the front gate.",
    ),
    "law": (
        "Caller will not give a name.",
        "Heard through the wall, still going on.",
        "No weapon seen.",
        "Last seen walking north.",
        "Caller waits at the corner.",
    ),
    "coast_guard": ("Two people on board, both wear life jackets.", "Engine out, drifting slowly with the ebb."),
    "other": ("Several callers.", "Caller stands by."),
}
NOTES: dict[str, tuple[str, ...]] = {
    "ems": ("One patient, stable.", "Patient refuses transport, asked twice.", "CPR in progress.", "Lift assist only."),
    "fire": (
        "Nothing showing from outside, investigating.",
        "Light smoke on the second floor.",
        "Water supply established.",
        "Food on the stove, out on arrival, ventilating.",
        "Primary search complete, nobody found.",
    ),
    "law": ("Both parties separated.", "One detained.", "Area checked, nobody found.", "Report taken."),
    "coast_guard": ("Vessel in sight.", "Line passed, towing to harbour."),
    "other": ("Crew on site, assessing.", "Area made safe."),
}
DISPOSITIONS: dict[str, tuple[str, ...]] = {
    "ems": ("Transported", "Transported", "Treated, not transported", "No patient found"),
    "fire": ("Fire out", "False alarm", "Made safe", "Service rendered"),
    "law": ("Report taken", "Settled on scene", "Gone on arrival", "Arrest made"),
    "coast_guard": ("Towed to harbour", "Assisted", "Nothing found"),
    "other": ("Made safe", "Referred"),
}
SECOND_ALARM = "Second alarm asked for by the first crew on scene."


def choose(table: dict[str, tuple[str, ...]], discipline: str, rng: random.Random) -> str:
    """A phrase for a discipline."""
    return rng.choice(table.get(discipline, table["other"]))


def address(place: str, rng: random.Random) -> str:
    """`Oak St & 5th St, Albany` or `1400 block of Main St, Albany`."""
    first, second = rng.sample(STREETS, 2)
    where = f"{first} & {second}" if rng.random() < 0.5 else f"{rng.randrange(1, 60) * 100} block of {first}"
    return f"{where}, {place}" if place else where


def caller(rng: random.Random) -> str:
    """A telephone number nobody has: 555-0100 to 555-0199."""
    return f"555-01{rng.randrange(100):02d}"
