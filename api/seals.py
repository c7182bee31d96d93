"""Signed heads for the agencies: who keeps a copy can prove later that history was not rewritten.

`GET /seals/head`: the last seal with its public key, as JSON. `GET /seals?after=N`: the seals after number N, one
line of JSON each, as in the file of seals; an agency appends them to its own file. Knows transport; a seal holds no
word of any incident. docs/verify.md says how to check one.
"""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from data.chain import BadSeal
from data.sealing import Sealing
from domain.errors import StoreUnavailable


def seals_router(sealing: Sealing) -> APIRouter:
    """`/seals/head` and `/seals`."""
    router = APIRouter()

    @router.get("/seals/head")
    async def head() -> JSONResponse:
        try:
            return JSONResponse(await sealing.head())
        except (StoreUnavailable, BadSeal) as wrong:
            return JSONResponse({"board": sealing.board, "trouble": [str(wrong)]}, 503)

    @router.get("/seals")
    async def seals(after: int = 0) -> Response:
        try:
            return Response(await sealing.lines_after(max(0, after)), media_type="application/x-ndjson")
        except (StoreUnavailable, BadSeal) as wrong:
            return Response(f"{wrong}\n", 503, media_type="text/plain")

    return router
