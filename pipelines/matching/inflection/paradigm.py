"""What the rules of all languages are made of: endings by class, and the words they make with a stem."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec


class Paradigm(msgspec.Struct, frozen=True, kw_only=True):
    """One class of words. Endings stand in one text with spaces between; `-` is no ending."""

    means: str
    """What the class is for, with an example: shown by errors, editors and the documentation."""
    hard: str
    soft: str = ""
    """Endings after a soft consonant; empty when they are those of `hard`."""
    full: str = ""
    """Endings that a stem with its fleeting vowel takes; empty when the class has none."""

    def endings(self, *, soft: bool) -> tuple[str, ...]:
        """The endings of the stem."""
        return tuple((self.soft if soft and self.soft else self.hard).split())


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one language."""

    name: str
    letters: str
    """A regular expression that the letters of a stem match, and how people call them: `script`."""
    script: str
    classes: Mapping[str, Paradigm]
    decide: Callable[[str], str]
    """The class that a stem alone decides; empty when it does not."""
    forms: Callable[[str, str, str], Iterator[str]]
    """The forms of a stem, in a class, with the stem that has a fleeting vowel, or an empty text."""
    refuses: Callable[[str], str] = lambda _: ""
    """Why a stem cannot be one; empty when it can."""


def joined(stem: str, ending: str) -> str:
    """A stem with its ending."""
    return stem if ending == "-" else stem + ending


def last_word(stem: str) -> str:
    """The word of a phrase that is inflected."""
    return stem.rsplit(maxsplit=1)[-1]
