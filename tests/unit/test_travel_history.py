"""Runs out of history: which ones count, and where they are taken to begin."""

from __future__ import annotations

import csv
from pathlib import Path
from zoneinfo import ZoneInfo

import pyproj
import pytest

from domain.region import Region
from domain.unit import Unit
from tools.replaying.rows import NEEDED
from tools.travel_history import runs_of_calls

ENGINE = Unit("sffd/E07", "sffd", "E07", "ENGINE", ("ENGINE",), 4, "sffd/07", -122.41, 37.76)
MEDIC = Unit("sffd/55", "sffd", "55", "AMBULANCE_ALS", ("ALS",), 2, "sffd/07", -122.41, 37.76)
REGION = Region("sf", "San Francisco", "America/Los_Angeles", "SF", (-122.4, 37.8, 12.0), units=(ENGINE, MEDIC))
SCENE = -122.40, 37.77


def calls(folder: Path, *rows: dict[str, str]) -> Path:
    path = folder / "calls.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*NEEDED, "Final Priority", "Call Type Group"], restval="")
        writer.writeheader()
        for number, row in enumerate(rows):
            usual = {"Call Number": str(number), "RowID": str(number), "Unit ID": "E07", "Call Type": "Alarms"}
            place = {"Location": f"({SCENE[1]}, {SCENE[0]})", "Final Priority": "3", "Call Type Group": "Fire"}
            writer.writerow({**usual, **place, **row})
    return path


def stamps(hour: int, minute: int, travel: int) -> dict[str, str]:
    def at(minutes: int) -> str:
        return f"04/07/2020 {hour:02d}:{minute + minutes:02d}:00 AM"

    return {
        "Received DtTm": at(0),
        "Dispatch DtTm": at(1),
        "Response DtTm": at(2),
        "On Scene DtTm": at(2 + travel),
        "Available DtTm": at(20),
    }


def test_a_run_goes_from_the_station_to_the_scene_by_the_stamps(tmp_path: Path) -> None:
    (run,) = runs_of_calls(calls(tmp_path, stamps(9, 0, 5)), REGION)
    assert run.seconds == 300.0
    assert run.metres == pytest.approx(pyproj.Geod(ellps="WGS84").inv(-122.41, 37.76, *SCENE)[2], rel=1e-4)
    assert run.day == "2020-04-07"


@pytest.mark.parametrize(
    "row",
    [
        {**stamps(9, 0, 5), "Final Priority": "2"},
        {**stamps(9, 0, 5), "Unit ID": "55"},
        {**stamps(9, 0, 5), "Unit ID": "E99"},
        {**stamps(9, 0, 5), "On Scene DtTm": ""},
        {**stamps(9, 0, 5), "Response DtTm": ""},
        stamps(9, 10, -3),
    ],
    ids=["no siren", "waits on the street", "unknown", "never arrived", "never left", "backward"],
)
def test_a_run_that_says_nothing_about_travel_is_left_out(tmp_path: Path, row: dict[str, str]) -> None:
    assert runs_of_calls(calls(tmp_path, row), REGION) == []


def test_a_unit_that_was_just_cleared_is_not_taken_to_be_at_its_station(tmp_path: Path) -> None:
    found = runs_of_calls(calls(tmp_path, stamps(9, 0, 5), stamps(9, 30, 4), stamps(11, 0, 3)), REGION)
    assert [run.seconds for run in found] == [300.0, 180.0]


def test_days_are_the_regions_own(tmp_path: Path) -> None:
    late = {name: value.replace("AM", "PM") for name, value in stamps(11, 0, 5).items()}
    (run,) = runs_of_calls(calls(tmp_path, late), REGION)
    assert run.day == "2020-04-07"
    assert ZoneInfo(REGION.time_zone).key == "America/Los_Angeles"
