"""The page's own scripts, styles and fonts: read, named by their content and packed once, when the process starts.

Knows the files of one folder and how long a browser may keep them. Refuses to know what is in them, and who may have
them (gate.py). A file asked for under the tag of its content is kept for a year and never asked for again; under
any other, as by the page of an older version, it must be asked for each time.

`PackedOnce` does the same for Dash's own scripts, whose addresses already name their version.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TAG = "m"
"""The query's name; Dash's own name for it, where it puts the time a file was changed."""
FOR_EVER = "public, max-age=31536000, immutable"
EACH_TIME = "no-cache"
SMALL = 512
"""Below so many bytes packing is not worth a header."""
URL_IN_STYLE = re.compile(rb"""url\((["']?)([\w./-]+)\1\)""")
KINDS = {".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}
"""What some machines' tables do not know, or know under an older name."""
SUITES = "/_dash-component-suites/"
MOST_KEPT = 100
"""Answers `PackedOnce` keeps: Dash has some thirty scripts, and an address may be made up."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: as it is, packed ("" where that does not help), its tag, its media type."""

    plain: bytes
    packed: bytes
    tag: str
    kind: str


class Assets:
    """The files of a folder by their path in it, `p_units.js` or `fonts/OFL.txt`."""

    def __init__(self, folder: Path) -> None:
        self._kept: dict[str, Asset] = {}
        # Styles last: they name other files, and are to name them with their tags.
        for path in sorted(folder.rglob("*.*"), key=lambda path: (path.suffix == ".css", path.as_posix())):
            name = path.relative_to(folder).as_posix()
            content = path.read_bytes()
            self._kept[name] = _asset(name, self._tagged(content) if path.suffix == ".css" else content)

    def find(self, name: str) -> Asset | None:
        """A file, or None."""
        return self._kept.get(name)

    def url(self, name: str) -> str:
        """The address a page names a file by. Raises KeyError for a file there is not: a page must not."""
        return f"/assets/{name}?{TAG}={self._kept[name].tag}"

    @property
    def tags(self) -> Mapping[str, str]:
        """The tag of every file."""
        return {name: asset.tag for name, asset in self._kept.items()}

    @property
    def version(self) -> str:
        """A word that changes whenever a file does, so that an open page knows to reload."""
        words = "\n".join(f"{name} {tag}" for name, tag in sorted(self.tags.items()))
        return hashlib.sha256(words.encode()).hexdigest()[:12]

    def _tagged(self, style: bytes) -> bytes:
        def named(found: re.Match[bytes]) -> bytes:
            asset = self._kept.get(found[2].decode())
            return found[0] if asset is None else b'url("' + found[2] + f'?{TAG}={asset.tag}")'.encode()

        return URL_IN_STYLE.sub(named, style)


def _asset(name: str, content: bytes) -> Asset:
    kind = KINDS.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    packed = gzip.compress(content, 9, mtime=0) if len(content) >= SMALL else b""
    if len(packed) > 0.9 * len(content):
        packed = b""  # a font or a picture is packed already
    return Asset(content, packed, hashlib.sha256(content).hexdigest()[:12], kind)


def assets_router(assets: Assets) -> APIRouter:
    """`GET /assets/NAME?m=TAG`; stands before Dash's own, which reads the disk at every request."""
    router = APIRouter()

    @router.api_route("/assets/{name:path}", methods=["GET", "HEAD"])
    async def asset(name: str, request: Request) -> Response:
        found = assets.find(name)
        if found is None:
            return Response("no such file", 404, media_type="text/plain")
        tag = f'"{found.tag}"'
        known = request.query_params.get(TAG) == found.tag
        headers = {"ETag": tag, "Cache-Control": FOR_EVER if known else EACH_TIME}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        if found.packed and takes_gzip(request.headers.get("accept-encoding", "")):
            packed = {**headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
            return Response(found.packed, media_type=found.kind, headers=packed)
        return Response(found.plain, media_type=found.kind, headers=headers)

    return router


def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding header takes gzip."""
    return "gzip" in accepted and "gzip;q=0" not in accepted.replace(" ", "")


class PackedOnce:
    """ASGI middleware over the one that packs: what it packed of Dash's own scripts is kept and sent again."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: dict[str, list[Message]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from what is kept, or pass on and keep the answer."""
        path = scope.get("path", "")
        if scope["type"] != "http" or scope["method"] != "GET" or not path.startswith(SUITES) or not _gzip(scope):
            await self._app(scope, receive, send)
            return
        if path in self._kept:
            for message in self._kept[path]:
                await send(dict(message))
            return
        said: list[Message] = []

        async def sending(message: Message) -> None:
            said.append(dict(message))
            await send(message)

        await self._app(scope, receive, sending)
        if len(self._kept) < MOST_KEPT and _for_everybody(said):
            self._kept[path] = said


def _gzip(scope: Scope) -> bool:
    return any(name == b"accept-encoding" and takes_gzip(value.decode("latin-1")) for name, value in scope["headers"])


def _for_everybody(said: list[Message]) -> bool:
    """Whether an answer is whole, packed, and the same for a year."""
    if len(said) < 2 or said[0].get("status") != 200 or said[-1].get("more_body"):
        return False
    headers = dict(said[0]["headers"])
    return headers.get(b"content-encoding") == b"gzip" and b"max-age=31536000" in headers.get(b"cache-control", b"")
