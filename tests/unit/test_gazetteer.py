"""Places by name and address, as people say and type them."""

from __future__ import annotations

import random
import time

import pytest

from domain.gazetteer import Gazetteer, Named, folded
from domain.region import AddressBlock

HERE = (-122.4, 37.7)
NAMES = [
    Named("place", "San José", -121.9, 37.3, "Santa Clara", 1_000_000),
    Named("place", "San Mateo", -122.3, 37.56, "San Mateo", 105_000),
    Named("place", "Mateo Junction", -122.0, 37.0, "", 10),
    Named("station", "Station 42", -122.41, 37.73, "sffd"),
    Named("area", "San Mateo area", -122.3, 37.5, "smfd"),
]
BLOCKS = [
    AddressBlock("MAIN ST", 100, 198, -122.40, 37.70, -122.41, 37.71, "Northville"),
    AddressBlock("MAIN ST", 200, 298, -122.41, 37.71, -122.42, 37.72, "Northville"),
    AddressBlock("MAIN ST", 100, 198, -121.40, 36.70, -121.41, 36.71, "Southville"),
    AddressBlock("03RD ST", 1200, 1298, -122.39, 37.77, -122.39, 37.78),
    AddressBlock("MAIN ST / 03RD ST", 0, 0, -122.395, 37.705),
    AddressBlock("MISSION ST/SILVER AV", 0, 0, -122.43, 37.73),
]


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer(NAMES, BLOCKS)


def first(gazetteer: Gazetteer, text: str) -> Named:
    found = gazetteer.find(text)
    assert found, text
    return found[0].named


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("san jose", "San José"),
        ("San José", "San José"),
        ("san j", "San José"),
        ("mateo", "San Mateo"),
        ("SAN MATEO", "San Mateo"),
        ("station 42", "Station 42"),
        ("sta 42", "Station 42"),
        ("main street", "MAIN ST"),
        ("main & 3rd", "MAIN ST & 03RD ST"),
        ("3rd/main", "MAIN ST & 03RD ST"),
        ("third and main street", "MAIN ST & 03RD ST"),
        ("silver ave at mission", "MISSION ST & SILVER AV"),
    ],
)
def test_a_place_is_found_however_it_is_spelt(gazetteer: Gazetteer, text: str, name: str) -> None:
    assert first(gazetteer, text).name == name


def test_a_house_number_lies_within_its_block_and_says_it_is_an_estimate(gazetteer: Gazetteer) -> None:
    found = gazetteer.find("149 main st northville")[0]
    assert found.named.name == "149 MAIN ST"
    assert (found.named.lon, found.named.lat) == (pytest.approx(-122.405), pytest.approx(37.705))
    assert found.note == "estimated within its block"


def test_the_same_number_in_two_towns_is_two_answers(gazetteer: Gazetteer) -> None:
    found = gazetteer.find("149 main")
    assert {match.named.detail for match in found if match.named.kind == "address"} == {"Northville", "Southville"}
    assert gazetteer.find("149 main southville")[0].named.detail == "Southville"


def test_a_whole_block_is_its_middle(gazetteer: Gazetteer) -> None:
    found = gazetteer.find("1200 block of 3rd street")[0]
    assert (found.named.name, found.note) == ("1200-1298 03RD ST", "")
    assert found.named.lat == pytest.approx(37.775)


def test_a_number_on_no_block_gets_the_nearest_and_says_so(gazetteer: Gazetteer) -> None:
    found = gazetteer.find("500 main st northville")[0]
    assert found.named.name == "200-298 MAIN ST"
    assert "no number 500 on file" in found.note


def test_a_slip_of_the_hand_is_mended_and_said(gazetteer: Gazetteer) -> None:
    found = gazetteer.find("san matteo")[0]
    assert found.named.name == "San Mateo"
    assert found.note == "taken for san mateo"
    assert gazetteer.find("xyzzy plugh") == []


def test_the_better_known_comes_first_among_equals() -> None:
    towns = [Named("place", "Springfield", n, 1.0, str(n), weight) for n, weight in ((1.0, 5.0), (2.0, 500.0))]
    assert Gazetteer(towns).find("springfield")[0].named.detail == "2.0"


def test_incidents_and_units_known_only_now_are_found_too(gazetteer: Gazetteer) -> None:
    also = [
        Named("incident", "#7 Structure fire 24th St", *HERE, "BAY-2026-000007"),
        Named("unit", "E12", *HERE, "sffd/E12"),
    ]
    assert gazetteer.find("#7", also)[0].named.detail == "BAY-2026-000007"
    assert gazetteer.find("e12", also)[0].named.kind == "unit"
    assert gazetteer.find("structure fire", also)[0].named.kind == "incident"


def test_nothing_asked_is_nothing_found_and_a_novel_is_cut(gazetteer: Gazetteer) -> None:
    assert gazetteer.find("") == gazetteer.find("  !? ") == []
    assert isinstance(gazetteer.find("word " * 500), list)


def test_words_are_folded_alike_whoever_writes_them() -> None:
    assert folded("3rd Street") == folded("03RD ST.") == ("3rd", "st")
    assert folded("O'Farrell") == ("ofarrell",)


def test_thirty_thousand_names_are_asked_in_a_moment() -> None:
    rng = random.Random(1)
    syllables = ["san", "ta", "mon", "ville", "ridge", "lake", "oak", "pine", "del", "mar", "ford", "ton"]
    names = [
        Named("place", " ".join("".join(rng.choices(syllables, k=2)) for _ in range(2)), *HERE) for _ in range(30_000)
    ]
    gazetteer = Gazetteer(names)
    taken = []
    for question in ("oakville", "san", "pinelake del", "oakvile"):
        started = time.perf_counter()
        gazetteer.find(question)
        taken.append(time.perf_counter() - started)
    assert max(taken) < 2.0, taken  # a bound against a scan that explodes, not a measurement
