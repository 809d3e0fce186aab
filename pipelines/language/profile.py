"""The learned profile of a feed: in which South Slavic variant its items in Latin letters are written.

One headline seldom tells; twenty of one newsroom nearly always do. Only words count, never a declaration or an earlier
profile, so that a profile cannot confirm itself.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pipelines.language.south_slavic import VARIANTS, evidence, rank

if TYPE_CHECKING:
    from collections.abc import Sequence

ITEMS = 20
"""Items a profile rests on at least: until then there is none."""
KEPT = 60
"""Newest items looked at; each counts half of one that is `ITEMS` newer, so a feed that changes hands is followed."""
_PROBABILITY = 0.95
_TELLING = 0.8
"""An item that by itself is that probable for one variant..."""
_TOLD = 4
"""...and there must be so many of them..."""
_AGREEING = 0.6
"""...which name the pooled one so often: an aggregator of several newsrooms has no profile."""


def profile_of(texts: Sequence[str]) -> str:
    """The tag (`sr-Latn`, `hr`, `bs`, `cnr`) learned from `texts`, newest first; empty when they do not settle one.

    `texts` are title and summary of items in Latin letters whose macro-language is `hbs`.
    """
    newest = texts[:KEPT]
    if len(newest) < ITEMS:
        return ""
    pooled = [0.0] * len(VARIANTS)
    for age, text in enumerate(newest):
        weight = 0.5 ** (age / ITEMS)
        for index, score in enumerate(evidence(text)):
            pooled[index] += weight * score
    best = max(pooled)
    probability = 1.0 / math.fsum(math.exp(score - best) for score in pooled)
    variant = VARIANTS[pooled.index(best)]
    telling = [ranking[0][0] for ranking in (rank(text, {}) for text in newest) if ranking[0][1] >= _TELLING]
    if probability < _PROBABILITY or len(telling) < _TOLD or telling.count(variant) < _AGREEING * len(telling):
        return ""
    return "sr-Latn" if variant == "sr" else variant
