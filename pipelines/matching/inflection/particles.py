"""Arabic and Hebrew: a word, or the first of a phrase, with the particles that are written onto it.

Endings, plurals and construct forms are not made: those are entries of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.matching.inflection.paradigm import Language, Paradigm

_ARTICLE = "ال"
ARABIC_CLASSES = {
    "noun": Paradigm(means="with and without the article: قرار", hard="و ف ب ك ل ال"),
    "name": Paradigm(means="never with a further article: كوسوفو, البانيا", hard="و ف ب ك ل"),
}
HEBREW_CLASSES = {
    "noun": Paradigm(means="with and without the article: החלטה", hard="ו ש כש ב כ ל מ ה"),
    "name": Paradigm(means="never with the article: קוסובו", hard="ו ש כש ב כ ל מ"),
}


def _arabic(stem: str, kind: str, full: str) -> Iterator[str]:
    del full
    words: list[str] = []
    bare = stem
    if kind == "noun" and stem.startswith(_ARTICLE):
        bare = stem.removeprefix(_ARTICLE)
    if kind == "name" or bare == stem:
        words += [stem, *(particle + stem for particle in "بكل")]
    if kind == "noun":
        # لـ with the article is لل, and never three ل in a row.
        words += [_ARTICLE + bare, "ب" + _ARTICLE + bare, "ك" + _ARTICLE + bare]
        words.append("ل" + bare if bare.startswith("ل") else "لل" + bare)
    for word in dict.fromkeys(words):
        yield from (word, "و" + word, "ف" + word)


def _hebrew(stem: str, kind: str, full: str) -> Iterator[str]:
    del full
    # After a particle, ו at the beginning of a word is often doubled.
    written = (stem, "ו" + stem) if stem.startswith("ו") and not stem.startswith("וו") else (stem,)
    particles = ("", "ב", "כ", "ל", "מ", *(("ה", "מה") if kind == "noun" else ()))
    for outer in ("", "ו", "ש", "וש", "כש", "וכש"):
        for particle in particles:
            before = outer + particle
            yield from (before + word for word in (written if before else (stem,)))


def _noun(stem: str) -> str:
    del stem
    return "noun"


ARABIC = Language(
    name="Arabic",
    letters="[\u0620-\u0652\u0670-\u06d3]",
    script="the Arabic script",
    classes=ARABIC_CLASSES,
    decide=_noun,
    forms=_arabic,
)
HEBREW = Language(
    name="Hebrew",
    letters="[\u05d0-\u05ea\u05b0-\u05c7\u05f3\u05f4'\"]",
    script="the Hebrew script",
    classes=HEBREW_CLASSES,
    decide=_noun,
    forms=_hebrew,
)
