"""The boundary audit as a file: `GET /geo/audit.gpkg`.

Knows bytes and names. Refuses to know what was found (geo/audit.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fastapi import APIRouter, Response


def audit_router(made: Callable[[], tuple[str, bytes]]) -> APIRouter:
    """`made` gives the file's name and its bytes; it may take seconds and is called in a thread."""
    router = APIRouter()

    @router.get("/geo/audit.gpkg")
    async def findings() -> Response:
        name, content = await asyncio.to_thread(made)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(content, media_type="application/geopackage+sqlite3", headers=headers)

    return router
