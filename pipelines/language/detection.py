"""The answer of the language stage."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec

from pipelines.language.tags import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable


class Detection(msgspec.Struct, frozen=True, kw_only=True):
    """The language of a text."""

    tag: str = UNKNOWN
    """BCP 47: always the best guess; `und` only for a text without letters."""
    macro: str = UNKNOWN
    """`hbs` for sr, hr, bs and cnr, otherwise the language: what watchlists compare."""
    script: str = ""
    """ISO 15924 code of the main script, `Jpan` and `Kore` for the mixtures; empty when unknown."""
    confidence: float = 0.0
    """Probability of `tag`: `macro_confidence` times `variant_confidence`."""
    accepted: bool = False
    """Whether `tag` is above the threshold."""
    variant_confidence: float = 1.0
    """Probability of `tag` given that `macro` is right: 1 where there is no variant to choose, so outside `hbs`, and in
    Cyrillic unless our own source list names Bosnian or Montenegrin."""
    macro_confidence: float = 0.0
    macro_accepted: bool = False
    """Probability of `macro`, and whether it is above the threshold: it is often sure when the variant is not."""
    source: str = "none"
    """What decided: `script`, `letters`, `engine`, `variant`, `hint`, `agreement` (of two engines) or `none`."""
    alternatives: tuple[tuple[str, float], ...] = ()
    """Up to three other tags with their probabilities."""


NOTHING = Detection(variant_confidence=0.0)
"""The answer for a text without letters."""


def rounded(probability: float) -> float:
    """Four digits: what is stored must not depend on the processor's last bit."""
    return min(1.0, max(0.0, round(probability, 4)))


def listed(others: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    """The three most probable, as `Detection.alternatives` holds them."""
    ordered = sorted(others, key=itemgetter(1), reverse=True)[:3]
    return tuple([(tag, shown) for tag, probability in ordered if (shown := rounded(probability)) > 0])
