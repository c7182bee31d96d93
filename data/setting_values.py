"""What the value of a setting may be, where a pattern does not say it.

Knows forms of addresses and names. Each function gives the value as it is kept, or raises ValueError; what is said
to people then stands in data/settings.py.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from data.store_url import read_store_url
from domain.account import FOR_THE_BOARD
from domain.commands import Role

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def store_url(url: str) -> str:
    """A store's URL, or nothing."""
    if url:
        read_store_url(url)
    return url


def tile_template(template: str) -> str:
    """A template of tiles, or nothing."""
    placed = all(part in template for part in ("{z}", "{x}", "{y}"))
    if template and not (placed and template.startswith(("http://", "https://", "/"))):
        raise ValueError
    return template


def http_url(url: str) -> str:
    """An address of a service, or nothing."""
    parts = urlsplit(url)
    if url and (
        parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment
    ):
        raise ValueError
    return url


def secure_url(url: str) -> str:
    """An address over TLS, or nothing; without TLS only on this machine, where nobody listens in between."""
    parts = urlsplit(http_url(url))
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError
    return url


def origin(url: str) -> str:
    """An address without a path, or nothing; the last slash goes."""
    bare = secure_url(url).removesuffix("/")
    if urlsplit(bare).path:
        raise ValueError
    return bare


def board_roles(words: str) -> str:
    """A list of roles of the whole board."""
    roles_in(words)
    return words


def roles_in(words: str) -> frozenset[Role]:
    """The roles a list names; only such of the whole board."""
    found = frozenset(Role(word) for word in words.replace(",", " ").split())
    if found - set(FOR_THE_BOARD):
        raise ValueError
    return found
