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
