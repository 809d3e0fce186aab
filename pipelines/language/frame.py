# ruff: noqa: RUF001 quotation marks of several languages
"""The frame of a headline: its own words, without what it quotes and whom it names; and whether they are enough."""

from __future__ import annotations

import re

LETTERS, WORDS = 20, 3
"""Below this much evidence only a script, a letter, a declaration or two engines decide: one is overconfident on a name."""
NAMES = 4
"""So many words or fewer, all with a capital, may be nothing but names."""

_QUOTATION = re.compile(
    r"\"[^\"]{8,300}\"|[“„][^“”„]{8,300}[”“]|«[^«»]{8,300}»|»[^«»]{8,300}«",
)
_MARKS = frozenset('"“„»')
_AROUND = "()'‘’\"“”„«».,:;!?"


def enough(text: str, letters: int, script: str) -> bool:
    """Whether `text`, which has so many `letters`, is more than a few names."""
    # Half of what is written in Devanagari are vowel signs, which are no letters.
    if letters * (2 if script == "Deva" else 1) < LETTERS:
        return False
    words = text.split(None, NAMES)
    if len(words) > NAMES:
        return True
    return len(words) >= WORDS and not all(word[:1].isupper() for word in words)


def frame(text: str, *, named: bool = True) -> str:
    """What is left of `text` without its quotations, and (when `named`) names whose letters are of another language.

    Such a name is a word with a capital and a letter beyond a to z, where no word in small letters has one: `Đoković` in
    an English headline. Empty when `text` has neither, or nothing is left.
    """
    rest = text
    if not _MARKS.isdisjoint(text):
        rest = _QUOTATION.sub(" ", text)
    if named and not rest.isascii():
        rest = _unnamed(rest)
    return rest.strip() if rest != text and any(map(str.isalpha, rest)) else ""


def _unnamed(text: str) -> str:
    kept = []
    for word in text.split():
        bare = word if word.isascii() else word.strip(_AROUND)
        if bare.isascii() or not any(map(str.isalpha, bare)):
            kept.append(word)
        elif not bare.istitle():
            return text
    return " ".join(kept)
