"""Each thing that can be wrong with a region pack is told with its file, its row and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from region_packs import edit, good_region, told

from data.regions import load_region, save_region, tables


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    save_region(good_region(), tmp_path / "pack")
    return tmp_path / "pack"


WRONG = [
    # file, what is replaced, by what, and the one line that must be told
    ("units.csv", "nfd,E1,", "nfdd,E1,", 'units.csv:2: unknown agency "nfdd"; did you mean "nfd"?'),
    ("units.csv", "nfd/01,-122.51,37.81", "nfd/10,-122.51,37.81", 'units.csv:2: unknown station "nfd/10"; did you mea'),
    ("units.csv", "-122.51,37.81", "37.81,-122.51", "units.csv:2: lon 37.81, lat -122.51: latitude and longitude look"),
    ("units.csv", "-122.51,37.81", "122.51,37.81", "units.csv:2: lon 122.51 is on the other side of Greenwich; write"),
    ("units.csv", "-122.51,37.81", "-222.51,37.81", "units.csv:2: lon -222.51, lat 37.81 is not a place"),
    ("units.csv", "-122.51,37.81", "-72.51,37.81", "units.csv:2: warning: lon -72.51, lat 37.81 is 50 degrees from"),
    ("units.csv", "-122.51,37.81", "nan,37.81", 'units.csv:2: lon "nan" is not a number; write it like -122.4194'),
    ("units.csv", "-122.51,37.81", '"-122,51",37.81', 'units.csv:2: lon "-122,51" is not a number; write the decimal'),
    ("units.csv", "ENGINE ALS,4", "ENGINE ALS,four", 'units.csv:2: staffing "four" is not a whole number; write digit'),
    ("units.csv", "ENGINE ALS,4", "ENGINE ALS,-4", "units.csv:2: staffing -4 is not a crew"),
    ("units.csv", "ENGINE ALS,4", "ENGINE ALS HAZMAT,4", "units.csv:2: warning: no response plan asks for capability"),
    ("units.csv", "ENGINE ALS,4", ",4", 'units.csv:2: warning: unit "nfd/E1" has no capability'),
    ("units.csv", "nfd,T1,", "nfd,E1,", 'units.csv:3: unit "nfd/E1" is there already in line 2; remove one'),
    ("units.csv", "nfd,T1,", "nfd,T 1,", 'units.csv:3: callsign "T 1" has signs it may not have'),
    ("units.csv", "nfd,T1,", ",T1,", "units.csv:3: agency is empty; fill it in"),
    ("units.csv", "nfd,T1,", "nfd,T1,,", "units.csv:3: 9 cells where the header has 8; quote a text that holds a comm"),
    ("units.csv", "nfd,T1,", "T1,", "units.csv:3: 7 cells where the header has 8; fill in the row"),
    ("units.csv", "nfd,T1,", 'nfd,"T"1,', "units.csv:3: cannot be parsed from here on"),
    ("units.csv", "callsign", "callsing", 'units.csv:1: column "callsign" is missing; the columns are agency,callsign'),
    ("units.csv", "callsign", "callsing", 'units.csv:1: warning: unknown column "callsing"; did you mean "callsign"?'),
    ("units.csv", "agency,callsign", "callsign,callsign", 'units.csv:1: column "callsign" is there twice; remove one'),
    ("units.csv", ",", ";", "units.csv:1: the columns are not separated by commas; save it again with commas"),
    ("agencies.csv", ",law,", ",laws,", 'agencies.csv:3: unknown discipline "laws"; did you mean "law"?'),
    ("agencies.csv", "spd,", "SPD,", 'agencies.csv:3: id "SPD" has signs it may not have'),
    ("agencies.csv", "spd,", "nfd,", 'agencies.csv:3: agency "nfd" is there already in line 2'),
    ("agencies.csv", ",true", ",perhaps", 'agencies.csv:3: modelled "perhaps" is not true or false'),
    ("stations.csv", "spd/hq,", "hq,", 'stations.csv:3: id "hq" does not begin with its agency; write it like "spd/07'),
    ("stations.csv", ",station", ",sation", 'stations.csv:2: unknown kind "sation"; did you mean "station"?'),
    ("status_codes.csv", ",available", ",free", 'status_codes.csv:2: unknown status "free"'),
    ("places.csv", ",1200,", ",-1,", "places.csv:2: population -1 is below nought"),
    ("region.toml", "Los_Angeles", "Los_Angelos", 'unknown time zone "America/Los_Angelos"; did you mean "America/Los'),
    ("region.toml", "America/Los_Angeles", "America", 'unknown time zone "America"'),
    ("region.toml", "[-122.5, 37.8, 11.0]", "[37.8, -122.5, 11]", "region.toml: region: view [37.8, -122.5] is not a"),
    ("region.toml", "[-122.5, 37.8, 11.0]", '"here"', "region.toml: region: view is not three numbers; write view"),
    ("region.toml", ", 11.0]", ", 110.0]", "region.toml: region: zoom 110 is not between 0 and 22"),
    ("region.toml", '"NC"', '"north county"', 'number_prefix "north county" cannot begin a number; one to eight'),
    ("region.toml", 'id = "north"', "", "region.toml: region: id is missing; add it"),
    ("region.toml", "note", "notes", 'region.toml: warning: region: unknown key "notes"; did you mean "note"?'),
    ("region.toml", "modelled = true", 'modelled = "yes"', "modelled is neither true nor false; write modelled = true"),
    ("region.toml", "[region]", "[area]", "region.toml: no table [region]; begin the file with [region]"),
    ("agreements.toml", "[[agreement.clause]]", "[[agreement.clause", "agreements.toml:9: not TOML: "),
    ("agreements.toml", '["nfd", "spd"]', '["nfd", "sdp"]', 'agreements.toml:1: agreement "aid": unknown party "sdp";'),
    ("agreements.toml", '["nfd", "spd"]', '["nfd", "spd", 3]', 'agreement "aid": parties is not a list of texts'),
    ("agreements.toml", '["nfd", "spd"]', '["nfd"]', 'agreement "aid": it has fewer than two parties'),
    ("agreements.toml", '["nfd", "spd"]', '["nfd"]', 'clause "c1": receiver "spd" is not a party; add it to parties'),
    ("agreements.toml", 'giver = "nfd"', 'giver = "spd"', 'clause "c1": "spd" lends to itself; giver and receiver are'),
    ("agreements.toml", 'giver = "nfd"', 'giver = "nfg"', 'clause "c1": unknown giver "nfg"; did you mean "nfd"?'),
    ("agreements.toml", '"automatic"', '"automatik"', 'agreements.toml:9: clause "c1": unknown mode "automatik"; did'),
    ("agreements.toml", "hours = [20, 6]", "hours = [20, 20]", 'clause "c1": hours begin and end together'),
    ("agreements.toml", "hours = [20, 6]", "hours = [20, 26]", 'clause "c1": hours is not two hours of the day'),
    ("agreements.toml", "cap = 2", "cap = -2", 'clause "c1": cap -2 is below nought; 0 means no cap'),
    ("agreements.toml", "cap = 2", "cap = true", 'clause "c1": cap is not a whole number'),
    ("agreements.toml", 'id = "c2"', 'id = "c1"', 'clause "c1" is there already'),
    ("agreements.toml", '"STRUCTURE_FIRE"', '"STRUCTURE"', 'unknown incident type "STRUCTURE"; did you mean "STRUCTUR'),
    ("agreements.toml", '["ENGINE"]', '["PATROL"]', 'clause "c1": no unit of nfd has the capability "PATROL"'),
    ("agreements.toml", '"06075"', '"Marin"', 'area "Marin" is neither an agency nor a county\'s FIPS code'),
    ("agreements.toml", "2023-11-14T22:13:20Z", '"soon"', 'agreement "aid": since is not a date; write since = 2024-0'),
    ("agreements.toml", "2023-11-14T22:13:20Z", "2093-11-14", 'agreement "aid": until is not after since'),
    (
        "response_plans.toml",
        '"fire"',
        '"fires"',
        'response_plans.toml:10: plan "STRUCTURE_FIRE": unknown discipline "f',
    ),
    ("response_plans.toml", "priority = 1", "priority = 5", 'plan "STRUCTURE_FIRE": priority 5 is not one of 1 (most'),
    ("response_plans.toml", '"3 ENGINE"', '"three engines"', "alarms: 'three engines' is not a count and a capability"),
    ("response_plans.toml", '"3 ENGINE"', '"3 ENGIN"', 'no unit of the region has the capability "ENGIN" this plan n'),
    ("response_plans.toml", '[["2 PATROL"]]', "[]", 'plan "DISTURBANCE": alarms is not a list of alarm levels'),
    ("response_plans.toml", '"DISTURBANCE"', '"STRUCTURE_FIRE"', 'plan "STRUCTURE_FIRE" is there already in line 1'),
    ("response_plans.toml", '"DISTURBANCE"', '"bar fight"', 'plan "bar fight": code has other signs than capitals'),
]


@pytest.mark.parametrize(("file", "old", "new", "line"), WRONG, ids=[each[3][:60] for each in WRONG])
def test_what_is_wrong_is_told_with_file_row_and_remedy(pack: Path, file: str, old: str, new: str, line: str) -> None:
    edit(pack, file, old, new)
    found = told(pack)
    assert any(line in each for each in found), "\n".join(found)


def test_one_run_tells_every_problem_of_every_file(pack: Path) -> None:
    edit(pack, "units.csv", "nfd,E1,", "nfdd,E1,")
    edit(pack, "units.csv", "-122.51,37.3", "-122.51,97.3")
    edit(pack, "stations.csv", "spd/hq,", "hq,")
    edit(pack, "agreements.toml", '"automatic"', '"automatik"')
    edit(pack, "response_plans.toml", "priority = 1", "priority = 9")
    (pack / "agencies.csv").write_text("not a table")
    (pack / "region.toml").write_text("[region\n")
    told_of = {line.partition(":")[0] for line in told(pack)}
    assert told_of == {file.name for file in pack.iterdir()} - {"places.csv", "calls.csv", "addresses.csv"}


@pytest.mark.parametrize("file", ["region.toml", "agencies.csv", "units.csv", "stations.csv", "agreements.toml"])
def test_a_missing_file_is_told_by_name(pack: Path, file: str) -> None:
    (pack / file).unlink()
    assert f"{file}: the file is missing; every region pack has one" in told(pack)


def test_a_byte_order_mark_and_crlf_are_no_problem(pack: Path) -> None:
    for file in pack.iterdir():
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert told(pack) == []
    assert load_region(pack) == good_region()


def test_another_encoding_is_told_with_the_line_and_the_rest_still_checked(pack: Path) -> None:
    raw = (pack / "agencies.csv").read_bytes().replace("é".encode(), b"\xe9").replace(b",law,", b",lew,")
    (pack / "agencies.csv").write_bytes(raw)
    assert 'agencies.csv:3: byte 0xe9 is not UTF-8; save it as "CSV UTF-8" or plain UTF-8' in told(pack)
    assert 'agencies.csv:3: unknown discipline "lew"; did you mean "law"?' in told(pack)


def test_a_file_saved_as_utf_16_is_told(pack: Path) -> None:
    (pack / "units.csv").write_text((pack / "units.csv").read_text(), encoding="utf-16")
    assert 'units.csv:1: written as UTF-16; save it as "CSV UTF-8" or plain UTF-8' in told(pack)


def test_rows_are_numbered_as_an_editor_numbers_them(pack: Path) -> None:
    edit(pack, "agencies.csv", '"North ""Fire"", Dept"', '"North\nFire\nDept"')
    edit(pack, "agencies.csv", ",law,", ",lew,")
    assert any(line.startswith("agencies.csv:5: unknown discipline") for line in told(pack))


def test_an_expired_agreement_is_told_only_when_the_time_is_given(pack: Path) -> None:
    assert told(pack) == told(pack, now=1.8e9) == []
    assert 'agreements.toml:1: warning: agreement "aid": it expired on 2030-03-17; renew it or remove it' in told(
        pack, now=1.95e9
    )


def test_a_file_too_large_is_not_read(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_BYTES", 100)
    assert any(line.startswith("units.csv: larger than") for line in told(pack))


def test_a_file_wrong_in_every_row_is_told_in_few_lines(pack: Path) -> None:
    with (pack / "places.csv").open("a") as file:
        file.writelines(f"Place {n},here,there,0,\n" for n in range(5000))
    lines = [line for line in told(pack) if line.startswith("places.csv")]
    assert len(lines) == tables.MAX_PROBLEMS + 1
    assert lines[0] == "places.csv: and 9800 problems more; mend these first"


def test_an_agency_without_units_and_a_plan_nobody_can_fill_are_warnings(pack: Path) -> None:
    edit(pack, "units.csv", "spd,1A", "nfd,1A")
    edit(pack, "units.csv", ",PATROL,1,", ",ALS,1,")
    assert 'agencies.csv:3: warning: agency "spd" has no units; list them in units.csv' in told(pack)
    assert any('has the capability "PATROL" this plan needs' in line and "warning" in line for line in told(pack))
    assert load_region(pack).id == "north"
