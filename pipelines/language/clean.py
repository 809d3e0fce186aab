# ruff: noqa: RUF001, RUF003 letters of several scripts are the subject
"""What of a text is evidence of its language: its words, without markup, addresses and agency boilerplate."""

from __future__ import annotations

import re
import unicodedata

WINDOW = 4000
"""Code points looked at, from the first letter on. More changes no answer and costs time."""

_NOISE = re.compile(
    r"<[^<>]{1,400}>"  # tags
    r"|&(?:[A-Za-z]{2,12}|#[0-9]{1,7});"  # character references
    r"|\b(?:https?|ftp)://\S{1,2000}"
    r"|\bwww\.\S{1,500}"
    r"|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,5}"
    r"|(?<!\w)@\w{1,64}"  # handles
)
# `PRISTINA, Nov 22 (Reuters) -`, `BEOGRAD (Tanjug) –`: place, date and agency say nothing of the language that follows.
_DATELINE = re.compile(r"\A[^\n()]{0,60}\((?:[A-Z][\w./ -]{1,24})\)\s*[-–—:]+\s")
_PREFIX = re.compile(
    r"\A\s*(?:BREAKING(?: NEWS)?|LIVE|VIDEO|FOTO|PHOTOS?|UPDATE(?: \d)?|EXCLUSIVE|URGENT|UŽIVO|УЖИВО|EKSKLUZIVNO)\s*[:|/–—-]+\s*"
)
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\ufeff\u00ad]+")


def cleaned(text: str) -> str:
    """The first `WINDOW` code points of `text` that speak of its language, NFKC, single spaces.

    Never empty for a text with a letter: when nothing but addresses and markup holds letters, those stay.
    """
    first = next((index for index, character in enumerate(text) if character.isalpha()), None)
    if first is None:
        return ""
    # A dateline or tag in front of the first letter is cut with it; its rest is caught by the patterns or harmless.
    raw = text[max(0, first - 8) :][:WINDOW]
    window = unicodedata.normalize("NFKC", raw)
    words = _NOISE.sub(" ", window)
    words = _PREFIX.sub("", words, count=1)
    words = _DATELINE.sub("", words, count=1)
    # Normalising takes a few rare letters for marks, so even the window can be without.
    kept = next((stage for stage in (words, window) if any(map(str.isalpha, stage))), raw)
    return _SPACE.sub(" ", kept).strip()
