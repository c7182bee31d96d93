"""A region pack is written so that git and people can read it, and read back as it was."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from region_packs import edit, good_region, told

from data.regions import check_region, in_pack_order, load_region, save_region
from domain.agreement import CostTerms
from domain.errors import BadRegion
from domain.problem import errors_of
from domain.region import Place, StatusCode
from domain.share_clause import Label, ShareClause


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    save_region(good_region(), tmp_path / "pack")
    return tmp_path / "pack"


def test_a_saved_region_is_loaded_as_it_was(pack: Path) -> None:
    assert load_region(pack) == good_region()
    assert told(pack) == []


def test_a_pack_s_bytes_do_not_depend_on_the_order_of_its_parts(pack: Path, tmp_path: Path) -> None:
    region = good_region()
    shuffled = replace(
        region,
        agencies=region.agencies[::-1],
        units=region.units[::-1],
        plans=region.plans[::-1],
        editions=dict(reversed(region.editions.items())),
    )
    save_region(shuffled, tmp_path / "again")
    assert in_pack_order(shuffled) == region
    for file in sorted(pack.iterdir()):
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes(), file.name


def test_saving_again_leaves_nothing_but_the_pack_s_files(pack: Path) -> None:
    before = sorted(file.name for file in pack.iterdir())
    save_region(good_region(), pack)
    assert sorted(file.name for file in pack.iterdir()) == before
    assert len(before) == 10


def test_a_capability_with_a_blank_cannot_be_saved(tmp_path: Path) -> None:
    region = good_region()
    unit = replace(region.units[0], capabilities=("WATER RESCUE",))
    with pytest.raises(BadRegion, match="nfd/E1 has a capability"):
        save_region(replace(region, units=(unit,)), tmp_path)


def test_an_agreement_s_plain_date_begins_at_midnight_of_the_region(pack: Path) -> None:
    edit(pack, "agreements.toml", "2023-11-14T22:13:20Z", "2024-07-01")
    # Pacific daylight time is seven hours behind: midnight there is 07:00 UTC.
    assert load_region(pack).agreements[0].since == 1719817200.0


def test_a_pack_that_cannot_be_used_is_refused_with_every_problem(pack: Path) -> None:
    edit(pack, "units.csv", "nfd,E1", "nfdd,E1")
    edit(pack, "agreements.toml", '"automatic"', '"automatik"')
    with pytest.raises(BadRegion) as refused:
        load_region(pack)
    assert 'units.csv:2: unknown agency "nfdd"; did you mean "nfd"?' in str(refused.value)
    assert 'unknown mode "automatik"; did you mean "automatic"?' in str(refused.value)


def test_warnings_do_not_stop_a_pack(pack: Path) -> None:
    edit(pack, "units.csv", "spd,1A", "nfd,1A")
    assert any("warning" in line and '"spd" has no units' in line for line in told(pack))
    assert len(load_region(pack).units) == 3


def test_a_pack_may_lack_status_codes_and_places(pack: Path) -> None:
    (pack / "status_codes.csv").unlink()
    (pack / "places.csv").unlink()
    assert told(pack) == []


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRegion, match="not a folder"):
        load_region(tmp_path / "nowhere")


# Blanks at either end of a text are not kept, and no CSV holds an empty cell where a name is asked for.
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).map(str.strip).filter(bool)
degrees = st.floats(-89.0, 89.0)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words, words, words, degrees, degrees, st.floats(1.0, 4e9), st.just("") | words)
@example("0", "0", "0\r0", 0.5, 0.0, 1.0, "")  # a bare carriage return was written without quotes
def test_any_text_and_number_survives_the_way_to_disk(
    tmp_path: Path, one: str, two: str, three: str, lon: float, lat: float, when: float, note: str
) -> None:
    region = good_region()
    region = replace(
        region,
        name=one,
        note=note,
        view=(lon, lat, 3.0),
        editions={two: three},
        agencies=(replace(region.agencies[0], name=two), region.agencies[1]),
        stations=(replace(region.stations[0], name=three, lon=lon, lat=lat), region.stations[1]),
        agreements=(replace(region.agreements[0], title=three, since=when, until=0.0),),
        plans=(region.plans[0], replace(region.plans[1], name=one, checklist=(two, three))),
        status_codes=(StatusCode("nfd", one, two, "available"),),
        places=(Place(two, lon, lat, 0),),
    )
    save_region(region, tmp_path / "any")
    assert load_region(tmp_path / "any") == region


def mutated(raw: bytes, chance: random.Random) -> bytes:
    """A file with a few wounds: bytes changed, runs cut out or doubled, its end lost."""
    data = bytearray(raw)
    for _ in range(chance.randint(1, 6)):
        at, end = sorted((chance.randint(0, len(data)), chance.randint(0, len(data))))
        match chance.randint(0, 4):
            case 0 if data:
                data[min(at, len(data) - 1)] = chance.choice([0, 10, 13, 34, 44, 91, 0xFF, chance.randint(0, 255)])
            case 1:
                del data[at : min(end, at + 40)]
            case 2:
                data[at:at] = data[at : min(end, at + 60)]
            case 3:
                data[at:at] = chance.choice([b'"', b"[[", b"nan", b"1e999", b"-", b"\xef\xbb\xbf", b"9" * 50, b"\x00"])
            case _:
                del data[max(at, 1) :]
    return bytes(data)


@pytest.mark.parametrize("seed", range(300))
def test_a_damaged_pack_is_explained_and_never_raises(pack: Path, seed: int) -> None:
    chance = random.Random(seed)
    for file in chance.sample(sorted(pack.iterdir()), k=chance.randint(1, 3)):
        file.write_bytes(mutated(file.read_bytes(), chance))
    problems = check_region(pack, now=2e9)
    assert all(problem.message and problem.file for problem in problems)
    if errors_of(problems):
        with pytest.raises(BadRegion):
            load_region(pack)
    else:
        save_region(load_region(pack), pack)
        assert load_region(pack) == in_pack_order(load_region(pack))


def test_every_term_of_a_clause_is_written_and_read_back(tmp_path: Path) -> None:
    region = good_region()
    paper = region.agreements[0]
    aid = replace(
        paper.clauses[0],
        hours=(20, 6),
        days=(5, 6),
        polygon=((-122.4, 37.7), (-122.3, 37.7), (-122.3, 37.8)),
        activated_by=("commander",),
        cost=CostTerms(12.0, 180.5, "EUR", "fuel too"),
    )
    share = ShareClause(
        "s1", aid.giver, aid.receiver, Label.PATIENT, "treatment", aid.incident_types, aid.areas, sensitive=True,
        since=1_780_000_000.0, until=1_790_000_000.0,
    )  # fmt: skip
    written = replace(region, agreements=(replace(paper, clauses=(aid,), shares=(share,)), *region.agreements[1:]))
    save_region(written, tmp_path / "pack")
    assert load_region(tmp_path / "pack") == written


@pytest.mark.parametrize(
    ("becomes", "said"),
    [
        ('days = ["Someday"]', "no day of the week"),
        ("polygon = [[1, 2], [3, 4]]", "three corners"),
        ("per_unit_hour = -1", "no figure of 0 or more"),
        ("per_unit_hour = nan", "no figure of 0 or more"),
        ("free_hours = inf", "no figure of 0 or more"),
        ("polygon = [[nan, 1.0], [2, 3], [4, 5]]", "longitude first"),
        ("polygon = [[37.7, -122.4], [37.7, -122.3], [37.8, -122.3]]", "longitude first"),
        ('activated_by = ["briefer"]', "assigns no units"),
        ('currency = "Dollars"', "three letters"),
    ],
)
def test_a_term_that_cannot_be_is_named_with_the_remedy(pack: Path, becomes: str, said: str) -> None:
    text = (pack / "agreements.toml").read_text()
    line = next(line for line in text.splitlines() if line.startswith("mode = "))
    (pack / "agreements.toml").write_text(text.replace(line, f"{line}\n{becomes}", 1))
    assert any(said in str(problem) for problem in check_region(pack))
