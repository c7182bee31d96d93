"""Dash as this board uses it: assets named by their content, and only those scripts on the page that it needs at once.

Knows which of Dash's scripts wait until something asks for them. Refuses to know the files (api/assets.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Dash

LATER = {
    ("dash", "dash_table/bundle.js"),  # no table of Dash's own is on any page
}
"""(package, file) served to whoever asks, but not on the page: each is fetched and parsed before the first symbol."""


class BoardDash(Dash):
    """`tags` are those of the assets by their name; one without is named as Dash does, by the time it was changed."""

    def __init__(self, *args: Any, tags: Mapping[str, str], **settings: Any) -> None:
        self._tags = tags
        super().__init__(*args, **settings)

    def script(self, package: str, file: str) -> str:
        """The address of a script that waits."""
        resource = {"namespace": package, "relative_package_path": file}
        return str(super()._collect_and_register_resources([resource])[0])

    def _collect_and_register_resources(
        self, resources: list[dict[str, Any]], include_async: bool = True, url_attr: str = "src"
    ) -> list[Any]:
        # The one place where Dash turns a file into an address; `dynamic` is its word for "served, not on the page".
        ours = [self._ours(resource) for resource in resources]
        return list(super()._collect_and_register_resources(ours, include_async, url_attr))

    def _ours(self, resource: dict[str, Any]) -> dict[str, Any]:
        if (tag := self._tags.get(resource.get("asset_path", ""))) is not None:
            return {**resource, "ts": tag}
        file = resource.get("relative_package_path")
        if isinstance(file, str) and (resource.get("namespace"), file) in LATER:
            return {**resource, "dynamic": True}
        return resource
