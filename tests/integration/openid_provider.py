"""An OpenID Connect provider of its own, in a process of its own: what the tests of signing in go to.

`python -m tests.integration.openid_provider PORT` serves two people, a login form, and everything a provider may do
wrong. POST /misbehave names how (see HOW); "" is honest again. It shares no code with the board.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import html
import json
import secrets
import sys
import time
from typing import Any
from urllib.parse import urlencode

import uvicorn
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse

CLIENT, SECRET = "concord", "a secret of client and provider"
PEOPLE: dict[str, dict[str, Any]] = {
    "mara": {"sub": "u-1001", "name": "Mara Lindqvist", "concord_positions": ["sffd:dispatcher", "other-board:chief"]},
    "tom": {"sub": "u-1002", "name": "Tom Okafor"},
    "eve": {"sub": "u-1003", "name": "<img src=x onerror=alert(1)>", "concord_positions": [":board_admin", ":service"]},
    "admin": {"sub": "u-1004", "name": "Not Your Admin", "concord_positions": ["sffd:dispatcher"]},
}
HOW = (
    "", "wrong nonce", "no nonce", "wrong audience", "two audiences", "expired", "from tomorrow", "alg none", "hs256",
    "foreign key", "unknown key", "issuer mismatch", "wrong at_hash", "other subject in userinfo", "no id_token",
    "discovery of another", "slow", "dripping", "too long", "broken json", "error 500",
    "old auth_time",
)  # fmt: skip


class World:
    """What the provider remembers."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.how = ""
        self.keys = [new_key()]
        self.foreign = new_key()
        self.codes: dict[str, dict[str, str]] = {}
        self.access: dict[str, dict[str, Any]] = {}
        self.claims: dict[str, dict[str, Any]] = {name: dict(claims) for name, claims in PEOPLE.items()}
        self.userinfo_only = False
        self.asked: list[str] = []


def new_key() -> tuple[str, rsa.RSAPrivateKey]:
    return secrets.token_hex(4), rsa.generate_private_key(65537, 2048)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def public(key: tuple[str, rsa.RSAPrivateKey]) -> dict[str, str]:
    numbers = key[1].public_key().public_numbers()
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": key[0], "n": number(numbers.n), "e": number(numbers.e)}


def signed(world: World, claims: dict[str, Any]) -> str:
    """A token, signed as the present misbehaviour wants it."""
    key_id, key = world.keys[-1]
    header = {"alg": "RS256", "kid": key_id, "typ": "JWT", "x5t": "something providers add"}
    if world.how == "foreign key":
        key = world.foreign[1]
    if world.how == "unknown key":
        header["kid"], key = world.foreign
    if world.how == "alg none":
        header["alg"] = "none"
    if world.how == "hs256":
        header["alg"] = "HS256"
    text = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    if world.how == "alg none":
        return f"{text}."
    if world.how == "hs256":  # the client secret is known to the client, the public key to everybody
        mac = hmac.HMAC(public(world.keys[-1])["n"].encode(), hashes.SHA256())
        mac.update(text.encode())
        return f"{text}.{b64(mac.finalize())}"
    return f"{text}.{b64(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def id_token(world: World, asked: dict[str, str], access: str) -> str:
    now = int(time.time())
    person = {"preferred_username": asked["person"], **world.claims[asked["person"]]}
    if world.userinfo_only:
        person = {"sub": person["sub"]}
    claims: dict[str, Any] = {
        **person,
        "iss": "https://elsewhere.example" if world.how == "issuer mismatch" else world.issuer,
        "aud": CLIENT,
        "iat": now,
        "exp": now + 300,
        "nonce": asked.get("nonce", ""),
        "auth_time": now - (7200 if world.how == "old auth_time" else 0),
        "at_hash": b64(hashlib.sha256(access.encode()).digest()[:16]),
    }
    if world.how == "wrong nonce":
        claims["nonce"] = "another"
    if world.how == "no nonce":
        del claims["nonce"]
    if world.how == "wrong audience":
        claims["aud"] = "another-client"
    if world.how == "two audiences":
        claims |= {"aud": [CLIENT, "another-client"], "azp": "another-client"}
    if world.how == "expired":
        claims |= {"iat": now - 1000, "exp": now - 61}
    if world.how == "from tomorrow":
        claims |= {"iat": now + 86400, "nbf": now + 86400, "exp": now + 90000}
    if world.how == "wrong at_hash":
        claims["at_hash"] = b64(b"0" * 16)
    return signed(world, claims)


def create(issuer: str) -> FastAPI:
    server, world = FastAPI(), World(issuer)

    @server.middleware("http")
    async def misbehaving(request: Request, go_on: Any) -> Response:
        world.asked.append(request.url.path)
        if request.url.path in ("/token", "/jwks", "/.well-known/openid-configuration"):
            if world.how == "slow":
                await asyncio.sleep(20)
            if world.how == "error 500":
                return JSONResponse({"error": "server_error"}, 500)
            if world.how == "broken json":
                return Response("[" * 100_000, media_type="application/json")
            if world.how in ("dripping", "too long"):
                return StreamingResponse(drops(world.how), media_type="application/json")
        answer: Response = await go_on(request)
        return answer

    async def drops(how: str) -> Any:
        """A letter now and then for half a minute, or two megabytes at once."""
        yield b'{"a": "'
        for _ in range(60 if how == "dripping" else 32):
            yield b"x" * (1 if how == "dripping" else 65536)
            await asyncio.sleep(0.5 if how == "dripping" else 0)

    @server.get("/.well-known/openid-configuration")
    async def discovery() -> dict[str, Any]:
        return {
            "issuer": "https://elsewhere.example" if world.how == "discovery of another" else issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
            "userinfo_endpoint": f"{issuer}/userinfo",
            "end_session_endpoint": f"{issuer}/leave",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "authorization_response_iss_parameter_supported": True,
        }

    @server.get("/jwks")
    async def jwks() -> dict[str, Any]:
        return {"keys": [{"kty": "PQC", "kid": "from the future"}, *map(public, world.keys)]}

    @server.get("/authorize", response_model=None)
    async def authorize(request: Request) -> Response:
        asked = dict(request.query_params)
        wanted = {"client_id": CLIENT, "response_type": "code", "code_challenge_method": "S256"}
        if any(asked.get(name) != value for name, value in wanted.items()) or not asked.get("code_challenge"):
            return JSONResponse({"error": "invalid_request", "asked": asked}, 400)
        if "openid" not in asked.get("scope", "").split() or not asked.get("state") or not asked.get("nonce"):
            return JSONResponse({"error": "invalid_scope", "asked": asked}, 400)
        fields = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in asked.items()
        )
        buttons = "".join(f'<button name="person" value="{name}">Sign in as {name}</button>' for name in PEOPLE)
        return HTMLResponse(
            f'<!DOCTYPE html><html lang="en"><head><title>County sign-in</title><link rel="icon" href="data:,"></head>'
            f'<body><h1>County sign-in</h1><form method="post">{fields}{buttons}</form></body></html>'
        )

    @server.post("/authorize", response_model=None)
    async def proved(request: Request) -> Response:
        asked = {name: str(value) for name, value in (await request.form()).items()}
        code = secrets.token_urlsafe(16)
        world.codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"], "iss": issuer})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}", 303)

    @server.post("/token", response_model=None)
    async def token(
        request: Request, code: str = Form(""), code_verifier: str = Form(""), redirect_uri: str = Form("")
    ) -> Response:
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}":
            return JSONResponse({"error": "invalid_client"}, 401)
        asked = world.codes.pop(code, None)
        challenge = b64(hashlib.sha256(code_verifier.encode()).digest())
        if asked is None or asked["redirect_uri"] != redirect_uri or asked["code_challenge"] != challenge:
            return JSONResponse({"error": "invalid_grant"}, 400)
        access = secrets.token_urlsafe(16)
        world.access[access] = {"preferred_username": asked["person"], **world.claims[asked["person"]]}
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": 300}
        if world.how != "no id_token":
            answer["id_token"] = id_token(world, asked, access)
        return JSONResponse(answer)

    @server.get("/userinfo", response_model=None)
    async def userinfo(request: Request) -> Response:
        found = world.access.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if found is None:
            return JSONResponse({"error": "invalid_token"}, 401)
        return JSONResponse({**found, "sub": "u-9"} if world.how == "other subject in userinfo" else found)

    @server.get("/leave", response_model=None)
    async def leave(client_id: str, post_logout_redirect_uri: str) -> Response:
        if client_id != CLIENT:
            return JSONResponse({"error": "invalid_client"}, 400)
        return RedirectResponse(post_logout_redirect_uri, 303)

    # For the tests alone ----------------------------------------------------------------------------

    @server.post("/misbehave")
    async def misbehave(how: str) -> str:
        assert how in HOW
        world.how = how
        return how

    @server.post("/claims/{person}")
    async def set_claims(person: str, request: Request) -> dict[str, Any]:
        world.claims[person] = {**PEOPLE[person], **await request.json()}
        return world.claims[person]

    @server.post("/userinfo-only")
    async def only_there(on: bool) -> bool:
        world.userinfo_only = on
        return on

    @server.post("/rotate")
    async def rotate() -> str:
        world.keys = [new_key()]
        return world.keys[-1][0]

    @server.get("/asked")
    async def was_asked() -> list[str]:
        asked, world.asked = world.asked, []
        return asked

    return server


if __name__ == "__main__":
    port = int(sys.argv[1])
    uvicorn.run(create(f"http://{sys.argv[2]}:{port}"), host="127.0.0.1", port=port, log_level="warning")
