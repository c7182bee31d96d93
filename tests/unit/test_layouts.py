"""The commander's page before the feed speaks: every place a script or callback looks for, once, and labelled."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dash.development.base_component import Component

from domain.agency import Agency, Discipline
from domain.response_plan import Need, ResponsePlan
from layouts import ids
from layouts.commander import CommanderPage, Reader, commander_page
from layouts.index import INDEX, index_string
from layouts.panels.recommendation import RecommendationView, RecommendedRow, recommendation_panel
from layouts.panels.whois import WhoisEntry, WhoisRow, WhoisView, whois_panel

ROOT = Path(__file__).resolve().parents[2]
PAGE = CommanderPage(
    title="Bay Joint Board",
    note="modelled, not official",
    training=True,
    view=(-122.44, 37.76, 12.0),
    plans=(
        ResponsePlan("STRUCTURE_FIRE", "Structure fire", "F", "fire", 1, ((Need("ENGINE", 3),),)),
        ResponsePlan("CARDIAC_ARREST", "Cardiac arrest", "M", "ems", 1, ((Need("ALS", 1),),)),
    ),
    agencies=(
        Agency("sfpd", "San Francisco Police", "SF Police", Discipline.LAW),
        Agency("sffd", "San Francisco Fire", "SF Fire", Discipline.FIRE),
    ),
)
READER = Reader("R. Okafor", "sffd", "dispatcher", (("/account", "My account"),))


def everything(component: Any) -> Iterator[Component]:
    """A component and all below it."""
    if isinstance(component, list | tuple):
        for child in component:
            yield from everything(child)
    elif isinstance(component, Component):
        yield component
        yield from everything(getattr(component, "children", None))


def props(component: Component) -> dict[str, Any]:
    found = component.to_plotly_json()["props"]
    assert isinstance(found, dict)
    return found


def words(component: Any) -> str:
    """All text below a component, as it is read."""
    if isinstance(component, Component):
        return words(getattr(component, "children", None))
    if isinstance(component, list | tuple):
        return " ".join(filter(None, (words(child) for child in component)))
    return "" if component is None else str(component)


def by_attribute(component: Any, name: str) -> list[dict[str, Any]]:
    return [props(part) for part in everything(component) if name in props(part)]


def row(key: str, unit: str, *, allowed: bool = True, recommended: bool = True, kind: str = "own") -> RecommendedRow:
    callsign = unit.split("/")[1]
    return RecommendedRow(
        key, unit, callsign, "SF Fire", "ENGINE", "available", 130.4, "line estimate", 1420.0, "ENGINE ALS",
        "own agency", "own agency", kind, allowed, recommended, "fire",
    )  # fmt: skip


def recommendation(*rows: RecommendedRow, missing: tuple[str, ...] = ()) -> Component:
    return recommendation_panel(RecommendationView("BAY-2026-000007", "#7", rows, "straight line, ±30 %", missing))


def test_every_named_place_is_on_the_page_exactly_once() -> None:
    on_page = [part.id for part in everything(commander_page(PAGE, READER)) if getattr(part, "id", None)]
    named = {value for name, value in vars(ids).items() if name.isupper() and isinstance(value, str)}
    assert len(on_page) == len(set(on_page))
    assert named <= set(on_page)


def test_every_place_the_scripts_wait_for_is_named() -> None:
    scripts = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "assets").glob("*.js")))
    waited_for = set(re.findall(r'concord\.mount\(\s*"([\w-]+)"', scripts))
    on_page = {part.id for part in everything(commander_page(PAGE, READER)) if getattr(part, "id", None)}
    assert waited_for
    assert waited_for <= on_page


def test_no_script_writes_markup_or_speaks_to_another_origin() -> None:
    for path in sorted((ROOT / "assets").glob("*.js")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|\beval\(", text), path.name
        assert not re.findall(r"https?://(?!www\.w3\.org/)", text), path.name


def test_the_browsers_own_keys_are_left_alone() -> None:
    keys = (ROOT / "assets/q_keys.js").read_text(encoding="utf-8")
    taken = set(re.findall(r'event\.key === "(F\d+)"', keys))
    assert taken == {"F4", "F8"}


def test_the_page_says_who_it_was_made_for_and_where_they_may_go() -> None:
    told = props(commander_page(PAGE, READER))
    assert (told["data-name"], told["data-agency"], told["data-role"]) == ("R. Okafor", "sffd", "dispatcher")
    assert json.loads(told["data-links"]) == [["/account", "My account"]]


def test_the_report_form_offers_the_regions_types_by_name() -> None:
    plans = json.loads(props(commander_page(PAGE, READER))["data-plans"])
    assert [plan["name"] for plan in plans] == ["Cardiac arrest", "Structure fire"]


@pytest.mark.parametrize("training", [True, False])
def test_training_is_said_in_the_header_and_only_then(training: bool) -> None:
    page = CommanderPage("Board", "", training, (0.0, 0.0, 5.0))
    assert ("TRAINING" in words(commander_page(page, READER))) is training


def test_every_control_of_the_page_has_a_name() -> None:
    for part in everything(commander_page(PAGE, READER)):
        about = props(part)
        if type(part).__name__ not in ("Button", "Textarea", "Ul") or about.get("id") in (
            ids.ACTING_BUTTON,
            ids.THEME_BUTTON,
        ):
            continue  # those two are named by their scripts, after what they do at the moment
        named = words(part).strip() or about.get("aria-label") or about.get("aria-labelledby")
        assert named or about.get("id") == ids.INCIDENT_NEW, about


def test_the_page_states_its_language_and_has_no_inline_script() -> None:
    assert '<html lang="en"' in INDEX
    assert "<script" not in INDEX
    assert "/board/assets/favicon.svg" in index_string("/board/assets/")


def test_the_font_and_its_licence_ship_with_the_page() -> None:
    assert (ROOT / "assets/fonts/inter-latin-wght-normal.woff2").stat().st_size > 10_000
    assert "SIL Open Font License" in (ROOT / "assets/fonts/OFL.txt").read_text(encoding="utf-8")


def test_a_recommended_unit_is_assigned_with_one_press() -> None:
    panel = recommendation(row("1", "sffd/E12"))
    (press,) = [b for b in by_attribute(panel, "data-command") if "data-ticked" not in b]
    assert (press["data-command"], press["data-incident"], press["data-units"]) == (
        "AssignUnits",
        "BAY-2026-000007",
        "sffd/E12",
    )


def test_travel_and_distance_are_shown_short() -> None:
    text = words(recommendation(row("1", "sffd/E12")))
    assert "2:10" in text
    assert "1.4 km · ENGINE ALS · line estimate" in text


def test_a_unit_that_must_be_asked_for_has_no_assign_button_and_no_tick() -> None:
    panel = recommendation(row("1", "chp/91-12", allowed=False, kind="request"))
    (press,) = [b for b in by_attribute(panel, "data-command") if "data-ticked" not in b]
    assert press["data-override"] == "1"
    assert "only-commander" in press["className"]
    assert not [b for b in by_attribute(panel, "role") if b["role"] == "checkbox"]


def test_alternates_stand_under_a_heavier_rule() -> None:
    rows = (row("1", "a/1"), row("2", "a/2"), row("3", "a/3", recommended=False), row("4", "a/4", recommended=False))
    lines = by_attribute(recommendation(*rows), "data-row-unit")
    assert [line["data-row-unit"] for line in lines if "rec-alternate-first" in line["className"]] == ["a/3"]


def test_what_nobody_can_give_is_said() -> None:
    assert "Missing: 2 ENGINE" in words(recommendation(row("1", "a/1"), missing=("2 ENGINE",)))
    assert "No suitable unit found for #7." in words(recommendation())


def whois(*rows: WhoisRow) -> str:
    return words(whois_panel(WhoisView(-122.4527, 37.7085, "modelled, not official", rows)))


def test_responsibility_names_agency_area_layer_and_date() -> None:
    text = whois(WhoisRow("Fire", (WhoisEntry("SF Fire", "Battalion 9", "first-due", "2026-03-01"),)))
    assert "37.7085, -122.4527" in text
    assert " ".join(text.split()).count("SF Fire Battalion 9 first-due, from 2026-03-01") == 1


def test_a_gap_and_a_dispute_are_said_in_words() -> None:
    entries = (WhoisEntry("SF Police", "", "districts", ""), WhoisEntry("Daly City PD", "", "municipal", ""))
    text = whois(WhoisRow("Utility", (), gap=True), WhoisRow("Police", entries, disputed=True))
    assert "nobody on file" in text
    assert "disputed" in text


def test_a_border_near_by_names_both_sides_and_the_distance() -> None:
    text = whois(
        WhoisRow("Fire", (WhoisEntry("SF Fire", "", "", ""),), boundary_metres=12.3, neighbours=("San Mateo Co. Fire",))
    )
    assert "On the boundary of SF Fire: 12 m to San Mateo Co. Fire" in text


def test_dates_and_what_is_modelled_are_said_and_a_far_border_is_no_warning() -> None:
    entry = WhoisEntry("SF Fire", "Battalion 9", "first-due", "2026-03-01", "2027-01-01", True)
    text = " ".join(whois(WhoisRow("Fire", (entry,), boundary_metres=412.0)).split())
    assert "first-due, from 2026-03-01, until 2027-01-01, modelled" in text
    assert "nearest border 412 m" in text
    assert "On the boundary" not in text


def test_the_way_to_the_nearest_border_is_said_with_whose_it_is() -> None:
    entry = WhoisEntry("SF Fire", "", "", "")
    far = whois(WhoisRow("Fire", (entry,), boundary_metres=3412.0, way="south-east", beyond="Daly City Fire"))
    assert "nearest border 3.4 km south-east: Daly City Fire" in far
    near = whois(
        WhoisRow("Fire", (entry,), boundary_metres=12.0, neighbours=("Daly City Fire",), way="south", beyond="X")
    )
    assert "12 m to Daly City Fire, south" in near


def test_in_a_strip_nobody_answers_for_the_nearest_is_named_with_the_gap() -> None:
    text = whois(WhoisRow("Fire", (), gap=True, boundary_metres=8.0, neighbours=("SF Fire",), way="west"))
    assert "nobody on file" in text
    assert "8 m to SF Fire, west" in text
    far = whois(WhoisRow("Fire", (), gap=True, boundary_metres=800.0, way="west", beyond="SF Fire"))
    assert "nobody on file" in far
    assert "nearest border 800 m west: SF Fire" in far


def test_where_another_service_stands_in_it_is_named_and_more_than_two_claims_are_counted() -> None:
    three = tuple(WhoisEntry(name, "", "", "") for name in ("A", "B", "C"))
    text = whois(WhoisRow("Police", (), stands_in="Sheriff"), WhoisRow("EMS", three, disputed=True))
    assert "none here: sheriff answers" in text
    assert "disputed: all 3 claim it" in text


def test_whom_to_notify_which_boundaries_and_which_day_are_said() -> None:
    view = WhoisView(-122.4, 37.7, "", (), ("Daly City Fire", "Brisbane PD"), 500.0, "0123456789", "2025-06-01")
    text = words(whois_panel(view))
    assert "Notify too, within 500 m: Daly City Fire, Brisbane PD" in text
    assert "Boundaries: edition 0123456789" in text
    assert "As of 2025-06-01, not now" in text


def test_text_of_people_stays_text() -> None:
    panel = recommendation(row("1", "x/<img src=x onerror=alert(1)>"))
    assert not [part for part in everything(panel) if type(part).__name__ in ("Img", "Script", "Markdown")]
    assert "<img src=x onerror=alert(1)>" in words(panel)
