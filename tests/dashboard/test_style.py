"""The colours of both themes: every text on every ground it can stand on has the contrast WCAG AA asks for."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

CSS = files("dashboard").joinpath("static/page.css").read_text("utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", part)) for part in CSS.split("prefers-color-scheme: dark")[:2]
)
TEXTS = ["ink", "soft", "link", "bad", "high", "critical", *(f"list-{number}" for number in range(8))]
LAMPS = ["good", "bad", "wait", "focus"]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_signs_can_be_read(theme: dict[str, str]) -> None:
    weak = [
        (sign, ground)
        for signs, least in ((TEXTS, 4.5), (LAMPS, 3.0))
        for sign in signs
        for ground in ("surface", "ground", "fresh")
        if contrast(theme[sign], theme[ground]) < least
    ]
    assert not weak
    assert contrast(theme["mark-ink"], theme["mark"]) >= 4.5
    assert contrast(theme["surface"], theme["link"]) >= 4.5


def test_both_themes_name_the_same_colours() -> None:
    assert LIGHT.keys() == DARK.keys()
