"""Albanian nouns and names, indefinite and definite, in all cases. Plurals of masculine nouns are not guessed."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.matching.inflection.paradigm import Language, Paradigm, joined

CLASSES = {
    "name": Paradigm(means="a place name in -ë or -a, singular: Kosova, Banjskë", hard="ë a e ës ën"),
    "feminine": Paradigm(means="rezolutë, rezoluta, with its plural", hard="ë a e ës ën at ave ash"),
    "masculine": Paradigm(means="Zveçan, Zveçani; park, parku", hard="- i it in", full="-"),
}
_AFTER_I = "- a e së në"
_AFTER_VELAR = "- u ut un"
_NAMES = ("ov", "ev", "sk", "shk", "ic")


def _decide(stem: str) -> str:
    return "name" if stem.lower().endswith((*_NAMES, "i")) else ""


def _forms(stem: str, kind: str, full: str) -> Iterator[str]:
    last = stem[-1].lower()
    endings = CLASSES[kind].hard
    if kind == "masculine":
        endings = _AFTER_VELAR if last in "kgh" else endings
    elif last == "i":
        endings = _AFTER_I
    for ending in endings.split():
        yield full if ending == "-" and full else joined(stem, ending)


def _refuses(stem: str) -> str:
    return f"it ends in a vowel: what stays the same is {stem[:-1]!r}" if stem[-1].lower() in "aeëouy" else ""


ALBANIAN = Language(
    name="Albanian",
    letters="[A-Za-zÇËçë]",
    script="Latin letters",
    classes=CLASSES,
    decide=_decide,
    forms=_forms,
    refuses=_refuses,
)
