"""A few seeds of the fault campaign; all fifty by `make chaos` (docs/faults.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.faults.campaign import BAD_SEEDS, run_seed

SEEDS = (1, 2, 3)


@pytest.mark.parametrize("seed", dict.fromkeys([*BAD_SEEDS, *SEEDS]))
async def test_one_truth_remains_when_server_workers_and_wires_fail(seed: int, tmp_path: Path) -> None:
    found = await run_seed(seed, tmp_path)
    assert found.good, found
    assert not found.notes, found.notes
    assert found.accepted > 20, f"too little happened to prove anything: {found}"


async def test_without_the_version_check_the_history_is_seen_to_be_impossible(tmp_path: Path) -> None:
    """A mutation: no fault is even needed, workers side by side are enough."""
    found = await run_seed(0, tmp_path, mutant=True)
    assert found.two_active > 0
    assert found.not_linearizable > 0
