"""The variant step: which of Serbian, Croatian, Bosnian and Montenegrin a text of the macro-language `hbs` is.

One headline often cannot be told apart by anything; the step then says so with a probability near one third, and a
declaration decides. Cyrillic is read letter by letter as Latin.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from pipelines.language.cues import CUES, PHRASES, Weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipelines.language.engines import Ranking

VARIANTS = ("sr", "hr", "bs", "cnr")
"""In the order of the weights of a cue."""

_ENGINE_WEIGHT = 0.2
"""How much the engine's own opinion counts: enough to break a tie. Measured: it hardly ever answers Serbian."""
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


def _index(*, exact: bool) -> dict[str, tuple[Weights, ...]]:
    found: dict[str, tuple[Weights, ...]] = {}
    for weights, listed in CUES:
        for entry in listed.split():
            if entry.endswith("*") is not exact:
                key = entry.removesuffix("*")
                found[key] = (*found.get(key, ()), weights)
    return found


_EXACT = _index(exact=True)
_STEMS = _index(exact=False)
_SHORTEST = min(map(len, _STEMS))
_LONGEST = max(map(len, _STEMS))


def rank(text: str, engine: Ranking, declared: Mapping[str, float]) -> Ranking:
    """The variants by probability.

    `engine` is the engine's ranking, of which `sr`, `hr` and `bs` count a little; `declared` holds the weights of
    declarations by variant, added to the log score.
    """
    latin = text.lower().translate(_LATIN_OF)
    opinion = dict(engine)
    scores = [_ENGINE_WEIGHT * math.log(max(opinion.get(variant, 0.0), 1e-3)) for variant in VARIANTS]
    if "cnr" not in declared:
        scores[VARIANTS.index("cnr")] += _MONTENEGRIN_RARE
    for weights in _found(latin):
        for index, weight in enumerate(weights):
            scores[index] += weight
    for index, variant in enumerate(VARIANTS):
        scores[index] += declared.get(variant, 0.0)
    best = max(scores)
    whole = math.fsum(math.exp(score - best) for score in scores)
    ranked = zip(VARIANTS, (math.exp(score - best) / whole for score in scores), strict=True)
    return tuple(sorted(ranked, key=lambda entry: (-entry[1], entry[0])))


def _found(latin: str) -> Iterator[Weights]:
    # Each word form counts once: a text about one subject repeats its words, which proves nothing more.
    for word in sorted(set(_WORD.findall(latin))):
        yield from _EXACT.get(word, ())
        for length in range(min(_LONGEST, len(word)), _SHORTEST - 1, -1):
            stem = _STEMS.get(word[:length])
            if stem is not None:
                yield from stem
                break
    for weights, pattern in _PHRASES:
        if pattern.search(latin):
            yield weights
