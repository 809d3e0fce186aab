# ruff: noqa: RUF001 letters of several scripts are the subject
"""Cyrillic: letters rule languages in and out, function words vote, and only then the engine is asked.

An alphabet is a veto: Serbian has no `й`, Bulgarian no `ы`, Ukrainian no `ъ`. A text left with one possible language is
decided, however short it is.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.language.engines import Engine, Ranking

_RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_ALPHABETS = {
    code: frozenset(letters)
    for code, letters in {
        "sr": "абвгдђежзијклљмнњопрстћуфхцчџш",
        "mk": "абвгдѓежзѕијклљмнњопрстќуфхцчџшѐѝ",
        "bg": "абвгдежзийклмнопрстуфхцчшщъьюяѝ",
        "ru": _RUSSIAN,
        "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
        "be": "абвгдеёжзійклмнопрстуўфхцчшыьэюя",
        "kk": _RUSSIAN + "әғқңөұүһі",
        "ky": _RUSSIAN + "ңөү",
        "mn": _RUSSIAN + "өү",
        "tg": _RUSSIAN + "ғӣқӯҳҷ",
    }.items()
}
LANGUAGES = frozenset(_ALPHABETS)
_SLAVIC = LANGUAGES - {"kk", "ky", "mn", "tg"}
# Without one of their own letters these are not Russian written by mistake; with them they are no Slavic language.
_OWN = {code: _ALPHABETS[code] - _ALPHABETS["ru"] for code in LANGUAGES - _SLAVIC}
_FOREIGN_SHARE = 0.02
"""Letters outside its alphabet a long text may have and still be in the language: a quoted name."""

_WORDS = {
    code: frozenset(words.split())
    for code, words in {
        "sr": "је су у који која које није нису ће због након преко биће али или где шта ово још бити",
        "mk": "во со дека ќе ги го му кои кој оваа овој беше биде нема има според поради меѓу која ова сите или",
        "bg": "в във със че ще се са който която които беше от като бъде няма според още при това след",
        "ru": "в что из это как для или был была были будет после не на по его их также при об",
        "uk": "в що та із це як для або був була були буде після не на по його їх також при про від та й",
        "be": "у што і з гэта як для або быў была былі будзе пасля не на па яго іх таксама пры аб ад",
    }.items()
}
_VOTES = 3.0


def rank(text: str, engine: Engine) -> tuple[Ranking, bool]:
    """The Cyrillic languages possible for `text`, most probable first, and whether the letters alone decided."""
    letters = Counter(character for character in text.lower() if "\u0400" <= character <= "\u052f")
    total = letters.total()
    candidates = _candidates(letters, total)
    if len(candidates) == 1:
        return ((candidates[0], 1.0),), True
    asked = dict(engine.rank(text, frozenset(candidates)))
    words = text.lower().split()
    scores = {code: math.log(max(asked.get(code, 0.0), 1e-9)) + _vote(code, words) for code in candidates}
    if letters["ъ"] and not (letters["ы"] or letters["э"] or letters["ё"]) and "bg" in scores:
        scores["bg"] += min(_VOTES, float(letters["ъ"]))
    best = max(scores.values())
    weights = {code: math.exp(score - best) for code, score in scores.items()}
    whole = math.fsum(weights.values())
    ranked = sorted(
        ((code, weight / whole) for code, weight in weights.items()), key=lambda entry: (-entry[1], entry[0])
    )
    return tuple(ranked), False


def _candidates(letters: Counter[str], total: int) -> list[str]:
    possible = [
        code
        for code in sorted(LANGUAGES)
        if code not in _OWN or sum(letters[letter] for letter in _OWN[code]) > _FOREIGN_SHARE * total
    ]
    foreign = {
        code: sum(times for letter, times in letters.items() if letter not in _ALPHABETS[code]) for code in possible
    }
    fewest = min(foreign.values())
    return [code for code in possible if foreign[code] <= max(fewest, _FOREIGN_SHARE * total)]


def _vote(code: str, words: list[str]) -> float:
    known = _WORDS.get(code, frozenset())
    return min(_VOTES, 0.5 * sum(word.strip(".,:;!?()\"'„“”«»") in known for word in words))
