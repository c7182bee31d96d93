"""One answer of a web server, bounded in time, size and in where it may lead.

Knows HTTP. Refuses to know what the answer means. Whoever names a server trusts that server, also on an internal
network, where many a county keeps its own. What the *server* names is another matter: a redirection or a next page
may lead to the same server, or to a public address of the internet, never to a file and never to another machine
inside. No proxy and no credentials are used.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from domain.errors import BadRegion
from geo.limits import ANSWER_SECONDS, MAX_ANSWER_BYTES, MAX_REDIRECTS, WAIT_SECONDS

_MOVED = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of one answer, in seconds and bytes. Tests tighten them."""

    wait: float = WAIT_SECONDS
    answer: float = ANSWER_SECONDS
    size: int = MAX_ANSWER_BYTES


@dataclass(frozen=True, slots=True)
class Answer:
    """A body, the address it came from in the end, and the headers by lower-case name."""

    url: str
    body: bytes
    headers: Mapping[str, str]

    def json(self) -> Any:
        """The body as JSON; BadRegion if it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise BadRegion(
                f"{shown(self.url)}: the answer is not JSON that can be read; is it a feature service?"
            ) from error


def get(url: str, trusted: str, bounds: Bounds, accept: str = "application/json") -> Answer:
    """Ask a server. `trusted` is the address the user gave. BadRegion for whatever goes wrong, naming the address."""
    for _ in range(MAX_REDIRECTS + 1):
        parts, at_home = _allowed(url, trusted)
        deadline = _Deadline(bounds.answer)
        try:
            status, headers, body = _ask(parts, at_home, bounds, accept, deadline)
        except BadRegion:
            raise
        except (OSError, http.client.HTTPException, ValueError) as error:
            if deadline.passed:
                raise BadRegion(f"{shown(url)}: no whole answer within {bounds.answer:g} s; try again later") from error
            words = "no answer in time" if isinstance(error, TimeoutError) else " ".join(str(error).split())[:120]
            raise BadRegion(
                f"{shown(url)}: {words or type(error).__name__}; check the address and the network"
            ) from error
        finally:
            deadline.stop()
        if status not in _MOVED:
            break
        url = urljoin(url, headers.get("location", ""))
    else:
        raise BadRegion(
            f"{shown(url)}: sent on more than {MAX_REDIRECTS} times (MAX_REDIRECTS); give the final address"
        )
    if status != 200:
        raise BadRegion(f"{shown(url)}: the server answered {status} {http.client.responses.get(status, '')}".rstrip())
    return Answer(url, body, headers)


def shown(url: str) -> str:
    """What to call an address in a message: without its query, where a token may stand."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("?")[0][:80]
    place = parts.netloc.rpartition("@")[2] + parts.path.rstrip("/")
    return place[:200] or url.partition("?")[0][:80]


def check_address(url: str) -> None:
    """BadRegion if an address is none that is asked."""
    _allowed(url, url)


def _allowed(url: str, trusted: str) -> tuple[SplitResult, bool]:
    """The parts of an address that may be asked, and whether it is the trusted server. BadRegion if it may not."""
    try:
        parts, home = urlsplit(url), urlsplit(trusted)
        ports = {each.port or _PORTS.get(each.scheme) for each in (parts, home)}
        at_home = parts.hostname == home.hostname and (len(ports) == 1 or ports == set(_PORTS.values()))
    except ValueError as error:
        raise BadRegion(f"{shown(url)}: not an address; begin with https://") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise BadRegion(f"{shown(url)}: only http and https addresses are asked, and the server named another")
    if parts.username or parts.password:
        raise BadRegion(f"{parts.hostname}: an address with a password in it is not used; export the layer to a file")
    return parts, at_home


def _check_public(address: str, host: str) -> None:
    """Asked of the address that was really connected to: a name may mean one machine now and another in a moment."""
    if not ipaddress.ip_address(address.partition("%")[0]).is_global:
        raise BadRegion(f"{host}: the server leads to another machine's internal address ({address}); not followed")


def _ask(
    parts: SplitResult, at_home: bool, bounds: Bounds, accept: str, deadline: _Deadline
) -> tuple[int, dict[str, str], bytes]:  # fmt: skip
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    connection = http.client.HTTPConnection(host, port, timeout=bounds.wait)
    try:
        plain = socket.create_connection((host, port), timeout=bounds.wait)
        connection.sock = plain
        deadline.guard(plain)
        if not at_home:
            _check_public(str(plain.getpeername()[0]), host)
        if parts.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
            deadline.guard(connection.sock)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Host": parts.netloc, "Accept": accept, "User-Agent": "Concord", "Connection": "close"}
        connection.request("GET", target, headers=headers)
        answer = connection.getresponse()
        if answer.status in _MOVED:
            return answer.status, {key.lower(): value for key, value in answer.getheaders()}, b""
        body = bytearray()
        while chunk := answer.read1(65536):
            body += chunk
            if len(body) > bounds.size:
                raise BadRegion(
                    f"{shown(parts.geturl())}: the answer is larger than {bounds.size / 2**20:g} MB (MAX_ANSWER_BYTES)"
                )
        if deadline.passed or (answer.length or 0) > 0:
            raise ConnectionError("the answer breaks off")
        return answer.status, {key.lower(): value for key, value in answer.getheaders()}, bytes(body)
    finally:
        connection.close()


class _Deadline:
    """Shuts a socket when the time is over: a server that drips a byte a second defeats every other time-out."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._over)
        self._timer.daemon = True
        self._timer.start()

    def guard(self, connection: socket.socket) -> None:
        """From now on this socket is the one to shut."""
        self._socket = connection
        if self.passed:
            self._over()

    def stop(self) -> None:
        """The answer is there."""
        self._timer.cancel()

    def _over(self) -> None:
        self.passed = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                return
