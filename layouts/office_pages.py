"""The pages that work without a script: sign-in, account and the offices' forms, from their templates.

Knows how a template is filled: every value escaped, a missing one is an error. Refuses to know what the pages say.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

CSRF_FIELD = "csrf"
FOLDER = Path(__file__).resolve().parent / "office"


class OfficePages:
    """The templates, read once. `asset` is the address of a script or style by its file's name."""

    def __init__(self, title: str, *, training: bool, asset: Callable[[str], str] = "/assets/{}".format) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {"board": title, "training": training, "asset": asset}

    def page(self, template: str, *, csrf: str, who: str, links: list[tuple[str, str]], **values: Any) -> str:
        """A whole page. `csrf` is the session's mark, `who` the line that says who is signed in ("" for nobody),
        `links` (path, words) to the offices this reader may enter."""

        def mark() -> Markup:
            return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, csrf)

        return self._environment.get_template(template).render(csrf=mark, who=who, links=links, **values)
