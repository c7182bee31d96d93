"""Layers from OGC API Features and Esri servers: real answers over real sockets, and servers that misbehave."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import shapely
from boundary_files import SQUARE, WORDS, write
from shapely import Polygon, box

from domain.errors import BadRegion
from geo import feature_service
from geo.boundaries import Boundaries
from geo.boundary_import import Taken, take
from geo.web import Bounds, get

Query = dict[str, str]
Reply = tuple[int, dict[str, str], bytes]
BOUNDS = Bounds(wait=1.0, answer=2.0, size=2**20)
AREAS = [box(-122.5 + at / 100, 37.7, -122.491 + at / 100, 37.8) for at in range(25)]


@dataclass
class Server:
    """What answers by path, and what was asked."""

    url: str = ""
    routes: dict[str, Callable[[Query], Reply | Iterator[bytes]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def json(self, path: str, answer: Callable[[Query], object]) -> None:
        self.routes[path] = lambda query: (200, {}, json.dumps(answer(query)).encode())


@pytest.fixture
def server() -> Iterator[Server]:
    board = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            board.asked.append(self.path)
            route = board.routes.get(parts.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            reply = route(query) if route else (404, {}, b"")
            try:
                if not isinstance(reply, tuple):
                    for piece in reply:
                        self.wfile.write(piece)
                        self.wfile.flush()
                    return
                status, headers, body = reply
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                return

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        httpd.daemon_threads = True
        board.url = f"http://127.0.0.1:{httpd.server_port}"
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield board
        httpd.shutdown()


def fetched(url: str, layer: str | None = None) -> Taken:
    return take(url, layer=layer, bounds=BOUNDS)


def told(url: str, layer: str | None = None) -> str:
    taken = fetched(url, layer)
    assert taken.refused
    assert taken.boundaries == Boundaries((), (), (), ()), "nothing is half-loaded"
    (problem,) = taken.problems
    return str(problem)


def geojson_page(server: Server, query: Query, *, matched: int | None = 25, name: str = "fire") -> dict[str, object]:
    """A page as ldproxy and pygeoapi give it: `limit` features from `offset`, and a link to the next."""
    offset, limit = int(query.get("offset", 0)), min(int(query.get("limit", 10)), 10)
    features = [
        {
            "type": "Feature",
            "id": at,
            "properties": {**WORDS, "name": f"Area {at}"},
            "geometry": json.loads(shapely.to_geojson(AREAS[at])),
        }
        for at in range(offset, min(offset + limit, 25))
    ]
    links = [{"rel": "self", "href": "x"}]
    if offset + limit < 25:
        following = f"{server.url}/v1/collections/{name}/items?limit={limit}&offset={offset + limit}"
        links.append({"rel": "next", "type": "application/geo+json", "href": following})
    page: dict[str, object] = {"type": "FeatureCollection", "features": features, "links": links}
    return page | ({"numberMatched": matched} if matched is not None else {})


@pytest.fixture
def ogc(server: Server) -> Server:
    server.json("/v1/collections", lambda _: {"collections": [{"id": "fire"}, {"id": "police"}]})
    server.json("/v1/collections/fire/items", lambda query: geojson_page(server, query))
    return server


ITEMS = "/v1/collections/fire"


@pytest.mark.parametrize("path", [ITEMS, f"{ITEMS}/items", f"{ITEMS}/items?limit=7", f"{ITEMS}/"])
def test_an_ogc_collection_is_read_page_by_page(ogc: Server, path: str) -> None:
    taken = fetched(ogc.url + path)
    assert taken.problems == ()
    assert [area.name for area in taken.boundaries.areas] == [f"Area {at}" for at in range(25)]
    assert list(taken.boundaries.polygons) == AREAS
    assert len(ogc.asked) == (4 if "limit=7" in path else 3)


def test_of_an_ogc_service_a_collection_is_chosen(ogc: Server) -> None:
    assert len(fetched(f"{ogc.url}/v1", "fire").boundaries.areas) == 25
    assert 'no layer "fier"; did you mean "fire"?' in told(f"{ogc.url}/v1", "fier")
    assert "2 layers; choose one with --layer: fire, police" in told(f"{ogc.url}/v1")


def esri(server: Server, *, count: int = 25, paging: bool = True, most: int = 10, wkid: int = 4326) -> Server:
    """A layer as ArcGIS Server serves it; rings clockwise, dates in milliseconds, attributes beside the geometry."""
    about = {
        "name": "Fire districts",
        "type": "Feature Layer",
        "geometryType": "esriGeometryPolygon",
        "maxRecordCount": most,
        "fields": [{"name": "OBJECTID", "type": "esriFieldTypeOID"}],
        "advancedQueryCapabilities": {"supportsPagination": paging},
    }

    def query(asked: Query) -> object:
        if asked.get("returnCountOnly") == "true":
            return {"count": count}
        start = int(asked.get("resultOffset", 0))
        stop = min(start + min(int(asked.get("resultRecordCount", most)), most), 25)
        rings = [
            [list(point) for point in shapely.orient_polygons(each, exterior_cw=True).exterior.coords] for each in AREAS
        ]
        return {
            "objectIdFieldName": "OBJECTID",
            "geometryType": "esriGeometryPolygon",
            "spatialReference": {"wkid": wkid, "latestWkid": wkid},
            "fields": [
                {"name": "OBJECTID", "type": "esriFieldTypeOID"},
                *({"name": name, "type": "esriFieldTypeString", "length": 90} for name in ("ServiceURN", "Agency_ID")),
                {"name": "DsplayName", "type": "esriFieldTypeString", "length": 60},
                {"name": "Effective", "type": "esriFieldTypeDate", "length": 8},
            ],
            "features": [
                {
                    "attributes": {
                        "OBJECTID": at + 1,
                        "ServiceURN": "urn:nena:service:responder.fire",
                        "Agency_ID": "nfd",
                        "DsplayName": f"Area {at}",
                        "Effective": 1719792000000,
                    },
                    "geometry": {"rings": [rings[at]]},
                }
                for at in range(start, stop)
            ],
            "exceededTransferLimit": stop < 25,
        }

    server.json("/arcgis/rest/services/Fire/FeatureServer", lambda _: {"layers": [{"id": 0, "name": "Fire districts"}]})
    server.json("/arcgis/rest/services/Fire/FeatureServer/0", lambda _: about)
    server.json("/arcgis/rest/services/Fire/FeatureServer/0/query", query)
    return server


FEATURES = "/arcgis/rest/services/Fire/FeatureServer"


@pytest.mark.parametrize("path", [FEATURES, f"{FEATURES}/0", f"{FEATURES}/0/query?where=1%3D1&outFields=*&f=html"])
def test_an_esri_layer_is_read_page_by_page(server: Server, path: str) -> None:
    taken = fetched(esri(server).url + path)
    assert taken.problems == ()
    assert [area.name for area in taken.boundaries.areas] == [f"Area {at}" for at in range(25)]
    assert {area.effective for area in taken.boundaries.areas} == {"2024-07-01"}
    assert {area.layer for area in taken.boundaries.areas} == {"Fire districts"}
    for polygon, expected in zip(taken.boundaries.polygons, AREAS, strict=True):
        assert polygon.normalize().wkb == expected.normalize().wkb
    assert len([each for each in server.asked if "resultOffset" in each]) == 3


def test_an_esri_server_that_cannot_page_gives_all_at_once_or_is_refused(server: Server) -> None:
    assert len(fetched(f"{esri(server, paging=False, most=100).url}{FEATURES}/0").boundaries.areas) == 25
    line = told(f"{esri(server, paging=False).url}{FEATURES}/0")
    assert "the server speaks of 25 features and gave 10; half a layer is not taken, try again or export it" in line


def test_an_esri_error_comes_with_status_200_and_is_told(server: Server) -> None:
    server.json(f"{FEATURES}/0", lambda _: {"error": {"code": 499, "message": "Token Required", "details": []}})
    assert "the server refuses: 499 Token Required" in told(f"{server.url}{FEATURES}/0")


def test_a_layer_of_points_is_refused_before_it_is_fetched(server: Server) -> None:
    server.json(f"{FEATURES}/0", lambda _: {"name": "Stations", "geometryType": "esriGeometryPoint"})
    assert "a layer of esriGeometryPoint, not of polygons" in told(f"{server.url}{FEATURES}/0")
    assert len(server.asked) == 1


def test_a_layer_that_ends_early_is_not_taken(ogc: Server) -> None:
    ogc.json(f"{ITEMS}/items", lambda query: geojson_page(ogc, query, matched=26))
    assert "the server speaks of 26 features and gave 25" in told(ogc.url + ITEMS)


def test_pages_without_end_are_noticed(ogc: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    again = {"rel": "next", "href": f"{ogc.url}{ITEMS}/items?limit=1000"}
    ogc.json(f"{ITEMS}/items", lambda query: geojson_page(ogc, query, matched=None) | {"links": [again]})
    assert "is one that was read; the pages go in a circle" in told(ogc.url + ITEMS)
    # Another address each time, the same features.
    ogc.json(f"{ITEMS}/items", lambda _: geojson_page(ogc, {}) | {"links": [again | {"href": f"?at={len(ogc.asked)}"}]})
    assert "comes twice; the pages go in a circle" in told(ogc.url + ITEMS)
    # New addresses, nothing in them.
    empty = {"type": "FeatureCollection", "features": []}
    ogc.json(f"{ITEMS}/items", lambda _: empty | {"links": [again | {"href": f"?at={len(ogc.asked)}"}]})
    assert "an empty page speaks of a next one; the pages have no end" in told(ogc.url + ITEMS)

    # Features without ids, for ever.
    def endless(_: Query) -> object:
        feature = {"type": "Feature", "properties": {**WORDS, "name": f"{len(ogc.asked)}"}, "geometry": None}
        return {
            "type": "FeatureCollection",
            "features": [feature],
            "links": [again | {"href": f"?at={len(ogc.asked)}"}],
        }

    monkeypatch.setattr(feature_service, "MAX_PAGES", 20)
    ogc.json(f"{ITEMS}/items", endless)
    assert "more than 20 pages (MAX_PAGES); export the layer to a file" in told(ogc.url + ITEMS)


def test_a_collection_in_another_axis_order_is_refused(ogc: Server) -> None:
    system = {"Content-Crs": "<http://www.opengis.net/def/crs/EPSG/0/4326>"}
    ogc.routes[f"{ITEMS}/items"] = lambda query: (200, system, json.dumps(geojson_page(ogc, query)).encode())
    assert "the answer is in http://www.opengis.net/def/crs/EPSG/0/4326; ask for it without" in told(ogc.url + ITEMS)


@pytest.mark.parametrize(
    ("status", "word"), [(500, "500 Internal Server Error"), (404, "404 Not Found"), (401, "401 ")]
)
def test_an_error_of_the_server_is_told(ogc: Server, status: int, word: str) -> None:
    ogc.routes[f"{ITEMS}/items"] = lambda _: (status, {}, b"<html>")
    assert f"the server answered {word}" in told(ogc.url + ITEMS)


def test_an_error_on_the_last_page_takes_the_whole_layer_back(ogc: Server) -> None:
    good = ogc.routes[f"{ITEMS}/items"]
    ogc.routes[f"{ITEMS}/items"] = lambda query: (500, {}, b"") if query.get("offset") == "20" else good(query)
    assert "the server answered 500" in told(ogc.url + ITEMS)


def test_answers_that_are_no_features_are_told(ogc: Server) -> None:
    for body, line in (
        (b"<html>", "the answer is not JSON that can be read; is it a feature service?"),
        (b"[" * 100_000, "the answer is not JSON that can be read"),
        (b"[]", "the answer is no JSON object"),
        (b'{"type": "Feature"}', "the answer is no GeoJSON FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": []}', "the layer holds no feature"),
        (b'{"type": "FeatureCollection", "features": [1]}', "1 features came, but only 0 can be read"),
    ):
        ogc.routes[f"{ITEMS}/items"] = lambda _, body=body: (200, {}, body)  # type: ignore[misc]
        assert line in told(ogc.url + ITEMS)


def test_an_answer_that_is_too_large_is_cut_off(ogc: Server) -> None:
    ogc.routes[f"{ITEMS}/items"] = lambda _: (200, {}, b" " * (2**20 + 1))
    assert "the answer is larger than 1 MB (MAX_ANSWER_BYTES)" in told(ogc.url + ITEMS)

    def without_end(_: Query) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while True:
            yield b" " * 65536

    ogc.routes[f"{ITEMS}/items"] = without_end
    assert "the answer is larger than 1 MB (MAX_ANSWER_BYTES)" in told(ogc.url + ITEMS)


def test_an_answer_that_breaks_off_is_told(ogc: Server) -> None:
    ogc.routes[f"{ITEMS}/items"] = lambda _: (200, {"Content-Length": "1000"}, b'{"type":')
    assert "check the address and the network" in told(ogc.url + ITEMS)


def drip(start: bytes) -> Callable[[Query], Iterator[bytes]]:
    def answer(_: Query) -> Iterator[bytes]:
        yield start
        for _ in range(200):
            time.sleep(0.1)
            yield b" "

    return answer


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "], ids=["body", "headers"])
def test_an_answer_that_drips_ends_at_its_deadline(ogc: Server, start: bytes) -> None:
    ogc.routes[f"{ITEMS}/items"] = drip(start)
    began = time.monotonic()
    assert "no whole answer within 2 s" in told(ogc.url + ITEMS)
    assert time.monotonic() - began < 5.0


def test_a_silent_server_is_given_up(ogc: Server) -> None:
    def silent(_: Query) -> Iterator[bytes]:
        time.sleep(3.0)
        yield b""

    ogc.routes[f"{ITEMS}/items"] = silent
    assert "no answer in time; check the address and the network" in told(ogc.url + ITEMS)


def moved(to: str) -> Callable[[Query], Reply]:
    return lambda _: (302, {"Location": to}, b"")


def test_a_redirection_on_the_same_server_is_followed(ogc: Server) -> None:
    ogc.routes["/old/collections/fire/items"] = moved(f"{ITEMS}/items")
    assert len(fetched(f"{ogc.url}/old/collections/fire").boundaries.areas) == 25


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x", "//", "http://"])
def test_a_redirection_to_a_file_is_not_followed(ogc: Server, to: str) -> None:
    ogc.routes[f"{ITEMS}/items"] = moved(to)
    line = told(ogc.url + ITEMS)
    assert "only http and https addresses are asked" in line or "MAX_REDIRECTS" in line


def test_a_server_cannot_lead_to_another_internal_machine(ogc: Server) -> None:
    """Another port here, another name for here, the address cloud machines keep their keys at."""
    secret = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            secret.asked.append(self.path)
            self.send_error(500)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as other:
        threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        for host in ("127.0.0.1", "localhost"):
            target = f"http://{host}:{other.server_port}/secret"
            ogc.routes[f"{ITEMS}/items"] = moved(target)
            assert "another machine's internal address (127.0.0.1); not followed" in told(ogc.url + ITEMS)
            page = geojson_page(ogc, {}) | {"links": [{"rel": "next", "href": target}]}
            ogc.json(f"{ITEMS}/items", lambda _, page=page: page)  # type: ignore[misc]
            assert "another machine's internal address (127.0.0.1); not followed" in told(ogc.url + ITEMS)
        other.shutdown()
    assert secret.asked == []


def test_a_redirection_without_end_is_given_up(ogc: Server) -> None:
    ogc.routes[f"{ITEMS}/items"] = lambda _: moved(f"{ITEMS}/items?at={len(ogc.asked)}")({})
    assert "sent on more than 5 times (MAX_REDIRECTS)" in told(ogc.url + ITEMS)


def test_a_server_that_is_not_there_is_told() -> None:
    assert "check the address and the network" in told("http://127.0.0.1:9/collections/x")
    assert "check the address and the network" in told("http://no-such-host.invalid/collections/x")
    assert "only http and https addresses are asked" in told("file:///etc/passwd")
    assert "only http and https addresses are asked" in told("https:///collections/x")
    assert "not an address" in told("http://[::1/x")
    assert "an address with a password in it is not used" in told("http://me:secret@127.0.0.1/collections/x")


def test_a_page_that_is_a_program_is_not_run(ogc: Server, tmp_path: Path) -> None:
    write(tmp_path / "secret.gpkg", [SQUARE])
    note = f'"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read {tmp_path}/secret.gpkg"'
    ogc.routes[f"{ITEMS}/items"] = lambda _: (200, {}, b"{%s}" % note.encode())
    assert "no GeoJSON FeatureCollection" in told(ogc.url + ITEMS)


def test_one_answer_of_another_kind_does_not_pass_for_features(server: Server) -> None:
    with pytest.raises(BadRegion, match="404"):
        get(f"{server.url}/x", server.url, BOUNDS)


def test_holes_and_islands_survive_esris_way_of_writing_rings(server: Server) -> None:
    """Esri tells shells from holes by their direction, not by their order."""
    shell, hole, island = box(0, 0, 4, 4), box(1, 1, 2, 2), box(6, 0, 7, 1)
    expected = shapely.multipolygons([Polygon(shell.exterior, [hole.exterior]), island])
    clockwise = [
        list(map(list, shapely.orient_polygons(each, exterior_cw=True).exterior.coords)) for each in (shell, island)
    ]
    rings = [clockwise[1], list(map(list, hole.exterior.coords)), clockwise[0]]
    esri(server, count=1)
    route = server.routes[f"{FEATURES}/0/query"]

    def one(query: Query) -> Reply:
        status, headers, body = route(query)  # type: ignore[misc]
        page = json.loads(body)
        if "features" in page:
            page["features"] = page["features"][:1]
            page["features"][0]["geometry"]["rings"] = rings
        return status, headers, json.dumps(page).encode()

    server.routes[f"{FEATURES}/0/query"] = one
    taken = fetched(f"{server.url}{FEATURES}/0")
    assert not taken.refused
    assert taken.boundaries.polygons[0].equals(expected)


def test_a_token_in_an_address_serves_and_is_never_told(server: Server) -> None:
    esri(server)
    for path, route in list(server.routes.items()):
        server.routes[path] = lambda query, route=route: (  # type: ignore[misc]
            route(query) if query.get("token") == "s3cret" else (403, {}, b"")
        )
    address = f"{server.url}{FEATURES}/0?token=s3cret"
    assert len(fetched(address).boundaries.areas) == 25
    line = told(address.replace("s3cret", "sEcret"))
    assert "the server answered 403 Forbidden" in line
    assert "sEcret" not in line
