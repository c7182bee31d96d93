"""REDIS_URL: every form taken apart, and what is wrong with one said without its password."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.settings import BadSettings, load_settings
from data.store_url import BadStoreUrl, read_store_url, with_replicas, without_secrets


def test_one_server_is_handed_to_the_client_without_our_own_options() -> None:
    place = read_store_url("rediss://desk:s%40cret@store.example:6380/2?replicas=1&protocol=3")
    assert (place.kind, place.url) == ("single", "rediss://desk:s%40cret@store.example:6380/2?protocol=3")
    assert (place.hosts, place.username, place.password) == ((("store.example", 6380),), "desk", "s@cret")
    assert (place.db, place.tls, place.replicas) == (2, True, 1)


def test_a_socket_is_one_server_too() -> None:
    assert read_store_url("unix:///run/valkey.sock").url == "unix:///run/valkey.sock"


def test_sentinels_are_named_with_the_service_they_watch() -> None:
    place = read_store_url("sentinel://desk:pw@a:26379,b,[::1]:5/concord?db=3&sentinel_password=x&tls=1")
    assert place.hosts == (("a", 26379), ("b", 26379), ("::1", 5))
    assert (place.kind, place.service, place.db, place.tls) == ("sentinel", "concord", 3, True)
    assert (place.username, place.sentinel_password) == ("desk", "x")


def test_a_cluster_is_named_by_some_of_its_nodes() -> None:
    assert read_store_url("cluster://a:7000,b:7001").hosts == (("a", 7000), ("b", 7001))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://store", "starts with redis://, rediss://, unix://, sentinel:// or cluster://"),
        ("sentinel://a:1,b:2", "needs the name the Sentinels watch"),
        ("cluster://a:1/?db=2", "a Cluster has database 0 only"),
        ("redis://a:1,b:2", "several hosts need sentinel:// or cluster://"),
        ("cluster://a:99999", "port is a whole number, 0 to 65535, not '99999'"),
        ("cluster://a:b", "'a:b' is not host:port"),
        ("redis://a/?replicas=many", "replicas is a whole number, 0 to 9, not 'many'"),
        ("sentinel://a/concord?replica=1", "'replica' is no option"),
        ("rediss://a?ca=/no/such.pem", "ca=/no/such.pem: there is no such file"),
    ],
)
def test_what_is_wrong_is_named(url: str, words: str) -> None:
    with pytest.raises(BadStoreUrl) as caught:
        read_store_url(url)
    assert words in str(caught.value)


def test_behind_sentinel_one_copy_is_asked_for_unless_somebody_says_otherwise() -> None:
    assert with_replicas("sentinel://a/concord", None) == "sentinel://a/concord?replicas=1"
    assert with_replicas("sentinel://a/concord", 0) == "sentinel://a/concord"
    assert with_replicas("sentinel://a/concord?replicas=2", 0) == "sentinel://a/concord?replicas=2"
    assert with_replicas("redis://a/1?protocol=3", 1) == "redis://a/1?protocol=3&replicas=1"
    assert with_replicas("redis://a", None) == "redis://a"
    assert with_replicas("", 1) == ""


def test_the_setting_reaches_the_url_every_process_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://store.example")
    monkeypatch.setenv("CONCORD_STORE_REPLICAS", "1")
    assert read_store_url(load_settings().store_url).replicas == 1


def test_a_url_is_shown_without_names_passwords_and_options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert without_secrets("sentinel://desk:pw@a:1,b:2/concord?sentinel_password=x") == "sentinel://a:1,b:2/concord"
    monkeypatch.setenv("REDIS_URL", "sentinel://desk:secret@a:1,b:2")
    with pytest.raises(BadSettings, match="needs the name the Sentinels watch") as caught:
        load_settings()
    assert "secret" not in str(caught.value)
