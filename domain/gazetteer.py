"""Finding a place by its name or its address, among what a region itself knows.

Knows words: abbreviations, accents, prefixes, small slips of the hand, house numbers within a block. Refuses to know
coordinates as text (geo/coordinates.py) and who may see what (the caller hands in only what the asker may know of).
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from domain.region import AddressBlock

MOST_FOUND = 10
MOST_WORDS = 8
"""Words of a question that are looked at; more are a sentence, not a name."""

_SPELLINGS = (
    "street st, avenue ave, av ave, boulevard blvd, road rd, drive dr, lane ln, court ct, place pl, terrace ter, "
    "highway hwy, square sq, parkway pkwy, circle cir, north n, south s, east e, west w, saint st, mount mt, fort ft, "
    "first 1st, second 2nd, third 3rd, fourth 4th, fifth 5th, sixth 6th, seventh 7th, eighth 8th, ninth 9th, "
    "tenth 10th, station sta"
)
ABBREVIATIONS = dict(pair.split() for pair in _SPELLINGS.split(", "))
"""Both spellings are the same word. USPS Publication 28 for streets."""

RANKS = {"incident": 0, "unit": 1, "address": 2, "crossing": 2, "street": 3, "place": 4, "station": 5, "area": 6}
"""Equal matches come in this order of kinds."""


@dataclass(frozen=True, slots=True)
class Named:
    """Something with a name and a place (WGS 84). `kind` is one of RANKS, `detail` what tells it from its namesakes."""

    kind: str
    name: str
    lon: float
    lat: float
    detail: str = ""
    weight: float = 0.0
    """more is better known: a town's people"""


@dataclass(frozen=True, slots=True)
class Match:
    """A place found, how well (0 to 1), and what was assumed ("" for nothing)."""

    named: Named
    score: float
    note: str = ""


def folded(text: str) -> tuple[str, ...]:
    """The words of a name as they are compared: lower case, without accents, abbreviated."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
    words = re.findall(r"[0-9a-z]+", plain.replace("'", ""))
    return tuple(re.sub(r"^0+(?=\d)", "", ABBREVIATIONS.get(word, word)) for word in words)


class Gazetteer:
    """Names of one region, ready to be asked. Nothing changes after construction."""

    def __init__(self, names: Iterable[Named], blocks: Iterable[AddressBlock] = ()) -> None:
        self._streets: dict[tuple[tuple[str, ...], str], list[AddressBlock]] = {}
        entries = list(names)
        for block in blocks:
            entries += self._take(block)
        self._entries = entries
        self._words = [frozenset(folded(f"{one.name}")) for one in entries]
        self._by_word: dict[str, list[int]] = defaultdict(list)
        for number, words in enumerate(self._words):
            for word in words:
                self._by_word[word].append(number)
        self._vocabulary = sorted(self._by_word)

    def find(self, text: str, also: Sequence[Named] = ()) -> list[Match]:
        """At most MOST_FOUND matches, the best first; `also` are names known only now, such as incidents."""
        words = folded(re.sub(r"\b(block of|blk of|block|blk)\b", " ", text, flags=re.IGNORECASE))[:MOST_WORDS]
        if not words:
            return []
        found = [*self._addresses(words, text), *self._crossings(text)]
        found += self._named(words)
        for one in also:
            score = _score(words, frozenset(folded(one.name + " " + one.detail)))
            if score:
                found.append(Match(one, score))
        best: dict[tuple[str, str, float, float], Match] = {}
        for match in sorted(found, key=_order):
            best.setdefault((match.named.kind, match.named.name, match.named.lon, match.named.lat), match)
        return list(best.values())[:MOST_FOUND]

    def _take(self, block: AddressBlock) -> Iterator[Named]:
        parts = [part.strip() for part in re.split(r"\s*[/&\\]\s*", block.street) if part.strip()]
        if len(parts) > 1:
            yield Named("crossing", " & ".join(parts), block.lon, block.lat, block.place)
            return
        key = (folded(block.street), block.place)
        known = self._streets.get(key)
        if known is None:
            known = self._streets[key] = []
            yield Named("street", block.street, block.lon, block.lat, block.place)
        if block.high:
            known.append(block)

    def _addresses(self, words: tuple[str, ...], text: str) -> Iterator[Match]:
        if not words[0].isdigit() or len(words) < 2:
            return
        number, asked = int(words[0]), frozenset(words[1:])
        whole_block = bool(re.search(r"\b(block|blk)\b", text, re.IGNORECASE))
        for (street, place), known in self._streets.items():
            score = _score(tuple(words[1:]), frozenset(street) | frozenset(folded(place)))
            if not score or not known or not asked & frozenset(street):
                continue
            block = min(known, key=lambda one: (_outside(number, one), one.low))
            inside = not _outside(number, block)
            lon, lat = _along(block, (block.low + block.high) / 2 if whole_block else number)
            name = (
                f"{number} {block.street}" if inside and not whole_block else f"{block.low}-{block.high} {block.street}"
            )
            note = (
                ""
                if whole_block and inside
                else "estimated within its block"
                if inside
                else f"no number {number} on file; the nearest block"
            )
            yield Match(Named("address", name, lon, lat, place), score if inside else score * 0.8, note)

    def _crossings(self, text: str) -> Iterator[Match]:
        parts = [
            part for part in re.split(r"\s*(?:/|&|\band\b|@|\bat\b)\s*", text, flags=re.IGNORECASE) if part.strip()
        ]
        if len(parts) != 2:
            return
        one, two = folded(parts[0]), folded(parts[1])
        if not one or not two:
            return
        for number in self._holding(one[0]) & self._holding(two[0]):
            entry = self._entries[number]
            if entry.kind != "crossing":
                continue
            sides = [frozenset(folded(side)) for side in entry.name.split(" & ")]
            for first, second in ((0, 1), (1, 0)):
                score = min(_score(one, sides[first]), _score(two, sides[second]))
                if score:
                    yield Match(entry, score)

    def _named(self, words: tuple[str, ...]) -> Iterator[Match]:
        note = ""
        held = [self._holding(word) for word in words]
        if not all(held):
            meant = []
            for word, numbers in zip(words, held, strict=True):
                near = [] if numbers or len(word) < 4 or word.isdigit() else self._near(word)
                if not numbers and not near:
                    return
                meant.append(word if numbers else near[0])
            note = f"taken for {' '.join(meant)}"
            words = tuple(meant)
            held = [self._holding(word) for word in words]
        for number in set.intersection(*held):
            score = _score(words, self._words[number])
            if score:
                yield Match(self._entries[number], score * (0.7 if note else 1.0), note)

    def _holding(self, word: str) -> set[int]:
        """The entries with a word that begins like this one."""
        numbers: set[int] = set()
        for at in range(bisect_left(self._vocabulary, word), len(self._vocabulary)):
            if not self._vocabulary[at].startswith(word):
                break
            numbers.update(self._by_word[self._vocabulary[at]])
        return numbers

    def _near(self, word: str) -> list[str]:
        # A slip seldom changes the first letter, nor the length by more than two.
        begin = bisect_left(self._vocabulary, word[0])
        end = bisect_left(self._vocabulary, word[0] + "\uffff")
        same = [known for known in self._vocabulary[begin:end] if abs(len(known) - len(word)) <= 2]
        return difflib.get_close_matches(word, same, n=1, cutoff=0.75)


def _score(asked: tuple[str, ...], words: frozenset[str]) -> float:
    """1 where each word asked for is one of the name's and nothing is left; less for beginnings and for words left."""
    whole = 0.0
    for word in asked:
        if word in words:
            whole += 1.0
        elif any(known.startswith(word) for known in words):
            whole += 0.7
        else:
            return 0.0
    return whole / len(asked) * (0.6 + 0.4 * min(1.0, len(asked) / max(1, len(words))))


def _order(match: Match) -> tuple[float, int, float, str, str]:
    named = match.named
    return (-round(match.score, 3), RANKS.get(named.kind, 9), -named.weight, named.name, named.detail)


def _outside(number: int, block: AddressBlock) -> int:
    """How far a house number is from a block; 0 inside."""
    return max(0, block.low - number, number - block.high)


def _along(block: AddressBlock, number: float) -> tuple[float, float]:
    if (block.lon2, block.lat2) == (0.0, 0.0):
        return block.lon, block.lat
    share = (min(max(number, block.low), block.high) - block.low) / max(1, block.high - block.low)
    return block.lon + share * (block.lon2 - block.lon), block.lat + share * (block.lat2 - block.lat)


def names_of(
    places: Iterable[tuple[str, float, float, float, str]],
    stations: Iterable[tuple[str, float, float, str]],
    areas: Iterable[tuple[str, float, float, str]],
) -> list[Named]:
    """A region's standing names: places (name, lon, lat, people, county); stations, areas (name, lon, lat, whose)."""
    named = [Named("place", name, lon, lat, county, people) for name, lon, lat, people, county in places]
    named += [Named("station", name, lon, lat, agency) for name, lon, lat, agency in stations]
    return named + [Named("area", name, lon, lat, agency) for name, lon, lat, agency in areas if name]
