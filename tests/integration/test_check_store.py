"""The checks at the start: each fault of a store's settings is said with its remedy, and a good store is quiet."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from redis import Redis

from data.check_store import check_store
from data.connection import connect
from data.local_stores import LocalCluster, LocalSentinels, LocalSingle, LocalTls, NoTlsServer, find_tls_server
from data.probe import probe
from domain.commands import AssignUnits
from domain.errors import StoreUnavailable
from tests.integration.stores import give, seeded


def said(url: str) -> list[str]:
    return [str(finding) for finding in asyncio.run(check_store(url, "bay"))]


def test_the_embedded_store_and_every_documented_deployment_are_in_order(valkey_url: str, tmp_path: Path) -> None:
    assert said(valkey_url) == []
    with LocalSentinels(tmp_path / "s") as sentinels:
        assert said(sentinels.url) == []
        assert probe(sentinels.url).name.startswith("Valkey 9")
    with LocalCluster(tmp_path / "c") as cluster:
        assert said(cluster.url) == []


@pytest.mark.parametrize(
    ("setting", "value", "what", "remedy"),
    [
        ("appendonly", "no", "no append-only file", "CONFIG SET appendonly yes"),
        ("appendfsync", "no", "never forces its file to disk", "CONFIG SET appendfsync everysec"),
        ("maxmemory-policy", "allkeys-lru", "would forget incidents", "CONFIG SET maxmemory-policy noeviction"),
    ],
)
def test_a_setting_that_costs_a_board_its_life_is_said_with_the_remedy(
    tmp_path: Path, setting: str, value: str, what: str, remedy: str
) -> None:
    with LocalSingle(tmp_path) as store:
        store.server.do("CONFIG", "SET", setting, value)
        (line,) = said(store.url)
    assert what in line
    assert remedy in line


def test_missing_replicas_a_replica_and_a_dead_store_are_said(tmp_path: Path) -> None:
    with LocalSingle(tmp_path) as store:
        assert "0 replicas follow, commands ask for 1: every command is refused" in said(store.url + "?replicas=1")[0]
        store.server.do("REPLICAOF", "127.0.0.1", "1")
        assert said(store.url)[0].startswith("this server is a replica: name the master")
    assert said(store.url)[0].startswith("the store does not answer")
    with pytest.raises(StoreUnavailable, match=r"does not answer: .*; check REDIS_URL"):
        probe(store.url)


def test_a_clock_that_is_off_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    real = time.time
    with LocalSingle(tmp_path) as store:
        monkeypatch.setattr("data.check_store.time.time", lambda: real() + 7200)
        (line,) = said(store.url)
    assert line.startswith("its clock is 7200 s behind this machine's")


async def test_over_tls_with_a_user_of_few_rights_a_board_works_and_strangers_do_not_get_in(
    tmp_path: Path, board_id: str
) -> None:
    try:
        find_tls_server()
    except NoTlsServer as none:
        pytest.skip(str(none))
    with LocalTls(tmp_path) as store:
        async with seeded(store.url, board_id) as (link, incident):
            await give(link, AssignUnits(incident, ("sffd/E1",)))
            assert await link.findings() == []
        stranger = connect(store.url.replace("practice-only", "guess"))
        with pytest.raises(Exception, match="invalid username-password pair"):
            await stranger.ping()
        await stranger.aclose()
        without_papers = connect(store.url.split("?")[0] + f"?ca={store.papers / 'ca.crt'}")
        with pytest.raises(Exception, match=r"certificate|closed|reset"):
            await without_papers.ping()
        await without_papers.aclose()
        client = connect(store.url)
        with pytest.raises(Exception, match="no permissions"):
            await client.flushall()
        await client.aclose()
        with Redis(port=store.servers[0].port, socket_timeout=1) as plain, pytest.raises(Exception, match=r".+"):
            plain.ping()
