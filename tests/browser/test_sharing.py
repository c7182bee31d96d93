"""What one agency shares appears on another's open screen, and leaves it within two seconds of the revocation."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from tests.browser.test_two_browsers import ready
from tests.deputy import Deputy

FORM = "application/x-www-form-urlencoded"
BERKELEY = {"type": "STRUCTURE_FIRE", "lon": -122.27, "lat": 37.87, "address": "2 Shattuck", "caller": "Ada 555-0100"}


class Admin(Deputy):
    """An agency's admin at the agreements office."""

    def post(self, path: str, **fields: str) -> int:
        body = urlencode({"csrf": self.pass_.mark, **fields})
        return self.ask("POST", path, body, Content_Type=FORM)[0]

    def step(self, paper: str, step: str, reason: str = "") -> None:
        page = self.ask("GET", f"/office/agreements/{paper}")[2].decode()
        digest = re.search(r'name="digest" value="(\w+)"', page)
        fields = {"step": step, "reason": reason, "digest": digest[1] if digest else ""}
        assert self.post(f"/office/agreements/{paper}/step", **fields) == 303


def share(site: str, paper: str, receiver: str, label: int) -> Admin:
    """A paper by which Berkeley Fire shares its incidents, in force; its admin."""
    ours, theirs = Admin(site, "berfd:agency_admin"), Admin(site, f"{receiver}:agency_admin")
    row = {"id": "s", "giver": "berfd", "receiver": receiver, "label": str(label)}
    fields = {"id": paper, "title": f"Sharing {paper}", "parties": f"berfd {receiver}"}
    assert ours.post("/office/agreements/draft", **fields, **{f"share.0.{n}": v for n, v in row.items()}) == 303
    ours.step(paper, "propose")
    ours.step(paper, "sign")
    theirs.step(paper, "sign")
    return ours


def test_an_incident_that_is_shared_appears_and_is_gone_within_two_seconds_of_the_revocation(
    open_page: Callable[..., Page], site: str
) -> None:
    owner = Deputy(site, "berfd:dispatcher")
    incident = owner.command("ReportIncident", {**BERKELEY, "lead_agency": "berfd"})["incident"]
    page = ready(open_page(position="sffd:dispatcher"))
    row = page.locator(f'#incident-list [data-incident="{incident}"]')
    expect(row).to_have_count(0)
    admin = share(site, "shown-to-sf", "sffd", 2)
    row.click()
    expect(page.locator(".detail-where")).to_contain_text("caller Ada 555-0100")
    began = time.monotonic()
    admin.step("shown-to-sf", "revoke", "over")
    expect(row).to_have_count(0, timeout=2000)
    expect(page.locator("#detail-head")).not_to_contain_text("Ada", timeout=2000)
    assert time.monotonic() - began < 2.5  # two pages of the office were opened meanwhile
    expect(page.locator("#result-line")).to_contain_text("no longer shared with you")
    assert page.evaluate("(number) => concord.picture.log.has(number)", incident) is False


def test_a_callers_name_leaves_the_screen_of_an_agency_that_still_sees_the_incident(
    open_page: Callable[..., Page], site: str
) -> None:
    owner = Deputy(site, "berfd:dispatcher")
    incident = owner.command("ReportIncident", {**BERKELEY, "lead_agency": "berfd"})["incident"]
    admin = share(site, "shown-to-police", "berpd", 2)
    page = ready(open_page(position="berpd:dispatcher"))  # whose jurisdiction it is
    page.evaluate("(incident) => concord.select({ incident })", incident)
    expect(page.locator(".detail-where")).to_contain_text("caller Ada 555-0100")
    admin.step("shown-to-police", "revoke", "over")
    expect(page.locator(".detail-where")).not_to_contain_text("Ada", timeout=2000)
    expect(page.locator(f'#incident-list [data-incident="{incident}"]')).to_have_count(1)
