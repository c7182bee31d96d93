"""Settings: defaults, one clear line for what is wrong, and a table that cannot drift."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from data.settings import BadSettings, Settings, load_settings, settings_table, unknown_variables

STORES = "a redis://, rediss://, unix://, sentinel:// or cluster:// URL (docs/operations.md)"


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the developer has set does not reach these tests."""
    for name in list(os.environ):
        if name.startswith("CONCORD_") or name == "REDIS_URL":
            monkeypatch.delenv(name)


def test_nothing_set_means_the_embedded_store_on_this_machine_only() -> None:
    settings = load_settings()
    assert (settings.redis_url, settings.host, settings.port) == ("", "127.0.0.1", 8050)
    assert (settings.board, settings.simulator, settings.tiles) == ("bay", True, "")


def test_the_documented_table_is_the_one_in_the_code(project_root: Path) -> None:
    documented = (project_root / "docs" / "settings.md").read_text()
    table = "".join(line for line in documented.splitlines(keepends=True) if line.startswith("|"))
    assert table == settings_table(), "put the output of data.settings.settings_table() into docs/settings.md"


def test_every_setting_says_what_it_does_and_what_is_allowed() -> None:
    for field in Settings.model_fields.values():
        assert field.description
        assert field.json_schema_extra


def test_the_store_is_named_by_the_variable_other_programs_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "rediss://store.example:6380/0")
    assert load_settings().redis_url == "rediss://store.example:6380/0"


@pytest.mark.parametrize(
    ("word", "meant"), [("off", False), ("0", False), ("false", False), ("on", True), ("1", True), ("ON", True)]
)
def test_a_switch_takes_the_words_people_use(monkeypatch: pytest.MonkeyPatch, word: str, meant: bool) -> None:
    monkeypatch.setenv("CONCORD_SIMULATOR", word)
    assert load_settings().simulator is meant


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCORD_PORT", "")
    assert load_settings().port == 8050


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("CONCORD_PORT", "eighty", "a whole number, 0 to 65535"),
        ("CONCORD_PORT", "65536", "a whole number, 0 to 65535"),
        ("CONCORD_WORKERS", "0", "a whole number, 1 to 64"),
        ("CONCORD_SIMULATOR", "maybe", "on or off"),
        ("CONCORD_SIMULATOR_SPEED", "nan", "a number above 0, up to 100"),
        ("CONCORD_BOARD", "Bay Area", "1 to 32 of a-z, 0-9, - and _, a letter or digit first"),
        ("CONCORD_TILES", "https://tiles.example/{z}", "an http(s) URL or a path with {z}, {x} and {y}"),
        ("CONCORD_LOG_LEVEL", "loud", "debug, info, warning or error"),
        ("REDIS_URL", "localhost:6379", STORES),
    ],
)
def test_a_bad_value_is_one_line_with_name_value_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, allowed: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(BadSettings) as caught:
        load_settings()
    assert str(caught.value) == f"{variable}: {value!r} is not allowed; allowed: {allowed}"


def test_two_bad_values_are_two_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCORD_PORT", "x")
    monkeypatch.setenv("CONCORD_WORKERS", "x")
    with pytest.raises(BadSettings) as caught:
        load_settings()
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == ["CONCORD_PORT", "CONCORD_WORKERS"]


def test_a_password_in_a_bad_store_url_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "http://user:secret@store.example")
    with pytest.raises(BadSettings) as caught:
        load_settings()
    assert "secret" not in str(caught.value)


def test_a_misspelt_setting_is_named_with_the_one_that_was_meant() -> None:
    environ = {"CONCORD_PROT": "9", "CONCORD_PORT": "9", "CONCORD_CHROMIUM": "/x", "CONCORD_QQQQ": "", "HOME": "/"}
    assert unknown_variables(environ) == [
        "CONCORD_PROT is not a setting and does nothing; did you mean CONCORD_PORT?",
        "CONCORD_QQQQ is not a setting and does nothing; see docs/settings.md",
    ]


def test_a_region_is_found_by_its_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "region.toml").write_text("")
    monkeypatch.setenv("CONCORD_REGION", str(tmp_path))
    assert load_settings().region_folder() == tmp_path.resolve()


def test_an_unknown_region_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCORD_REGION", "atlantis")
    with pytest.raises(BadSettings, match="CONCORD_REGION: 'atlantis' is no region pack"):
        load_settings().region_folder()


PROVIDER = {
    "CONCORD_OIDC_ISSUER": "https://id.example/realms/county",
    "CONCORD_OIDC_CLIENT_ID": "concord",
    "CONCORD_OIDC_CLIENT_SECRET_FILE": "/run/secrets/concord",
    "CONCORD_PUBLIC_URL": "https://board.example/",
}


def test_a_provider_is_named_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    for name, value in {**PROVIDER, "CONCORD_OIDC_CLIENT_SECRET_FILE": str(secret)}.items():
        monkeypatch.setenv(name, value)
    found = load_settings().openid()
    assert found is not None
    assert (found.client_secret, found.redirect_uri) == ("s3cret", "https://board.example/openid/callback")
    assert not found.board_roles
    monkeypatch.setenv("CONCORD_OIDC_BOARD_ROLES", "auditor")
    found = load_settings().openid()
    assert found is not None
    assert found.board_roles == {"auditor"}


@pytest.mark.parametrize("left_out", PROVIDER)
def test_a_provider_named_by_halves_is_one_line_that_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, left_out: str
) -> None:
    for name, value in PROVIDER.items():
        if name != left_out:
            monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings) as caught:
        load_settings()
    words = "empty, and an identity provider is named; set it, or no CONCORD_OIDC_ variable"
    assert str(caught.value) == f"{left_out}: {words}"


def test_a_public_address_alone_names_no_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCORD_PUBLIC_URL", "https://board.example")
    assert load_settings().openid() is None


@pytest.mark.parametrize("content", [None, "", "two\nlines", b"\xff\xfe"])
def test_a_secret_file_that_holds_no_secret_is_said_without_its_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | bytes | None
) -> None:
    for name, value in {**PROVIDER, "CONCORD_OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret")}.items():
        monkeypatch.setenv(name, value)
    if content is not None:
        (tmp_path / "secret").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadSettings) as caught:
        load_settings().openid()
    assert str(caught.value).startswith("CONCORD_OIDC_CLIENT_SECRET_FILE: ")
    assert "two" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CONCORD_OIDC_ISSUER", "http://id.example"),
        ("CONCORD_OIDC_ISSUER", "id.example"),
        ("CONCORD_OIDC_ISSUER", "https://id.example?x=1"),
        ("CONCORD_PUBLIC_URL", "http://board.example"),
        ("CONCORD_PUBLIC_URL", "https://board.example/concord"),
        ("CONCORD_OIDC_BOARD_ROLES", "dispatcher"),
        ("CONCORD_OIDC_BOARD_ROLES", "service"),
        ("CONCORD_OIDC_BOARD_ROLES", "chief"),
    ],
)
def test_addresses_without_tls_and_roles_nobody_gives_are_not_allowed(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    for name, given in {**PROVIDER, variable: value}.items():
        monkeypatch.setenv(name, given)
    with pytest.raises(BadSettings, match=f"{variable}: .* is not allowed"):
        load_settings()
