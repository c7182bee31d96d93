"""Assets named by their content: fetched once, packed once, and asked for again when they are not what was named."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from dash import html
from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.testclient import TestClient

from api.assets import Assets, PackedOnce, assets_router
from layouts.index import FONT, index_string
from layouts.scripts import BoardDash

ROOT = Path(__file__).resolve().parents[2]
YEAR = "public, max-age=31536000, immutable"
IDENTITY = {"Accept-Encoding": "identity"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A script, a font, and a style that names the font."""
    (tmp_path / "fonts").mkdir()
    (tmp_path / "a.js").write_text("let a = 1; // " + "x" * 2000, encoding="utf-8")
    (tmp_path / "fonts/f.woff2").write_bytes(bytes(range(256)) * 4)
    (tmp_path / "s.css").write_text('@font-face { src: url("fonts/f.woff2") } a { b: url(none.png) }', encoding="utf-8")
    return tmp_path


def client(assets: Assets) -> TestClient:
    server = FastAPI()
    server.include_router(assets_router(assets))
    return TestClient(server)


def test_a_file_asked_for_by_its_content_is_kept_for_a_year(folder: Path) -> None:
    assets = Assets(folder)
    answer = client(assets).get(assets.url("a.js"))
    assert answer.headers["cache-control"] == YEAR
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text == (folder / "a.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("query", ["", "?m=", "?m=000000000000", "?m=1795771286.24"])
def test_a_file_asked_for_in_any_other_way_is_asked_for_each_time(folder: Path, query: str) -> None:
    page = client(Assets(folder))
    answer = page.get("/assets/a.js" + query)
    assert answer.headers["cache-control"] == "no-cache"
    again = page.get("/assets/a.js" + query, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_browser_that_unpacks_nothing_gets_the_file_as_it_is(folder: Path) -> None:
    assets = Assets(folder)
    answer = client(assets).get(assets.url("a.js"), headers=IDENTITY)
    assert "content-encoding" not in answer.headers
    assert answer.content == (folder / "a.js").read_bytes()


def test_a_file_that_does_not_get_smaller_is_not_packed(folder: Path) -> None:
    (folder / "fonts/f.woff2").write_bytes(random.Random(1).randbytes(4000))
    assets = Assets(folder)
    assert "content-encoding" not in client(assets).get(assets.url("fonts/f.woff2")).headers


def test_a_style_names_the_font_by_its_content_and_changes_with_it(folder: Path) -> None:
    before = Assets(folder)
    style = client(before).get(before.url("s.css")).text
    assert f'url("fonts/f.woff2?m={before.tags["fonts/f.woff2"]}")' in style
    assert "url(none.png)" in style
    (folder / "fonts/f.woff2").write_bytes(b"another")
    after = Assets(folder)
    assert after.url("s.css") != before.url("s.css")
    assert after.url("a.js") == before.url("a.js")


@pytest.mark.parametrize("name", ["../app.py", "none.js", "%2e%2e/app.py", ""])
def test_nothing_but_the_folders_files_is_served(folder: Path, name: str) -> None:
    assert client(Assets(folder)).get(f"/assets/{name}").status_code == 404


def test_the_version_changes_with_any_file_and_with_its_name_and_with_nothing_else(folder: Path) -> None:
    first = Assets(folder).version
    assert Assets(folder).version == first
    (folder / "a.js").rename(folder / "b.js")
    second = Assets(folder).version
    (folder / "b.js").write_text("let a = 2;", encoding="utf-8")
    assert len({first, second, Assets(folder).version}) == 3


def test_the_page_names_every_asset_by_its_content_and_the_font_as_the_styles_do() -> None:
    assets = Assets(ROOT / "assets")
    server = FastAPI()
    server.include_router(assets_router(assets))
    index = index_string(tags=assets.tags)
    dash = BoardDash(
        "t", backend="fastapi", server=False, assets_folder=str(ROOT / "assets"), index_string=index, tags=assets.tags
    )
    dash.init_app(server)
    dash.layout = html.Div("board")
    with TestClient(server) as page:
        named = re.findall(r'"(/assets/[^"]+)"', page.get("/").text)
        assert len(named) > 30
        for url in named:
            assert page.get(url).headers["cache-control"] == YEAR, url
        assert assets.url(FONT).removeprefix("/assets/") in page.get(assets.url("app.css")).text


def test_scripts_that_wait_are_not_on_the_page_but_are_served() -> None:
    server = FastAPI()
    dash = BoardDash("t", backend="fastapi", server=False, tags={})
    dash.init_app(server)
    dash.layout = html.Div("board")
    with TestClient(server) as page:
        assert "dash_table/bundle" not in page.get("/").text
        assert page.get(dash.script("dash", "dash_table/bundle.js")).status_code == 200


def test_what_dash_serves_for_ever_is_packed_once() -> None:
    packed: list[str] = []
    server = FastAPI()
    dash = BoardDash("t", backend="fastapi", server=False, tags={})
    dash.init_app(server)
    dash.layout = html.Div("board")

    @server.middleware("http")
    async def seen(request, call_next):  # type: ignore[no-untyped-def]
        packed.append(request.url.path)
        return await call_next(request)

    server.add_middleware(GZipMiddleware)
    server.add_middleware(PackedOnce)
    with TestClient(server) as page:
        url = dash.script("dash", "dcc/dash_core_components.js")
        first, second = page.get(url), page.get(url)
        assert packed.count(url) == 1
        assert first.content == second.content
        assert second.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in page.get(url, headers=IDENTITY).headers
        assert page.get(url.replace("dash_core", "dash_none")).status_code != 200
        assert page.get(url).status_code == 200
