"""What others say a text is written in, and how much each counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pipelines.language.south_slavic import VARIANTS
from pipelines.language.tags import declared_tag, macro_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE_WEIGHT, PROFILE_WEIGHT, DECLARED_WEIGHT, MOST_WEIGHT = 4.0, 4.0, 2.0, 5.0
"""What a declaration adds to the log score of a variant: of our source list, of the learned profile, of entry or feed,
and of all that agree together. Measured with declarations that are right 80 to 99 times of a hundred."""


class Hints(msgspec.Struct, frozen=True):
    """What others say the language is, as they write it; empty when they say nothing."""

    declared: str = ""
    """By the entry, else by its feed."""
    source: str = ""
    """By our own source list, which somebody looked after."""
    profile: str = ""
    """The variant this feed was learned to be written in: `Outlet.learned`, see `profile.py`."""


NO_HINTS = Hints()


def declared_languages(hints: Hints) -> Iterator[tuple[str, str]]:
    """Macro-language and script (empty: not said) of each hint that names a language, the most trusted first."""
    for declared in (hints.source, hints.profile, hints.declared):
        language, _, script = declared_tag(declared).partition("-") if declared else ("", "", "")
        if language:
            yield macro_of(language), script


def variant_weights(hints: Hints) -> dict[str, float]:
    """What the hints add to the log score of each variant of `hbs` they name."""
    weights: dict[str, float] = {}
    for declared, weight in (
        (hints.source, SOURCE_WEIGHT),
        (hints.profile, PROFILE_WEIGHT),
        (hints.declared, DECLARED_WEIGHT),
    ):
        code = declared_tag(declared).partition("-")[0] if declared else ""
        if code in VARIANTS:
            weights[code] = min(MOST_WEIGHT, weights.get(code, 0.0) + weight)
    return weights
