"""The boundary audit on ground drawn by hand, where every square is known; and the file it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pyogrio
import pyproj
import pytest
import shapely

from domain.agency import Service
from domain.finding import Finding, FindingKind
from domain.jurisdiction import Area
from geo.audit import audit, polygon_of
from geo.audit_desk import AuditDesk
from geo.audit_file import write_findings
from geo.boundaries import Boundaries
from geo.ground import Ground
from geo.jurisdiction import JurisdictionIndex

F, P, S = Service.FIRE, Service.POLICE, Service.SHERIFF
GEOD = pyproj.Geod(ellps="WGS84")
STEP = 0.01


def square(x: int, y: int, wide: int = 1, tall: int = 1) -> shapely.Polygon:
    return shapely.box(-122 + x * STEP, 37 + y * STEP, -122 + (x + wide) * STEP, 37 + (y + tall) * STEP)


def metres(shape: shapely.Geometry) -> float:
    return abs(GEOD.geometry_area_perimeter(shape)[0])


def made(*rows: tuple[Service, str, shapely.Geometry], layer: str = "l") -> Boundaries:
    areas = tuple(Area(service, agency, f"{agency} area", layer, "2020-01-01") for service, agency, _ in rows)
    return Boundaries(areas, tuple(shape for *_, shape in rows))


def kinds(findings: list[Finding]) -> list[tuple[str, tuple[str, ...]]]:
    return [(str(one.kind), one.agencies) for one in findings]


def test_areas_that_fit_are_found_nothing_about() -> None:
    assert audit(made((F, "a", square(0, 0)), (F, "b", square(1, 0)))) == []


def test_an_overlap_is_found_with_its_ground_and_both_agencies() -> None:
    (found,) = audit(made((F, "a", square(0, 0, 2)), (F, "b", square(1, 0, 2))))
    assert (found.kind, found.agencies, found.names) == (FindingKind.OVERLAP, ("a", "b"), ("a area", "b area"))
    assert found.area == pytest.approx(metres(square(1, 0)), rel=1e-6)
    assert polygon_of(found).equals(square(1, 0))
    assert square(1, 0).contains(shapely.Point(found.lon, found.lat))
    assert found.width == pytest.approx(2 * found.area / (2 * (888 + 1110)), rel=0.01)
    assert not found.sliver


def test_an_agencys_own_areas_may_overlap_and_come_last() -> None:
    findings = audit(
        made((F, "a", square(0, 0, 2)), (F, "a", square(1, 0, 2)), (P, "c", square(0, 0)), (P, "d", square(0, 0)))
    )
    assert [one.same_agency for one in findings if one.kind == FindingKind.OVERLAP] == [False, True]


def test_areas_of_different_layers_and_services_do_not_overlap() -> None:
    both = made((F, "a", square(0, 0)), (P, "p", square(0, 0)))
    other = made((F, "a", square(0, 0)), layer="first due")
    everything = Boundaries(both.areas + other.areas, both.polygons + other.polygons)
    assert audit(everything) == []


def test_enclosed_ground_is_a_gap_and_an_island_in_it_is_none() -> None:
    ring = square(0, 0, 5, 5).difference(square(1, 1, 3, 3))
    (found,) = audit(made((F, "a", ring)))
    assert (found.kind, found.area) == (FindingKind.GAP, pytest.approx(metres(square(1, 1, 3, 3)), rel=1e-4))
    (less,) = audit(made((F, "a", ring), (F, "b", square(2, 2))))
    assert less.area == pytest.approx(metres(square(1, 1, 3, 3)) - metres(square(2, 2)), rel=1e-3)


def test_ground_with_police_and_without_fire_is_missing_fire() -> None:
    findings = audit(made((P, "pd", square(0, 0, 2)), (F, "fd", square(0, 0))))
    assert kinds(findings) == [("missing", ("pd",))]
    assert findings[0].service == F
    assert findings[0].area == pytest.approx(metres(square(1, 0)), rel=1e-6)


def test_where_the_sheriff_answers_nobody_misses_the_police() -> None:
    assert audit(made((S, "so", square(0, 0, 2)), (P, "pd", square(0, 0)))) == []


def test_a_sliver_is_told_apart_and_comes_after_what_is_meant() -> None:
    thin = shapely.box(-122 + 0.00995, 37.0, -122 + 0.01, 37.01)  # some 4 m wide
    findings = audit(made((F, "a", square(0, 0).union(square(3, 0))), (F, "b", thin), (F, "c", square(3, 0))))
    assert [one.sliver for one in findings] == [False, True]
    assert findings[1].width == pytest.approx(4.4, abs=0.3)


def test_the_rounding_of_two_files_is_no_finding() -> None:
    hair = shapely.box(-122 + 0.01 - 1e-10, 37.0, -122 + 0.02, 37.01)
    assert audit(made((F, "a", square(0, 0)), (F, "b", hair))) == []


def test_what_is_not_in_force_on_the_day_is_left_out() -> None:
    old = Area(F, "b", "old", "l", "2010-01-01", "2015-01-01")
    areas = (Area(F, "a", "new", "l", "2015-01-01"), old)
    both = Boundaries(areas, (square(0, 0), square(0, 0)))
    assert audit(both, "2020-01-01") == []
    assert len(audit(both)) == 1


def test_two_files_that_both_claim_ground_or_leave_a_strip_between_them_are_told() -> None:
    ours = made((F, "a", square(0, 0, 2)))
    theirs = made((F, "b", square(1, 0, 2)))
    assert kinds(audit(ours, against=[theirs])) == [("both_claim", ("a", "b"))]
    apart = made((F, "b", shapely.box(-122 + 0.0203, 37.0, -122 + 0.03, 37.01)))  # 27 m from ours
    (strip,) = audit(ours, against=[apart])
    assert (strip.kind, strip.agencies) == (FindingKind.NEITHER_CLAIMS, ("a", "b"))
    assert strip.area == pytest.approx(27 * 1110, rel=0.1)
    far = made((F, "b", square(9, 0)))
    assert audit(ours, against=[far]) == []
    assert audit(ours, against=[ours]) == []  # one agency's two copies agree


def test_where_more_calls_fall_comes_first_whatever_its_size() -> None:
    large = ((F, "a", square(0, 0, 4, 4)), (F, "b", square(0, 0, 4, 4)))
    small = ((F, "c", square(9, 9)), (F, "d", square(9, 9)))
    boundaries = made(*large, *small)
    assert audit(boundaries)[0].agencies == ("a", "b")
    inside = square(9, 9).centroid
    first, second = audit(boundaries, calls=[(inside.x, inside.y, 3.0), (0.0, 0.0, 50.0)])
    assert (first.agencies, first.calls, second.calls) == (("c", "d"), 3.0, 0.0)


def test_the_same_boundaries_give_the_same_findings() -> None:
    rows = [(F, str(n), square(n, 0, 3)) for n in range(5)]
    assert audit(made(*rows)) == audit(made(*rows))


def test_findings_are_written_by_kind_for_any_gis(tmp_path: Path) -> None:
    rows = ((F, "a", square(0, 0, 2)), (F, "b", square(1, 0, 2)), (P, "p", square(7, 7)))
    findings = audit(made(*rows))
    write_findings(findings, tmp_path / "audit.gpkg")
    layers = {name for name, _ in pyogrio.list_layers(tmp_path / "audit.gpkg")}
    assert layers == {str(one.kind) for one in findings}
    frame = pyogrio.read_dataframe(tmp_path / "audit.gpkg", layer="overlap")
    assert frame.crs.to_epsg() == 4326
    assert frame["agencies"].tolist() == ["a, b"]
    assert frame["area_m2"].tolist() == [pytest.approx(metres(square(1, 0)), rel=1e-4)]
    assert frame.geometry.iloc[0].equals(square(1, 0))
    write_findings([], tmp_path / "none.gpkg")
    assert len(pyogrio.read_dataframe(tmp_path / "none.gpkg")) == 0


def test_the_desk_works_it_out_once_for_an_edition_and_ranks_by_the_calls_of_the_moment() -> None:
    one, two = made((F, "a", square(0, 0)), (F, "b", square(0, 0))), made((F, "a", square(0, 0)))
    ground = Ground(JurisdictionIndex(one))
    desk = AuditDesk(ground)
    found = desk.findings(100.0, "2024-01-01")
    assert kinds(list(found.findings)) == [("overlap", ("a", "b"))]
    middle = square(0, 0).centroid
    assert desk.findings(100.0, "2024-01-01", [(middle.x, middle.y, 2.0)]).findings[0].calls == 2.0
    ground.use("new", 200.0, JurisdictionIndex(two))
    later = desk.findings(300.0, "2024-01-01")
    assert (later.edition, later.findings) == ("new", ())
    assert desk.file(found)[:15] == b"SQLite format 3"


def test_a_finding_says_in_words_what_and_whom() -> None:
    (found,) = audit(made((F, "a", square(0, 0, 2)), (F, "b", square(1, 0, 2))))
    assert found.words == "claimed twice: a area / b area"
    assert json.loads(json.dumps(found.polygon))
