"""Layers of an OGC API Features or Esri feature service, fetched page by page into files.

Knows the two protocols (OGC 17-069r4; Esri's GeoServices REST specification) and when a layer is complete. Refuses
to know what a page's features mean (sources.py reads the files like any other). A layer that does not come whole is
refused: half a layer would show gaps that are none.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

from domain.errors import BadRegion
from domain.problem import did_you_mean
from geo.limits import MAX_BYTES, MAX_FEATURES, MAX_PAGES, PAGE_FEATURES, SERVICE_SECONDS
from geo.web import Answer, Bounds, check_address, get, shown

GEOJSON = "GeoJSON"
ESRIJSON = "ESRIJSON"
_ESRI = re.compile(r"/(FeatureServer|MapServer)(/\d+)?(/query)?/?$", re.IGNORECASE)
_LONGITUDE_FIRST = ("OGC/1.3/CRS84", "OGC/0/CRS84h")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A layer's name, its pages as files with so many features, and the driver that reads them."""

    layer: str
    driver: str
    pages: tuple[Path, ...]
    features: int


def fetch(url: str, layer: str | None, into: Path, bounds: Bounds | None = None) -> Fetched:
    """Fetch a whole layer into a folder. `layer` chooses one where the address leaves it open. Raises BadRegion."""
    check_address(url)
    visit = _Visit(url, into, bounds or Bounds(), time.monotonic)
    if _ESRI.search(urlsplit(url).path):
        return _fetch_esri(visit, layer)
    return _fetch_ogc(visit, layer)


class _Visit:
    """One fetch: what it has taken so far, and the limits on the whole of it."""

    def __init__(self, url: str, into: Path, bounds: Bounds, clock: Callable[[], float]) -> None:
        self.url, self._into, self._bounds, self._clock = url, into, bounds, clock
        self._until = clock() + SERVICE_SECONDS
        self._bytes = 0
        self.features = 0
        self.pages: list[Path] = []
        self._keys: set[str] = set()

    def ask(self, url: str, accept: str = "application/json") -> Answer:
        if self._clock() > self._until:
            raise BadRegion(
                f"{shown(self.url)}: not complete after {SERVICE_SECONDS:g} s (SERVICE_SECONDS); export it to a file"
            )
        return get(url, self.url, self._bounds, accept)

    def keep(self, answer: Answer, features: list[Any], key_of: Callable[[Any], object]) -> None:
        """Write a page that brought features. BadRegion when the whole is over a limit or a feature comes twice."""
        self._bytes += len(answer.body)
        self.features += len(features)
        if self.features > MAX_FEATURES:
            raise BadRegion(
                f"{shown(self.url)}: more than {MAX_FEATURES:,} features (MAX_FEATURES); choose a smaller layer"
            )
        if self._bytes > MAX_BYTES:
            raise BadRegion(f"{shown(self.url)}: more than {MAX_BYTES // 2**20} MB (MAX_BYTES); simplify the layer")
        if len(self.pages) >= MAX_PAGES:
            raise BadRegion(f"{shown(self.url)}: more than {MAX_PAGES} pages (MAX_PAGES); export the layer to a file")
        for feature in features:
            key = key_of(feature)
            if key is not None:
                if str(key) in self._keys:
                    raise BadRegion(f"{shown(self.url)}: feature {str(key)[:40]} comes twice; the pages go in a circle")
                self._keys.add(str(key))
        path = self._into / f"page{len(self.pages):04d}.json"
        path.write_bytes(answer.body)
        self.pages.append(path)

    def complete(self, promised: object, layer: str, driver: str) -> Fetched:
        """The layer, if as many features came as the server promised (where it did)."""
        if isinstance(promised, int) and promised != self.features:
            raise BadRegion(
                f"{shown(self.url)}: the server speaks of {promised:,} features and gave {self.features:,}; "
                "half a layer is not taken, try again or export it to a file"
            )
        if not self.pages:
            raise BadRegion(f"{shown(self.url)}: the layer holds no feature")
        return Fetched(layer, driver, tuple(self.pages), self.features)


def _fetch_ogc(visit: _Visit, layer: str | None) -> Fetched:
    items, name = _items_of(visit, layer)
    url, seen, promised = items, set[str](), None
    while url:
        if url in seen:
            raise BadRegion(
                f"{shown(visit.url)}: the next page of a page is one that was read; the pages go in a circle"
            )
        seen.add(url)
        answer = visit.ask(url, "application/geo+json, application/json")
        system = answer.headers.get("content-crs", "").strip("<> ")
        if system and not system.endswith(_LONGITUDE_FIRST):
            raise BadRegion(f"{shown(visit.url)}: the answer is in {system[:80]}; ask for it without a crs parameter")
        page = _object(answer)
        features = page.get("features")
        if page.get("type") != "FeatureCollection" or not isinstance(features, list):
            raise BadRegion(
                f"{shown(answer.url)}: the answer is no GeoJSON FeatureCollection; is it a feature service?"
            )
        promised = page.get("numberMatched", promised)
        if features:
            visit.keep(answer, features, lambda each: each.get("id") if isinstance(each, dict) else None)
        link = _link(page, "next")
        if link and not features and len(seen) > 1:
            raise BadRegion(f"{shown(visit.url)}: an empty page speaks of a next one; the pages have no end")
        url = urljoin(answer.url, link) if link else ""
    return visit.complete(promised, name, GEOJSON)


def _items_of(visit: _Visit, layer: str | None) -> tuple[str, str]:
    """The address of a collection's items, and the collection's id."""
    parts = urlsplit(visit.url)
    path = parts.path.rstrip("/")
    query = parts.query if "limit=" in parts.query else "&".join(filter(None, (parts.query, f"limit={PAGE_FEATURES}")))
    found = re.search(r"/collections/([^/]+)(/items)?$", path)
    if found:
        path = path if found[2] else f"{path}/items"
        return urlunsplit((parts.scheme, parts.netloc, path, query, "")), found[1]
    root = path if path.endswith("/collections") else f"{path}/collections"
    answer = visit.ask(urlunsplit((parts.scheme, parts.netloc, root, parts.query, "")))
    collections = _object(answer).get("collections")
    if not isinstance(collections, list):
        raise BadRegion(
            f"{shown(answer.url)}: no list of collections; give the address of a collection (.../collections/NAME)"
        )
    names = [str(each["id"]) for each in collections if isinstance(each, dict) and "id" in each]
    name = _chosen(visit.url, names, layer)
    return urlunsplit((parts.scheme, parts.netloc, f"{root}/{name}/items", query, "")), name


def _fetch_esri(visit: _Visit, layer: str | None) -> Fetched:
    root, query = _esri_root(visit, layer)
    about = _object(visit.ask(_about(root, query)))
    name, key = str(about.get("name") or root), about.get("objectIdField") or _key_field(about)
    kind = about.get("geometryType")
    if kind != "esriGeometryPolygon":
        raise BadRegion(f"{shown(visit.url)}: a layer of {str(kind)[:40]}, not of polygons; choose another layer")
    promised = _object(visit.ask(_query(root, query, returnCountOnly="true"))).get("count")
    paging = about.get("advancedQueryCapabilities") or {}
    pages = bool(paging.get("supportsPagination")) if isinstance(paging, dict) else False
    while True:
        more: dict[str, object] = {"outFields": "*", "returnGeometry": "true"}
        if pages:
            more |= {"resultOffset": visit.features, "resultRecordCount": PAGE_FEATURES}
            if key:
                more["orderByFields"] = key
        answer = visit.ask(_query(root, query, **more))
        page = _object(answer)
        features = page.get("features")
        if not isinstance(features, list):
            raise BadRegion(f"{shown(answer.url)}: the answer has no features; is it a feature service?")
        if features:
            visit.keep(answer, features, lambda each: _attribute(each, key))
        if not features or not pages or (isinstance(promised, int) and visit.features >= promised):
            break
        if not isinstance(promised, int) and not page.get("exceededTransferLimit"):
            break
    return visit.complete(promised, name, ESRIJSON)


def _esri_root(visit: _Visit, layer: str | None) -> tuple[str, str]:
    """The address of one layer, and the user's own query."""
    parts = urlsplit(visit.url)
    path = re.sub(r"/query/?$", "", parts.path, flags=re.IGNORECASE).rstrip("/")
    root = urlunsplit((parts.scheme, parts.netloc, path, "", ""))
    if re.search(r"/\d+$", path):
        return root, parts.query
    layers = _object(visit.ask(_about(root, parts.query))).get("layers")
    if not isinstance(layers, list):
        raise BadRegion(f"{shown(visit.url)}: no list of layers; give the address of a layer (.../FeatureServer/0)")
    known = {str(each.get("name")): each.get("id") for each in layers if isinstance(each, dict)}
    return f"{root}/{known[_chosen(visit.url, list(known), layer)]}", parts.query


def _about(root: str, own: str) -> str:
    """Where a service or a layer tells about itself."""
    return f"{root}?" + "&".join([*(pair for pair in own.split("&") if pair.startswith("token=")), "f=json"])


def _query(root: str, own: str, **more: object) -> str:
    kept = [pair for pair in own.split("&") if pair and pair.partition("=")[0] in ("where", "outFields", "token")]
    names = {pair.partition("=")[0] for pair in kept}
    asked = {"where": "1=1", "f": "json"} | {key: str(value) for key, value in more.items()}
    return f"{root}/query?" + "&".join([*kept, urlencode({k: v for k, v in asked.items() if k not in names})])


def _key_field(about: Mapping[str, Any]) -> str:
    fields = about.get("fields")
    for each in fields if isinstance(fields, list) else ():
        if isinstance(each, dict) and each.get("type") == "esriFieldTypeOID":
            return str(each.get("name"))
    return ""


def _attribute(feature: Any, key: str) -> object:
    attributes = feature.get("attributes") if isinstance(feature, dict) else None
    return attributes.get(key) if isinstance(attributes, dict) else None


def _object(answer: Answer) -> dict[str, Any]:
    """A JSON object that is no error message: Esri's servers send their errors with status 200."""
    value = answer.json()
    if not isinstance(value, dict):
        raise BadRegion(f"{shown(answer.url)}: the answer is no JSON object; is it a feature service?")
    error = value.get("error")
    if isinstance(error, dict):
        words = f"{error.get('code', '')} {error.get('message', '')}".strip()
        raise BadRegion(f"{shown(answer.url)}: the server refuses: {words[:160]}")
    return value


def _link(page: Mapping[str, Any], relation: str) -> str:
    links = page.get("links")
    for each in links if isinstance(links, list) else ():
        if isinstance(each, dict) and each.get("rel") == relation and isinstance(each.get("href"), str):
            return str(each["href"])
    return ""


def _chosen(url: str, names: list[str], layer: str | None) -> str:
    if layer is not None:
        if layer in names:
            return layer
        raise BadRegion(f'{shown(url)}: no layer "{layer[:80]}"; {did_you_mean(layer, names)}')
    if len(names) == 1:
        return names[0]
    raise BadRegion(
        f"{shown(url)}: {len(names)} layers; choose one with --layer: {', '.join(names[:12]) or 'there is none'}"
    )
