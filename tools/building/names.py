"""Names of modelled agencies: states, ids, short names.

Knows how an agency's name becomes a stable id ("sffd") and a short name of at most 14 letters ("SF Fire").
Refuses to know which agencies a region needs.
"""

from __future__ import annotations

import re
import unicodedata

STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
    "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan",
    "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada",
    "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York", "NC": "North Carolina",
    "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania",
    "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas",
    "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin",
    "WY": "Wyoming", "PR": "Puerto Rico", "GU": "Guam", "AS": "American Samoa", "MP": "Northern Mariana Islands",
    "VI": "US Virgin Islands",
}  # fmt: skip

_STATE_POLICE = frozenset(
    (
        "AR",
        "CT",
        "DE",
        "ID",
        "IL",
        "IN",
        "KY",
        "LA",
        "ME",
        "MD",
        "MA",
        "MI",
        "NH",
        "NJ",
        "NM",
        "NY",
        "OR",
        "PA",
        "RI",
        "VT",
        "VA",
        "WV",
    )
)
_STATE_PATROL = frozenset(("CO", "GA", "IA", "MN", "NE", "WA", "WI"))
_UTILITY = {
    "San Francisco": "Golden Gate", "New York City": "Hudson", "Miami": "Biscayne", "Anchorage": "Cook Inlet",
    "Chicago": "Lakeshore", "Seattle": "Sound", "Boston": "Bay Colony", "Los Angeles": "Basin",
}  # fmt: skip
"""Invented first words of a utility's name, by the region's largest town."""

SHORT_LENGTH = 14


def state_police_name(state: str) -> str:
    """What the state's force on the highways is called, by the common word of each state."""
    name = STATES[state]
    if state == "AK":
        return "Alaska State Troopers"
    if state in _STATE_POLICE:
        return f"{name} State Police"
    return f"{name} State Patrol" if state in _STATE_PATROL else f"{name} Highway Patrol"


def utility_name(largest_town: str) -> str:
    """An invented power and gas company."""
    return f"{_UTILITY.get(largest_town, largest_town)} Power & Gas"


def words_of(name: str) -> list[str]:
    """The plain letters of a name's words: "Cañon City" -> ["Canon", "City"]."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return [word for word in re.split(r"[^A-Za-z0-9]+", plain) if word]


def initials(name: str) -> str:
    """`San Francisco` -> `SF`."""
    return "".join(word[0] for word in words_of(name)).upper()


def slug(name: str) -> str:
    """A region's id: lower case, words joined by underscores."""
    return "_".join(word.lower() for word in words_of(name)) or "region"


class Namer:
    """Gives ids and short names, each once. The first to ask gets the shortest: ask largest place first."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._shorts: set[str] = set()

    def town_id(self, town: str, suffix: str) -> str:
        """`sffd` for several words; `oakpd` (three letters) for one."""
        words = [word.lower() for word in words_of(town)]
        first = "".join(word[0] for word in words) if len(words) > 1 else words[0][:3]
        spelled = "".join(words)
        return self._take([first, spelled[:4], words[0][0] + spelled[1:5], spelled[:7], spelled[:10]], suffix)

    def county_id(self, county: str, suffix: str) -> str:
        """`ccso` for Contra Costa, `mcso` for Marin: initials, and a c (county) when the name is one word."""
        words = [word.lower() for word in words_of(county)]
        letters = "".join(word[0] for word in words)
        first = letters if len(words) > 1 else letters + "c"
        spelled = "".join(words)
        return self._take([first, letters + "c", spelled[:3] + "c", spelled[:5] + "c", spelled[:9] + "c"], suffix)

    def fixed_id(self, wanted: str) -> str:
        """An id that is a word of its own ("uscg")."""
        return self._take([wanted], "")

    def short(self, *choices: str) -> str:
        """The first choice that fits and is free; else the last, cut and numbered."""
        for choice in choices:
            if len(choice) <= SHORT_LENGTH and choice not in self._shorts:
                self._shorts.add(choice)
                return choice
        for number in range(2, 1000):
            tail = f" {number}"
            choice = choices[-1][: SHORT_LENGTH - len(tail)] + tail
            if choice not in self._shorts:
                self._shorts.add(choice)
                return choice
        raise AssertionError("a thousand agencies of one short name")

    def _take(self, stems: list[str], suffix: str) -> str:
        choices = [stem + suffix for stem in stems]
        choices += [f"{stems[0]}{number}{suffix}" for number in range(2, 1000)]
        found = next(choice for choice in choices if choice not in self._ids)
        self._ids.add(found)
        return found
