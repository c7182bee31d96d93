"""Blocks, crossings and past calls out of the city's published calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import BadRegion
from domain.gazetteer import Gazetteer
from tools.datasf_addresses import read_places

CALLS = """Call Number,Address,City,Location
1,4000 Block of MISSION ST,San Francisco,"(37.73217458, -122.42779351)"
1,4000 Block of MISSION ST,San Francisco,"(37.73217458, -122.42779351)"
2,MISSION ST/SILVER AV,San Francisco,"(37.729, -122.431)"
3,0 Block of 03RD ST,San Francisco,"(37.787, -122.403)"
4,,San Francisco,"(37.1, -122.1)"
5,100 Block of MAIN ST,San Francisco,
"""


def test_each_block_and_crossing_stands_where_the_calls_say(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(CALLS)
    blocks, calls = read_places(tmp_path)
    assert {(one.street, one.low, one.high) for one in blocks} == {
        ("MISSION ST", 4000, 4098),
        ("03RD ST", 0, 98),
        ("MISSION ST / SILVER AV", 0, 0),
    }
    assert len(calls) == 3  # a call several units went to is one call; one without a place is none
    gazetteer = Gazetteer([], blocks)
    assert gazetteer.find("4012 mission")[0].named.lat == pytest.approx(37.732175)
    assert gazetteer.find("silver & mission")[0].named.lon == pytest.approx(-122.431)


def test_a_folder_without_calls_has_none_and_a_broken_file_is_named(tmp_path: Path) -> None:
    assert read_places(tmp_path) == ((), ())
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    assert read_places(tmp_path) == ((), ())
    (tmp_path / "calls.csv").write_bytes(b"Call Number,Address,City,Location\n\xff\xfe\x00\n")
    with pytest.raises(BadRegion, match=r"calls\.csv"):
        read_places(tmp_path)
