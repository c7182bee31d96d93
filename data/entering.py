"""Enter a training board from a program, as its sign-in page's one click does.

Knows the request and the cookies that come back. Refuses to enter anything but a training board on this machine:
a real board takes a service token.
"""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from domain.errors import ConcordError


class NotEntered(ConcordError, RuntimeError):
    """The board did not let us in; the text says what it answered."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What a page of that session sends: the Cookie header, and the mark that goes with whatever changes something."""

    origin: str
    cookie: str
    mark: str

    def headers(self) -> dict[str, str]:
        """Headers of a request of our own page."""
        return {"Cookie": self.cookie, "Origin": self.origin, "X-CSRFToken": self.mark}


def enter(url: str, position: str) -> Pass:
    """Enter the board at `url` at a position such as `sffd:dispatcher` or `:auditor`. Raises NotEntered."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request(
            "POST",
            "/sign-in/enter",
            urlencode({"position": position}),
            {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin},
        )
        answer = connection.getresponse()
        answer.read()
    except OSError as lost:
        raise NotEntered(f"{origin} does not answer: {lost}") from lost
    finally:
        connection.close()
    cookies = dict(
        line.partition(";")[0].split("=", 1) for line in answer.headers.get_all("Set-Cookie") or [] if "=" in line
    )
    if answer.status != 303 or "_csrf_token" not in cookies:
        raise NotEntered(f"{origin} did not let us in as {position}: it answers {answer.status}")
    return Pass(origin, "; ".join(f"{name}={value}" for name, value in cookies.items()), cookies["_csrf_token"])
