"""The fold as an analyzer of Elasticsearch, generated from the fold table: what people type into Kibana folds too.

A `mapping` char filter does what the table says of single characters, and what normal form C does before it for those
pairs whose fold is not the fold of their parts (`и` and a breve are `й`); a tokenizer then cuts words out of what is
left, one token for each character of a script without spaces. docs/operations.md lists what cannot be mirrored.
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

_VOICING = "\uff9e\uff9f\u3099\u309a"
_CUT = "wirewatch_cut"


def fold_analysis() -> dict[str, Any]:
    """The section `analysis` of the settings of an index whose text folds."""
    table = fold_table()
    return {
        "char_filter": {FOLD: {"type": "mapping", "mappings": [_rule(*pair) for pair in _folds(table)]}},
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


def composing_pairs() -> Iterator[str]:
    """Two characters that the fold reads as one and that a filter of single characters would not."""
    yield from _composed(fold_table())


def _folds(table: FoldTable) -> Iterator[tuple[str, str]]:
    for code, folded in table.folds.items():
        yield chr(int(code, 16)), folded
    for pair in _composed(table):
        yield pair, f" {' '.join(fold_words(pair))} " if _apart(table, pair) else "".join(fold_words(pair))


def _composed(table: FoldTable) -> Iterator[str]:
    """Pairs that compose, canonically or as half-width kana, where the fold of the two is not that of each."""
    for pair in sorted({*_decompositions(table), *_voiced(table)}):
        apart = "".join(table.folds.get(f"{ord(one):x}", one if _is_word(one) else " ") for one in pair)
        if fold_words(pair) != tuple(apart.split()):
            yield pair


def _decompositions(table: FoldTable) -> Iterator[str]:
    for first, last in (*table.words, *table.alone, *((code, code) for code in (int(key, 16) for key in table.folds))):
        for code in range(first, last + 1):
            whole = unicodedata.normalize("NFD", chr(code))
            # Hangul composes by rule: eleven thousand pairs and triples that nobody types.
            if len(whole) > 1 and unicodedata.normalize("NFC", whole) == chr(code) and not 0xAC00 <= code <= 0xD7A3:  # noqa: PLR2004
                yield whole


def _voiced(table: FoldTable) -> Iterator[str]:
    kana = (chr(int(code, 16)) for code, folded in table.folds.items() if "\u3041" <= folded.strip() <= "\u30ff")
    for one in kana:
        yield from (one + voicing for voicing in _VOICING)


def _apart(table: FoldTable, pair: str) -> bool:
    """Whether what the pair folds to stands alone as a token."""
    folded = fold_words(pair)
    return len(folded) > 1 or any(first <= ord(folded[0][0]) <= last for first, last in table.alone)


@cache
def _word_codes() -> frozenset[int]:
    table = fold_table()
    return frozenset(code for first, last in (*table.words, *table.alone) for code in range(first, last + 1))


def _is_word(character: str) -> bool:
    return ord(character) in _word_codes()


def _rule(written: str, folded: str) -> str:
    return f"{_escaped(written)} => {_escaped(folded)}"


def _escaped(text: str) -> str:
    """`text` as a rule has it: UTF-16, with escapes for all but plain letters, so that no sign of the syntax is one."""
    units = text.encode("utf-16-be")
    codes = (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    return "".join(chr(code) if chr(code).isascii() and chr(code).isalnum() else f"\\u{code:04x}" for code in codes)


def _pattern(table: FoldTable) -> str:
    """Runs of characters of words, or one that stands alone, as Lucene's regular expressions are written."""
    return f"[{_ranges(table.words)}]+|[{_ranges(table.alone)}]"


def _ranges(ranges: Iterable[tuple[int, int]]) -> str:
    return "".join(chr(first) if first == last else f"{chr(first)}-{chr(last)}" for first, last in ranges)
