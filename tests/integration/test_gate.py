"""The one gate, before the real app: a raw client, a real store, and every way in that must not be one."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pyotp
import pytest
import redis
import websockets

from data.embedded import ensure_server, stop_server
from data.entering import Pass
from data.keys import keys_of
from tests.browser.conftest import Site, bring_up
from tests.deputy import CALLBACKS, Deputy, callback

SIGN_IN = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def site(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A training board with two workers: a session made at one is known at the other."""
    running = bring_up(project_root, tmp_path_factory.mktemp("gate"), {"CONCORD_WORKERS": "2"})
    yield running
    running.clean_up()


@pytest.fixture(scope="module")
def store(site: Site) -> Iterator[Any]:
    url = ensure_server(site.data_dir / "valkey")
    client = redis.Redis.from_url(url)
    yield client
    client.close()


@pytest.fixture(scope="module")
def admin_password(site: Site) -> str:
    """Shown once, when the board came up for the first time."""
    line = next(line for line in site.log.read_text().splitlines() if "first administrator" in line)
    return line.split("password: ")[1].split()[0]


class Stranger(Deputy):
    """Somebody without a session."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.pass_ = Pass(url, "", "")

    def sign_in(self, name: str, password: str, code: str = "") -> tuple[int, dict[str, str], bytes]:
        fields = urlencode({"name": name, "password": password, "code": code})
        return self.ask("POST", "/sign-in", fields, Content_Type=SIGN_IN)


@contextlib.asynccontextmanager
async def socket_of(deputy: Deputy, **headers: str) -> AsyncIterator[Any]:
    sent = {**deputy.pass_.headers(), **headers}
    host = deputy.url.removeprefix("http://")
    origin = sent.pop("Origin", None)
    async with websockets.connect(
        f"ws://{host}/live/ws",
        origin=origin,  # type: ignore[arg-type]
        additional_headers={name: value for name, value in sent.items() if value},
    ) as socket:
        yield socket


async def closed_with(socket: Any, within: float = 6.0) -> int:
    """The code a socket is closed with; fails when it stays open."""
    async with asyncio.timeout(within):
        try:
            while True:
                await socket.recv()
        except websockets.ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 0


# Without a session ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/account", "/office/people", "/anything/else"])
def test_a_person_without_a_session_is_led_to_the_door_and_back(site: Site, path: str) -> None:
    status, headers, _ = Stranger(site.url).ask("GET", path, Accept="text/html")
    assert status == 303
    assert headers["location"].startswith("/sign-in?next=%2F")


@pytest.mark.parametrize(
    "path",
    [
        "/_dash-layout",
        "/_dash-dependencies",
        "/assets/b_live.js",
        "/assets/map_units.js",
        "/geo/boundaries/index.json",
        "/_dash-component-suites/dash/dash-renderer/build/dash_renderer.min.js",
        "/reload-hash",
    ],
)
def test_nothing_of_the_board_is_served_without_a_session(site: Site, path: str) -> None:
    assert Stranger(site.url).ask("GET", path)[0] == 401


def test_a_callback_without_a_session_is_refused(site: Site) -> None:
    body = json.dumps(callback("outcome.data", "command", {}))
    assert Stranger(site.url).ask("POST", CALLBACKS, body, Content_Type="application/json")[0] == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/seals", "/seals/head", "/sign-in", "/assets/app.css"])
def test_what_needs_no_account_stays_open(site: Site, path: str) -> None:
    assert Stranger(site.url).ask("GET", path)[0] == 200


async def test_a_socket_without_a_session_is_told_to_sign_in(site: Site) -> None:
    async with socket_of(Stranger(site.url)) as socket:
        assert await closed_with(socket) == 4401


# From elsewhere ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "http://127.0.0.1:1", "file://"])
async def test_a_foreign_origin_opens_no_socket_and_calls_nothing(site: Site, origin: str) -> None:
    deputy = Deputy(site.url, "sffd:dispatcher")
    assert deputy.call("outcome.data", "command", {}, Origin=origin)[0] == 403
    async with socket_of(deputy, **({"Origin": origin} if origin else {"Origin": None})) as socket:  # type: ignore[arg-type]
        assert await closed_with(socket) == 4403


def test_our_own_origin_without_the_pages_mark_calls_nothing(site: Site) -> None:
    deputy = Deputy(site.url, "sffd:dispatcher")
    assert deputy.call("outcome.data", "command", {}, X_CSRFToken="")[0] == 403
    assert deputy.call("outcome.data", "command", {}, X_CSRFToken="0" * 32)[0] == 403


def test_a_form_without_the_pages_mark_changes_nothing(site: Site) -> None:
    deputy = Deputy(site.url, ":board_admin")
    status, _, _ = deputy.ask(
        "POST", "/office/people/add", "name=eve&display=Eve&positions=:board_admin", Content_Type=SIGN_IN
    )
    assert status == 403
    assert b"eve" not in deputy.ask("GET", "/office/people")[2]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8050", "", "[::1"])
def test_a_name_that_is_not_ours_is_not_served(site: Site, host: str) -> None:
    assert Stranger(site.url).ask("GET", "/sign-in", Host=host or "x")[0] == 421


# What is asked ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"output": 1}', b'{"output": "outcome.data"}', b"[" * 100_000, b"\xff\xfe"],
)
def test_a_malformed_callback_is_a_bad_request_and_no_server_error(site: Site, body: bytes) -> None:
    deputy = Deputy(site.url, "sffd:dispatcher")
    assert deputy.ask("POST", CALLBACKS, body, Content_Type="application/json")[0] == 400


def test_an_unknown_callback_is_a_bad_request(site: Site) -> None:
    assert Deputy(site.url, "sffd:dispatcher").call("nothing.data", "command", {})[0] == 400


def test_a_body_too_large_is_not_taken_whether_its_length_is_said_or_not(site: Site) -> None:
    deputy = Deputy(site.url, "sffd:dispatcher")
    assert deputy.ask("POST", CALLBACKS, b"x" * 300_000, Content_Type="application/json")[0] == 413

    def in_pieces() -> Iterator[bytes]:
        for _ in range(10):
            yield b"x" * 60_000

    status, _, _ = deputy.ask(
        "POST",
        CALLBACKS,
        in_pieces(),
        Content_Type="application/json",
        Transfer_Encoding="chunked",  # type: ignore[arg-type]
    )
    assert status == 413


@pytest.mark.parametrize("position", ["sffd:briefer", ":auditor"])
def test_a_role_that_changes_nothing_and_calls_a_command_by_hand_is_forbidden_it(site: Site, position: str) -> None:
    deputy = Deputy(site.url, position)
    status, answer = deputy.call("outcome.data", "command", {"id": "x"})
    assert status == 403
    assert b"changes nothing" in answer


def test_a_command_is_given_in_the_name_of_the_session_whatever_it_claims(site: Site) -> None:
    sent = {
        "id": "claims-1",
        "kind": "ReportIncident",
        "body": {"type": "STRUCTURE_FIRE", "lon": -122.43, "lat": 37.76, "address": "x"},
        "acting": {"name": "Chief", "agency": "sfpd", "role": "service"},
        "issued_at": time.time(),
        "expected": {},
    }
    deputy = Deputy(site.url, "sffd:dispatcher")
    _, outcome = deputy.call("outcome.data", "command", sent)
    assert outcome["status"] == "accepted", outcome
    refused = deputy.command("OpenBoard", {"title": "x", "region": "y", "number_prefix": "z"})
    assert (refused["status"], refused["rule"]) == ("refused", "role")


def test_more_commands_than_anybody_gives_by_hand_are_held_back(site: Site) -> None:
    deputy = Deputy(site.url, "oakfd:dispatcher")
    answers = [deputy.call("outcome.data", "command", {"id": "x"})[0] for _ in range(125)]
    assert answers.count(200) == 120
    assert answers[-1] == 429


def test_every_answer_carries_the_content_policy_and_its_kin(site: Site) -> None:
    for asker, path in ((Stranger(site.url), "/sign-in"), (Deputy(site.url, "sffd:commander"), "/"),
                        (Stranger(site.url), "/nothing")):  # fmt: skip
        _, headers, _ = asker.ask("GET", path)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy
        assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


# The end of a session ---------------------------------------------------------------------------------


async def test_signing_out_ends_the_session_at_every_worker_and_closes_its_sockets(site: Site) -> None:
    deputy = Deputy(site.url, "sffd:dispatcher")
    async with socket_of(deputy) as socket:
        await socket.recv()
        began = time.monotonic()
        assert deputy.ask("POST", "/sign-out")[0] == 303
        assert await closed_with(socket) == 4401
        assert time.monotonic() - began < 5.0
    assert {deputy.ask("GET", "/_dash-layout")[0] for _ in range(12)} == {401}


async def test_a_revoked_and_an_expired_session_are_over(site: Site, store: Any) -> None:
    keys = keys_of("bay")
    for end in ("revoke", "expire"):
        deputy = Deputy(site.url, "sffd:dispatcher")
        names = {name for name in store.smembers(keys.sessions) if store.exists(keys.session(name.decode()))}
        async with socket_of(deputy) as socket:
            await socket.recv()
            key = keys.session(_newest(store, names))
            if end == "revoke":
                store.delete(key)
            else:
                body = json.loads(store.hget(key, "body"))
                store.hset(key, "body", json.dumps({**body, "until": time.time() - 1}))
            assert await closed_with(socket) == 4401
        assert deputy.ask("GET", "/_dash-layout")[0] == 401


def _newest(store: Any, names: set[bytes]) -> str:
    found = {}
    for name in names:
        body = store.hget(keys_of("bay").session(name.decode()), "body")
        if body:
            found[name.decode()] = json.loads(body)["opened"]
    return max(found, key=lambda name: found[name])


async def test_a_screen_nobody_touched_for_half_an_hour_is_locked_and_its_socket_closed(site: Site, store: Any) -> None:
    deputy = Deputy(site.url, "sffd:dispatcher")
    keys = keys_of("bay")
    async with socket_of(deputy) as socket:
        await socket.recv()
        key = keys.session(_newest(store, store.smembers(keys.sessions)))
        store.hset(key, "seen", str(time.time() - 1801))
        assert await closed_with(socket) == 4401  # it comes back, and is led to the lock
    status, headers, _ = deputy.ask("GET", "/", Accept="text/html")
    assert (status, headers["location"]) == (303, "/unlock?next=%2F")
    assert deputy.call("outcome.data", "command", {})[0] == 423
    async with socket_of(deputy) as socket:
        assert await closed_with(socket) == 4423
    mark = f"csrf={deputy.pass_.mark}"
    assert deputy.ask("POST", "/unlock", mark, Content_Type=SIGN_IN)[0] == 303
    assert deputy.ask("GET", "/_dash-layout")[0] == 200


@pytest.mark.parametrize("path", ["/unlock?next=%2F", "/sign-in", "/healthz"])
def test_looking_at_the_lock_does_not_open_it(site: Site, store: Any, path: str) -> None:
    deputy = Deputy(site.url, "sffd:dispatcher")
    keys = keys_of("bay")
    store.hset(keys.session(_newest(store, store.smembers(keys.sessions))), "seen", str(time.time() - 1801))
    deputy.ask("GET", path, Accept="text/html")
    status, headers, _ = deputy.ask("GET", "/", Accept="text/html")
    assert (status, headers["location"]) == (303, "/unlock?next=%2F")


def test_over_tls_the_session_cookie_is_bound_to_this_host_and_the_answer_says_so(site: Site) -> None:
    """A proxy in front says it in X-Forwarded-Proto, which is believed from this machine alone."""
    stranger = Stranger(site.url)
    sent = {"Content_Type": SIGN_IN, "X_Forwarded_Proto": "https"}
    status, headers, _ = stranger.ask("POST", "/sign-in/enter", "position=sffd:briefer", **sent)
    assert status == 303
    cookie = re.search(r"__Host-concord=[^;]+;[^,]*", headers["set-cookie"])
    assert cookie is not None
    for flag in ("Secure", "HttpOnly", "SameSite=strict", "Path=/"):
        assert flag.casefold() in cookie[0].casefold()
    assert "domain" not in cookie[0].casefold()
    assert headers["strict-transport-security"].startswith("max-age=")


def test_a_training_position_is_offered_on_loopback_alone(site: Site) -> None:
    stranger = Stranger(site.url)
    relayed = {"Content_Type": SIGN_IN, "X_Forwarded_For": "203.0.113.9"}
    assert stranger.ask("POST", "/sign-in/enter", "position=sffd:dispatcher", **relayed)[0] == 404
    elsewhere = {"Content_Type": SIGN_IN, "Host": "192.0.2.7", "Origin": "http://192.0.2.7"}
    assert stranger.ask("POST", "/sign-in/enter", "position=sffd:dispatcher", **elsewhere)[0] == 404
    assert b"Enter as" not in stranger.ask("GET", "/sign-in", X_Forwarded_For="203.0.113.9")[2]


# Names and passwords ----------------------------------------------------------------------------------


def made(site: Site, name: str, positions: str = "sffd:dispatcher") -> str:
    """An account made by the board's admin; its first password."""
    admin = Deputy(site.url, ":board_admin")
    form = f"csrf={admin.pass_.mark}&name={name}&display=Ada+Byron&positions={positions}"
    status, _, page = admin.ask("POST", "/office/people/add", form, Content_Type=SIGN_IN)
    assert status == 200, page
    return page.decode().split('class="secret">')[1].split("<")[0]


def test_the_first_administrator_signs_in_with_the_password_shown_once_and_chooses_another(
    site: Site, admin_password: str
) -> None:
    stranger = Stranger(site.url)
    status, headers, _ = stranger.sign_in("admin", admin_password)
    assert (status, headers["location"]) == (303, "/account")


def test_the_sixth_wrong_password_locks_until_an_administrator_releases(site: Site) -> None:
    password = made(site, "grace")
    stranger = Stranger(site.url)
    for _ in range(5):
        assert stranger.sign_in("grace", "wrong")[0] == 401
    assert stranger.sign_in("grace", password)[0] == 303  # five are forgiven
    for _ in range(6):
        assert stranger.sign_in("grace", "wrong")[0] in (401, 429)


def test_a_locked_account_an_unknown_one_and_a_wrong_password_answer_alike(site: Site, store: Any) -> None:
    password = made(site, "barbara")
    stranger = Stranger(site.url)
    for _ in range(6):
        stranger.sign_in("barbara", "wrong")
    assert store.hexists(keys_of("bay").account("barbara"), "locked_at")
    right_but_locked = stranger.sign_in("barbara", password)
    unknown = stranger.sign_in("nobody-here", password)
    assert right_but_locked[0] == unknown[0] == 401
    page, other = (answer[2].decode() for answer in (right_but_locked, unknown))
    assert page.replace("barbara", "X") == other.replace("nobody-here", "X")
    admin = Deputy(site.url, ":board_admin")
    form = f"csrf={admin.pass_.mark}&account=barbara&act=release"
    assert admin.ask("POST", "/office/people/change", form, Content_Type=SIGN_IN)[0] == 200
    assert stranger.sign_in("barbara", password)[0] == 303


def test_too_many_attempts_at_one_name_wait(site: Site) -> None:
    stranger = Stranger(site.url)
    answers = [stranger.sign_in("mary", "wrong") for _ in range(11)]
    assert [answer[0] for answer in answers] == [401] * 10 + [429]
    assert int(answers[-1][1]["retry-after"]) > 0


def audit_rows(site: Site, text: str = "", kind: str = "") -> str:
    """What an auditor reads, once what was noted is written."""
    time.sleep(0.5)
    auditor = Deputy(site.url, ":auditor")
    status, _, page = auditor.ask("GET", f"/office/audit?{urlencode({'text': text, 'kind': kind})}")
    assert status == 200
    return page.decode().split("<tbody>")[1]


def test_a_forbidden_command_a_wrong_password_and_a_look_at_the_audit_log_are_in_it(site: Site) -> None:
    Deputy(site.url, "oakpd:briefer").call("outcome.data", "command", {"id": "x"})
    Stranger(site.url).sign_in("<img src=x onerror=alert(1)>", "wrong")
    assert "a command from a role that gives none" in audit_rows(site, "oakpd", "refused")
    wrong = audit_rows(site, "onerror", "sign_in_failed")
    assert "&lt;img src=x onerror=alert(1)&gt;" in wrong
    assert "<img" not in wrong
    assert "read the audit log" in audit_rows(site, "", "audit_viewed")


def test_a_refused_command_and_an_override_are_in_the_audit_log_with_rule_and_reason(site: Site) -> None:
    dispatcher, commander = Deputy(site.url, "berpd:dispatcher"), Deputy(site.url, "berpd:commander")
    fire = {"type": "STRUCTURE_FIRE", "lon": -122.27, "lat": 37.87, "address": "2 Shattuck"}
    incident = dispatcher.command("ReportIncident", {**fire, "lead_agency": "berpd"})["incident"]
    asked = {"incident": incident, "units": ["sffd/B1"]}
    refused = dispatcher.command("AssignUnits", asked)
    assert refused["status"] == "refused", refused
    assert refused["rule"] in audit_rows(site, incident, "refused")
    overridden = commander.command("AssignUnits", {**asked, "override_reason": "children trapped"})
    assert overridden["status"] == "accepted", overridden
    assert "children trapped" in audit_rows(site, incident, "override")


@pytest.mark.parametrize("position", ["sffd:dispatcher", "sffd:commander", "sffd:briefer"])
def test_the_audit_log_and_accounts_are_not_for_those_who_work_the_board(site: Site, position: str) -> None:
    deputy = Deputy(site.url, position)
    for path in ("/office/audit", "/office/people"):
        assert deputy.ask("GET", path)[0] == 403


@pytest.mark.parametrize("before", ["²", "9" * 60, "-1", "x"])
def test_a_place_in_the_audit_log_that_is_no_number_is_the_newest_page(site: Site, before: str) -> None:
    status, _, page = Deputy(site.url, ":auditor").ask("GET", f"/office/audit?{urlencode({'before': before})}")
    assert status == 200
    assert b"read the audit log" in page.split(b"<tbody>")[1]


def test_an_agencys_admin_reads_who_tried_to_come_in_as_one_of_its_people(site: Site) -> None:
    for name, agency in (("hazel", "hayfd"), ("hugo", "haypd")):
        made(site, name, f"{agency}:dispatcher")
        Stranger(site.url).sign_in(name, "wrong")
    time.sleep(0.5)
    path = "/office/audit?kind=sign_in_failed"
    page = Deputy(site.url, "hayfd:agency_admin").ask("GET", path)[2].decode().split("<tbody>")[1]
    assert "account:hazel" in page
    assert "hugo" not in page


def test_an_agencys_admin_reads_its_own_peoples_entries_alone(site: Site) -> None:
    Deputy(site.url, "haypd:dispatcher")
    Deputy(site.url, "hayfd:dispatcher")
    time.sleep(0.5)
    page = Deputy(site.url, "hayfd:agency_admin").ask("GET", "/office/audit")[2].decode().split("<tbody>")[1]
    assert "signed in as dispatcher of hayfd" in page
    assert "haypd" not in page


def test_an_auditor_takes_the_audit_log_away_and_it_is_proved_without_a_store(site: Site, tmp_path: Path) -> None:
    auditor = Deputy(site.url, ":auditor")
    time.sleep(2.5)
    mark = f"csrf={auditor.pass_.mark}"
    status, headers, body = auditor.ask("POST", "/office/audit/export", mark, Content_Type=SIGN_IN)
    assert status == 200
    assert "attachment" in headers["content-disposition"]
    export = tmp_path / "audit.ndjson"
    export.write_bytes(body)
    told = subprocess.run(
        [sys.executable, "-m", "tools", "verify", "--audit", "--offline", str(export)],
        env={**os.environ, "CONCORD_DATA_DIR": str(site.data_dir)}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    assert "GOOD" in told.stdout


EVIL = "<img src=x onerror=alert(1)>"
FORMULA = '=HYPERLINK("http://evil.example")'


def test_an_export_holds_what_the_asker_may_see_defused_and_on_record(site: Site) -> None:
    owner, outsider = Deputy(site.url, "berpd:dispatcher"), Deputy(site.url, "sffd:dispatcher")
    report = {"type": "STRUCTURE_FIRE", "lon": -122.27, "lat": 37.87, "address": EVIL, "caller": FORMULA}
    incident = owner.command("ReportIncident", {**report, "lead_agency": "berpd", "note": FORMULA})["incident"]
    owner.command("AddNote", {"incident": incident, "text": FORMULA, "label": 1})
    time.sleep(0.5)  # the other worker may answer: it has the note a moment later
    status, headers, body = owner.ask("GET", f"/export/incident/{incident}.csv")
    assert status == 200
    assert "attachment" in headers["content-disposition"]
    rows = list(csv.reader(body.decode().splitlines()))
    texts = [row[-1] for row in rows]
    assert texts.count("'" + FORMULA) == 2
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    lines = [json.loads(line) for line in owner.ask("GET", f"/export/incident/{incident}.ndjson")[2].splitlines()]
    assert lines[0]["incident"]["caller"] == FORMULA
    assert f"exported {incident}" in audit_rows(site, incident, "exported")
    theirs, nobodys = (outsider.ask("GET", f"/export/incident/{name}.csv") for name in (incident, "BAY-2026-999999"))
    assert theirs[0] == nobodys[0] == 404
    assert theirs[2].replace(incident.encode(), b"X") == nobodys[2].replace(b"BAY-2026-999999", b"X")
    assert Deputy(site.url, "berpd:briefer").ask("GET", f"/export/incident/{incident}.csv")[0] == 404
    assert owner.ask("GET", f"/export/incident/{incident}.csv?at=noon")[0] == 400
    before = owner.ask("GET", f"/export/incident/{incident}.csv?at=2020-01-01T00:00")
    assert before[0] == 404  # it was not on the board then


def test_closer_labels_are_answered_to_whom_they_belong_and_each_look_is_on_record(site: Site) -> None:
    owner, outsider = Deputy(site.url, "berfd:dispatcher"), Deputy(site.url, "sffd:dispatcher")
    report = {"type": "STRUCTURE_FIRE", "lon": -122.27, "lat": 37.87, "address": "2 Shattuck", "caller": "Ada 555"}
    incident = owner.command("ReportIncident", {**report, "lead_agency": "berfd"})["incident"]
    _, found = owner.call("closer.data", "closer-query", {"incident": incident, "t": 1})
    assert found["fields"] == {"caller": "Ada 555"}
    _, withheld = outsider.call("closer.data", "closer-query", {"incident": incident, "receipt": True, "t": 1})
    assert "no incident" in withheld["problem"]
    assert "fields" not in withheld
    owner.call("closer.data", "closer-query", {"incident": incident, "t": 2})
    looks = audit_rows(site, incident, "viewed").count("saw caller information")
    assert 1 <= looks <= 2  # one look at each of the two workers, however often it is asked
    _, receipt = owner.call("closer.data", "closer-query", {"incident": incident, "receipt": True, "t": 3})
    rules = {row["agency"]: row["rule"] for row in receipt["receipt"]}
    assert rules["berfd"] == "owner"
    assert rules["berpd"] == "jurisdiction"
    assert "sffd" not in rules


async def test_an_admin_looks_at_an_agencys_view_changes_nothing_and_it_is_on_record(site: Site) -> None:
    admin = Deputy(site.url, ":board_admin")
    owner = Deputy(site.url, "hayfd:dispatcher")
    report = {"type": "STRUCTURE_FIRE", "lon": -122.08, "lat": 37.67, "address": "B Street", "caller": "Ada 555"}
    incident = owner.command("ReportIncident", {**report, "lead_agency": "hayfd"})["incident"]
    mark = f"csrf={admin.pass_.mark}&agency=hayfd"
    assert admin.ask("POST", "/account/view-as", mark, Content_Type=SIGN_IN)[0] == 303
    _, found = admin.call("closer.data", "closer-query", {"incident": incident, "t": 1})
    assert found["fields"] == {"caller": "[shown to Hayward Fire]"}
    assert admin.call("outcome.data", "command", {"id": "x"})[0] == 403
    async with socket_of(admin) as socket:
        hello = json.loads(await socket.recv())
    assert hello["audience"] == {"agency": "hayfd", "role": "dispatcher"}
    assert "looks at the view of hayfd" in audit_rows(site, "hayfd", "viewed_as")
    dispatcher = Deputy(site.url, "sffd:dispatcher")
    other = f"csrf={dispatcher.pass_.mark}&agency=hayfd"
    assert dispatcher.ask("POST", "/account/view-as", other, Content_Type=SIGN_IN)[0] == 403


async def test_a_program_with_a_token_hears_what_its_agency_may_and_is_cut_off_when_it_is_revoked(site: Site) -> None:
    admin = Deputy(site.url, ":board_admin")
    form = f"csrf={admin.pass_.mark}&name=CAD+link&agency=sffd&role=dispatcher&days=1"
    page = admin.ask("POST", "/office/people/token", form, Content_Type=SIGN_IN)[2].decode()
    token = page.split('class="secret">')[1].split("<")[0]
    host = site.url.removeprefix("http://")
    headers = {"Authorization": f"Bearer {token}"}
    async with websockets.connect(f"ws://{host}/live/ws", additional_headers=headers) as socket:
        assert json.loads(await socket.recv())["audience"] == {"agency": "sffd", "role": "dispatcher"}
        identity = page.split('name="token" value="')[1].split('"')[0]
        revoke = f"csrf={admin.pass_.mark}&token={identity}"
        assert admin.ask("POST", "/office/people/token/revoke", revoke, Content_Type=SIGN_IN)[0] == 200
        assert await closed_with(socket) == 4401


def test_where_a_second_factor_is_asked_for_nothing_opens_until_it_is_set_up_and_the_notice_is_read_first(
    project_root: Path, tmp_path: Path
) -> None:
    site = bring_up(project_root, tmp_path / "strict", {"CONCORD_SECOND_FACTOR": "required", "CONCORD_NOTICE": EVIL})
    try:
        assert b"&lt;img src=x onerror=alert(1)&gt;" in Stranger(site.url).ask("GET", "/sign-in")[2]
        line = next(line for line in site.log.read_text().splitlines() if "first administrator" in line)
        password = line.split("password: ")[1].split()[0]
        status, headers, _ = Stranger(site.url).sign_in("admin", password)
        assert status == 303
        person = Stranger(site.url)
        cookies = dict(
            part.split("=", 1) for part in re.findall(r"(concord=[^;]+|_csrf_token=[^;]+)", headers["set-cookie"])
        )
        person.pass_ = Pass(site.url, "; ".join(f"{n}={v}" for n, v in cookies.items()), cookies["_csrf_token"])
        fields = {
            "csrf": person.pass_.mark,
            "present": password,
            "new": "walnut gravel piano",
            "again": "walnut gravel piano",
        }
        assert person.ask("POST", "/account/password", urlencode(fields), Content_Type=SIGN_IN)[0] in (200, 303)
        status, headers, _ = person.ask("GET", "/", Accept="text/html")
        assert (status, headers["location"]) == (303, "/account?next=%2F")
        assert person.ask("GET", "/office/people")[0] == 403
        page = person.ask("GET", "/account")[2].decode()
        secret = re.search(r'<p class="num">([A-Z2-7]+)</p>', page)
        assert secret is not None
        fields = {"csrf": person.pass_.mark, "present": "walnut gravel piano", "code": pyotp.TOTP(secret[1]).now()}
        assert person.ask("POST", "/account/factor", urlencode(fields), Content_Type=SIGN_IN)[0] == 200
        assert person.ask("GET", "/office/people")[0] == 200
    finally:
        site.clean_up()


def test_no_secret_is_written_to_the_log(site: Site, admin_password: str) -> None:
    Stranger(site.url).sign_in("admin", "a secret nobody should read 123")
    text = site.log.read_text()
    assert "a secret nobody" not in text
    assert text.count(admin_password) == 1  # where it was shown


def test_a_store_that_was_lost_lets_nobody_new_in_and_those_it_knew_read_on(project_root: Path, tmp_path: Path) -> None:
    site = bring_up(project_root, tmp_path / "lost", {})
    try:
        deputy = Deputy(site.url, "sffd:dispatcher")
        for _ in range(3):
            assert deputy.ask("GET", "/_dash-layout")[0] == 200
        stop_server(site.data_dir / "valkey")
        answers = [Stranger(site.url).sign_in("admin", "x")[0] for _ in range(1)]
        assert answers[0] in (401, 503)  # the supervisor brings the store back within a second or two
        assert deputy.ask("GET", "/_dash-layout")[0] == 200
    finally:
        site.clean_up()
