"""The commander's panels in a real browser, on a board where nothing moves but what a test moves."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

SERIAL = itertools.count(1)
REPORT = """async ([address, priority]) => {
  const plan = JSON.parse(document.getElementById("board").dataset.plans).find((p) => p.symbol === "F");
  const own = [...concord.picture.units.values()].filter((u) => u.agency === concord.acting().agency);
  const scene = own[0].home;
  const answer = await concord.command("ReportIncident",
    { type: plan.code, lon: scene[0], lat: scene[1], priority, address, caller: "", note: "" }, {});
  return answer;
}"""


@pytest.fixture
def board(open_page: Any) -> Page:
    """A commander's page that is live."""
    return live(open_page())


def live(page: Page) -> Page:
    expect(page.locator("#link-state")).to_contain_text("LIVE", timeout=20_000)
    return page


def report(page: Page, priority: int = 1) -> Locator:
    """A new incident, reported and selected; its row in the list."""
    address = f"Test Street {next(SERIAL):04d}"
    answer = page.evaluate(REPORT, [address, priority])
    assert answer["status"] == "accepted", answer
    row = page.locator("#incident-list .card", has_text=address)
    expect(row).to_have_attribute("aria-selected", "true")
    return row


def assign_first(page: Page) -> str:
    """Press the first "Assign" of the recommended units; the unit's id."""
    press = page.locator("#recommendation .step-main").first
    unit = press.get_attribute("data-units")
    press.click()
    expect(page.locator("#result-line .tone")).to_have_text("OK")
    assert unit
    return unit


def test_the_page_is_live_with_agencies_clock_and_training_badge(board: Page) -> None:
    expect(board.locator("#agency-list .agency").first).to_be_visible()
    expect(board.locator(".chip.train")).to_have_text("TRAINING")
    expect(board.locator("#clock .clock")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))


def test_a_reported_incident_is_listed_selected_and_answered(board: Page) -> None:
    row = report(board)
    expect(board.locator("#result-line .tone")).to_have_text("OK")
    number = row.locator("b").first.inner_text()
    expect(board.locator("#detail-title")).to_contain_text(number)


def test_the_report_form_takes_its_place_from_the_map(board: Page) -> None:
    board.locator("#report-button").click()
    expect(board.locator("#report-dialog button[type=submit]")).to_be_disabled()
    board.evaluate("concord.picture.emit('place', { lon: -122.4, lat: 37.7 })")
    expect(board.locator(".report-place")).to_contain_text("37.70000, -122.40000")
    expect(board.locator("#report-dialog button[type=submit]")).to_be_enabled()
    board.keyboard.press("Escape")
    expect(board.locator("#report-dialog")).to_be_hidden()


def test_one_press_assigns_and_the_unit_gets_its_bar_and_its_steps(board: Page) -> None:
    report(board)
    unit = assign_first(board)
    lane = board.locator(f'#lanes .lane[data-unit="{unit}"]')
    expect(lane.locator(".seg")).to_have_count(1)
    lane.get_by_role("button", name="en route").click()
    expect(lane.locator(".lane-now")).to_contain_text("ER")


def test_an_assignment_is_seen_in_a_second_browser(board: Page, open_page: Any) -> None:
    other = live(open_page())
    row = report(board)
    unit = assign_first(board)
    other.locator("#incident-list .card", has_text=row.locator(".card-address").inner_text()).click()
    expect(other.locator(f'#lanes .lane[data-unit="{unit}"]')).to_be_visible()


def test_ticked_units_go_out_as_one_command_by_keyboard(board: Page) -> None:
    report(board)
    ticks = board.locator("#recommendation .tick-box")
    expect(ticks.nth(1)).to_be_visible()
    ticks.first.focus()
    keys = board.locator("#recommendation .rec:has(.tick-box)")
    for key in (keys.nth(0).get_attribute("data-key"), keys.nth(1).get_attribute("data-key")):
        board.keyboard.press(key or "")
    expect(board.locator("#recommendation .rec.ticked")).to_have_count(2)
    board.keyboard.press("d")
    expect(board.locator("#lanes .lane")).to_have_count(2)


def test_a_unit_already_at_work_is_refused_with_who_holds_it(board: Page) -> None:
    first = report(board)
    unit = assign_first(board)
    held_by = first.locator("b").first.inner_text()
    report(board)
    board.evaluate(
        "unit => concord.command('AssignUnits',"
        " { incident: concord.selection.incident, units: [unit], override_reason: '' }, {})",
        unit,
    )
    expect(board.locator("#result-line")).to_have_attribute("data-tone", "no")
    expect(board.locator("#result-line .said")).to_contain_text(held_by)


def test_a_note_is_written_with_enter_and_markup_stays_text(board: Page) -> None:
    report(board)
    board.locator("#note-box").fill("<img src=x onerror=alert(1)> smoke on floor 2")
    board.keyboard.press("Enter")
    expect(board.locator("#log-list .entry").first).to_contain_text("<img src=x onerror=alert(1)> smoke on floor 2")
    expect(board.locator("#note-box")).to_have_value("")
    assert board.locator("#log-list img").count() == 0


def test_priority_changes_and_closing_asks_for_a_disposition(board: Page) -> None:
    row = report(board, priority=2)
    board.locator("#detail-head select").select_option("3")
    expect(row.locator(".dia-digit")).to_have_text("3")
    board.locator("[data-command=CloseIncident]").click()
    dialog = board.get_by_role("dialog", name="Close #")
    dialog.get_by_label("Disposition").select_option("False alarm")
    dialog.get_by_role("button", name="Close incident").click()
    expect(row).to_have_count(0)
    expect(board.locator("#detail-head")).to_contain_text("Closed: False alarm")


def test_the_list_is_walked_with_arrows_and_chosen_with_enter(board: Page) -> None:
    rows = [report(board), report(board)]
    cards = board.locator("#incident-list .card")
    cards.first.focus()
    board.keyboard.press("ArrowDown")
    board.keyboard.press("Enter")
    expect(cards.nth(1)).to_have_attribute("aria-selected", "true")
    assert len(rows) == 2


def test_f4_goes_to_an_incident_nobody_was_sent_to(board: Page) -> None:
    row = report(board)
    board.evaluate("concord.select({ incident: '' })")
    board.keyboard.press("F4")
    expect(board.locator("#incident-list .card[aria-selected=true]")).to_have_count(1)
    expect(board.locator("#incident-list .card[aria-selected=true] .card-units")).to_contain_text(
        "unassigned", ignore_case=True
    )
    expect(row).to_be_visible()


def test_order_holds_still_under_the_pointer_and_says_how_many_are_new(board: Page, open_page: Any) -> None:
    report(board)
    other = live(open_page())
    board.locator("#incident-list .card").first.hover()
    count = board.locator("#incident-list .card").count()
    report(other, priority=1)
    expect(board.locator("#incident-new")).to_have_text("1 new")
    assert board.locator("#incident-list .card").count() == count
    board.locator("#incident-new").click()
    expect(board.locator("#incident-list .card")).to_have_count(count + 1)


def test_units_are_found_by_callsign_and_shown_as_a_card(board: Page) -> None:
    unit = board.evaluate(
        "[...concord.picture.units.values()].find("
        "(u) => u.agency === concord.acting().agency && !u.active && u.duty === 'in_service')"
    )
    board.locator("#tab-units").click()
    board.get_by_label("Find units").fill(unit["id"])
    board.keyboard.press("Enter")
    expect(board.locator("#unit-card")).to_contain_text(unit["callsign"])
    board.locator("#unit-card").get_by_role("button", name="Out of service").click()
    board.get_by_label("Reason").fill("maintenance")
    board.keyboard.press("Enter")
    expect(board.locator("#unit-card .unit-status")).to_contain_text("Out of service")
    board.locator("#unit-card").get_by_role("button", name="In service").click()
    expect(board.locator("#unit-card .unit-status")).to_contain_text("Available")


def test_filters_stand_in_the_address(board: Page) -> None:
    board.locator("#status-chips .status-chip").first.click()
    board.locator("#agency-list .agency-name").first.click()
    assert "agencies=" in board.url
    assert "status=" in board.url
    board.reload()
    live(board)
    assert board.evaluate("concord.filter.agencies.size") == 1
    expect(board.locator("#status-chips .status-chip").first).to_have_attribute("aria-pressed", "false")


def test_the_theme_is_kept_and_announced(board: Page) -> None:
    board.evaluate("window.addEventListener('concord:theme', (e) => (window.seenTheme = e.detail.theme))")
    board.locator("#theme-button").click()
    assert board.evaluate("window.seenTheme") == "light"
    board.reload()
    live(board)
    assert board.evaluate("document.documentElement.dataset.theme") == "light"


def test_the_position_says_who_acts_and_a_dispatcher_is_offered_no_override(open_page: Callable[..., Page]) -> None:
    board = open_page(position="sffd:dispatcher")
    expect(board.locator("#acting-button")).to_contain_text("dispatcher")
    assert board.evaluate("concord.acting().role") == "dispatcher"
    live(board)
    report(board)
    expect(board.locator("#recommendation .rec").first).to_be_visible()
    assert board.locator("#recommendation .only-commander:visible").count() == 0


def test_help_lists_the_keys_and_escape_returns_the_focus(board: Page) -> None:
    board.locator("#help-button").focus()
    board.keyboard.press("?")
    expect(board.get_by_role("dialog", name="Keys")).to_be_visible()
    board.keyboard.press("Escape")
    expect(board.locator("#help-button")).to_be_focused()


@pytest.mark.parametrize("viewport", [(1440, 900), (1920, 1080)])
def test_nothing_scrolls_the_page_and_every_target_is_large_enough(open_page: Any, viewport: tuple[int, int]) -> None:
    page = live(open_page(viewport=viewport))
    report(page)
    expect(page.locator("#recommendation .rec").first).to_be_visible()
    assert page.evaluate(
        "document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth"
    )
    small = page.evaluate(
        """() => [...document.querySelectorAll("#board button, #board select, #board textarea, #board [role=option]")]
            .filter((n) => n.checkVisibility() && !n.closest(".leaflet-control"))
            .map((n) => [n.id || n.className || n.textContent, n.getBoundingClientRect()])
            .filter(([, box]) => box.width && (box.height < 23.9 || box.width < 23.9))
            .map(([name, b]) => `${name} ${b.width}x${b.height}`)"""
    )
    assert not small


def test_the_page_does_not_jump_while_it_loads(open_page: Any) -> None:
    page = live(open_page())
    page.wait_for_timeout(1000)
    moved = page.evaluate(
        """() => new Promise((done) => { let sum = 0;
            new PerformanceObserver((l) => { for (const e of l.getEntries()) if (!e.hadRecentInput) sum += e.value; })
              .observe({ type: "layout-shift", buffered: true });
            setTimeout(() => done(sum), 300); })"""
    )
    assert moved <= 0.05


def test_a_lost_link_is_said_and_commands_are_refused_at_once(open_page: Any, start_site: Any) -> None:
    site = start_site()
    page = live(
        open_page(site=site.url, tolerate=("WebSocket connection", "ERR_CONNECTION", "Failed to fetch", "Callback"))
    )
    site.stop()
    expect(page.locator("#link-state")).to_contain_text("LATE", timeout=9_000)
    expect(page.locator("#banner")).to_contain_text("LINK LOST · AS OF", timeout=15_000)
    answer = page.evaluate("concord.command('AddNote', { incident: 'none', text: 'x' }, {})")
    assert answer["status"] == "unavailable"
    expect(page.locator("#result-line")).to_contain_text("refused, not queued")
