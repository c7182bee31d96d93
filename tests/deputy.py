"""Somebody at another position, over raw HTTP: what their page would send, without the page."""

from __future__ import annotations

import http.client
import json
import time
import uuid
from typing import Any
from urllib.parse import urlsplit

from data.entering import Pass, enter

CALLBACKS = "/_dash-update-component"


def callback(output: str, store: str, value: Any) -> dict[str, Any]:
    """A callback request as Dash's page writes it."""
    name, _, part = output.partition(".")
    return {
        "output": output,
        "outputs": {"id": name, "property": part},
        "inputs": [{"id": store, "property": "data", "value": value}],
        "changedPropIds": [f"{store}.data"],
        "state": [],
    }


class Deputy:
    """Enters a training board at a position and gives commands there."""

    def __init__(self, url: str, position: str) -> None:
        self.url = url
        self.pass_: Pass = enter(url, position)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Any request with this session's cookies; headers of ours are replaced by those given, "" leaves one out."""
        sent = {**self.pass_.headers(), **{name.replace("_", "-"): value for name, value in headers.items()}}
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=20)
        try:
            headers_sent = {name: value for name, value in sent.items() if value}
            connection.request(method, path, body, headers_sent, encode_chunked="Transfer-Encoding" in headers_sent)
            answer = connection.getresponse()
            told: dict[str, str] = {}
            for name, value in answer.headers.items():
                told[name] = f"{told[name]}, {value}" if name in told else value
            return answer.status, told, answer.read()
        finally:
            connection.close()

    def call(self, output: str, store: str, value: Any, **headers: str) -> tuple[int, Any]:
        """A callback; its status and what it put into the output."""
        asked = json.dumps(callback(output, store, value))
        status, _, answer = self.ask("POST", CALLBACKS, asked, Content_Type="application/json", **headers)
        if status != 200:
            return status, answer
        name, _, part = output.partition(".")
        return status, json.loads(answer)["response"][name][part]

    def command(self, kind: str, body: dict[str, Any], expected: dict[str, int] | None = None) -> dict[str, Any]:
        """A command and its outcome."""
        sent = {"id": uuid.uuid4().hex, "kind": kind, "body": body, "expected": expected or {}}
        status, outcome = self.call("outcome.data", "command", {**sent, "issued_at": time.time()})
        assert status == 200, (status, outcome)
        found: dict[str, Any] = outcome
        return found
