"""A small good region and ways to spoil its pack, shared by the tests of packs."""

from __future__ import annotations

from pathlib import Path

from data.regions import check_region
from domain.agency import Agency, Discipline
from domain.agreement import Agreement, AidClause, AidMode
from domain.region import AddressBlock, PastCall, Place, Region, Station, StatusCode
from domain.response_plan import Need, ResponsePlan
from domain.unit import Unit


def good_region() -> Region:
    """Two agencies, three units, an agreement with two clauses, two plans: everything a pack can hold."""
    fires = ("STRUCTURE_FIRE",)
    clauses = (
        AidClause("c1", "nfd", "spd", AidMode.AUTOMATIC, ("ENGINE",), fires, ("nfd", "06075"), 2, (20, 6)),
        AidClause("c2", "spd", "nfd", AidMode.ON_REQUEST),
    )
    return Region(
        id="north",
        name="North County",
        time_zone="America/Los_Angeles",
        number_prefix="NC",
        view=(-122.5, 37.8, 11.0),
        note="modelled, not official",
        editions={"processing": "NFPA 1225 (2022)", "a b": 'say "two"'},
        agencies=(
            Agency("nfd", 'North "Fire", Dept', "NFD", Discipline.FIRE),
            Agency("spd", "South Police\\Département", "SPD", Discipline.LAW, modelled=True),
        ),
        stations=(Station("nfd/01", "nfd", "Station 1", -122.51, 37.81), Station("spd/hq", "spd", "HQ", -122.4, 37.7)),
        units=(
            Unit("nfd/E1", "nfd", "E1", "ENGINE", ("ENGINE", "ALS"), 4, "nfd/01", -122.51, 37.81),
            Unit("nfd/T1", "nfd", "T1", "LADDER", ("LADDER",), 5, "nfd/01", -122.51, 0.1 + 37.2),
            Unit("spd/1A", "spd", "1A", "PATROL", ("PATROL",), 1, "", -122.4, 37.7),
        ),
        agreements=(Agreement("aid", "Aid, north", ("nfd", "spd"), clauses, 1.7e9, 1.9e9 + 0.1, modelled=True),),
        plans=(
            ResponsePlan("DISTURBANCE", "Disturbance", "D", "law", 3, ((Need("PATROL", 2),),), sensitive=True),
            ResponsePlan(
                "STRUCTURE_FIRE",
                "Structure fire",
                "F",
                "fire",
                1,
                ((Need("ENGINE", 3), Need("LADDER", 1)), (Need("ENGINE", 2), Need("ALS", 1))),
                "FIRE",
                ("Water supply", "Primary search"),
                transports=True,
            ),
        ),
        status_codes=(StatusCode("nfd", "10-8", "in service", "available"),),
        places=(Place("Northville", -122.5, 37.8, 1200, "06041"),),
        past_calls=(PastCall(-122.51, 37.81), PastCall(-122.5, 37.8, 2.5)),
        addresses=(
            AddressBlock("MAIN ST", 100, 198, -122.5, 37.8, -122.499, 37.801, "Northville"),
            AddressBlock("MAIN ST / 3RD ST", 0, 0, -122.5, 37.8),
        ),
    )


def edit(pack: Path, file: str, old: str, new: str) -> Path:
    """Replace text in a file of a pack; the old text must be there."""
    text = (pack / file).read_bytes().decode()
    assert old in text
    (pack / file).write_bytes(text.replace(old, new).encode())
    return pack


def told(pack: Path, now: float | None = None) -> list[str]:
    return [str(problem) for problem in check_region(pack, now)]
