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


def enough(text: str, script: str) -> bool:
    """Whether `text` is more than a few names."""
    words = text.split(None, NAMES)
    # Half of what is written in Devanagari are vowel signs, which are no letters.
    letters = sum(map(str.isalpha, text)) * (2 if script == "Deva" else 1)
    if letters < LETTERS or len(words) < WORDS:
        return False
    return len(words) > NAMES or not all(word[:1].isupper() for word in words)


def frame(text: str) -> str:
    """What is left of `text` without its quotations, and without names whose letters are of another language.

    Such a name is a word with a capital and a letter beyond a to z, where no word in small letters has one: `Đoković` in
    an English headline. Empty when `text` has neither, or nothing is left.
    """
    rest = text
    if not _MARKS.isdisjoint(text):
        rest = _QUOTATION.sub(" ", text)
    if not rest.isascii():
        words = rest.split()
        strange = [word for word in words if not word.isascii() and any(map(str.isalpha, word))]
        if all(word.strip(_AROUND).istitle() for word in strange):
            rest = " ".join(word for word in words if word not in strange)
    return rest.strip() if rest != text and any(map(str.isalpha, rest)) else ""
