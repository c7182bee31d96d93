"""The region's geometry for the page's map: made once at start, served with a tag so that it is fetched once.

Knows bytes. Refuses to know polygons (geo/features.py).
"""

from __future__ import annotations

import gzip
import hashlib

from fastapi import APIRouter, Request, Response


def region_router(features: bytes) -> APIRouter:
    """`/geo/boundaries.json`."""
    router = APIRouter()
    tag = '"' + hashlib.sha256(features).hexdigest()[:20] + '"'
    packed = gzip.compress(features, 6)
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}

    @router.get("/geo/boundaries.json")
    async def boundaries(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(packed, media_type="application/json", headers={**headers, "Content-Encoding": "gzip"})
        return Response(features, media_type="application/json", headers=headers)

    return router
