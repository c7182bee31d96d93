"""docs/commands.md says what the code does: every command, its fields, roles and events."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from domain.commands import COMMANDS, Role
from domain.events import EVENTS
from domain.rules.decide import RULES
from domain.rules.roles import MAY_GIVE

PAGE = Path(__file__).resolve().parents[2] / "docs" / "commands.md"
ROWS = {
    cells[0]: cells
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 7 and cells[0] not in ("command", "---")
}


def test_the_page_lists_every_command_in_order_and_no_other() -> None:
    assert list(ROWS) == [kind.__name__ for kind in COMMANDS]
    assert list(RULES) == list(COMMANDS)


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
def test_the_page_names_a_commands_fields_and_roles(kind: type) -> None:
    _, named, roles, *_ = ROWS[kind.__name__]
    assert named.split(", ") == [field.name for field in fields(kind) if field.name != "occurred_at"]  # type: ignore[arg-type]
    assert roles.split(", ") == [str(role) for role in Role if kind in MAY_GIVE[role]]


def test_every_event_is_somebodys_and_every_name_is_an_event() -> None:
    named = {name for cells in ROWS.values() for name in re.findall(r"[A-Z]\w+", cells[5])}
    assert named == {kind.__name__ for kind in EVENTS}


def test_every_refusal_named_is_one_the_rules_give() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (PAGE.parents[1] / "domain").rglob("*.py"))
    for cells in ROWS.values():
        for rule in re.findall(r"\b[a-z]+_[a-z_]+\b", cells[6]):
            assert f'"{rule}"' in source, rule
