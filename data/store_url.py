"""What REDIS_URL says: which kind of store, where it is, how to prove who we are, how many copies a command needs.

Knows the forms of the URL and their options. Refuses to know connections.

| form | store |
|---|---|
| `redis://[user:password@]host:port/db` | one server |
| `rediss://...` | one server over TLS |
| `unix:///path/to/socket` | one server on this machine |
| `sentinel://[user:password@]host:port,host:port/service` | whichever server the Sentinels name as master |
| `cluster://[user:password@]host:port,host:port` | the master of a Cluster that holds the board's slot |

Options after `?`, joined by `&`: `replicas=N` (copies a command must have before it counts as done), `db=N`,
`tls=1` (for sentinel and cluster), `ca=FILE`, `cert=FILE`, `key=FILE`, `sentinel_user=`, `sentinel_password=`.
Others are handed to the client as they are (`redis://`, `rediss://`, `unix://` only).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from domain.errors import ConcordError

KINDS = {"redis": "single", "rediss": "single", "unix": "single", "sentinel": "sentinel", "cluster": "cluster"}
DEFAULT_PORTS = {"redis": 6379, "rediss": 6379, "sentinel": 26379, "cluster": 6379}
OWN_OPTIONS = frozenset({"replicas", "db", "tls", "ca", "cert", "key", "sentinel_user", "sentinel_password"})
MOST_REPLICAS = 9


class BadStoreUrl(ConcordError, ValueError):
    """REDIS_URL cannot be understood; the text names the part and what is allowed, never a password."""


@dataclass(frozen=True, slots=True)
class StorePlace:
    """A store's address, taken apart. `url` is what the client library is given for one server, "" otherwise.

    `replicas` is how many copies a command must have before it counts as done (0 = the master's own).
    """

    kind: str
    url: str
    hosts: tuple[tuple[str, int], ...] = ()
    service: str = ""
    db: int = 0
    username: str = ""
    password: str = ""
    sentinel_username: str = ""
    sentinel_password: str = ""
    tls: bool = False
    ca: str = ""
    cert: str = ""
    key: str = ""
    replicas: int = 0


def read_store_url(url: str) -> StorePlace:
    """A REDIS_URL taken apart. Raises BadStoreUrl naming the part that is wrong and what is allowed."""
    parts = urlsplit(url)
    if parts.scheme not in KINDS:
        raise BadStoreUrl("REDIS_URL starts with redis://, rediss://, unix://, sentinel:// or cluster://")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    kind = KINDS[parts.scheme]
    user, password, hosts = _authority(parts.netloc, parts.scheme)
    service, db = "", options.get("db", "")
    if kind == "sentinel":
        service = unquote(parts.path.strip("/"))
        if not service or "/" in service:
            raise BadStoreUrl("REDIS_URL: sentinel://host:port,host:port/SERVICE needs the name the Sentinels watch")
    elif kind == "single" and parts.scheme != "unix":
        db = parts.path.strip("/") or db
    if kind != "single" and (unknown := sorted(set(options) - OWN_OPTIONS)):
        raise BadStoreUrl(f"REDIS_URL: {unknown[0]!r} is no option; known are {', '.join(sorted(OWN_OPTIONS))}")
    if kind == "cluster" and db not in ("", "0"):
        raise BadStoreUrl("REDIS_URL: a Cluster has database 0 only")
    return StorePlace(
        kind=kind,
        url=_for_the_library(url) if kind == "single" else "",
        hosts=hosts,
        service=service,
        db=_number(db or "0", "db", 65535),
        username=user,
        password=password,
        sentinel_username=options.get("sentinel_user", ""),
        sentinel_password=options.get("sentinel_password", ""),
        tls=parts.scheme == "rediss" or options.get("tls", "") in ("1", "on", "yes", "true"),
        ca=_file(options, "ca"),
        cert=_file(options, "cert"),
        key=_file(options, "key"),
        replicas=_number(options.get("replicas", "0"), "replicas", MOST_REPLICAS),
    )


def with_replicas(url: str, replicas: int | None) -> str:
    """The URL with `replicas` among its options, so that no client of the store can forget it.

    What the URL says itself stays; None means one copy behind Sentinel, none elsewhere.
    """
    parts = urlsplit(url)
    options = parse_qsl(parts.query, keep_blank_values=True)
    if not url or any(name == "replicas" for name, _ in options):
        return url
    wanted = replicas if replicas is not None else 1 if parts.scheme == "sentinel" else 0
    if not wanted:
        return url
    return _with_query(url, [*options, ("replicas", str(wanted))])


def without_secrets(url: str) -> str:
    """The URL as it may be shown: no names, no passwords, no options."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}"


def _for_the_library(url: str) -> str:
    """The URL without our own options; `db` stays, the library knows it too."""
    parts = urlsplit(url)
    ours = OWN_OPTIONS - {"db"}
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in ours]
    return _with_query(url, kept)


def _with_query(url: str, options: list[tuple[str, str]]) -> str:
    # Not urlunsplit: it makes unix:/path of unix:///path.
    base = url.partition("?")[0]
    return f"{base}?{urlencode(options)}" if options else base


def _authority(netloc: str, scheme: str) -> tuple[str, str, tuple[tuple[str, int], ...]]:
    names, _, places = netloc.rpartition("@")
    user, _, password = names.partition(":")
    if scheme == "unix":
        return unquote(user), unquote(password), ()
    hosts = []
    for place in places.split(","):
        found = re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^:\[\]]*)(?::(\d+))?", place)
        if not found:
            raise BadStoreUrl(f"REDIS_URL: {place!r} is not host:port")
        port = _number(found.group(2), "port", 65535) if found.group(2) else DEFAULT_PORTS[scheme]
        hosts.append((found.group(1).strip("[]") or "127.0.0.1", port))
    if len(hosts) > 1 and scheme in ("redis", "rediss"):
        raise BadStoreUrl("REDIS_URL: several hosts need sentinel:// or cluster://")
    return unquote(user), unquote(password), tuple(hosts)


def _number(text: str, name: str, most: int) -> int:
    if not text.isdecimal() or int(text) > most:
        raise BadStoreUrl(f"REDIS_URL: {name} is a whole number, 0 to {most}, not {text!r}")
    return int(text)


def _file(options: dict[str, str], name: str) -> str:
    path = options.get(name, "")
    if path and not Path(path).is_file():
        raise BadStoreUrl(f"REDIS_URL: {name}={path}: there is no such file")
    return path
