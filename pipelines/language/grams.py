"""Runs of letters that tell near languages apart: tables shipped as data, see `tools/language_grams.py`.

A word scores by its letters: each with up to four before it, by the longest such run the table has. Words come back all
the time, so whoever asks remembers what it made of a word; `Grams.scores` does.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_LONGEST = 5
_NOTHING = "\0" * (_LONGEST - 1)
"""In front of a word: no run has it, so the first letters fall to what is before them."""
_NONE, _STEP = ord("P"), 0.1
_REMEMBERED = 20_000
"""Words kept by `Grams.scores`."""


class _Table(msgspec.Struct):
    source: str
    languages: tuple[str, ...]
    grams: dict[str, str]


class Grams:
    """One table: scores for `languages`, natural logarithms relative to their average; read when first made."""

    def __init__(self, name: str) -> None:
        raw = resources.files("pipelines.language").joinpath(f"{name}_grams.json").read_bytes()
        table = msgspec.json.decode(raw, type=_Table)
        self.languages = table.languages
        # As they lie in the file: as numbers they would take several times the memory.
        self._get = table.grams.get
        self._remembered: Callable[[str], tuple[float, ...]] = lru_cache(_REMEMBERED)(self.word)

    def scores(self, words: Iterable[str]) -> list[float]:
        """The sum over `words`."""
        total = [0.0] * len(self.languages)
        for word in words:
            for index, value in enumerate(self._remembered(word)):
                total[index] += value
        return total

    def word(self, word: str) -> tuple[float, ...]:
        """The scores of one word in lower case, worked out anew."""
        get = self._get
        padded = _NOTHING + word
        # Written out: this is where a text full of new words spends its time.
        found = [
            get(padded[end - 5 : end])
            or get(padded[end - 4 : end])
            or get(padded[end - 3 : end])
            or get(padded[end - 2 : end])
            or get(padded[end - 1 : end], "")
            for end in range(_LONGEST, len(padded) + 1)
        ]
        said = "".join(found).encode()
        count = len(self.languages)
        none = _NONE * (len(said) // count)
        return tuple([(sum(said[index::count]) - none) * _STEP for index in range(count)])


_made: dict[str, Grams] = {}


def grams_of(name: str) -> Grams:
    """The table `name`, read on the first call. Two threads may both read it; the result is the same."""
    found = _made.get(name)
    if found is None:
        found = _made[name] = Grams(name)
    return found
