"""Real parts for integration tests: one embedded server a session, one board a test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.embedded import ensure_server, stop_server


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The redis URL of a real server with its append-only file on, shared by the session; boards keep tests apart."""
    folder: Path = tmp_path_factory.mktemp("valkey")
    yield ensure_server(folder)
    stop_server(folder)


@pytest.fixture
def board_id() -> str:
    """A board nobody else uses."""
    return f"test-{uuid.uuid4().hex[:12]}"
