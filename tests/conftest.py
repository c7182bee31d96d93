"""What every kind of test shares: where the project and the real data are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The folder that holds app.py."""
    return ROOT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of published real data (`sf/`, ...), which is not part of the repository; skips without it."""
    named = os.environ.get("CONCORD_REAL_DATA", "")
    folder = Path(named) if named else ROOT.parent / "shared" / "real"
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}; set CONCORD_REAL_DATA to the folder that holds sf/")
    return folder
