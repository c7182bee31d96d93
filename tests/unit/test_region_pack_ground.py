"""The optional tables of a pack about its ground: past calls and address blocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.regions import load_region, save_region
from tests.unit.region_packs import edit, good_region, told


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    save_region(good_region(), tmp_path)
    return tmp_path


def test_past_calls_and_address_blocks_are_read_as_they_were_written(pack: Path) -> None:
    read = load_region(pack)
    assert read.past_calls == good_region().past_calls
    assert set(read.addresses) == set(good_region().addresses)


def test_a_pack_may_lack_them(pack: Path) -> None:
    (pack / "calls.csv").unlink()
    (pack / "addresses.csv").unlink()
    read = load_region(pack)
    assert (read.past_calls, read.addresses) == ((), ())


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("calls.csv", "-122.51,37.81", "-122.51,137.81", "not a place"),
        ("calls.csv", ",2.5", ",-1", "is no number of calls"),
        ("calls.csv", "-122.51", "here", "calls.csv:2"),
        ("addresses.csv", "100,198", "198,100", "house numbers 198 to 100"),
        ("addresses.csv", "MAIN ST,100", ",100", "addresses.csv:"),
        ("addresses.csv", "-122.499,37.801", "-122.499,137.801", "not a place"),
    ],
)
def test_a_bad_row_is_named_with_its_line(pack: Path, file: str, old: str, new: str, said: str) -> None:
    edit(pack, file, old, new)
    problems = told(pack)
    assert any(said in problem and f"{file}:" in problem for problem in problems), problems
