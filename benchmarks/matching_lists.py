"""Documents and term lists for `benchmarks.matching`: the same for every system, made anew from one seed.

A list is *light*, as a real one is: most of its names occur nowhere. A name is a given name and a family name. The given
names are words of the documents, so that most documents hold the first word of many terms, as news does; family names
are made of syllables of seven scripts. One term in 200 occurs: half of these are pairs of words that stand in the
documents anyway, half are put into every tenth document, one to four times, as other people write them.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from schemas.query.fold import fold_words, folded_text, stands_alone

SEED = 1244
_EVERY = 200
"""One term of so many occurs."""
_FIRST = ("Kosovska Mitrovica", "Banjskë", "Resolution 1244")
_SCRIPTS = {
    "LATIN": (60, "ba ce da đi fo go ha ji ka lé mo na ob pe ra so ta ve za čo łu ńi šo žu vić ov ski sen ez man", 3),
    "CYRILLIC": (20, "ба ве го да жи ко лу мо на об по ра со ту хе чо ша ић ов ски енко їв", 3),
    "GREEK": (4, "βα γο δη κα λο μά νι πο ρα σι τό φα χρη δης πουλος", 3),
    "ARABIC": (6, "با تي جا حم دا را سي شا عب فا قا كر لي مو نا وي", 3),
    "HEBREW": (2, "בא גו דן הר ול זי חל כה לו מי נע רו שי תם", 3),
    "DEVANAGARI": (3, "का गु चा जी ता दे ना पू बा मी रा ला वि शा सिं ह", 3),
    "CJK": (5, "伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀 霞 平 刚 桂 英 华 玉 兰 红 建 国 志", 2),
}
"""Of a hundred names, how many are of the script; its syllables; how many of these a family name has on average."""
_WORD = re.compile(r"(?<!\w)[^\W\d_]{3,8}(?!\w)")
_PAIR = re.compile(r"(?<!\w)(?=([^\W\d_]{3,} [^\W\d_]{3,})(?!\w))")
_CYRILLIC = str.maketrans("abvgdežzijklmnoprstufhcčšđ", "абвгдежзијклмнопрстуфхцчшђ")


class Text(NamedTuple):
    """One document."""

    language: str
    body: str


class Query(NamedTuple):
    """`either[0]`, or (A OR B) AND C NOT D."""

    either: tuple[str, ...]
    also: str = ""
    never: str = ""

    @property
    def expression(self) -> str:
        """As a watchlist has it."""
        said = " OR ".join(f'"{term}"' for term in self.either)
        return f'({said}) AND "{self.also}" NOT "{self.never}"' if self.also else said


class Bench(NamedTuple):
    """All that is measured with. Nothing of `warm` stands in `measured`."""

    warm: list[Text]
    measured: list[Text]
    terms: list[str]
    topics: list[str]

    def queries(self, count: int, *, booleans: bool) -> list[Query]:
        """The first `count` terms, each a query; the shorter list is the beginning of the longer one."""
        terms = self.terms[:count]
        if not booleans:
            return [Query((term,)) for term in terms]
        return [
            Query((term, terms[(number * 7919 + 1) % count]), *self._topics(number))
            for number, term in enumerate(terms)
        ]

    def _topics(self, number: int) -> tuple[str, str]:
        return self.topics[number % len(self.topics)], self.topics[(number * 31 + 7) % len(self.topics)]


def bench(folder: Path, *, warm: int, measured: int, names: int) -> Bench:
    """So many documents of the texts in `folder` to warm up and to measure with, and `names` terms."""
    files = sorted(folder.glob("*/*.txt"))
    if len(files) < warm + measured:
        raise SystemExit(
            f"{folder} has {len(files)} documents, needed are {warm + measured}: benchmarks.matching_texts"
        )
    choose = random.Random(SEED)
    choose.shuffle(files)
    texts = [Text(file.parent.name, file.read_text("utf-8")) for file in files[: warm + measured]]
    words = Counter(word for text in texts for word in set(_WORD.findall(text.body.lower())))
    topics = sorted(word for word, count in words.items() if 0.01 < count / len(texts) < 0.05 and _one_token(word))
    topics = choose.sample(topics, 200)
    terms, written = _terms(names, texts, words, choose)
    texts = [_written_into(text, written, topics, terms, choose) for text in texts]
    return Bench(texts[measured:], texts[:measured], terms, topics)


def _one_token(word: str) -> bool:
    return len(word) > 3 and len(fold_words(word)) == 1


def _terms(count: int, texts: list[Text], words: Counter[str], choose: random.Random) -> tuple[list[str], list[str]]:
    """The terms, and those of them that are to be put into documents."""
    natural = _natural_pairs(texts, choose)
    given = {script: _given(script, words, choose) for script in _SCRIPTS}
    terms = {folded_text(term): term for term in _FIRST}
    written = list(_FIRST)
    scripts = choose.choices(list(_SCRIPTS), [share for share, _, _ in _SCRIPTS.values()], k=2 * count)
    for script in scripts:
        if len(terms) == count:
            break
        at = len(terms) % (2 * _EVERY)
        term = natural.pop() if at == _EVERY else _name(script, given[script], choose)
        if folded_text(term) not in terms:
            terms[folded_text(term)] = term
            if at == 0:
                written.append(term)
    return list(terms.values()), written


def _natural_pairs(texts: list[Text], choose: random.Random) -> list[str]:
    """Neighbouring words with capitals that stand in a few documents."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update({pair for pair in _PAIR.findall(text.body) if pair.istitle()})
    pairs = sorted(pair for pair, count in counts.items() if 2 <= count <= 6)
    choose.shuffle(pairs)
    return pairs


def _given(script: str, words: Counter[str], choose: random.Random) -> list[str]:
    """Words of the documents that can pass for given names of `script`; rare ones and common ones alike."""
    if script == "CJK":
        return list("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗")
    fitting = sorted(
        word for word, count in words.items() if 2 <= count <= 25 and unicodedata.name(word[0], "").startswith(script)
    )
    return choose.sample(fitting, min(len(fitting), 2000))


def _name(script: str, given: list[str], choose: random.Random) -> str:
    _, syllables, length = _SCRIPTS[script]
    family = "".join(choose.choices(syllables.split(), k=length + choose.choice((-1, 0, 0, 1))))
    return f"{choose.choice(given).capitalize()}{'' if script == 'CJK' else ' '}{family.capitalize()}"


def _written_into(text: Text, written: list[str], topics: list[str], terms: list[str], choose: random.Random) -> Text:
    """Every tenth text with one to four hits; every other one beside the word that its Boolean query asks for."""
    if choose.random() >= 0.1:
        return text
    body = text.body
    for _ in range(choose.randint(1, 4)):
        first = choose.random() < 0.5
        term = written[choose.randrange(len(_FIRST)) if first else int(len(written) * choose.random() ** 3)]
        said = _as_others_write(term, choose)
        if choose.random() < 0.5:
            said = f"{said} {topics[terms.index(term) % len(topics)]}"
        spaces = [match.start() for match in re.finditer(r"\s", body)] or [len(body)]
        at = choose.choice(spaces)
        body = f"{body[:at]} {said} {body[at:]}"
    return Text(text.language, body)


def _as_others_write(term: str, choose: random.Random) -> str:
    """`term` in another form that is the same for our fold."""
    forms = (
        term,
        term.upper(),
        f"#{term}",
        term.replace(" ", "\u00a0"),
        term.replace(" ", "\n"),
        f"{term[:2]}\u00ad{term[2:]}",
        f"{term[:2]}\u200b{term[2:]}",
        unicodedata.normalize("NFD", term),
        term.lower().translate(_CYRILLIC),
        "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in term),
    )
    form = choose.choice(forms)
    return form if folded_text(form) == folded_text(term) else term


def statistics_of(texts: list[Text]) -> str:
    """What the documents are, in a line."""
    words = {
        word for text in texts for word in re.findall(r"[^\W\d_]+", text.body.lower()) if not stands_alone(word[0])
    }
    letters = sum(len(text.body) for text in texts)
    size = sum(len(text.body.encode()) for text in texts)
    languages = len({text.language for text in texts})
    beyond = sum(not text.body.isascii() for text in texts) / len(texts)
    return (
        f"{len(texts):,} documents in {languages} languages, {size / 1e6:.1f} MB, {letters / len(texts):,.0f} characters"
        f" on average, {len(words):,} distinct words (Han, kana and Thai not counted), {beyond:.0%} not ASCII"
    )
