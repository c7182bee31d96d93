"""What the gate holds against a request: hosts, open paths, sizes, the content policy.

Knows the tables. Refuses to know requests (gate.py).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

OPEN_PATHS = frozenset(
    {
        "/healthz",  # the supervisor and a balancer have no account
        "/readyz",
        "/seals",  # an outside witness has none either, and a seal holds no word of any incident
        "/seals/head",
        "/assets/app.css",  # what the sign-in page is drawn with
        "/assets/office.css",
        "/assets/favicon.svg",
        "/assets/fonts/inter-latin-wght-normal.woff2",
    }
)
OPEN_PREFIXES = ("/sign-in", "/openid/")
"""Where somebody proves who they are."""
WHILE_LOCKED = frozenset({"/unlock", "/sign-out"})
WHILE_FACTOR_IS_DUE = frozenset({"/account", "/account/password", "/account/factor", "/sign-out"})
WHILE_PASSWORD_IS_DUE = frozenset({"/account/password", "/sign-out"})
MOST_BODY = 256 * 1024
"""Bytes of a request's body: a command is one, a form some ten thousand."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Doors:
    """`hosts` are names the board is reached by besides loopback and addresses; `policy` is the content policy's
    value; `callbacks` the outputs a page may ask a callback for; `command_output` the one that changes the board."""

    hosts: frozenset[str] = frozenset()
    policy: str = ""
    callbacks: Collection[str] = field(default_factory=frozenset)
    command_output: str = ""

    def knows_host(self, host: str) -> bool:
        """Whether a request's Host is ours. Numbers are: a name made to point here is what must be kept out."""
        name = host_name(host)
        if name in LOOPBACK or name in self.hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def host_name(host: str) -> str:
    """The name in a Host header, without the port, in lower case; "" for none that can be read."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def hosts_from(words: str, listening_on: str) -> frozenset[str]:
    """The names a setting lists, this machine's own among them."""
    named = {word.strip().lower() for word in words.split(",") if word.strip()}
    return frozenset({*named, listening_on.lower(), socket.gethostname().lower()})


def is_open(path: str) -> bool:
    """Whether a path needs nobody signed in."""
    return path in OPEN_PATHS or any(path == prefix or path.startswith(prefix) for prefix in OPEN_PREFIXES)


def content_policy(script_hashes: Sequence[str], tiles: str = "") -> str:
    """The content policy: our own origin and nothing else, but for the pictures of a configured tile server."""
    parts = urlsplit(tiles)
    tile_host = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    rules: Iterable[str] = (
        "default-src 'none'",
        " ".join(["script-src 'self'", *script_hashes]),
        "style-src-elem 'self' 'unsafe-inline'",
        "style-src-attr 'unsafe-inline'",
        f"img-src 'self' data: blob:{tile_host}",
        "connect-src 'self'",
        "font-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    )
    return "; ".join(rules)


def security_headers(policy: str, *, tls: bool) -> list[tuple[bytes, bytes]]:
    """Headers of every answer."""
    headers = [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), microphone=(), geolocation=(self), payment=(), usb=()"),
    ]
    if tls:
        headers.append((b"strict-transport-security", b"max-age=31536000"))
    return headers
