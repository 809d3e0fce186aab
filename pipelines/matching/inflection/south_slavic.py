"""Serbian, Croatian, Bosnian and Montenegrin nouns, names and adjectives, in both scripts.

Sound changes that always happen are made (k, g, h before -i of nouns; the vocative); those that must be known word by
word are not guessed: a fleeting a is a stem of its own, and jotation (*noć, noću*) is left to its author.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.matching.inflection.paradigm import Language, Paradigm, joined, last_word

CLASSES = {
    "name": Paradigm(
        means="a place name in -o, or in -a declined like an adjective: Kosovo, Banjska",
        hard="o a e u om oj",
        soft="e a u em om oj",
    ),
    "neuter": Paradigm(means="pismo, polje", hard="o a u om ima", soft="e a u em ima", full="a"),
    "feminine": Paradigm(means="Ljubljana, Srbija, rezolucija", hard="a e i u o om ama", full="a"),
    "masculine": Paradigm(means="Beograd, kralj", hard="- a u om e i ima", soft="- a u em om e i ima", full="- a"),
    "adjective": Paradigm(
        means="kosovski, -a, -o in all cases",
        hard="i og oga om ome omu im a e oj u o ih ima",
        soft="i eg ega em emu im a e oj u om ih ima",
    ),
    "feminine-adjective": Paradigm(means="a name declined like a feminine adjective: Banjska", hard="a e oj u om"),
}

_SOFT = ("lj", "nj", "dj", *"jčćšžđc", *"љњјчћшжђџц")
_VOWELS = "aeiouаеиоу"
_CYRILLIC = str.maketrans("aeioumjghv", "аеиоумјгхв")
_SIBILANT = {"k": "c", "g": "z", "h": "s", "к": "ц", "г": "з", "х": "с"}
_PALATAL = {"k": "č", "g": "ž", "h": "š", "c": "č", "к": "ч", "г": "ж", "х": "ш", "ц": "ч"}
_NAMES = ("ov", "ev", "sk", "šk", "čk", "ck", "ов", "ев", "ск", "шк", "чк", "цк")
_FEMININE = ("ij", "ic", "иј", "иц")


def _decide(stem: str) -> str:
    if stem.lower().endswith(_NAMES):
        return "name"
    return "feminine" if stem.lower().endswith(_FEMININE) else ""


def _forms(stem: str, kind: str, full: str) -> Iterator[str]:
    for form, ending in _bare(stem, kind, full):
        cyrillic = "а" <= stem[-1].lower() <= "џ"
        yield joined(form, ending.translate(_CYRILLIC) if cyrillic else ending)


def _bare(stem: str, kind: str, full: str) -> Iterator[tuple[str, str]]:
    paradigm = CLASSES[kind]
    soft = stem.lower().endswith(_SOFT)
    changed = _SIBILANT.get(stem[-1], "") if kind in {"feminine", "masculine"} else ""
    for ending in paradigm.endings(soft=soft):
        if ending == "-" and full:
            continue
        if changed and ending in {"i", "ima"}:
            yield stem[:-1] + changed, ending
            if kind == "masculine":
                # Always so; among feminine words it differs: Amerika, Americi, but Krka, Krki.
                continue
        yield stem, ending
    if kind == "masculine":
        if vocative := _PALATAL.get(stem[-1]):
            yield stem[:-1] + vocative, "e"
        if not full and _is_syllable(stem):
            link = "ev" if soft else "ov"
            yield from ((stem, link + ending) for ending in ("i", "a", "e", "ima"))
    if full:
        yield from ((full, ending) for ending in paradigm.full.split())


def _is_syllable(stem: str) -> bool:
    return sum(letter in _VOWELS for letter in last_word(stem).lower()) == 1


def _refuses(stem: str) -> str:
    return f"it ends in a vowel: what stays the same is {stem[:-1]!r}" if stem[-1].lower() in _VOWELS else ""


SOUTH_SLAVIC = Language(
    name="Serbian, Croatian, Bosnian, Montenegrin",
    letters="[A-Za-zČĆŠŽĐčćšžđ]|[ЂЈЉЊЋЏА-ИК-Шђјљњћџа-ик-ш]",
    script="Latin or Serbian Cyrillic letters",
    classes=CLASSES,
    decide=_decide,
    forms=_forms,
    refuses=_refuses,
)
