"""Is the process alive, and may traffic come?

`GET /healthz`: the process answers. `GET /readyz`: store writable, projection current, region loaded;
503 with the reasons otherwise. `warnings` is what is wrong with the store though it works (data/check_store.py),
one line each with the remedy. Knows how to ask; refuses to mend.
"""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.editions import EditionKeeper
from data.link import BoardLink


def health_router(link: BoardLink, keeper: EditionKeeper | None = None) -> APIRouter:
    """`/healthz` and `/readyz`."""
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> JSONResponse:
        return JSONResponse({"alive": True})

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        reasons = []
        if trouble := await link.writable():
            reasons.append(trouble)
        if not link.projection.connected:
            reasons.append(f"the picture ends at event {link.board.seq}: {link.projection.trouble or 'not read yet'}")
        if not link.board.head.region:
            reasons.append("no region is loaded on this board")
        warnings = [str(finding) for finding in await link.findings()] if not reasons else []
        warnings += [str(one) for one in keeper.warnings()] if keeper and not reasons else []
        answer = {"ready": not reasons, "reasons": reasons, "warnings": warnings}
        return JSONResponse(answer, 503 if reasons else 200)

    return router
