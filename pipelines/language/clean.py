# ruff: noqa: RUF001, RUF003 letters of several scripts are the subject
"""What of a text is evidence of its language: its words, without markup, addresses and agency boilerplate."""

from __future__ import annotations

import re
import unicodedata

WINDOW = 1600
"""Code points looked at, from the first letter on. More changes no answer and costs time."""

_NOISE = re.compile(
    r"<[^<>]{1,400}>"  # tags
    r"|&(?:[A-Za-z]{2,12}|#[0-9]{1,7});"  # character references
    r"|\b(?:https?|ftp)://\S{1,2000}"
    r"|\bwww\.\S{1,500}"
    r"|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,5}"
    r"|(?<!\w)@\w{1,64}"  # handles
)
# What each branch above needs to match at all: searching for these costs a fiftieth of the pattern.
_NOISY = ("<", "&", "://", "www.", "@")
# `PRISTINA, Nov 22 (Reuters) -`, `BEOGRAD (Tanjug) –`: place, date and agency say nothing of the language that follows.
_DATELINE = re.compile(r"\A[^\n()]{0,60}\((?:[A-Z][\w./ -]{1,24})\)\s*[-–—:]+\s")
_DATELINE_WITHIN = 90
_PREFIX = re.compile(
    r"\A\s*(?:BREAKING(?: NEWS)?|LIVE|VIDEO|FOTO|PHOTOS?|UPDATE(?: \d)?|EXCLUSIVE|URGENT|UŽIVO|УЖИВО|EKSKLUZIVNO)\s*[:|/–—-]+\s*"
)
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\ufeff]+")
_SOFT_HYPHEN = "\u00ad"
_CAPITALS = 0.5
"""Share of words in capitals from which a text is taken for a headline set in capitals, and read in small letters."""


def cleaned(text: str) -> str:
    """The first `WINDOW` code points of `text` that speak of its language, NFKC, single spaces.

    Never empty for a text with a letter: when nothing but addresses and markup holds letters, those stay.
    """
    first = next((index for index, character in enumerate(text) if character.isalpha()), None)
    if first is None:
        return ""
    # A dateline or tag in front of the first letter is cut with it; its rest is caught by the patterns or harmless.
    raw = text[max(0, first - 8) :][:WINDOW]
    window = raw if raw.isascii() or unicodedata.is_normalized("NFKC", raw) else unicodedata.normalize("NFKC", raw)
    words = window
    if any(mark in window for mark in _NOISY):
        words = _NOISE.sub(" ", words)
    words = _PREFIX.sub("", words, count=1)
    if "(" in words[:_DATELINE_WITHIN]:
        words = _DATELINE.sub("", words, count=1)
    if words is not window or window is not raw:
        # Normalising takes a few rare letters for marks, so even the window can be without.
        words = next((stage for stage in (words, window) if any(map(str.isalpha, stage))), raw)
    # Every run of white space a single space; the rest of what nobody sees only where there is such a thing.
    words = " ".join(words.split())
    return words if words.isprintable() else _SPACE.sub(" ", words.replace(_SOFT_HYPHEN, "")).strip()


def uncapitalised(text: str) -> str:
    """`text`, in small letters when it is set in capitals: engines and word lists know running text."""
    words = text.split()
    capitals = sum(map(str.isupper, words))
    return text.lower() if capitals > 1 and capitals > _CAPITALS * len(words) else text
