"""The page around the board: language, icon, font.

Knows the document's head. Refuses inline scripts: the content policy of the app forbids them, but for
those Dash hashes itself.
"""

from __future__ import annotations

from collections.abc import Mapping

ICON = "favicon.svg"
FONT = "fonts/inter-latin-wght-normal.woff2"


def index_string(assets: str = "/assets/", language: str = "en", tags: Mapping[str, str] | None = None) -> str:
    """Dash's index page; `assets` is the URL the assets are served under, with a slash at its end, `tags` what each
    is named by besides (api/assets.py).

    The font is asked for at once, so that text does not move when it comes; under the very address the styles
    name it by, or it would come twice.
    """

    def url(name: str) -> str:
        tag = (tags or {}).get(name)
        return f"{assets}{name}?m={tag}" if tag else f"{assets}{name}"

    return f"""<!DOCTYPE html>
<html lang="{language}" data-theme="dark" data-link="connecting">
<head>
{{%metas%}}
<meta name="color-scheme" content="dark light">
<meta name="referrer" content="same-origin">
<title>{{%title%}}</title>
<link rel="icon" type="image/svg+xml" href="{url(ICON)}">
<link rel="preload" href="{url(FONT)}" as="font" type="font/woff2" crossorigin>
{{%css%}}
</head>
<body>
{{%app_entry%}}
<footer>
{{%config%}}
{{%scripts%}}
{{%renderer%}}
</footer>
</body>
</html>"""


INDEX = index_string()
"""The page of a board whose assets have no tags."""
