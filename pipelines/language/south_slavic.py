"""The variant step: which of Serbian, Croatian, Bosnian and Montenegrin a text of the macro-language `hbs` is.

Two witnesses, added as log scores: the words of `cues.py` and the runs of letters of `south_slavic_grams.json`. One
headline often cannot be told apart by anything; the step then says so with a probability near one third, and a
declaration or the rest of the feed decides. The engine is not asked: it hardly ever answers Serbian for Latin letters.
Cyrillic is read letter by letter as Latin.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from pipelines.language.cues import CUES, PHRASES, Weights
from pipelines.language.grams import grams_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.language.engines import Ranking

VARIANTS = ("sr", "hr", "bs", "cnr")
"""In the order of the weights of a cue."""

_GRAM_WEIGHT = 0.2
"""How much the runs of letters count: they overlap, so their sum is far too sure of itself."""
_NAME_WEIGHT = 0.5
"""How much of that in a word with a capital: names tell where something happened, not who writes of it."""
_MONTENEGRIN_RARE = -4.0
"""Without a mark of its own or a declaration a text is not called Montenegrin."""

_LATIN_OF = str.maketrans(
    {
        **dict(zip("абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš", strict=True)),
        "љ": "lj",
        "њ": "nj",
        "џ": "dž",
    }
)
_WORD = re.compile(r"[^\W\d_]+")
_PHRASES = tuple((weights, re.compile(pattern)) for weights, pattern in PHRASES)
_NONE: Weights = (0.0, 0.0, 0.0, 0.0)
_MARKS = frozenset("čćžšđ")
_BALD = str.maketrans({"č": "c", "ć": "c", "ž": "z", "š": "s", "đ": "dj"})
_MARKED_FROM = 60
"""A text of so many characters without a single diacritic is written without them on purpose: `sto`, not `što`."""


def _index(*, exact: bool) -> dict[str, tuple[Weights, ...]]:
    found: dict[str, tuple[Weights, ...]] = {}
    for weights, listed in CUES:
        for entry in listed.split():
            if entry.endswith("*") is not exact:
                key = entry.removesuffix("*")
                found[key] = (*found.get(key, ()), weights)
    return found


def _bald(index: dict[str, tuple[Weights, ...]]) -> dict[str, tuple[Weights, ...]]:
    # A cue that only its diacritics tell from another one (`reči`, `reci`) is no cue without them.
    shared: dict[str, tuple[Weights, ...] | None] = {}
    for key, weights in index.items():
        plain = key.translate(_BALD)
        shared[plain] = weights if shared.get(plain, weights) == weights else None
    return {key: weights for key, weights in shared.items() if weights}


_EXACT = _index(exact=True)
_STEMS = _index(exact=False)
_EXACT_BALD = _bald(_EXACT)
_STEMS_BALD = _bald(_STEMS)
_SHORTEST = min(map(len, _STEMS))
_LONGEST = max(map(len, _STEMS))


def rank(text: str, declared: Mapping[str, float]) -> Ranking:
    """The variants by probability; `declared` holds the weights of declarations by variant, added to the log score."""
    scores = evidence(text)
    for index, variant in enumerate(VARIANTS):
        scores[index] += declared.get(variant, 0.0)
    if "cnr" not in declared:
        scores[VARIANTS.index("cnr")] += _MONTENEGRIN_RARE
    best = max(scores)
    whole = math.fsum(math.exp(score - best) for score in scores)
    ranked = zip(VARIANTS, (math.exp(score - best) / whole for score in scores), strict=True)
    return tuple(sorted(ranked, key=lambda entry: (-entry[1], entry[0])))


def evidence(text: str) -> list[float]:
    """The log score of each of `VARIANTS` by the words of `text` alone."""
    # Each word form counts once: a text about one subject repeats its words, which proves nothing more.
    forms = sorted(set(_WORD.findall(text.translate(_LATIN_OF_BOTH))))
    lower = text.lower().translate(_LATIN_OF)
    bald = len(lower) >= _MARKED_FROM and _MARKS.isdisjoint(lower)
    sr, hr, bs, cnr = 0.0, 0.0, 0.0, 0.0
    seen = set()
    for form in forms:
        word = form.lower()
        if word in seen:
            continue
        seen.add(word)
        cue, letters = _of_word(word, bald)
        weight = _GRAM_WEIGHT if form == word else _GRAM_WEIGHT * _NAME_WEIGHT
        sr += cue[0] + weight * letters[0]
        hr += cue[1] + weight * letters[1]
        bs += cue[2] + weight * letters[2]
        # Montenegrin was never measured apart: in its letters it is as like Serbian as Bosnian is.
        cnr += cue[3] + weight * (letters[0] + letters[2]) / 2
    scores = [sr, hr, bs, cnr]
    for weights, pattern in _PHRASES:
        if pattern.search(lower):
            for index, value in enumerate(weights):
                scores[index] += value
    return scores


_LATIN_OF_BOTH = _LATIN_OF | {
    ord(chr(code).upper()): latin.capitalize() for code, latin in ((code, str(latin)) for code, latin in _LATIN_OF.items())
}


@lru_cache(20_000)
def _of_word(word: str, bald: bool) -> tuple[Weights, tuple[float, ...]]:  # noqa: FBT001 the key of a cache
    exact, stems = (_EXACT_BALD, _STEMS_BALD) if bald else (_EXACT, _STEMS)
    found = list(exact.get(word, ()))
    for length in range(min(_LONGEST, len(word)), _SHORTEST - 1, -1):
        stem = stems.get(word[:length])
        if stem is not None:
            found += stem
            break
    cue = tuple(map(math.fsum, zip(*found, strict=True))) if found else _NONE
    return (cue[0], cue[1], cue[2], cue[3]), grams_of("south_slavic").word(word)
