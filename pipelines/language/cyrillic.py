# ruff: noqa: RUF001 letters of several scripts are the subject
"""Cyrillic: letters rule languages in and out, common words and endings vote, and only then the engine is asked.

An alphabet is a veto: Serbian has no `й`, Bulgarian no `ы`, Ukrainian no `ъ`. A text left with one possible language is
decided, however short it is.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING

from pipelines.language.grams import grams_of

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
_CODES = tuple(sorted(LANGUAGES))
_SLAVIC = LANGUAGES - {"kk", "ky", "mn", "tg"}
# Without one of their own letters these are not Russian written by mistake; with them they are no Slavic language.
_OWN = {code: _ALPHABETS[code] - _ALPHABETS["ru"] for code in LANGUAGES - _SLAVIC}
_SLAVIC_CODES = tuple(sorted(_SLAVIC))
# Letters every Slavic alphabet here has prove and veto nothing, so they are not even counted.
_SHARED = frozenset.intersection(*(_ALPHABETS[code] for code in _SLAVIC))
_TELLING = frozenset(map(chr, range(0x400, 0x530))) - _SHARED
_FOREIGN_SHARE = 0.02
"""Letters outside its alphabet a long text may have and still be in the language: a quoted name."""

_WORDS = {
    code: frozenset(words.split())
    for code, words in {
        "sr": "је су у који која које коју којима није нису ће због након преко биће али или где шта ово овај још бити као"
        " између из са што би био била било били против већ кад када јер док према код тако може могу треба уз само од има"
        " нема ова ове овој како биле",
        "mk": "во со дека ќе ги го му кои кој која кое оваа овој ова ове беше биде нема има според поради меѓу сите или"
        " што би била биле бил само кога како уште тие таа тој исто така но врз исти денеска вчера може треба од е",
        "bg": "в във със че ще се са който която което които беше от като бъде няма според още при това след бе бил била"
        " били но той тя те ги го му им е има само може трябва вчера днес през между срещу над под си ли към а",
        "ru": "в что из это эти как для или был была были было будет после не на по его их также при об от но же он она"
        " они к с у я за о во со до если уже может между через когда которые который которая о чтобы за все",
        "uk": "в що та із ці це як для або був була були було буде після не на по його їх також при про від та й але він"
        " вона вони з у до якщо вже може між через коли які який яка щоб за все та цей свої її",
        "be": "у што і з гэта як для або быў была былі было будзе пасля не на па яго іх таксама пры аб ад але ён яна яны"
        " да ужо можа паміж калі якія які якая каб за ўсё",
    }.items()
}
_ENDINGS = {
    code: tuple(endings.split())
    for code, endings in {
        "sr": "ог ом ије ију ама има ао ити сти ало ике иће ћи ња њу ђе шћу их им ова ева",
        "mk": "от ата ото ите ува уваат ето јата иот ии ање ење нот ава аат ија еше",
        "bg": "ът ят ата ото ите ия ва ват ха хме ето яват ение ане иха аха еше",
        "ru": "ого его ому ый ий ая ые ых их ть ться ми ов ев ой ей ние ция ции ии ия ла ли лся лась ской ом ем",
        "uk": "ого ому ий их ти ння ів ться ості ої ій ими ами ла ли лися ська ський ом ем",
        "be": "ага аму ых ць цца ня аў оў ай ай ымі амі ла лі скі",
    }.items()
}
_VOTING = ("sr", "mk", "bg", "ru", "uk", "be")
"""In the order of the table of runs of letters."""
_NONE = (0.0,) * len(_VOTING)
_VOTE, _ENDING, _LONG_ENOUGH = 0.6, 0.35, 5
"""What a different word, or the ending of one of at least five letters, adds to the log score."""
_CASELESS, _ENDS_SO = -1.5, frozenset({"преку", "между", "върху", "срещу"})
_CLEAR = 4.0
"""How far the words must put one language ahead of the next for the engine not to be asked."""
_PROBABILITY = itemgetter(1)
_FLOOR = 1e-4
"""What the engine gives a language it leaves out of its ranking."""
_HARD_SIGNS = 3.0
# Roman numerals typed with the Cyrillic letter: no Ukrainian.
_NUMERAL = re.compile(r"\b[іхv]*і[іхv]*\b")
_WORD = re.compile(r"\w+")
_GRAM_WEIGHT = 0.3
"""How much the runs of letters count: they overlap, so their sum is too sure of itself."""


def rank(text: str, engine: Engine) -> tuple[Ranking, bool]:
    """The Cyrillic languages possible for `text`, most probable first, and whether the letters alone decided."""
    lower = text.lower()
    if "і" in lower:
        lower = _NUMERAL.sub(" ", lower) if _NUMERAL.sub("", lower).strip() else lower
    telling = {letter: lower.count(letter) for letter in set(lower) if letter in _TELLING}
    candidates = _candidates(telling, len(lower))
    if len(candidates) == 1:
        return ((candidates[0], 1.0),), True
    votes = [_of_word(word) for word in dict.fromkeys(_WORD.findall(lower))]
    said = dict(zip(_VOTING, [math.fsum(column) for column in zip(_NONE, *votes, strict=True)], strict=True))
    scores = {code: said.get(code, 0.0) for code in candidates}
    ahead = sorted(scores.values())
    if ahead[-1] - ahead[-2] < _CLEAR:
        asked = dict(engine.rank(text, LANGUAGES))
        scores = {code: math.log(max(asked.get(code, 0.0), _FLOOR)) + score for code, score in scores.items()}
    hard = telling.get("ъ", 0)
    if hard and "bg" in scores and not ("ы" in telling or "э" in telling or "ё" in telling):
        scores["bg"] += min(_HARD_SIGNS, float(hard))
    best = max(scores.values())
    weights = {code: math.exp(score - best) for code, score in scores.items()}
    whole = math.fsum(weights.values())
    ranked = sorted([(code, weight / whole) for code, weight in weights.items()], key=_PROBABILITY, reverse=True)
    return tuple(ranked), False


def _candidates(telling: dict[str, int], total: int) -> list[str]:
    if not telling:
        return list(_SLAVIC_CODES)
    possible = [
        code
        for code in _CODES
        if code not in _OWN or sum(telling.get(letter, 0) for letter in _OWN[code]) > _FOREIGN_SHARE * total
    ]
    foreign = {
        code: sum(times for letter, times in telling.items() if letter not in _ALPHABETS[code]) for code in possible
    }
    fewest = min(foreign.values())
    return [code for code in possible if foreign[code] <= max(fewest, _FOREIGN_SHARE * total)]


@lru_cache(20_000)
def _of_word(word: str) -> tuple[float, ...]:
    """What one word says for each of `_VOTING`."""
    runs = grams_of("cyrillic").word(word)
    long = len(word) >= _LONG_ENOUGH
    # Where nouns have cases many end in it; where they have none, next to nothing does.
    caseless = _CASELESS if long and word.endswith("у") and word not in _ENDS_SO else 0.0
    return tuple(
        _VOTE * (word in _WORDS[code])
        + _ENDING * (long and word.endswith(_ENDINGS[code]))
        + _GRAM_WEIGHT * run
        + caseless * (code in {"mk", "bg"})
        for code, run in zip(_VOTING, runs, strict=True)
    )
