"""An identity provider in a process of its own, and a board told of it: for raw and browser tests of signing in."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.integration.openid_provider import CLIENT, SECRET

FORM = "application/x-www-form-urlencoded"
NAME = "County sign-in"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def ask(method: str, url: str, body: str | None = None, **headers: str) -> tuple[int, Any, bytes]:
    """One request, no redirect followed."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request(
            method, f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", body,
            {name.replace("_", "-"): value for name, value in headers.items()},
        )  # fmt: skip
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


class CountyProvider:
    """The provider's process, as a test speaks to it. It answers as `localhost`: another site than the board."""

    def __init__(self, root: Path, port: int) -> None:
        self.issuer = f"http://localhost:{port}"
        self._command = [sys.executable, "-m", "tests.integration.openid_provider", str(port), "localhost"]
        self._root = root
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, cwd=self._root, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while True:
            try:
                ask("GET", f"{self.issuer}/asked")
                return
            except OSError:
                assert self.process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def stop(self) -> None:
        self.process.kill()  # it keeps nothing, and may be in the middle of a slow answer
        self.process.wait(10)

    def tell(self, path: str, body: Any = None) -> None:
        status, _, answer = ask(
            "POST", f"{self.issuer}/{path}", json.dumps(body or {}), Content_Type="application/json"
        )
        assert status == 200, answer

    def misbehave(self, how: str) -> None:
        self.tell(f"misbehave?{urlencode({'how': how})}")

    def asked(self) -> list[str]:
        found: list[str] = json.loads(ask("GET", f"{self.issuer}/asked")[2])
        return found

    def proves(self, address: str, person: str) -> str:
        """What the form does for somebody who clicks their name: the address the browser is sent back to."""
        form = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        status, headers, answer = ask(
            "POST", address.partition("?")[0], urlencode({**form, "person": person}), Content_Type=FORM
        )
        assert status == 303, answer
        return str(headers["location"])


def settings_for(provider: CountyProvider, folder: Path, port: int) -> dict[str, str]:
    (folder / "client.secret").write_text(f"{SECRET}\n")
    return {
        "CONCORD_PORT": str(port),
        "CONCORD_WORKERS": "2",
        "CONCORD_TRAINING": "off",
        "CONCORD_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "CONCORD_OIDC_ISSUER": provider.issuer,
        "CONCORD_OIDC_CLIENT_ID": CLIENT,
        "CONCORD_OIDC_CLIENT_SECRET_FILE": str(folder / "client.secret"),
        "CONCORD_OIDC_NAME": NAME,
    }
