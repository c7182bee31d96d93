"""The region's geometry for the page's map: made beforehand, served with a tag so that it is fetched once.

Knows bytes, and that they change when other boundaries come into force. Refuses to know polygons (geo/features.py).
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from geo.features import MapDocuments


@dataclass(frozen=True, slots=True)
class _Served:
    plain: bytes
    packed: bytes
    tag: str


class DrawnMap:
    """The documents served now, packed once."""

    def __init__(self, documents: MapDocuments, edition: str = "") -> None:
        self._served: dict[str, _Served] = {}
        self.edition = edition
        self.put(edition, documents)

    def put(self, edition: str, documents: MapDocuments) -> None:
        """Serve other documents from now on."""
        found = {"index": documents.index, **documents.levels}
        self._served = {name: _pack(content) for name, content in found.items()}
        self.edition = edition

    def find(self, name: str) -> _Served | None:
        """A document by its level's name, or the "index"."""
        return self._served.get(name)


def region_router(drawn: DrawnMap) -> APIRouter:
    """`/geo/boundaries/index.json` and `/geo/boundaries/LEVEL.json`."""
    router = APIRouter()

    @router.get("/geo/boundaries/{name}.json")
    async def boundaries(name: str, request: Request) -> Response:
        served = drawn.find(name)
        if served is None:
            return Response("no such level; /geo/boundaries/index.json lists them", 404, media_type="text/plain")
        headers = {"ETag": served.tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == served.tag:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            packed = {**headers, "Content-Encoding": "gzip"}
            return Response(served.packed, media_type="application/json", headers=packed)
        return Response(served.plain, media_type="application/json", headers=headers)

    return router


def _pack(content: bytes) -> _Served:
    return _Served(content, gzip.compress(content, 6), '"' + hashlib.sha256(content).hexdigest()[:20] + '"')
