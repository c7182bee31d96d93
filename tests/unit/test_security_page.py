"""The security page names code and tests that are there: a claim whose test is gone is no claim."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

MARKED = re.compile(r"`([^`]+)`")


@pytest.fixture(scope="module")
def named(project_root: Path) -> list[str]:
    """Everything the page sets as code."""
    return MARKED.findall((project_root / "docs" / "security.md").read_text())


def test_every_test_the_page_names_exists(project_root: Path, named: list[str]) -> None:
    written = "".join(path.read_text() for path in (project_root / "tests").rglob("test_*.py"))
    tests = [name for name in named if re.fullmatch(r"test_\w+", name)]
    assert len(tests) > 10
    assert [name for name in tests if f"def {name}(" not in written] == []


def test_every_file_the_page_names_exists(project_root: Path, named: list[str]) -> None:
    files = [name for name in named if re.fullmatch(r"[\w/]+\.py", name)]
    there = {
        str(path.relative_to(project_root)) for path in project_root.glob("*/**/*.py") if ".venv" not in path.parts
    }
    found = there | {Path(path).name for path in there if path.startswith("tests/")}
    assert len(files) > 10
    assert [name for name in files if name not in found] == []


def test_no_control_or_section_is_judged_twice(project_root: Path) -> None:
    rows = re.findall(r"^\| ([A-Z]+-?[\d.()]+)", (project_root / "docs" / "security.md").read_text(), re.MULTILINE)
    assert len(rows) > 50
    assert len(rows) == len(set(rows))
