"""Only the store's clock counts: nothing in domain/ or data/ looks at this machine's."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WALL_CLOCK = {
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
    "time.ctime",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
}


def readings(source: str) -> list[str]:
    """Where a module reads the wall clock; `gmtime(t)` of a time it was given is no reading."""
    tree = ast.parse(source)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            found += [f"{node.lineno}: from time import {alias.name}" for alias in node.names if alias.name == "time"]
        if not isinstance(node, ast.Call):
            continue
        name = ".".join(ast.unparse(node.func).split(".")[-2:])
        given = bool(node.args) and name in ("time.localtime", "time.gmtime", "time.ctime")
        if name in WALL_CLOCK and not given:
            found.append(f"{node.lineno}: {name}()")
    return found


COMPARES_CLOCKS = ("check_store.py",)
"""What tells people that the two clocks differ must read both; no time it reads is stored."""


@pytest.mark.parametrize(
    "path",
    [path for room in ("domain", "data") for path in sorted((ROOT / room).rglob("*.py"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_no_module_of_domain_or_data_reads_the_machines_wall_clock(path: Path) -> None:
    if path.name in COMPARES_CLOCKS:
        pytest.skip(f"{path.name} compares the machine's clock with the store's: that is its work")
    assert not readings(path.read_text(encoding="utf-8")), "take the time from the store (data/clock.py), passed in"


def test_the_rule_sees_a_reading() -> None:
    assert readings("import time\nx = time.time()") == ["2: time.time()"]
    assert readings("from datetime import datetime, UTC\nx = datetime.now(UTC)") == ["2: datetime.now()"]
    assert readings("import datetime\nx = datetime.datetime.now()") == ["2: datetime.now()"]
    assert readings("from time import time") == ["1: from time import time"]
    assert readings("import time\nx = time.monotonic(), time.gmtime(5.0)") == []
