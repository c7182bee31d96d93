"""What is wrong with a region pack, said so that a clerk can mend it.

Knows file, row, message and remedy, and how they read on one line. Refuses to know how it was found.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

ERROR = "error"
"""The pack cannot be used until it is mended."""
WARNING = "warning"
"""The pack can be used; somebody should look."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `row` is the line of a text file, or the feature's number (1 the first) of a boundary layer."""

    file: str
    row: int | None
    message: str
    remedy: str = ""
    severity: str = ERROR

    def __str__(self) -> str:
        place = self.file if self.row is None else f"{self.file}:{self.row}"
        warning = "warning: " if self.severity == WARNING else ""
        return f"{place}: {warning}{self.message}" + (f"; {self.remedy}" if self.remedy else "")


def errors_of(problems: Iterable[Problem]) -> list[Problem]:
    """Those that stop the pack from being used."""
    return [problem for problem in problems if problem.severity == ERROR]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remedy for an unknown word: the nearest known one, else the known ones when they are few."""
    words = sorted({str(each) for each in known})
    folded = {each.casefold(): each for each in words}
    asked = word[:80].casefold()
    close = get_close_matches(asked, list(folded), n=5, cutoff=0.6)
    if close:
        # Of words about as near, the one with the same letters: two swapped letters are the commonest slip.
        best = next((each for each in close if sorted(each) == sorted(asked)), close[0])
        return f'did you mean "{folded[best]}"?'
    if not words:
        return "none is defined"
    if len(words) <= 12:
        return "known are " + ", ".join(words)
    return f"none of the {len(words)} known is like it"
