"""The one fold: text to comparable tokens, with the way back to the original.

Script, case, diacritics, digits, width and invisible characters are folded away; what becomes of each character is in
`fold_table.json` (rules and reasons: `tools/fold_table.py`), so it is the same on every Python version. `_` and the
apostrophe separate words. Han, kana, Thai, Lao, Khmer and Myanmar have one token per character, everything else one
per word. Matcher, search and indexes all use this fold and no other, for terms as for texts.

Folding is by sound and not language-aware: `Резолюция` is `rezoljucija`, not `rezolucija`; such forms need aliases.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import cache
from itertools import accumulate, chain
from pathlib import Path

import msgspec

_TABLE = Path(__file__).with_name("fold_table.json")
_WORD = re.compile(r"[^ ]+")
_VOICED = re.compile("([\u3041-\u30ff])  ([\u3099\u309a])")
# A starter with what may compose with it: marks, or the vowels and finals of a Hangul syllable written as jamo.
_MARK_OR_JAMO = "\u1161-\u1175\u11a8-\u11c2"


class _Table(msgspec.Struct):
    unicode: str
    words: list[tuple[int, int]]
    alone: list[tuple[int, int]]
    marks: list[tuple[int, int]]
    silent: list[tuple[int, int]]
    folds: dict[str, str]


class _Folds(dict[int, str]):
    """Code point to folded text, for `str.translate`; a code point is worked out when first met, then remembered.

    Entries that change nothing are kept too: a missing key costs `translate` an exception (evidence/matching.md 4).
    """

    def __init__(self, table: _Table) -> None:
        super().__init__((int(code, 16), folded) for code, folded in table.folds.items())
        self._ranges = sorted([*((*span, "") for span in table.words), *((*span, " ") for span in table.alone)])
        self._starts = [first for first, _, _ in self._ranges]

    def __missing__(self, code: int) -> str:
        folded = " "
        index = bisect_right(self._starts, code) - 1
        if index >= 0:
            first, last, around = self._ranges[index]
            if first <= code <= last:
                folded = f"{around}{chr(code)}{around}"
        self[code] = folded
        return folded


class _Fold:
    """The table as loaded: `folds`, `marks` (belong to the word before) and `silent` (letters that fold to nothing)."""

    def __init__(self) -> None:
        table = msgspec.json.decode(_TABLE.read_bytes(), type=_Table)
        self.folds = _Folds(table)
        self.marks = frozenset(map(chr, chain.from_iterable(range(first, last + 1) for first, last in table.marks)))
        self.silent = frozenset(map(chr, chain.from_iterable(range(first, last + 1) for first, last in table.silent)))
        self.visible = self.marks | self.silent
        self.alone = table.alone


@cache
def _fold() -> _Fold:
    # Read when first needed: commands that fold nothing must not pay for it.
    return _Fold()


class Tokens:
    """The folded tokens of one text, in `words`. Offsets are worked out only when asked for: most texts hit nothing."""

    __slots__ = ("_ends", "_folded", "_origin", "_places", "_source", "text", "words")

    def __init__(self, text: str) -> None:
        fold = _fold()
        self.text = text
        self._source = text
        self._origin: tuple[list[int], list[int]] | None = None
        if not unicodedata.is_normalized("NFC", text):
            self._source, self._origin = _composed(text)
        folded = self._source.translate(fold.folds)
        if "\u3099" in folded or "\u309a" in folded:
            # Half-width kana carry their voicing apart; as long as before, so that offsets stay right.
            folded = _VOICED.sub(_voiced, folded)
        self._folded = folded
        self.words = folded.split()
        self._places: list[tuple[int, int]] | None = None
        self._ends: list[int] | None = None

    def __len__(self) -> int:
        return len(self.words)

    def span(self, first: int, end: int) -> tuple[int, int]:
        """Code-point offsets into `text` of the tokens from `first` up to, not including, `end` (at least one)."""
        if self._places is None:
            self._places = [match.span() for match in _WORD.finditer(self._folded)]
        start, stop = self._places[first][0], self._places[end - 1][1]
        source = self._source
        if not source.isascii():
            if self._ends is None:
                folds = _fold().folds
                self._ends = list(accumulate(map(len, map(folds.__getitem__, map(ord, source)))))
            start, stop = bisect_right(self._ends, start), bisect_right(self._ends, stop - 1) + 1
            fold = _fold()
            while start and source[start - 1] in fold.silent:
                start -= 1
            while stop < len(source) and source[stop] in fold.visible:
                stop += 1
        if self._origin is None:
            return start, stop
        return self._origin[0][start], self._origin[1][stop - 1]

    def surface(self, first: int, end: int) -> str:
        """What `text` says where these tokens are."""
        start, stop = self.span(first, end)
        return self.text[start:stop]


def tokens(text: str) -> Tokens:
    """The tokens of `text`."""
    return Tokens(text)


def fold_words(text: str) -> tuple[str, ...]:
    """The folded tokens of `text` alone; empty when it has no letter or digit."""
    return tuple(Tokens(text).words)


def folded_text(text: str) -> str:
    """The folded tokens of `text`, one space between them: what indexes store, and what one compares names by."""
    return " ".join(Tokens(text).words)


def clean(text: str) -> str:
    """`text` as it looks: NFC, without invisible characters, each run of white space one plain space."""
    fold = _fold()
    shown = "".join(character for character in text if fold.folds[ord(character)] or character in fold.visible)
    return " ".join(unicodedata.normalize("NFC", shown).split())


def stands_alone(word: str) -> bool:
    """Whether a folded token is a single character of a script written without spaces."""
    if len(word) != 1:
        return False
    code = ord(word)
    return any(first <= code <= last for first, last in _fold().alone)


def _voiced(match: re.Match[str]) -> str:
    composed = unicodedata.normalize("NFC", match[1] + match[2])
    return match[0] if len(composed) > 1 else f"{composed}   "


@cache
def _cluster() -> re.Pattern[str]:
    marks = "".join(character for character in map(chr, range(0x300, 0x20000)) if unicodedata.combining(character))
    return re.compile(f".[{re.escape(marks)}{_MARK_OR_JAMO}]*", re.DOTALL)


def _composed(text: str) -> tuple[str, tuple[list[int], list[int]]]:
    """`text` in NFC, and for each of its characters where in `text` it begins and ends."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _cluster().finditer(text):
        raw = match[0]
        piece = unicodedata.normalize("NFC", raw)
        pieces.append(piece)
        if len(piece) == len(raw):
            starts.extend(range(match.start(), match.end()))
            ends.extend(range(match.start() + 1, match.end() + 1))
        else:
            starts.extend([match.start()] * len(piece))
            ends.extend([match.end()] * len(piece))
    return "".join(pieces), (starts, ends)
