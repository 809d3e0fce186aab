"""Russian nouns, names and adjectives. Stress is not written, so endings that depend on it are all given."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.matching.inflection.paradigm import Language, Paradigm, joined

CLASSES = {
    "name": Paradigm(means="a place name in -о, singular: Косово", hard="о а у ом е"),
    "neuter": Paradigm(means="место, училище", hard="о а у ом е - ам ами ах", full="-"),
    "neuter-soft": Paradigm(means="поле; соглашение (stem: соглашени)", hard="е я ю ем и ей ям ями ях", full="-"),
    "feminine": Paradigm(means="Москва, республика", hard="а ы е у ой ою - ам ами ах", full="-"),
    "feminine-soft": Paradigm(means="земля; резолюция (stem: резолюци)", hard="я и е ю ей ею ь ям ями ях", full="- ь"),
    "masculine": Paradigm(means="Белград, президент", hard="- а у ом е ы ов ам ами ах", full="-"),
    "masculine-soft": Paradigm(
        means="Кремль; санаторий (stem: санатори)", hard="ь я ю ем е и ей ям ями ях", full="ь й"
    ),
    "adjective": Paradigm(means="косовский, -ая, -ое in all cases", hard="ый ой ого ому ым ом ая ую ою ое ые ых ыми"),
    "feminine-adjective": Paradigm(means="a name declined like a feminine adjective: Баньская", hard="ая ой ую ою"),
}

_VELAR = "гкх"
_HUSHING = "жчшщ"
_AFTER_I = {
    # A stem in -и, where soft endings have no -е in the prepositional case and no soft sign.
    "neuter-soft": "е я ю ем и й ям ями ях",
    "feminine-soft": "я и ю ей ею й ям ями ях",
    "masculine-soft": "й я ю ем и ев ям ями ях",
}


def _decide(stem: str) -> str:
    ending = stem.lower()[-2:]
    if ending in {"ов", "ев"}:
        return "name"
    return "feminine-soft" if ending.endswith("и") else ""


def _forms(stem: str, kind: str, full: str) -> Iterator[str]:
    for ending in _endings(stem[-1].lower(), kind):
        if full and ending in CLASSES[kind].full.split():
            continue
        yield joined(stem, ending)
    if full:
        soft_sign = kind == "masculine-soft" and not full.endswith(("ь", "й"))
        yield f"{full}ь" if soft_sign else full


def _endings(last: str, kind: str) -> Iterator[str]:
    if last in "ие" and kind.endswith("-soft"):
        yield from _AFTER_I[kind].split()
        if last == "е":
            yield "е"
        return
    for ending in CLASSES[kind].endings(soft=False):
        if ending == "ов" and last in _HUSHING:
            yield "ей"
            continue
        if ending.startswith("ы") and last in _VELAR + _HUSHING:
            yield f"и{ending[1:]}"
        else:
            yield ending
        # Unstressed о after hushing consonants and ц is е: училище, месяцем, хорошего.
        if last in _HUSHING + "ц" and ending[0] == "о" and not ending.startswith(("ою", "ое")):
            yield f"е{ending[1:]}"


def _refuses(stem: str) -> str:
    last = stem[-1].lower()
    if last in "ьй":
        return f"it ends in {last}: what stays the same is {stem[:-1]!r}"
    return f"it ends in a vowel: what stays the same is {stem[:-1]!r}" if last in "аоуыэюяё" else ""


RUSSIAN = Language(
    name="Russian",
    letters="[А-Яа-яЁё]",
    script="Cyrillic letters",
    classes=CLASSES,
    decide=_decide,
    forms=_forms,
    refuses=_refuses,
)
