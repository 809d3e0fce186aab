"""The one fold: text to comparable tokens, with the way back to the original.

Script, case, diacritics, digits, width and invisible characters are folded away; what becomes of each character is in
`fold_table.json` (rules and reasons: `tools/fold_table.py`), so it is the same on every Python version. `_` and the
apostrophe separate words. Han, kana, Thai, Lao, Khmer and Myanmar have one token per character, everything else one
per word. Matcher, search and indexes all use this fold and no other, for terms as for texts.

Folding is by sound and not language-aware: `Резолюция` is `rezoljucija`, not `rezolucija`; such forms need aliases.

A word written in letters of two scripts that look alike (`UNSCR` with a Cyrillic letter for the `S`) has a second reading, by look
(`schemas.query.lookalike`). A text with such words has two lines of tokens, equally long; what is found in either is
found.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import cache
from itertools import accumulate, chain
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from schemas.composed import composed, pieces
from schemas.query.lookalike import by_look

if TYPE_CHECKING:
    from schemas.query.fold_array import ArrayFold

_TABLE = Path(__file__).with_name("fold_table.json")
_WORD = re.compile(r"[^ ]+")
_LONG = 400
"""Characters from which on a text is folded as an array; calls into numpy cost more than shorter texts do."""
_BLOCK = 256
"""Characters of text that offsets are worked out for at a time."""
_VOICED = re.compile("([\u3041-\u30ff])  ([\u3099\u309a])")
# The vowels and finals of a Hangul syllable written as jamo: they compose by rule, not by the table.
_JAMO = "\u1161-\u1175\u11a8-\u11c2"


class FoldTable(msgspec.Struct):
    """The table as data. What it does not name becomes a space."""

    unicode: str
    words: list[tuple[int, int]]
    """Ranges of characters that words are made of, which stay as they are."""
    alone: list[tuple[int, int]]
    """Ranges of characters of which each is a token of its own."""
    marks: list[tuple[int, int]]
    silent: list[tuple[int, int]]
    folds: dict[str, str]
    """What else becomes of a character, by its code point in hexadecimal digits."""


class _Folds(dict[int, str]):
    """Code point to folded text, for `str.translate`; a code point is worked out when first met, then remembered.

    Entries that change nothing are kept too: a missing key costs `translate` an exception (evidence/matching.md 4).
    """

    def __init__(self, table: FoldTable) -> None:
        super().__init__((int(code, 16), folded) for code, folded in table.folds.items())
        self.ranges = sorted([*((*span, "") for span in table.words), *((*span, " ") for span in table.alone)])
        self._starts = [first for first, _, _ in self.ranges]

    def __missing__(self, code: int) -> str:
        folded = " "
        index = bisect_right(self._starts, code) - 1
        if index >= 0:
            first, last, around = self.ranges[index]
            if first <= code <= last:
                folded = f"{around}{chr(code)}{around}"
        self[code] = folded
        return folded


class _Fold:
    """The table as loaded: `folds`, `marks` (belong to the word before) and `silent` (letters that fold to nothing)."""

    def __init__(self) -> None:
        table = fold_table()
        self.folds = _Folds(table)
        self.table = {int(code, 16): folded for code, folded in table.folds.items()}
        self.marks = frozenset(map(chr, chain.from_iterable(range(first, last + 1) for first, last in table.marks)))
        self.silent = frozenset(map(chr, chain.from_iterable(range(first, last + 1) for first, last in table.silent)))
        self.visible = self.marks | self.silent
        self.alone = table.alone


@cache
def _fold() -> _Fold:
    # Read when first needed: commands that fold nothing must not pay for it.
    return _Fold()


class Tokens:
    """The folded tokens of one text. Offsets are worked out only when asked for: most texts hit nothing."""

    __slots__ = ("_blocks", "_counts", "_line", "_line_by_look", "_origin", "_source", "_starts", "_words", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._source = composed(text)
        self._origin: tuple[list[int], list[int]] | None = None
        self._line = _spaced(_folded(self._source))
        other = by_look(self._source)
        self._line_by_look = None if other is None else _spaced(_folded(other))
        self._words: list[str] | None = None
        self._starts = [0]
        self._counts = [0]
        self._blocks: dict[int, _Block] = {}

    @property
    def line(self) -> str:
        """The tokens, by sound, with one space before and after each: token `i` follows the space number `i`."""
        return self._line

    @property
    def line_by_look(self) -> str | None:
        """The same with the words that mix scripts read by look; None when there are none. As many tokens."""
        return self._line_by_look

    @property
    def words(self) -> list[str]:
        """The tokens, by sound."""
        if self._words is None:
            self._words = self._line.split()
        return self._words

    def __len__(self) -> int:
        return len(self.words)

    def mixes_scripts(self, first: int, end: int) -> bool:
        """Whether a word among these tokens is written in letters of two scripts that look alike."""
        return self._line_by_look is not None and by_look(self.surface(first, end)) is not None

    def span(self, first: int, end: int) -> tuple[int, int]:
        """Code-point offsets into `text` of the tokens from `first` up to, not including, `end` (at least one)."""
        start, stop = self._place(first)[0], self._place(end - 1)[1]
        source, fold = self._source, _fold()
        if not source.isascii():
            while start and source[start - 1] in fold.silent:
                start -= 1
            stop = _after_marks(source, stop)
        if self._source is self.text:
            return start, stop
        if self._origin is None:
            self._origin = _origin(self.text)
        return self._origin[0][start], self._origin[1][stop - 1]

    def _place(self, index: int) -> tuple[int, int]:
        """Where token `index` begins and ends in the source."""
        while self._counts[-1] <= index:
            self._count_next()
        number = bisect_right(self._counts, index) - 1
        start = self._starts[number]
        block = self._blocks.get(number)
        if block is None:
            block = self._blocks[number] = _Block(self._source[start : self._starts[number + 1]])
        first, last = block.place(index - self._counts[number])
        return start + first, start + last

    def _count_next(self) -> None:
        """Count the tokens of the next block, which ends where a separator does not glue it to what follows."""
        source, folds = self._source, _fold().folds
        start = self._starts[-1]
        end = min(start + _BLOCK, len(source))
        while end < len(source) and folds[ord(source[end])] != " ":
            end += 1
        self._starts.append(end)
        self._counts.append(self._counts[-1] + len(_folded(source[start:end]).split()))

    def surface(self, first: int, end: int) -> str:
        """What `text` says where these tokens are."""
        start, stop = self.span(first, end)
        return self.text[start:stop]


class _Block:
    """A piece of a source, with the places of its tokens."""

    __slots__ = ("_ends", "_places")

    def __init__(self, source: str) -> None:
        folds = _fold().folds
        folded = _voiced_apart(source.translate(folds))
        self._places = [match.span() for match in _WORD.finditer(folded)]
        self._ends = list(accumulate(map(len, map(folds.__getitem__, map(ord, source)))))

    def place(self, index: int) -> tuple[int, int]:
        start, stop = self._places[index]
        return bisect_right(self._ends, start), bisect_right(self._ends, stop - 1) + 1


def _after_marks(source: str, stop: int) -> int:
    """The end of a token that ends at `stop`, with the marks behind it, also those behind invisible characters."""
    fold, place = _fold(), stop
    while place < len(source) and (source[place] in fold.visible or not fold.folds[ord(source[place])]):
        place += 1
        if source[place - 1] in fold.visible:
            stop = place
    return stop


def fold_table() -> FoldTable:
    """The table, for what must fold without this code."""
    return msgspec.json.decode(_TABLE.read_bytes(), type=FoldTable)


def tokens(text: str) -> Tokens:
    """The tokens of `text`."""
    return Tokens(text)


def fold_words(text: str) -> tuple[str, ...]:
    """The folded tokens of `text` alone; empty when it has no letter or digit."""
    return tuple(_folded(composed(text)).split())


def folded_text(text: str) -> str:
    """The folded tokens of `text`, one space between them: what one compares names by."""
    return " ".join(fold_words(text))


def folded_readings(text: str) -> tuple[str, ...]:
    """`folded_text`, and where words mix scripts the reading by look too: what an index stores, to find both."""
    found = Tokens(text)
    lines = (found.line,) if found.line_by_look is None else (found.line, found.line_by_look)
    return tuple(line.strip() for line in lines)


def clean(text: str) -> str:
    """`text` as it looks: NFC, without invisible characters, each run of white space one plain space."""
    fold = _fold()
    shown = "".join(character for character in text if fold.folds[ord(character)] or character in fold.visible)
    return " ".join(composed(shown).split())


def stands_alone(word: str) -> bool:
    """Whether a folded token is a single character of a script written without spaces."""
    if len(word) != 1:
        return False
    code = ord(word)
    return any(first <= code <= last for first, last in _fold().alone)


def _folded(source: str) -> str:
    """`source` folded; how many spaces stand between tokens is not said."""
    if len(source) < _LONG or source.isascii():
        return _voiced_apart(source.translate(_fold().folds))
    return _voiced_apart(_arrays().folded(source))


@cache
def _arrays() -> ArrayFold:
    # Imported when a long text comes: numpy takes a moment, and few commands need it.
    from schemas.query.fold_array import ArrayFold  # noqa: PLC0415

    fold = _fold()
    return ArrayFold(fold.table, fold.folds.ranges)


def _voiced_apart(folded: str) -> str:
    if "\u3099" in folded or "\u309a" in folded:
        # Half-width kana carry their voicing apart; as long as before, so that offsets stay right.
        return _VOICED.sub(_voiced, folded)
    return folded


def _spaced(folded: str) -> str:
    if "  " in folded:
        return f" {' '.join(folded.split())} "
    return f" {folded.strip(' ')} "


def _voiced(match: re.Match[str]) -> str:
    voiced = unicodedata.normalize("NFC", match[1] + match[2])
    return match[0] if len(voiced) > 1 else f"{voiced}   "


@cache
def _cluster() -> re.Pattern[str]:
    """A character with all after it that may compose with it: marks, and the second halves of composed characters."""
    followers = {character for character in map(chr, range(0x300, 0x20000)) if unicodedata.combining(character)}
    for character in map(chr, range(0xA0, 0x20000)):
        halves = unicodedata.decomposition(character).split()
        if len(halves) == 2 and not halves[0].startswith("<"):  # noqa: PLR2004 a canonical pair
            followers.add(chr(int(halves[1], 16)))
    return re.compile(f".[{re.escape(''.join(sorted(followers)))}{_JAMO}]+", re.DOTALL)


def _origin(text: str) -> tuple[list[int], list[int]]:
    """For each character of `text` in NFC, where in `text` it begins and ends."""
    starts: list[int] = []
    ends: list[int] = []

    def take(start: int, end: int) -> None:
        raw = text[start:end]
        length = len(unicodedata.normalize("NFC", raw))
        if length == len(raw):
            starts.extend(range(start, end))
            ends.extend(range(start + 1, end + 1))
        else:
            starts.extend([start] * length)
            ends.extend([end] * length)

    def take_apart(start: int, end: int) -> None:
        # Where nothing composes nothing gets shorter, so as long as before means one for one.
        if len(unicodedata.normalize("NFC", text[start:end])) == end - start:
            take(start, end)
        else:
            for at in range(start, end):
                take(at, at + 1)

    first = 0
    for piece in pieces(text):
        done = first
        for match in _cluster().finditer(piece):
            take_apart(done, first + match.start())
            done = first + match.end()
            take(first + match.start(), done)
        first += len(piece)
        take_apart(done, first)
    return starts, ends
