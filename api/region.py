"""The region's geometry for the page's map: made beforehand, served with a tag so that it is fetched once.

Knows bytes, and that they change when other boundaries come into force. Refuses to know polygons (geo/features.py).
"""

from __future__ import annotations

import gzip
import hashlib

from fastapi import APIRouter, Request, Response


class DrawnMap:
    """The document served now, packed once."""

    def __init__(self, features: bytes, edition: str = "") -> None:
        self.put(edition, features)

    def put(self, edition: str, features: bytes) -> None:
        """Serve another document from now on."""
        packed = gzip.compress(features, 6)
        self.served = (features, packed, '"' + hashlib.sha256(features).hexdigest()[:20] + '"')
        self.edition = edition


def region_router(drawn: DrawnMap) -> APIRouter:
    """`/geo/boundaries.json`."""
    router = APIRouter()

    @router.get("/geo/boundaries.json")
    async def boundaries(request: Request) -> Response:
        features, packed, tag = drawn.served
        headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(packed, media_type="application/json", headers={**headers, "Content-Encoding": "gzip"})
        return Response(features, media_type="application/json", headers=headers)

    return router
