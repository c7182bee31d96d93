"""Signing in with an identity provider as a person does it: one button, the provider's form, the board.

The board is 127.0.0.1 and the provider localhost: two sites, so the browser holds back `SameSite=Strict` cookies as
it would between real ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.conftest import Site, bring_up
from tests.county import NAME, CountyProvider, free_port, settings_for


@pytest.fixture(scope="module")
def provider(project_root: Path) -> Iterator[CountyProvider]:
    running = CountyProvider(project_root, free_port())
    yield running
    running.stop()


@pytest.fixture(scope="module")
def county_site(
    provider: CountyProvider, project_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("county")
    running = bring_up(project_root, folder, settings_for(provider, folder, free_port()))
    yield running
    running.clean_up()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    opened = chromium.new_context()
    yield opened
    opened.close()


def test_one_button_the_providers_form_and_the_board(county_site: Site, context: BrowserContext) -> None:
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{county_site.url}/")
    expect(page).to_have_url(f"{county_site.url}/sign-in?next=%2F")
    page.get_by_role("link", name=f"Sign in with {NAME}").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign in as mara").click()
    expect(page).to_have_url(f"{county_site.url}/")
    expect(page.locator("[data-role=dispatcher][data-agency=sffd]")).to_be_attached()
    expect(page.locator("[data-name='Mara Lindqvist']")).to_be_attached()
    kept = {cookie["name"]: cookie for cookie in context.cookies(county_site.url)}
    assert kept["concord"]["sameSite"] == "Strict"
    assert kept["concord"]["httpOnly"]
    assert "concord_openid" not in kept
    assert not faults


def test_somebody_without_a_position_reads_why_and_goes_back(county_site: Site, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{county_site.url}/sign-in")
    page.get_by_role("link", name=f"Sign in with {NAME}").click()
    page.get_by_role("button", name="Sign in as tom").click()
    expect(page.get_by_role("alert")).to_have_text("you hold no position on this board; ask your administrator")
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_role("heading", name="Sign in", exact=True).last).to_be_visible()


def test_a_locked_screen_is_opened_again_through_the_provider(county_site: Site, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{county_site.url}/sign-in?next=/account")
    page.get_by_role("link", name=f"Sign in with {NAME}").click()
    page.get_by_role("button", name="Sign in as mara").click()
    expect(page).to_have_url(f"{county_site.url}/account")
    page.evaluate(
        """() => fetch('/session/lock', {method: 'POST', headers: {'X-CSRFToken':
           document.cookie.split('_csrf_token=')[1].split(';')[0]}})"""
    )
    page.goto(f"{county_site.url}/account")
    expect(page.get_by_role("heading", name="Screen locked", exact=True).last).to_be_visible()
    page.get_by_role("link", name=f"Prove who you are with {NAME}").click()
    page.get_by_role("button", name="Sign in as mara").click()
    expect(page).to_have_url(f"{county_site.url}/account")
    expect(page.get_by_text("Mara Lindqvist, dispatcher of SF Fire")).to_be_visible()
