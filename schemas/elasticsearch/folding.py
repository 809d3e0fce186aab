"""The fold as an analyzer of Elasticsearch, generated from the fold table: what people type into Kibana folds too.

A `mapping` char filter does what the table says of single characters, and what normal form C does before it for those
sequences whose fold is not the fold of their parts (`и` and a breve are `й`); a tokenizer then cuts words out of what is
left, one token for each character of a script without spaces.

Not mirrored, because a char filter knows no rules beside its table: Hangul written as conjoining jamo, marks typed in
another than the canonical order (another mark between `и` and its breve), and the second reading of words that mix scripts,
which only the field `folded` has. Typed words and texts differ by nothing else, and candidates not even by that: their
words are folded by `schemas.query.fold` on both sides.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from schemas.query.fold import FoldTable, fold_table, fold_words

FOLD = "wirewatch_fold"
"""The analyzer of text as people write it."""
FOLDED = "wirewatch_folded"
"""The analyzer of text that is folded already, its tokens between spaces."""
LONGEST_TOKEN = 8000
"""UTF-16 units of a token that are kept: Lucene refuses a document with a term of over 32,766 bytes."""

_VOICING = "\u3099\u309a\u309b\u309c\uff9e\uff9f"
_CUT = "wirewatch_cut"


@cache
def fold_analysis() -> dict[str, Any]:
    """The section `analysis` of the settings of an index whose text folds."""
    table = fold_table()
    return {
        "char_filter": {FOLD: {"type": "mapping", "mappings": [_rule(*pair) for pair in _folds(table).items()]}},
        "tokenizer": {
            FOLD: {"type": "simple_pattern", "pattern": _pattern(table)},
            FOLDED: {"type": "whitespace", "max_token_length": 1_000_000},
        },
        "filter": {_CUT: {"type": "truncate", "length": LONGEST_TOKEN}},
        "analyzer": {
            FOLD: {"type": "custom", "char_filter": [FOLD], "tokenizer": FOLD, "filter": [_CUT]},
            FOLDED: {"type": "custom", "tokenizer": FOLDED, "filter": [_CUT]},
        },
    }


def _folds(table: FoldTable) -> dict[str, str]:
    """What becomes of what is written: of single characters, and of what normal form C changes before the fold."""
    single = {chr(int(code, 16)): folded for code, folded in table.folds.items()}
    kept = _characters((*table.words, *table.alone))

    def one_by_one(text: str) -> str:
        return "".join(single.get(one, one if one in kept else " ") for one in text)

    changed = {}
    for written in _unnormal(kept | single.keys()):
        folded = one_by_one(unicodedata.normalize("NFC", written))
        if f"a{folded}a".split() != f"a{one_by_one(written)}a".split():
            changed[written] = folded
    voiced = {pair: f" {' '.join(fold_words(pair))} " for pair in _voiced(kept | single.keys())}
    return {**single, **changed, **voiced}


def _unnormal(characters: Iterable[str]) -> Iterator[str]:
    """Characters taken apart, and characters that normal form C itself takes apart."""
    for one in sorted(characters):
        apart = unicodedata.normalize("NFD", one)
        # Hangul composes by rule: eleven thousand sequences that nobody types.
        if apart != one and not "\uac00" <= one <= "\ud7a3":
            yield apart if unicodedata.is_normalized("NFC", one) else one


def _voiced(characters: Iterable[str]) -> Iterator[str]:
    """Kana with a voicing mark behind that does not compose by Unicode's rules, but does by ours."""
    kana = [one for one in sorted(characters) if "\u3041" <= "".join(fold_words(one)) <= "\u30ff"]
    for pair in (one + voicing for one in kana for voicing in _VOICING):
        if len("".join(fold_words(pair))) < len(fold_words(pair[0])) + len(fold_words(pair[1])):
            yield pair


def _characters(ranges: Iterable[tuple[int, int]]) -> frozenset[str]:
    return frozenset(chr(code) for first, last in ranges for code in range(first, last + 1))


def _rule(written: str, folded: str) -> str:
    return f"{_escaped(written)} => {_escaped(folded)}"


def _escaped(text: str) -> str:
    """`text` as a rule has it, with escapes for all that its syntax, or the trimming of it, could take for its own."""
    return "".join(one if _is_safe(one) else f"\\u{ord(one):04x}" for one in text)


def _is_safe(one: str) -> bool:
    # Not by category, which may change: two Pythons must make the same rules.
    return one.isalnum() if one.isascii() else one > "\xa0" and not "\u2000" <= one <= "\u206f" and one != "\u3000"


def _pattern(table: FoldTable) -> str:
    """Runs of characters of words, or one that stands alone, as Lucene's regular expressions are written."""
    return f"[{_ranges(table.words)}]+|[{_ranges(table.alone)}]"


def _ranges(ranges: Iterable[tuple[int, int]]) -> str:
    return "".join(chr(first) if first == last else f"{chr(first)}-{chr(last)}" for first, last in ranges)
