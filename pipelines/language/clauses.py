"""What two neighbouring words tell of Serbian, Croatian, Bosnian and Montenegrin: infinitives, futures, clauses.

Weights are for (sr, hr, bs, cnr) as in `cues.py`.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from pipelines.language.cues import Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

_MODALS = (
    "može mogu možemo treba trebaju trebalo mora moraju morao žele želi želimo neće hoće nećemo pokušava pokušavaju namerava"
    " namjerava planira planiraju"
)
# Verbs that are followed by `da` and the present in Serbian, by the infinitive in Croatian, in Bosnian by either.
_SAYING = "kazao kazala rekao rekla izjavio izjavila je smatra ističe istaknuo tvrdi poručio dodaje navodi"

_LISTED: tuple[tuple[Weights, str, str], ...] = (
    ((1.2, -1.5, 0.2, 0.8), _MODALS, "da"),
    ((0.8, -1.2, 0.1, 0.6), "da", "li"),
    ((-1.0, 0.9, 0.6, 0.0), "je", "li"),
    ((-0.8, 0.8, 0.4, 0.0), "kako", "bi"),
    ((-1.0, 1.2, 0.4, -0.3), _SAYING, "kako"),
    ((1.0, -0.6, -0.2, 0.6), "zbog", "toga"),
    ((0.4, -0.4, 0.0, 0.2), "obzirom", "da"),
)
_PAIRS = {
    (first, second): weights
    for weights, firsts, seconds in _LISTED
    for first in firsts.split()
    for second in seconds.split()
}
_MODAL = frozenset(_MODALS.split())

INFINITIVE: Weights = (-1.0, 0.9, 0.6, 0.0)
"""One of the modal verbs with an infinitive (`želi reći`)."""
UNJOINED_FUTURE: Weights = (-1.0, 1.4, 0.7, 0.0)
"""An infinitive without its `i` before the auxiliary (`objavit će`)."""
CLAUSE: Weights = (0.45, -0.75, 0.1, 0.3)
"""`da` with what may be a verb in the present."""

_SHORT = 3
_WILL = frozenset("će ću ćemo ćete ćeš ce cemo cete".split())  # noqa: SIM905 a list one reads
_CUT, _NOUN = ("at", "it", "et", "ut"), ("itet", "tat")
_PRESENT = re.compile(r"[a-zčćžšđ]{2,}(?:e|i|a|u|mo)")
_NO_VERB = frozenset(
    [
        "je",
        "su",
        "ne",
        "se",
        "bi",
        "ni",
        "ima",
        "nije",
        "nema",
        "ona",
        "ove",
        "ova",
        "ovo",
        "ovi",
        "oni",
        "ono",
        "to",
        "ta",
        "će",
        "na",
        "za",
        "po",
        "li",
        "mu",
        "joj",
        "treba",
        "mora",
        "može",
        "oba",
        "obe",
        "obje",
        "koje",
        "koji",
        "koja",
        "svi",
        "sve",
        "sva",
        "nisu",
        "prema",
    ]
)


def found(words: Sequence[str]) -> list[Weights]:
    """The weights of what neighbours among `words` (in small letters) say; each kind and pair counts once."""
    neighbours = dict.fromkeys(pairwise(words))
    told = [weights for pair in neighbours if (weights := _PAIRS.get(pair)) is not None]
    if not _WILL.isdisjoint(words) and any(
        other in _WILL and one.endswith(_CUT) and not one.endswith(_NOUN) for one, other in neighbours
    ):
        told.append(UNJOINED_FUTURE)
    if "da" in words and any(
        one == "da" and other not in _NO_VERB and _PRESENT.fullmatch(other) for one, other in neighbours
    ):
        told.append(CLAUSE)
    if not _MODAL.isdisjoint(words) and _modal_with_infinitive(words):
        told.append(INFINITIVE)
    return told


def _modal_with_infinitive(words: Sequence[str]) -> bool:
    rest = [word for word in words if word != "se"]
    return any(one in _MODAL and other.endswith(("ti", "ći")) and len(other) > _SHORT for one, other in pairwise(rest))
