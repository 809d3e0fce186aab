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
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING

from pipelines.language.cues import CUES, INFINITIVE, MODALS, PAIRS, Weights
from pipelines.language.grams import grams_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.language.engines import Ranking

VARIANTS = ("sr", "hr", "bs", "cnr")
"""In the order of the weights of a cue."""

_GRAM_WEIGHT = 0.25
"""How much the runs of letters count: they overlap, so their sum is far too sure of itself."""
_NAME_WEIGHT = 0.5
"""How much of that in a word with a capital: names tell where something happened, not who writes of it."""
_PRIOR = {"sr": 0.1, "cnr": -4.0}
"""There are more Serbian outlets than of the others; and without a mark of its own or a declaration a text is not called
Montenegrin."""

_LATIN_LETTERS = {
    **dict(zip("абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš", strict=True)),
    "љ": "lj",
    "њ": "nj",
    "џ": "dž",
}
_LATIN_OF = str.maketrans(
    _LATIN_LETTERS | {cyrillic.upper(): latin.capitalize() for cyrillic, latin in _LATIN_LETTERS.items()}
)
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_WORD = re.compile(r"\w+")
_PAIRS = {
    (first, second): weights
    for weights, firsts, seconds in PAIRS
    for first in firsts.split()
    for second in seconds.split()
}
_MODALS = frozenset(MODALS.split())
_SHORT = 3
_NONE: Weights = (0.0, 0.0, 0.0, 0.0)
_MARKS = frozenset("čćžšđČĆŽŠĐ")
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
        scores[index] += declared.get(variant, _PRIOR.get(variant, 0.0))
    best = max(scores)
    whole = math.fsum(math.exp(score - best) for score in scores)
    ranked = zip(VARIANTS, [math.exp(score - best) / whole for score in scores], strict=True)
    return tuple(sorted(ranked, key=itemgetter(1), reverse=True))


def evidence(text: str) -> list[float]:
    """The log score of each of `VARIANTS` by the words of `text` alone."""
    if _CYRILLIC.search(text):
        text = text.translate(_LATIN_OF)
    words = _WORD.findall(text)
    bald = len(text) >= _MARKED_FROM and _MARKS.isdisjoint(text)
    # Each word form counts once: a text about one subject repeats its words, which proves nothing more.
    found = [_of_word(word, bald) for word in dict.fromkeys(words)]
    lower = [word.lower() for word in words]
    pairs = [weights for pair in dict.fromkeys(pairwise(lower)) if (weights := _PAIRS.get(pair)) is not None]
    if not _MODALS.isdisjoint(lower):
        pairs += _infinitive(lower)
    return [math.fsum(column) for column in zip(_NONE, *found, *pairs, strict=True)]


def _infinitive(words: list[str]) -> list[Weights]:
    rest = [word for word in words if word != "se"]
    wanted = any(
        one in _MODALS and other.endswith(("ti", "ći")) and len(other) > _SHORT for one, other in pairwise(rest)
    )
    return [INFINITIVE] if wanted else []


@lru_cache(30_000)
def _of_word(form: str, bald: bool) -> Weights:  # noqa: FBT001 the key of a cache
    """What one word says, its runs of letters at the weight they have."""
    word = form.lower()
    exact, stems = (_EXACT_BALD, _STEMS_BALD) if bald else (_EXACT, _STEMS)
    found = list(exact.get(word, ()))
    for length in range(min(_LONGEST, len(word)), _SHORTEST - 1, -1):
        stem = stems.get(word[:length])
        if stem is not None:
            found += stem
            break
    sr, hr, bs, _ = grams_of("south_slavic").word(word)
    weight = _GRAM_WEIGHT if form == word else _GRAM_WEIGHT * _NAME_WEIGHT
    # Montenegrin was never measured apart: in its letters it is as like Serbian as Bosnian is.
    found.append((weight * sr, weight * hr, weight * bs, weight * (sr + bs) / 2))
    sums = [math.fsum(column) for column in zip(*found, strict=True)]
    return sums[0], sums[1], sums[2], sums[3]
