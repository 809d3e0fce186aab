"""The figures of language detection over the frozen set.

`language.jsonl` holds one text a line: sentences written for this repository (`written`), and sentences of the
Universal Declaration of Human Rights (`udhr-<article>`), which belong to everybody. A text that reads the same in two
languages is not in it. Length classes: short is under 60 characters, medium under 120; one of Chinese, Japanese or
Korean counts three.

The set is small and easy, and a few cues were added after a look at its errors: it keeps the detector from falling
back and says little about its accuracy on news.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec

from pipelines.language.detect import detect
from pipelines.language.tags import macro_of

LENGTHS = ("short", "medium", "long")


class Labelled(msgspec.Struct, frozen=True):
    """One text with its language."""

    tag: str
    length: str
    origin: str
    text: str


def labelled(data: Path) -> list[Labelled]:
    """The set, in its order."""
    return [msgspec.json.decode(line, type=Labelled) for line in data.read_bytes().splitlines()]


def figures(data: Path) -> dict[str, float]:
    """Accuracy by length: strict (the tag, so sr, hr and bs apart) and merged (the macro-language).

    Also how many tags are accepted, and how many of these are right.
    """
    texts: Counter[str] = Counter()
    strict: Counter[str] = Counter()
    merged: Counter[str] = Counter()
    accepted = right = 0
    for one in labelled(data):
        found = detect(one.text)
        texts[one.length] += 1
        strict[one.length] += found.tag == one.tag
        merged[one.length] += found.macro == macro_of(one.tag)
        accepted += found.accepted
        right += found.accepted and found.tag == one.tag
    result = {f"strict {length}": strict[length] / texts[length] for length in LENGTHS}
    result |= {f"merged {length}": merged[length] / texts[length] for length in LENGTHS}
    result |= {"accepted": accepted / texts.total(), "accepted and right": right / max(1, accepted)}
    return {name: int(value * 10_000) / 10_000 for name, value in result.items()}
