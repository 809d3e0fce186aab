"""The variant step: which of Serbian, Croatian, Bosnian and Montenegrin a text of the macro-language `hbs` is.

Three witnesses, added as log scores: the words of `cues.py`, the neighbours of `clauses.py` and the runs of letters of
`south_slavic_grams.json`. One headline often cannot be told apart by anything; the step then says so with a probability
near one third, and a declaration or the rest of the feed decides. The engine is not asked: it hardly ever answers Serbian
for Latin letters. Cyrillic is read letter by letter as Latin.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING

from pipelines.language import clauses
from pipelines.language.cues import (
    CUES,
    FOREIGN_SPELLING,
    JOINED_FUTURE,
    LOAN_VERB_IZIRA,
    LOAN_VERB_IZOVA,
    LOOSE_INFINITIVE,
    Weights,
)
from pipelines.language.grams import grams_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.language.engines import Ranking

VARIANTS = ("sr", "hr", "bs", "cnr")
"""In the order of the weights of a cue."""

_GRAM_WEIGHT = 0.22
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
_FOREIGN = re.compile(r"[qwxy]|ll|ss|tt|nn|ff|zz|rr|pp|mm|ch|th|ph")
_JOINED = ("aće", "iće", "aćemo", "ićemo", "aćete", "ićete")
_NOT_JOINED = frozenset({"domaće", "otkriće"})
_JOINED_FROM, _INFINITIVE_FROM = 6, 5
_INFINITIVE = ("ati", "iti", "jeti", "nuti")
_MARKS = frozenset("čćžšđČĆŽŠĐ")
_BALD = str.maketrans({"č": "c", "ć": "c", "ž": "z", "š": "s", "đ": "dj"})
_MARKED_FROM = 40
"""Different words of so many characters together without a single diacritic are written without them on purpose: `sto`, not `što`."""
_BALD_WEIGHT = 0.35
"""How much the runs of letters count there: the tables know Serbian from Cyrillic, so never without diacritics."""


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
    # Each word form counts once: a text about one subject repeats its words, which proves nothing more.
    forms = dict.fromkeys(words)
    bald = _MARKS.isdisjoint(text) and sum(map(len, forms)) + len(forms) >= _MARKED_FROM
    told = [_of_word(form, bald) for form in forms]
    *scores, foreign, infinitives = map(math.fsum, zip(_NONE, *told, strict=True))
    said = clauses.found([word.lower() for word in words])
    if foreign:
        said.append(FOREIGN_SPELLING)
    if infinitives:
        said.append(LOOSE_INFINITIVE)
    for weights in said:
        for index, weight in enumerate(weights):
            scores[index] += weight
    return scores


_Word = tuple[float, float, float, float, bool, bool]
"""The weights of one word, and whether it is spelt as a foreign name and ends as an infinitive: both count once."""
_NONE: _Word = (0.0, 0.0, 0.0, 0.0, False, False)


@lru_cache(30_000)
def _of_word(form: str, bald: bool) -> _Word:  # noqa: FBT001 the key of a cache
    """What one word says, its runs of letters at the weight they have."""
    word = form.lower()
    exact, stems = (_EXACT_BALD, _STEMS_BALD) if bald else (_EXACT, _STEMS)
    found = list(exact.get(word, ()))
    for length in range(min(_LONGEST, len(word)), _SHORTEST - 1, -1):
        stem = stems.get(word[:length])
        if stem is not None:
            found += stem
            break
    small = form == word
    if small and word.endswith(_JOINED) and len(word) >= _JOINED_FROM and not found and word not in _NOT_JOINED:
        found.append(JOINED_FUTURE)
    if not found:
        if "izir" in word:
            found.append(LOAN_VERB_IZIRA)
        elif "izov" in word or "isova" in word:
            found.append(LOAN_VERB_IZOVA)
    weight = _GRAM_WEIGHT if small else _GRAM_WEIGHT * _NAME_WEIGHT
    weight *= _BALD_WEIGHT if bald else 1.0
    sr, hr, bs, _ = [weight * run for run in grams_of("south_slavic").word(word)]
    # Montenegrin was never measured apart: in its letters it is as like Serbian as Bosnian is.
    weights = sr, hr, bs, (sr + bs) / 2
    for cue in found:
        weights = weights[0] + cue[0], weights[1] + cue[1], weights[2] + cue[2], weights[3] + cue[3]
    return (
        *weights,
        not form.isupper() and _FOREIGN.search(word) is not None,
        small and word.endswith(_INFINITIVE) and len(word) >= _INFINITIVE_FROM,
    )
