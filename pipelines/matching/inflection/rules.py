"""`{stem: Kosov, inflect: sr}` to its written forms, in the language it names."""

from __future__ import annotations

import difflib
import re

from pipelines.matching.inflection.albanian import ALBANIAN
from pipelines.matching.inflection.paradigm import Language, last_word
from pipelines.matching.inflection.particles import ARABIC, HEBREW
from pipelines.matching.inflection.russian import RUSSIAN
from pipelines.matching.inflection.south_slavic import SOUTH_SLAVIC

LANGUAGES: dict[str, Language] = {
    **dict.fromkeys(("sr", "hr", "bs", "cnr", "sh"), SOUTH_SLAVIC),
    "ru": RUSSIAN,
    "sq": ALBANIAN,
    "ar": ARABIC,
    "he": HEBREW,
}
"""The languages whose rules are known, by tag."""
CLASSES = tuple(dict.fromkeys(name for language in LANGUAGES.values() for name in language.classes))
"""Every class of every language."""
LEAST_STEM = 2
"""Letters of the word that is inflected."""
_SHOWN = 3


class InflectionError(Exception):
    """An entry has no forms; `key` is the one that is wrong, `hint` what to do."""

    def __init__(self, key: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.key = key
        self.hint = hint


def inflected(stem: str, inflect: str, kind: str = "", fleeting: str = "") -> tuple[str, ...]:
    """Every written form of `stem`, each once. Of a phrase, one word is inflected and the others stay.

    `kind` is one of the language's classes; it may be left out where the stem decides it. `fleeting` is the stem with
    the vowel that comes and goes. Raises `InflectionError`.
    """
    language = LANGUAGES.get(inflect)
    if language is None:
        meant = inflect.lower().partition("-")[0]
        known = f", did you mean {meant!r}?" if meant in LANGUAGES else ""
        hint = f"known: {', '.join(LANGUAGES)}; of others, write the forms out"
        raise InflectionError("inflect", f"no inflection is known for {inflect!r}{known}", hint)
    _check(stem, "stem", language)
    kind = kind or language.decide(stem)
    if not kind:
        raise InflectionError("stem", f"{stem!r} does not say how it is declined", f"add `class`: {_choices(language)}")
    if kind not in language.classes:
        close = difflib.get_close_matches(kind, language.classes, n=1)
        meant = f", did you mean {close[0]!r}?" if close else ""
        raise InflectionError("class", f"unknown class {kind!r} for {inflect}{meant}", _choices(language))
    if fleeting:
        _check(fleeting, "fleeting", language)
        if not language.classes[kind].full:
            having = ", ".join(name for name, paradigm in language.classes.items() if paradigm.full)
            hint = f"classes that have one: {having}" if having else "leave `fleeting` out"
            raise InflectionError("fleeting", f"the class {kind!r} of {inflect} has no fleeting vowel", hint)
    return tuple(dict.fromkeys(language.forms(stem, kind, fleeting)))


def class_of(stem: str, inflect: str) -> str:
    """The class that the stem alone decides; empty when it does not."""
    return LANGUAGES[inflect].decide(stem)


def _choices(language: Language) -> str:
    return "; ".join(f"{name} ({paradigm.means})" for name, paradigm in language.classes.items())


def _check(stem: str, key: str, language: Language) -> None:
    if "*" in stem:
        raise InflectionError(key, f"{stem!r} has a wildcard, which a stem cannot have", "write the stem alone")
    if stem != stem.strip():
        raise InflectionError(key, f"{stem!r} begins or ends with a space")
    if stem.endswith("-"):
        raise InflectionError(key, f"{stem!r} ends in a hyphen", f"write {stem.rstrip('-')}")
    word = stem.split(maxsplit=1)[0] if language in (ARABIC, HEBREW) else last_word(stem)
    wrong = next((letter for letter in word if not re.fullmatch(language.letters, letter)), "")
    if wrong:
        hint = f"{language.name} is written in {language.script}"
        raise InflectionError(key, f"{wrong!r} in {word!r} is no letter of {language.name}", hint)
    if len(word) < LEAST_STEM:
        raise InflectionError(key, f"{word!r} is too short for a stem", "write the forms out")
    if key == "stem" and (why := language.refuses(stem)):
        raise InflectionError(key, f"{stem!r} is no stem", why)
