"""Signing in with an identity provider: the real board, a provider in a process of its own, a raw client between."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest
import redis

from api.openid_provider import AGAIN_SECONDS, NotBelieved, Provider, ProviderAway
from data.audit_log import find_line
from data.embedded import ensure_server
from data.keys import AUDIT, keys_of
from data.openid_begun import BEGUN_SECONDS, Begun
from data.openid_settings import OpenIdSettings
from tests.browser.conftest import Site, bring_up
from tests.county import FORM, NAME, CountyProvider, ask, free_port, settings_for
from tests.integration.openid_provider import CLIENT, SECRET


@pytest.fixture(scope="module")
def provider(project_root: Path) -> Iterator[CountyProvider]:
    running = CountyProvider(project_root, free_port())
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def honest(provider: CountyProvider) -> None:
    """Every test begins with a provider that does what it should."""
    provider.misbehave("")


@pytest.fixture(scope="module")
def site(provider: CountyProvider, project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A real board that knows the provider, for real work: no position is offered in one click. Two workers: a
    sign-in begun at one is finished at the other."""
    folder, port = tmp_path_factory.mktemp("openid"), free_port()
    running = bring_up(project_root, folder, settings_for(provider, folder, port))
    yield running
    running.clean_up()


class Visitor:
    """A browser at the board: keeps cookies, and sends `SameSite=Strict` ones only with requests from the board."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies: dict[str, tuple[str, str]] = {}

    def ask(self, method: str, path: str, body: str | None = None, *, from_elsewhere: bool = False, **headers: str
            ) -> tuple[int, Any, str]:  # fmt: skip
        sent = {
            name: value for name, (value, same_site) in self.cookies.items() if not from_elsewhere or same_site == "lax"
        }
        cookie = "; ".join(f"{name}={value}" for name, value in sent.items())
        status, found, text = ask(
            method,
            urljoin(self.url, path),
            body,
            Cookie=cookie,
            **{"Accept": "text/html", "Origin": self.url, **headers},
        )
        for line in found.get_all("Set-Cookie") or []:
            name, value = line.partition(";")[0].split("=", 1)
            self.cookies[name] = (value.strip('"'), line.lower().partition("samesite=")[2].partition(";")[0])
            if not value.strip('"'):
                del self.cookies[name]
        return status, found, text.decode()

    def begin(self, onward: str = "/") -> str:
        """Click the button: where the board sends the browser."""
        status, headers, text = self.ask("GET", f"/openid/begin?{urlencode({'next': onward})}")
        assert status == 303, text
        return str(headers["location"])

    def come_back(self, address: str) -> tuple[int, str]:
        status, _, text = self.ask("GET", address, from_elsewhere=True)
        return status, text

    def sign_in(self, provider: CountyProvider, person: str, onward: str = "/") -> tuple[int, str]:
        return self.come_back(provider.proves(self.begin(onward), person))

    @property
    def signed_in(self) -> bool:
        return self.ask("GET", "/account")[0] == 200

    @property
    def who(self) -> str:
        """The line of the page that says who is signed in."""
        found = re.search(r'who">([^<]*)<', self.ask("GET", "/account")[2])
        return found.group(1) if found else ""


@pytest.fixture
def visitor(site: Site, store: Any) -> Visitor:
    """A browser nobody has used; so many sign-ins from one address a minute are for tests alone."""
    store.delete(keys_of("bay").rate("openid:127.0.0.1"))
    return Visitor(site.url)


@pytest.fixture(scope="module")
def store(site: Site) -> Iterator[Any]:
    client = redis.Redis.from_url(ensure_server(site.data_dir / "valkey"))
    yield client
    client.close()


# The happy way ------------------------------------------------------------------------------------------


def test_the_sign_in_page_offers_the_provider_by_name(visitor: Visitor) -> None:
    assert f"Sign in with {NAME}" in visitor.ask("GET", "/sign-in?next=/office/people")[2]
    assert 'href="/openid/begin?next=/office/people"' in visitor.ask("GET", "/sign-in?next=/office/people")[2]


def test_a_person_with_a_position_ends_signed_in_at_it(visitor: Visitor, provider: CountyProvider) -> None:
    status, text = visitor.sign_in(provider, "mara", "/account")
    assert status == 200
    assert 'content="0;url=/account"' in text
    assert visitor.signed_in
    assert visitor.who == "Mara Lindqvist, dispatcher of SF Fire"
    assert "concord_openid" not in visitor.cookies


def test_who_has_no_password_here_is_not_asked_for_one(visitor: Visitor, provider: CountyProvider) -> None:
    assert visitor.sign_in(provider, "mara")[0] == 200
    page = visitor.ask("GET", "/account")[2]
    assert 'type="password"' not in page
    assert "Where you are signed in" in page


def test_the_same_person_comes_back_to_the_same_account(site: Site, provider: CountyProvider, store: Any) -> None:
    accounts = keys_of("bay").accounts
    assert Visitor(site.url).sign_in(provider, "mara")[0] == 200
    before = store.scard(accounts)
    assert Visitor(site.url).sign_in(provider, "mara")[0] == 200
    assert store.scard(accounts) == before


def test_what_a_person_is_called_is_not_who_they_are(site: Site, provider: CountyProvider, store: Any) -> None:
    """The provider's `admin` is not the administrator of this board."""
    visitor = Visitor(site.url)
    assert visitor.sign_in(provider, "admin")[0] == 200
    assert visitor.who == "Not Your Admin, dispatcher of SF Fire"
    assert visitor.ask("GET", "/office/people")[0] == 403
    assert store.hget(keys_of("bay").account("admin"), "external") == b""
    assert store.hget(keys_of("bay").externals, f"{provider.issuer}|u-1004").startswith(b"admin-")


def test_nobody_signs_in_with_a_password_to_a_providers_account(site: Site, provider: CountyProvider) -> None:
    assert Visitor(site.url).sign_in(provider, "mara")[0] == 200
    for password in ("", "x", "None"):
        form = urlencode({"name": "mara", "password": password})
        assert Visitor(site.url).ask("POST", "/sign-in", form, Content_Type=FORM)[0] == 401


def test_the_request_at_the_provider_carries_what_it_must(visitor: Visitor, provider: CountyProvider) -> None:
    asked = parse_qs(urlsplit(visitor.begin()).query)
    assert asked["redirect_uri"] == [f"{visitor.url}/openid/callback"]
    assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
    assert all(len(asked[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))
    again = parse_qs(urlsplit(visitor.begin()).query)
    assert all(asked[name] != again[name] for name in ("state", "nonce", "code_challenge"))


def test_the_way_back_is_the_configured_one_whatever_the_host_header_says(site: Site) -> None:
    _, headers, _ = Visitor(site.url).ask("GET", "/openid/begin", Host=f"localhost:{urlsplit(site.url).port}")
    assert parse_qs(urlsplit(headers["location"]).query)["redirect_uri"] == [f"{site.url}/openid/callback"]


def test_the_cookie_of_a_sign_in_is_opaque_short_lived_and_kept_from_scripts(visitor: Visitor) -> None:
    line = visitor.ask("GET", "/openid/begin")[1]["set-cookie"]
    assert re.fullmatch(r"concord_openid=[\w-]{43}; HttpOnly; Max-Age=600; Path=/; SameSite=lax", line), line


def test_the_store_holds_no_state_and_forgets_what_was_begun(visitor: Visitor, store: Any) -> None:
    state = parse_qs(urlsplit(visitor.begin()).query)["state"][0]
    names = list(store.scan_iter(f"{keys_of('bay').tag}:openid:*"))
    assert names
    assert not [name for name in names if state.encode() in name]
    assert all(0 < store.ttl(name) <= BEGUN_SECONDS for name in names)


# Who may not enter --------------------------------------------------------------------------------------


def test_somebody_without_a_position_gets_no_account(visitor: Visitor, provider: CountyProvider, store: Any) -> None:
    status, text = visitor.sign_in(provider, "tom")
    assert (status, visitor.signed_in) == (403, False)
    assert "no position on this board; ask your administrator" in text
    assert not store.hexists(keys_of("bay").externals, f"{provider.issuer}|u-1002")


def test_roles_of_the_whole_board_and_of_programs_are_not_the_providers_to_give(
    visitor: Visitor, provider: CountyProvider
) -> None:
    assert visitor.sign_in(provider, "eve")[0] == 403
    provider.tell("claims/eve", {"concord_positions": ["sffd:board_admin", ":dispatcher", "sffd:public", "sffd"]})
    assert visitor.sign_in(provider, "eve")[0] == 403
    assert not visitor.signed_in


def test_a_name_with_markup_in_it_stays_text(visitor: Visitor, provider: CountyProvider) -> None:
    provider.tell("claims/eve", {"concord_positions": ["sffd:briefer"]})
    assert visitor.sign_in(provider, "eve")[0] == 200
    page = visitor.ask("GET", "/account")[2]
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;, briefer of SF Fire" in page


def test_a_position_taken_away_at_the_provider_ends_the_sessions_that_stand_on_it(
    site: Site, provider: CountyProvider
) -> None:
    first, second = Visitor(site.url), Visitor(site.url)
    assert first.sign_in(provider, "mara")[0] == 200
    provider.tell("claims/mara", {"concord_positions": ["sffd:briefer"]})
    assert second.sign_in(provider, "mara")[0] == 200
    assert second.who == "Mara Lindqvist, briefer of SF Fire"
    assert not first.signed_in
    provider.tell("claims/mara", {"concord_positions": []})
    assert Visitor(site.url).sign_in(provider, "mara")[0] == 403
    assert not second.signed_in
    provider.tell("claims/mara", {})


def test_the_same_positions_in_another_order_end_no_session(site: Site, provider: CountyProvider) -> None:
    positions = ["sffd:dispatcher", "sffd:briefer"]
    provider.tell("claims/mara", {"concord_positions": positions})
    first, second = Visitor(site.url), Visitor(site.url)
    assert first.sign_in(provider, "mara")[0] == 200
    provider.tell("claims/mara", {"concord_positions": positions[::-1]})
    assert second.sign_in(provider, "mara")[0] == 200
    provider.tell("claims/mara", {})
    assert first.signed_in
    assert first.who == second.who


def test_a_disabled_account_stays_outside(site: Site, provider: CountyProvider, store: Any) -> None:
    assert Visitor(site.url).sign_in(provider, "mara")[0] == 200
    name = store.hget(keys_of("bay").externals, f"{provider.issuer}|u-1001").decode()
    store.hset(keys_of("bay").account(name), "disabled", 1)
    visitor = Visitor(site.url)
    status, text = visitor.sign_in(provider, "mara")
    store.hset(keys_of("bay").account(name), "disabled", 0)
    assert (status, visitor.signed_in) == (403, False)
    assert "barred" in text


def test_guesses_at_a_password_do_not_keep_a_providers_person_out(site: Site, provider: CountyProvider) -> None:
    assert Visitor(site.url).sign_in(provider, "mara")[0] == 200
    for _ in range(7):
        Visitor(site.url).ask("POST", "/sign-in", urlencode({"name": "mara", "password": "x"}), Content_Type=FORM)
    visitor = Visitor(site.url)
    assert visitor.sign_in(provider, "mara")[0] == 200
    assert visitor.signed_in


# A provider that lies, or that somebody speaks for ------------------------------------------------------


@pytest.mark.parametrize(
    "how",
    [
        "wrong nonce", "no nonce", "wrong audience", "two audiences", "expired", "from tomorrow", "alg none", "hs256",
        "foreign key", "unknown key", "issuer mismatch", "wrong at_hash", "no id_token",
    ],
)  # fmt: skip
def test_a_token_that_proves_nothing_lets_nobody_in(visitor: Visitor, provider: CountyProvider, how: str) -> None:
    back = provider.proves(visitor.begin(), "mara")
    provider.misbehave(how)
    status, text = visitor.come_back(back)
    assert (status, visitor.signed_in) == (401, False)
    assert "proves nothing, so nobody was let in" in text
    assert "concord" not in visitor.cookies


def test_userinfo_of_somebody_else_lets_nobody_in(visitor: Visitor, provider: CountyProvider) -> None:
    provider.tell("userinfo-only?on=true")
    try:
        assert visitor.sign_in(provider, "mara")[0] == 200
        other = Visitor(visitor.url)
        provider.misbehave("other subject in userinfo")
        assert other.sign_in(provider, "mara")[0] == 401
        assert not other.signed_in
    finally:
        provider.tell("userinfo-only?on=false")


@pytest.mark.parametrize("forged", ["no-such-code", "", "x" * 5000])
def test_a_code_that_was_not_given_lets_nobody_in(visitor: Visitor, provider: CountyProvider, forged: str) -> None:
    parts = parse_qs(urlsplit(provider.proves(visitor.begin(), "mara")).query)
    back = urlencode({"state": parts["state"][0], "iss": provider.issuer, "code": forged})
    assert visitor.come_back(f"/openid/callback?{back}")[0] == 401
    assert not visitor.signed_in


def test_an_answer_that_names_another_issuer_or_none_is_refused(visitor: Visitor, provider: CountyProvider) -> None:
    for issuer in ({"iss": "https://elsewhere.example"}, {}):
        parts = parse_qs(urlsplit(provider.proves(visitor.begin(), "mara")).query)
        back = urlencode({"state": parts["state"][0], "code": parts["code"][0], **issuer})
        assert visitor.come_back(f"/openid/callback?{back}")[0] == 401
        assert not visitor.signed_in


def test_a_refusal_of_the_provider_is_said_and_its_words_are_not_shown(
    visitor: Visitor, provider: CountyProvider
) -> None:
    state = parse_qs(urlsplit(visitor.begin()).query)["state"][0]
    words = {"state": state, "error": "access_denied", "error_description": "<b>call 555-0100</b>"}
    status, text = visitor.come_back(f"/openid/callback?{urlencode(words)}")
    assert (status, visitor.signed_in) == (401, False)
    assert "555-0100" not in text


def on_record(store: Any, kind: str, words: str) -> bool:
    """Whether one of the newest entries of the audit log says so; it is written within a moment."""
    for _ in range(30):
        found = store.xrevrange(keys_of(f"bay{AUDIT}").log, count=20)
        lines = [find_line(int(name.split(b"-")[0]), fields) for name, fields in found]
        if any(line and line.entry.kind == kind and words in line.entry.what for line in lines):
            return True
        time.sleep(0.1)
    return False


def test_who_came_in_and_who_did_not_is_on_record_with_the_reason(
    visitor: Visitor, provider: CountyProvider, store: Any
) -> None:
    provider.misbehave("wrong audience")
    visitor.sign_in(provider, "mara")
    assert on_record(store, "sign_in_failed", "invalid_claim: Invalid claim: 'aud'")
    provider.misbehave("")
    visitor.sign_in(provider, "tom")
    assert on_record(store, "sign_in_failed", "Tom Okafor came without a position here; claimed: none")
    visitor.sign_in(provider, "mara")
    assert on_record(store, "signed_in", f"signed in as dispatcher of sffd, vouched for by {NAME}")


# States ------------------------------------------------------------------------------------------------


def test_a_state_works_once(visitor: Visitor, provider: CountyProvider) -> None:
    cookies = dict(visitor.cookies)
    back = provider.proves(visitor.begin(), "mara")
    cookies = dict(visitor.cookies)
    assert visitor.come_back(back)[0] == 200
    again = Visitor(visitor.url)
    again.cookies = cookies
    status, text = again.come_back(back)
    assert (status, again.signed_in) == (400, False)
    assert "finished already" in text


def test_a_code_works_once_even_with_a_state_of_ones_own(visitor: Visitor, provider: CountyProvider) -> None:
    back = provider.proves(visitor.begin(), "mara")
    assert visitor.come_back(back)[0] == 200
    thief = Visitor(visitor.url)
    state = parse_qs(urlsplit(thief.begin()).query)["state"][0]
    code = parse_qs(urlsplit(back).query)["code"][0]
    used = urlencode({"state": state, "code": code, "iss": provider.issuer})
    assert thief.come_back(f"/openid/callback?{used}")[0] == 401
    assert not thief.signed_in


def test_a_stolen_code_is_worth_nothing_without_the_verifier(visitor: Visitor, provider: CountyProvider) -> None:
    code = parse_qs(urlsplit(provider.proves(visitor.begin(), "mara")).query)["code"][0]
    thief = Visitor(visitor.url)
    state = parse_qs(urlsplit(thief.begin()).query)["state"][0]
    stolen = urlencode({"state": state, "code": code, "iss": provider.issuer})
    assert thief.come_back(f"/openid/callback?{stolen}")[0] == 401
    assert not thief.signed_in


@pytest.mark.parametrize("cookie", [None, "x" * 43, ""])
def test_a_state_begun_in_another_browser_signs_nobody_in(
    visitor: Visitor, provider: CountyProvider, cookie: str | None
) -> None:
    """Else somebody could sign a dispatcher's browser in under their own name."""
    back = provider.proves(visitor.begin(), "mara")
    victim = Visitor(visitor.url)
    if cookie is not None:
        victim.cookies["concord_openid"] = (cookie, "lax")
    status, text = victim.come_back(back)
    assert (status, victim.signed_in) == (400, False)
    assert "not begun in this browser" in text
    assert visitor.come_back(back)[0] == 400  # and the state is spent


@pytest.mark.parametrize("state", ["", "made-up", "x" * 10_000])
def test_a_state_that_was_never_begun_is_refused(visitor: Visitor, state: str) -> None:
    visitor.begin()
    assert visitor.come_back(f"/openid/callback?{urlencode({'state': state, 'code': 'x'})}")[0] == 400
    assert not visitor.signed_in


# After signing in --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
        "/\t/evil.example", "http:evil.example", "///evil.example", "/%0a/evil.example/\n", "/openid/begin",
        "/sign-out", "", "evil.example", '/"><script>',
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere_after_signing_in(visitor: Visitor, provider: CountyProvider, elsewhere: str) -> None:
    status, text = visitor.sign_in(provider, "mara", elsewhere)
    assert status == 200
    onward = re.findall(r'content="0;url=([^"]*)"', text)
    assert len(onward) == 1
    assert onward[0] == "/" or onward[0].startswith(("/%0a", "/&#34;&gt;"))
    assert "<script" not in text


def test_who_is_signed_in_is_not_sent_to_the_provider_again(visitor: Visitor, provider: CountyProvider) -> None:
    assert visitor.sign_in(provider, "mara")[0] == 200
    status, headers, _ = visitor.ask("GET", "/openid/begin?next=/account")
    assert (status, headers["location"]) == (303, "/account")


def test_a_link_on_another_site_signs_nobody_in_by_itself(visitor: Visitor) -> None:
    status, headers, _ = visitor.ask(
        "GET", "/openid/begin?next=/account", from_elsewhere=True, Sec_Fetch_Site="cross-site"
    )
    assert (status, headers["location"]) == (303, "/sign-in?next=%2Faccount")
    assert not visitor.cookies


def test_a_flood_of_beginnings_waits(visitor: Visitor, store: Any) -> None:
    store.set(keys_of("bay").rate("openid:127.0.0.1"), 119, ex=60)
    assert [visitor.ask("GET", "/openid/begin")[0] for _ in range(3)] == [303, 429, 429]
    status, headers, _ = visitor.ask("GET", "/openid/callback?state=x&code=x")
    assert (status, 0 < int(headers["retry-after"]) <= 60) == (429, True)


def test_who_signs_out_is_told_of_the_providers_session_and_led_out_of_it(
    visitor: Visitor, provider: CountyProvider
) -> None:
    assert visitor.sign_in(provider, "mara")[0] == 200
    form = urlencode({"csrf": visitor.cookies["_csrf_token"][0]})
    status, headers, _ = visitor.ask("POST", "/sign-out", form, Content_Type=FORM)
    assert (status, headers["location"]) == (303, "/openid/left")
    assert not visitor.signed_in
    assert f"Sign out of {NAME} too" in visitor.ask("GET", "/openid/left")[2]
    _, headers, _ = visitor.ask("GET", "/openid/leave")
    _, headers, _ = ask("GET", headers["location"])
    assert headers["location"] == f"{visitor.url}/sign-in"


# A locked screen ---------------------------------------------------------------------------------------


def locked(visitor: Visitor, provider: CountyProvider) -> None:
    assert visitor.sign_in(provider, "mara")[0] == 200
    assert visitor.ask("POST", "/session/lock", X_CSRFToken=visitor.cookies["_csrf_token"][0])[0] == 204


def test_a_locked_screen_is_opened_by_proving_anew_who_one_is(visitor: Visitor, provider: CountyProvider) -> None:
    locked(visitor, provider)
    before = visitor.cookies["concord"][0]
    page = visitor.ask("GET", "/unlock?next=/account")[2]
    assert f"Prove who you are with {NAME}" in page
    assert 'name="password"' not in page
    address = visitor.begin("/account")
    asked = parse_qs(urlsplit(address).query)
    assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])
    assert visitor.come_back(provider.proves(address, "mara"))[0] == 200
    assert visitor.who == "Mara Lindqvist, dispatcher of SF Fire"
    old = Visitor(visitor.url)
    old.cookies["concord"] = (before, "strict")
    assert not old.signed_in


def test_a_locked_screen_is_not_opened_by_whoever_finds_the_providers_session_open(
    visitor: Visitor, provider: CountyProvider
) -> None:
    locked(visitor, provider)
    provider.misbehave("old auth_time")
    assert visitor.sign_in(provider, "mara")[0] == 401
    assert not visitor.signed_in


# A provider that is away -------------------------------------------------------------------------------


def settings_of(provider: CountyProvider) -> OpenIdSettings:
    return OpenIdSettings(provider.issuer, CLIENT, SECRET, "http://127.0.0.1:8050", NAME)


def begun(at: float = 0.0, anew: bool = False) -> Begun:
    return Begun("browser", "nonce", "verifier" * 8, "/", at or time.time(), anew=anew)


@pytest.mark.parametrize("how", ["slow", "dripping", "too long", "broken json", "error 500"])
async def test_a_provider_that_does_not_answer_as_it_should_is_given_up_in_time(
    provider: CountyProvider, how: str
) -> None:
    provider.misbehave(how)
    asked_at = time.monotonic()
    with pytest.raises(ProviderAway):
        await Provider(settings_of(provider), time.time).where_to_go("state", begun())
    assert time.monotonic() - asked_at < 6.5


async def test_many_who_come_while_the_provider_is_silent_are_all_told_in_time(provider: CountyProvider) -> None:
    provider.misbehave("slow")
    asking = Provider(settings_of(provider), time.time)
    asked_at = time.monotonic()
    answers = await asyncio.gather(
        *(asking.where_to_go(f"state{n}", begun()) for n in range(10)), return_exceptions=True
    )
    assert all(isinstance(answer, ProviderAway) for answer in answers)
    assert time.monotonic() - asked_at < 6.5


async def test_a_discovery_document_of_another_is_not_believed(provider: CountyProvider) -> None:
    provider.misbehave("discovery of another")
    with pytest.raises(NotBelieved):
        await Provider(settings_of(provider), time.time).where_to_go("state", begun())


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
async def test_an_address_without_tls_is_never_asked(name: str) -> None:
    issuer = "https://id.example"
    honest = {
        "issuer": issuer,
        **dict.fromkeys(("authorization_endpoint", "token_endpoint", "jwks_uri"), f"{issuer}/x"),
    }

    class Told(Provider):
        said: ClassVar[dict[str, str]] = honest

        async def _fetched(self, address: str, headers: Any = None) -> dict[str, Any]:
            return self.said

    settings = OpenIdSettings(issuer, CLIENT, SECRET, "https://board.example", NAME)
    assert (await Told(settings, time.time).where_to_go("state", begun())).startswith(f"{issuer}/x?")
    for plain in ("http://id.example/x", "javascript:alert(1)", "", None, 7):
        Told.said = {**honest, name: plain}  # type: ignore[dict-item]
        with pytest.raises(NotBelieved, match=name):
            await Told(settings, time.time).where_to_go("state", begun())


async def signed_in_by(asking: Provider, provider: CountyProvider) -> str:
    this = begun()
    back = provider.proves(await asking.where_to_go("state", this), "mara")
    code = parse_qs(urlsplit(back).query)["code"][0]
    return (await asking.person(code, this, provider.issuer)).subject


async def test_discovery_and_keys_are_asked_for_once_and_a_new_key_soon(provider: CountyProvider) -> None:
    passed = 0.0
    asking = Provider(settings_of(provider), lambda: time.time() + passed)
    provider.asked()
    for _ in range(3):
        assert await signed_in_by(asking, provider) == "u-1001"
    asked = provider.asked()
    assert (asked.count("/jwks"), asked.count("/.well-known/openid-configuration")) == (1, 1)
    provider.tell("rotate")
    with pytest.raises(NotBelieved):  # asked for moments ago: a flood of forged tokens is not a flood of questions
        await signed_in_by(asking, provider)
    assert provider.asked().count("/jwks") == 0
    passed = AGAIN_SECONDS + 1
    assert await signed_in_by(asking, provider) == "u-1001"
    assert provider.asked().count("/jwks") == 1


async def test_a_clock_that_is_a_minute_off_is_forgiven(provider: CountyProvider) -> None:
    for off, fine in ((-59.0, True), (355.0, True), (365.0, False), (-65.0, False)):
        asking = Provider(settings_of(provider), lambda off=off: time.time() + off)  # type: ignore[misc]
        if fine:
            assert await signed_in_by(asking, provider) == "u-1001"
        else:
            with pytest.raises(NotBelieved):
                await signed_in_by(asking, provider)


def test_without_the_provider_a_clear_page_is_shown_and_local_accounts_go_on(
    provider: CountyProvider, project_root: Path, tmp_path: Path
) -> None:
    port = free_port()
    settings = {**settings_for(provider, tmp_path, port), "CONCORD_OIDC_ISSUER": f"http://localhost:{free_port()}"}
    site = bring_up(project_root, tmp_path / "away", settings)
    try:
        visitor = Visitor(site.url)
        status, _, text = visitor.ask("GET", "/openid/begin")
        assert status == 503
        assert "an account of this board" in text
        assert "concord_openid" not in visitor.cookies
        line = next(line for line in site.log.read_text().splitlines() if "first administrator" in line)
        password = line.split("password: ")[1].split()[0]
        form = urlencode({"name": "admin", "password": password})
        assert visitor.ask("POST", "/sign-in", form, Content_Type=FORM)[0] == 303
        assert (
            visitor.ask("GET", "/account/password")[0] == 200
        )  # signed in, and told to choose a password of their own
    finally:
        site.clean_up()


def test_no_secret_of_the_provider_is_written_to_the_log(site: Site) -> None:
    assert SECRET not in site.log.read_text()
    assert SECRET not in repr(OpenIdSettings("https://x.example", CLIENT, SECRET, "https://y.example"))
