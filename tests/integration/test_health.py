"""Alive and ready: what a load balancer and an operator are told."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from data.embedded import ensure_server, stop_server
from data.link import BoardLink
from tests.integration.test_commit import workers
from tests.integration.test_feed import feed
from tests.unit.boards import FACTS


async def get(at: str, path: str) -> tuple[int, dict[str, Any]]:
    def fetch() -> tuple[int, dict[str, Any]]:
        try:
            with urllib.request.urlopen(f"http://{at}{path}", timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.load(refusal)

    return await asyncio.to_thread(fetch)


async def test_a_seeded_board_is_ready(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 1) as (link,), feed(link) as at:
        assert await get(at, "/healthz") == (200, {"alive": True})
        assert await get(at, "/readyz") == (200, {"ready": True, "reasons": [], "warnings": []})


async def test_a_board_without_a_region_is_alive_but_not_ready(valkey_url: str, board_id: str) -> None:
    async with BoardLink.open(valkey_url, board_id, FACTS) as link, feed(link) as at:
        assert (await get(at, "/healthz"))[0] == 200
        told = {"ready": False, "reasons": ["no region is loaded on this board"], "warnings": []}
        assert await get(at, "/readyz") == (503, told)


async def test_without_its_store_a_worker_says_so_and_is_not_ready(tmp_path: Path, board_id: str) -> None:
    url = ensure_server(tmp_path)
    try:
        async with workers(url, board_id, 1) as (link,), feed(link) as at:
            stop_server(tmp_path)
            code, answer = await get(at, "/readyz")
            assert code == 503
            assert "store does not answer" in answer["reasons"][0]
            assert (await get(at, "/healthz"))[0] == 200
    finally:
        stop_server(tmp_path)
