"""An OpenID Connect provider, as this board asks it: where people go, and who it says they are.

Knows discovery, the code flow with PKCE and what a token must prove (OpenID Connect Core 3.1.3.7). Refuses to know
browsers (openid.py) and who may enter (openid_admission.py). Nothing is asked before somebody wants to sign in, and no
answer is waited for longer than five seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from data.openid_begun import Begun
from data.openid_settings import OpenIdSettings
from domain.errors import ConcordError

SECONDS = 5.0
"""For one request, answer and all."""
LARGEST = 512 * 1024
"""Bytes of an answer."""
FRESH_SECONDS, AGAIN_SECONDS = 3600.0, 60.0
"""How long discovery and keys are believed, and how soon an unknown key may ask for them anew."""
LEFT_ALONE_SECONDS = 5.0
"""After a failure: who waited for their turn meanwhile is told at once, instead of each waiting in vain."""
SKEW = 60
"""Seconds the provider's clock may be off."""
ALGORITHMS = ("RS256", "PS256", "ES256", "RS384", "PS384", "ES384", "RS512", "PS512", "ES512")
"""What a token may be signed with, whatever it says itself: a key of the provider's that nobody else has."""
SCOPE = "openid profile"
_UNREADABLE = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What a token or key raises that is not formed as it should be."""


class ProviderAway(ConcordError, RuntimeError):
    """The provider did not answer, or its answer makes no sense; local accounts go on."""


class NotBelieved(ConcordError, RuntimeError):
    """What the provider answered proves nothing; the text says why, for the audit log."""


@dataclass(frozen=True, slots=True)
class ExternalPerson:
    """Somebody a provider vouches for. `issuer` and `subject` are who they are; `account` and `name` only what they
    are called. `positions` are words as they were claimed: nothing in them is known to exist here."""

    issuer: str
    subject: str
    account: str
    name: str
    positions: tuple[str, ...]

    @property
    def key(self) -> str:
        """How an account names its person."""
        return f"{self.issuer}|{self.subject}"


class Provider:
    """One provider. `now` gives the server's time in seconds since the epoch."""

    def __init__(self, settings: OpenIdSettings, now: Callable[[], float]) -> None:
        self._settings = settings
        self._now = now
        self._turn = asyncio.Lock()
        self._about: dict[str, Any] = {}
        self._about_at = self._keys_at = self._failed_at = float("-inf")
        self._keys: KeySet | None = None

    async def where_to_go(self, state: str, begun: Begun) -> str:
        """The address at which somebody proves who they are. Raises ProviderAway."""
        about = await self._discovered()
        more = {"prompt": "login", "max_age": "0"} if begun.anew else {}
        async with self._client(about) as client:
            address, _ = client.create_authorization_url(
                about["authorization_endpoint"], state, begun.verifier, nonce=begun.nonce, **more
            )
        return str(address)

    async def where_to_leave(self) -> str:
        """The address at which a person's session at the provider ends too; "" where it has none.

        Raises ProviderAway.
        """
        end = str((await self._discovered()).get("end_session_endpoint") or "")
        if not end or not self._may_be_asked(end):
            return ""
        back = {
            "client_id": self._settings.client_id,
            "post_logout_redirect_uri": f"{self._settings.public_url}/sign-in",
        }
        return f"{end}{'&' if '?' in end else '?'}{urlencode(back)}"

    async def person(self, code: str, begun: Begun, answered_by: str | None) -> ExternalPerson:
        """Who came back with a code. `answered_by` is the issuer the answer names (RFC 9207), if it does.

        Raises ProviderAway, and NotBelieved for whatever does not prove it.
        """
        about = await self._discovered()
        must_say = about.get("authorization_response_iss_parameter_supported") is True
        if answered_by != self._settings.issuer and (answered_by is not None or must_say):
            raise NotBelieved("the answer names another issuer")
        token = await self._exchanged(about, code, begun.verifier)
        claims = await self._proved(about, token, begun)
        if not {self._settings.positions_claim, self._settings.account_claim} <= claims.keys():
            claims = {**await self._more_about(about, token, claims["sub"]), **claims}
        return _person(self._settings, claims)

    # The token ------------------------------------------------------------------------------------

    async def _exchanged(self, about: Mapping[str, Any], code: str, verifier: str) -> Mapping[str, Any]:
        async with self._client(about) as client:
            with _answering():
                async with asyncio.timeout(SECONDS):
                    return dict(
                        await client.fetch_token(
                            about["token_endpoint"],
                            grant_type="authorization_code",
                            code=code,
                            code_verifier=verifier,
                            redirect_uri=self._settings.redirect_uri,
                        )
                    )

    async def _proved(self, about: Mapping[str, Any], token: Mapping[str, Any], begun: Begun) -> dict[str, Any]:
        """The claims of a token that is signed by the provider, for us, now, and for this very sign-in."""
        signed = token.get("id_token")
        if not isinstance(signed, str):
            raise NotBelieved("the answer holds no id_token")
        registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
        try:
            try:
                read = jwt.decode(signed, await self._key_set(about), registry=registry)
            except InvalidKeyIdError:
                read = jwt.decode(signed, await self._key_set(about, unknown=True), registry=registry)
            claims = CodeIDToken(
                read.claims,
                read.header,
                {
                    "iss": {"essential": True, "value": self._settings.issuer},
                    "aud": {"essential": True, "value": self._settings.client_id},
                    "sub": {"essential": True},
                },
                {
                    "nonce": begun.nonce,
                    "client_id": self._settings.client_id,
                    "access_token": token.get("access_token"),
                    "max_age": 1 if begun.anew else None,  # then auth_time must be there
                },
            )
            claims.validate(now=int(self._now()), leeway=SKEW)
        except _UNREADABLE as wrong:
            raise NotBelieved(f"the id_token is not to be believed: {wrong or type(wrong).__name__}") from wrong
        if begun.anew and claims["auth_time"] < begun.at - SKEW:
            raise NotBelieved("the screen was locked, and nobody has proved anew who they are")
        return dict(claims)

    async def _more_about(self, about: Mapping[str, Any], token: Mapping[str, Any], subject: str) -> dict[str, Any]:
        """What the provider tells of the same person when asked; some put only the bare identity into the token."""
        address, key = about.get("userinfo_endpoint"), token.get("access_token")
        if not isinstance(address, str) or not isinstance(key, str) or not self._may_be_asked(address):
            return {}
        claims = await self._fetched(address, {"Authorization": f"Bearer {key}"})
        if claims.get("sub") != subject:
            raise NotBelieved("userinfo speaks of somebody else")
        return claims

    # What the provider says of itself -------------------------------------------------------------

    async def _discovered(self) -> dict[str, Any]:
        async with self._turn:
            if self._now() - self._about_at > FRESH_SECONDS:
                issuer = self._settings.issuer
                about = await self._fetched_in_turn(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
                if about.get("issuer") != issuer:
                    raise NotBelieved("the discovery document names another issuer")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    if not self._may_be_asked(about.get(name)):
                        raise NotBelieved(f"the discovery document's {name} is no address over TLS")
                self._about, self._about_at = about, self._now()
            return self._about

    async def _key_set(self, about: Mapping[str, Any], *, unknown: bool = False) -> KeySet:
        """The provider's keys; asked for anew when a token names an `unknown` one, but not at every such token."""
        async with self._turn:
            age = self._now() - self._keys_at
            if self._keys is None or age > FRESH_SECONDS or (unknown and age > AGAIN_SECONDS):
                found = await self._fetched_in_turn(about["jwks_uri"])
                try:
                    self._keys = KeySet.import_key_set(found)  # type: ignore[arg-type]
                except _UNREADABLE as wrong:
                    raise ProviderAway(f"its keys cannot be read: {wrong}") from wrong
                self._keys_at = self._now()
            return self._keys

    async def _fetched_in_turn(self, address: str) -> dict[str, Any]:
        if self._now() - self._failed_at < LEFT_ALONE_SECONDS:
            raise ProviderAway("it did not answer a moment ago")
        try:
            return await self._fetched(address)
        except ProviderAway:
            self._failed_at = self._now()
            raise

    async def _fetched(self, address: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A JSON object, of limited size, in limited time, from this very address."""
        with _answering():
            async with (
                asyncio.timeout(SECONDS),
                httpx2.AsyncClient(timeout=SECONDS) as client,
                client.stream("GET", address, headers=dict(headers or {})) as answer,
            ):
                body = b""
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > LARGEST:
                        raise ProviderAway(f"its answer is longer than {LARGEST} bytes")
                if answer.status_code != 200:
                    raise ProviderAway(f"it answers {answer.status_code}")
                found = json.loads(body)
        if not isinstance(found, dict):
            raise ProviderAway("its answer is no JSON object")
        return found

    def _may_be_asked(self, address: object) -> bool:
        """Whether an address the provider names is over TLS; the plain one of a provider on this machine, too."""
        if not isinstance(address, str):
            return False
        parts = urlsplit(address)
        return bool(parts.hostname) and parts.scheme in ("https", urlsplit(self._settings.issuer).scheme)

    @contextlib.asynccontextmanager
    async def _client(self, about: Mapping[str, Any]) -> AsyncIterator[AsyncOAuth2Client]:
        methods = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        async with AsyncOAuth2Client(
            self._settings.client_id,
            self._settings.client_secret,
            token_endpoint_auth_method=method,
            scope=SCOPE,
            redirect_uri=self._settings.redirect_uri,
            code_challenge_method="S256",
            timeout=SECONDS,
        ) as client:
            yield client


@contextlib.contextmanager
def _answering() -> Any:
    """Says in our words why there is no answer; of a refusal the provider's own word."""
    try:
        yield
    except OAuthError as refused:
        raise NotBelieved(f"the provider refused the code: {_word(refused.error)}") from refused
    except TimeoutError as slow:
        raise ProviderAway(f"it does not answer within {SECONDS:.0f} s") from slow
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError, OSError) as lost:
        raise ProviderAway(f"it does not answer as it should: {type(lost).__name__}") from lost


def _word(error: object) -> str:
    """An error's name, if it is one: what a stranger wrote does not go on the record as it is."""
    word = str(error)
    return word if word.replace("_", "").isalnum() and word.isascii() and len(word) <= 40 else "an error without a name"


def _person(settings: OpenIdSettings, claims: Mapping[str, Any]) -> ExternalPerson:
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise NotBelieved("the token names nobody")
    account = claims.get(settings.account_claim)
    account = account if isinstance(account, str) else ""
    name = claims.get("name")
    name = name if isinstance(name, str) and name.strip() else account or subject
    claimed = claims.get(settings.positions_claim)
    claimed = claimed.replace(",", " ").split() if isinstance(claimed, str) else claimed
    positions = [word for word in claimed if isinstance(word, str)] if isinstance(claimed, list) else []
    return ExternalPerson(settings.issuer, subject, account[:255], name[:255], tuple(positions[:500]))
