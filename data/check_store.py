"""What is wrong with a store, and how to mend it: asked at the start, by `tools check-store`, and for /readyz.

Knows the settings a board's life depends on (docs/operations.md). Refuses to change any of them: a store's settings
are its owner's. Where a managed service does not tell, nothing is guessed.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError, ResponseError

from data.connection import LOST, connect
from data.store_url import StorePlace, read_store_url

OLDEST_REDIS = 7
SKEW_SECONDS = 2.0
"""This machine's clock against the store's. Rules use the store's only; people compare screens with wristwatches."""
DISK_FULL = 0.90
MEMORY_FULL = 0.90


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `serious`: the board cannot promise what it says until it is mended."""

    serious: bool
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what}: {self.remedy}"


async def check_store(url: str, board: str = "") -> list[Finding]:
    """Connect and look; a store that does not answer is a finding too. Raises BadStoreUrl."""
    client = connect(url, connections=2, board=board)
    try:
        return await look_at(client, read_store_url(url))
    except (*LOST, RedisError) as lost:
        words = "start it, or mend REDIS_URL; its log says why it does not run"
        return [Finding(True, f"the store does not answer ({lost})", words)]
    finally:
        await client.aclose()


async def look_at(client: Any, place: StorePlace) -> list[Finding]:
    """Everything that is wrong with the server a client speaks with, the worst first. Raises what the client raises."""
    info: dict[str, Any] = await client.info("everything")
    settings = await _settings(client)
    findings = [
        *_version(info),
        *_persistence(info, settings),
        *_memory(info, settings),
        *_replication(info, settings, place),
        *_disk(settings),
        *await _clock(client),
        *await _cluster(client, info, settings),
    ]
    return sorted(findings, key=lambda finding: not finding.serious)


async def _settings(client: Any) -> dict[str, str]:
    """CONFIG GET of what is looked at; empty where the server does not allow it."""
    try:
        found = await client.config_get(
            "appendonly",
            "appendfsync",
            "maxmemory-policy",
            "min-replicas-to-write",
            "dir",
            "appenddirname",
            "cluster-require-full-coverage",
        )
    except ResponseError:
        return {}
    return {_text(name): _text(value) for name, value in found.items()}


def _version(info: Mapping[str, Any]) -> list[Finding]:
    version = str(info.get("redis_version", "0"))
    major = version.partition(".")[0]
    if "valkey_version" in info or (major.isdecimal() and int(major) >= OLDEST_REDIS):
        return []
    return [Finding(True, f"this is Redis {version}, without functions", "use Valkey, or Redis 7 or newer")]


def _persistence(info: Mapping[str, Any], settings: Mapping[str, str]) -> list[Finding]:
    findings = []
    if str(info.get("aof_enabled", "1")) == "0" and settings.get("appendonly", "no") == "no":
        remedy = "CONFIG SET appendonly yes, then CONFIG REWRITE (Debian's file says no)"
        findings.append(Finding(True, "it keeps no append-only file: a restart loses the board", remedy))
    elif settings.get("appendfsync") == "no":
        remedy = "CONFIG SET appendfsync everysec, or always"
        findings.append(Finding(True, "it never forces its file to disk: a power cut loses up to a minute", remedy))
    if info.get("aof_last_write_status", "ok") != "ok":
        remedy = "free space on its disk; it goes on by itself"
        findings.append(Finding(True, "it could not write its append-only file and refuses commands", remedy))
    if info.get("aof_last_bgrewrite_status", "ok") != "ok":
        remedy = "see its log; free space, then BGREWRITEAOF"
        findings.append(Finding(False, "its last rewrite of the append-only file failed", remedy))
    if info.get("rdb_last_bgsave_status", "ok") != "ok":
        remedy = "see its log; free space, then BGSAVE (or CONFIG SET save '')"
        findings.append(Finding(False, "its last snapshot failed; it may refuse commands for that (MISCONF)", remedy))
    return findings


def _memory(info: Mapping[str, Any], settings: Mapping[str, str]) -> list[Finding]:
    findings = []
    policy = str(info.get("maxmemory_policy") or settings.get("maxmemory-policy", "noeviction"))
    if policy != "noeviction":
        remedy = "CONFIG SET maxmemory-policy noeviction, then CONFIG REWRITE"
        findings.append(Finding(True, f"its maxmemory-policy is {policy}: it would forget incidents", remedy))
    most, used = int(info.get("maxmemory", 0)), int(info.get("used_memory", 0))
    if most and used > MEMORY_FULL * most:
        remedy = "raise maxmemory, or archive the log"
        findings.append(Finding(False, f"{used / most:.0%} of its maxmemory is used", remedy))
    return findings


def _replication(info: Mapping[str, Any], settings: Mapping[str, str], place: StorePlace) -> list[Finding]:
    if info.get("role", "master") != "master":
        return [Finding(True, "this server is a replica", "name the master in REDIS_URL, or use sentinel://")]
    findings = []
    following = sum(
        isinstance(row, dict) and row.get("state") == "online"
        for name, row in info.items()
        if name.startswith("slave") and name[5:].isdecimal()
    )
    if following < place.replicas:
        what = f"{following} replicas follow, commands ask for {place.replicas}: every command is refused"
        remedy = "start the replicas, or lower CONCORD_STORE_REPLICAS"
        findings.append(Finding(True, what, remedy))
    if place.kind == "sentinel" and not place.replicas:
        remedy = "CONCORD_STORE_REPLICAS=1"
        findings.append(Finding(True, "commands do not wait for a replica: a failover can lose them", remedy))
    if place.replicas and settings.get("min-replicas-to-write", str(place.replicas)) == "0":
        what = "a master cut off from its replicas goes on taking writes (min-replicas-to-write 0)"
        findings.append(Finding(False, what, "CONFIG SET min-replicas-to-write 1 and min-replicas-max-lag 2"))
    return findings


def _disk(settings: Mapping[str, str]) -> list[Finding]:
    """Only where the store's folder is on this machine: it is recognised by its append-only folder."""
    folder = Path(settings.get("dir", "")) if settings.get("dir") else None
    if folder is None or not (folder / settings.get("appenddirname", "appendonlydir")).is_dir():
        return []
    usage = shutil.disk_usage(folder)
    if usage.used <= DISK_FULL * usage.total:
        return []
    what = f"its disk is {usage.used / usage.total:.0%} full ({usage.free / 1e6:.0f} MB free)"
    return [Finding(False, what, "free space: a full disk means that no command is taken")]


async def _clock(client: Any) -> list[Finding]:
    before = time.time()
    seconds, micros = await client.time()
    skew = int(seconds) + int(micros) / 1e6 - (before + time.time()) / 2
    if abs(skew) <= SKEW_SECONDS:
        return []
    ahead = "ahead of" if skew > 0 else "behind"
    what = f"its clock is {abs(skew):.0f} s {ahead} this machine's; the board shows the store's time"
    return [Finding(False, what, "let both follow the same time server (chrony, systemd-timesyncd)")]


async def _cluster(client: Any, info: Mapping[str, Any], settings: Mapping[str, str]) -> list[Finding]:
    if str(info.get("cluster_enabled", "0")) != "1":
        return []
    findings = []
    answer = await client.execute_command("CLUSTER", "INFO")
    if "cluster_state:ok" not in str(answer):
        findings.append(Finding(True, "the Cluster does not serve every slot", "see CLUSTER NODES; start what is down"))
    if settings.get("cluster-require-full-coverage") == "yes":
        what = "one dead master stops every board of the Cluster (cluster-require-full-coverage yes)"
        findings.append(Finding(False, what, "CONFIG SET cluster-require-full-coverage no on every node"))
    return findings


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
