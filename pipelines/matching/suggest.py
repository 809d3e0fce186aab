"""Forms that a concept seems to lack: other cases, attached particles, the Latin spelling of a Russian name.

They are told to the author as suggestions; nothing is ever matched that no one wrote.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import msgspec

from pipelines.matching.inflection.rules import LANGUAGES, InflectionError, class_of, inflected
from schemas.query.fold import folded_text


class Missing(msgspec.Struct, frozen=True):
    """What the forms of one kind lack: the form it was seen at, and an entry that would give it."""

    form: str
    forms: tuple[str, ...]
    entry: str
    what: str
    language: str = ""
    """The language whose rules give the forms; empty when none do."""


class _Pattern(msgspec.Struct, frozen=True):
    """A declension as it is told by its endings, folded, so that both scripts count."""

    language: str
    kind: str
    endings: tuple[str, ...]
    telling: str
    """An ending that other declensions do not have; the first one when empty."""


_DECLENSIONS = (
    _Pattern("sr", "neuter", ("o", "a", "u", "om"), "o"),
    _Pattern("sr", "feminine-adjective", ("a", "e", "oj", "u", "om"), "oj"),
    _Pattern("sr", "feminine", ("a", "e", "i", "u", "om"), "i"),
    _Pattern("sq", "name", ("e", "a", "es", "en"), "es"),
)
_RUSSIAN = (_Pattern("ru", "feminine-soft", ("ja", "i", "ju", "ej"), "ja"),)
_ENOUGH = 3
"""Endings of one stem that make it sure which declension is meant; letters of a stem."""
_RUSSIAN_LETTER = re.compile("[яюыэьъйщё]", re.IGNORECASE)
# Neither Serbian nor Albanian: other letters, doubled consonants (Albanian doubles l and r).
_FOREIGN = re.compile(r"[qwxy]|[^\W\da-zčćšžđçëа-шђјљњћџ]|([bcdfghjkmnpstvz])\1", re.IGNORECASE)
# A name in the nominative, with a letter that the fold spells otherwise than the world's press.
_CYRILLIC_NAME = re.compile(
    r"(?=.*[яюыэьъйщёіїєґг])[А-ЯЁІЇЄҐ][а-яёіїєґ-]*(?:[бвгджзклмнпрстфхцчшщь]|[иыі]й|а|ая|ия|ія|ів|ев|їв)\Z"
)
_UKRAINIAN_LETTER = re.compile("[іїєґ]", re.IGNORECASE)
_PERSIAN = re.compile("[پچژگکی]")
_ARABIC = re.compile("[\u0620-\u064a]")
_HEBREW = re.compile("[\u05d0-\u05ea]")
_ATTACHED = re.compile("(?=[\u0600-\u06ff])[وف]?(?:لل|[بكل]?(?:ال)?)|ו?[שכ]*[בכלמה]*")
_RUSSIAN_LATIN = {
    **dict(zip("абвгдезийклмнопрстуфыэ", "abvgdeziyklmnoprstufye", strict=True)),
    "ё": "yo",
    "ж": "zh",
    "х": "kh",
    "ц": "ts",
    "ч": "ch",
    "ш": "sh",
    "щ": "shch",
    "ъ": "",
    "ь": "",
    "ю": "yu",
    "я": "ya",
}
_UKRAINIAN_LATIN = _RUSSIAN_LATIN | {"г": "h", "ґ": "g", "и": "y", "і": "i", "ї": "i", "й": "i", "є": "ie"}
_UKRAINIAN_FIRST = {"ї": "yi", "й": "y", "є": "ye"}
"""As Russian and Ukrainian names stand in the world's press: BGN/PCGN, and Ukraine's own since 2010."""


def missing(forms: Collection[str], inflects: Collection[str] = ()) -> Iterator[Missing]:
    """Suggestions for the forms of one concept, at most one for each stem or word.

    Nothing is said of the languages in `inflects`: who uses the rules of one knows them.
    """
    plain = [form for form in forms if "*" not in form and "NEAR" not in form and not form.startswith("{")]
    known = {folded_text(form) for form in forms}
    for one in (*_cases(plain, known), *_particles(plain, known), *_latin(plain, known)):
        if one.language not in inflects:
            yield one


def _cases(plain: Collection[str], known: set[str]) -> Iterator[Missing]:
    told: set[str] = set()
    for form in plain:
        folded = folded_text(form)
        if " " in folded or not folded.isascii():
            continue
        russian = bool(_RUSSIAN_LETTER.search(form))
        if not russian and _FOREIGN.search(form):
            continue
        for declension in _RUSSIAN if russian else _DECLENSIONS:
            ending = next((one for one in declension.endings if folded.endswith(one)), "")
            stem = folded[: -len(ending)] if ending else ""
            if len(stem) < _ENOUGH or stem in told or not _is(declension, stem, known):
                continue
            lacking = [stem + one for one in declension.endings if stem + one not in known]
            told.add(stem)
            written = form.removesuffix("я") if russian else form[: -len(ending)]
            if lacking and (found := _entry(written, declension, lacking)):
                yield Missing(form, *found, f"in {LANGUAGES[declension.language].name} is also", declension.language)


def _is(declension: _Pattern, stem: str, known: set[str]) -> bool:
    """Whether the forms at hand, or the stem alone, say that this is how it is declined."""
    if stem + declension.telling not in known:
        return False
    if declension in _RUSSIAN or (declension.kind == "neuter" and class_of(stem, "sr") == "name"):
        return True
    return sum(stem + ending in known for ending in declension.endings) >= _ENOUGH


def _entry(stem: str, declension: _Pattern, lacking: Collection[str]) -> tuple[tuple[str, ...], str] | None:
    decided = class_of(stem, declension.language)
    kind = "" if decided in {declension.kind, "name"} and declension.kind != "feminine" else declension.kind
    try:
        forms = inflected(stem, declension.language, kind)
    except InflectionError:
        return None
    said = f", class: {kind}" if kind else ""
    found = tuple(form for form in forms if folded_text(form) in lacking)
    return (found, f"{{stem: {stem}, inflect: {declension.language}{said}}}") if found else None


def _particles(plain: Collection[str], known: set[str]) -> Iterator[Missing]:
    for letters, language, particles in ((_ARABIC, "ar", "وبل"), (_HEBREW, "he", "ובלמ")):
        for form in plain:
            if not letters.match(form) or _PERSIAN.search(form) or _has_particle(folded_text(form), known):
                continue
            lacking = tuple(one + form for one in particles if folded_text(one + form) not in known)
            if len(lacking) == len(particles):
                what = f"in {LANGUAGES[language].name} is written onto particles:"
                yield Missing(form, lacking, f"{{stem: {form}, inflect: {language}}}", what, language)


def _has_particle(folded: str, known: set[str]) -> bool:
    """Whether a form is another one with what is written onto it."""
    most = _ATTACHED.match(folded)
    bare = (folded[at:] for at in range(1, most.end() + 1 if most else 1))
    return any(one in known or f"ال{one}" in known for one in bare)


def _latin(plain: Collection[str], known: set[str]) -> Iterator[Missing]:
    for form in plain:
        if not _CYRILLIC_NAME.match(form) or not (_RUSSIAN_LETTER.search(form) or _UKRAINIAN_LETTER.search(form)):
            continue
        latin = _in_latin(form.lower())
        if folded_text(latin) not in known:
            yield Missing(form, (latin,), latin, "in Latin letters is")
            # One shows what is meant: the others are mostly cases of the same name.
            return


def _in_latin(name: str) -> str:
    if not _UKRAINIAN_LETTER.search(name):
        return "".join(_RUSSIAN_LATIN.get(letter, letter) for letter in name).capitalize()
    first = _UKRAINIAN_FIRST.get(name[0], _UKRAINIAN_LATIN.get(name[0], name[0]))
    return (first + "".join(_UKRAINIAN_LATIN.get(letter, letter) for letter in name[1:])).capitalize()
