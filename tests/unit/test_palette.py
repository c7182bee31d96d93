"""The tokens are legible: contrast computed as WCAG 2.2 does, in both themes, from the stylesheet itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
THEMES = ("dark", "light")
STATUSES = ("st-available", "st-dispatched", "st-enroute", "st-onscene", "st-transport", "st-out")
PRIORITIES = ("p1", "p2", "p3", "p4")


def tokens(theme: str) -> dict[str, str]:
    """Names and colours of a theme; light stands on what it does not override."""
    css = (ROOT / "assets/app.css").read_text(encoding="utf-8")
    blocks = [re.search(r":root \{(.*?)\n\}", css, re.S)]
    if theme == "light":
        blocks.append(re.search(r'\[data-theme="light"\] \{(.*?)\n\}', css, re.S))
    found: dict[str, str] = {}
    for block in blocks:
        assert block, "the stylesheet lost its token block"
        found.update(re.findall(r"--([\w-]+):\s*(#[0-9A-Fa-f]{6})", block.group(1)))
    return found


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_the_standard_does() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["bg", "panel", "raised", "sel"])
@pytest.mark.parametrize("words", ["text", "muted", "t-alarm", "t-warn", "t-ok", "t-link"])
def test_words_are_legible_on_every_ground(theme: str, ground: str, words: str) -> None:
    colours = tokens(theme)
    assert contrast(colours[words], colours[ground]) >= 4.5, f"{words} on {ground}"


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("fill", [*STATUSES, *PRIORITIES, "alarm", "warn", "ok"])
def test_ink_is_legible_on_every_fill(theme: str, fill: str) -> None:
    colours = tokens(theme)
    assert contrast(colours["ink"], colours[fill]) >= 5.5


@pytest.mark.parametrize("fill", STATUSES)
def test_a_status_stands_out_from_a_dark_panel(fill: str) -> None:
    colours = tokens("dark")
    assert contrast(colours[fill], colours["panel"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("mark", ["focus", "used", "control"])
@pytest.mark.parametrize("ground", ["bg", "panel"])
def test_marks_and_edges_of_controls_can_be_made_out(theme: str, mark: str, ground: str) -> None:
    colours = tokens(theme)
    assert contrast(colours[mark], colours[ground]) >= 3.0, f"{mark} on {ground}"


@pytest.mark.parametrize(("theme", "words"), [("dark", "#0B0F14"), ("light", "#FFFFFF")])
def test_the_main_button_is_legible(theme: str, words: str) -> None:
    assert contrast(words, tokens(theme)["focus"]) >= 4.5


def test_light_overrides_only_what_dark_has() -> None:
    assert set(tokens("light")) == set(tokens("dark"))
