"""Where a piece of query text stands in its file, so that each fault in it can be shown to its author."""

from __future__ import annotations

import msgspec

from schemas.errors import Problem, QueryError

# Further than this from one character of a value to the next there is no white space to skip, but an escape.
_GAP = 400
_SHOWN = 80
MOST_FAULTS = 50
"""Faults reported of one text."""
_LONGEST_MESSAGE = 400
_FARTHEST_CARET = 240


class Origin(msgspec.Struct, frozen=True):
    """`value` as it was read from `text`, the whole of `file`, where it begins at index `start`.

    The two may differ by what the file format folds away (quotes, line breaks, indentation, escapes); `place` aligns
    them, at a cost paid only for faults.
    """

    file: str
    text: str
    start: int
    value: str

    def place(self, offset: int) -> int:
        """Index into `text` of the character at `offset` in `value`."""
        at = self.start
        for character in self.value[:offset]:
            at = self._next(character, at) + 1
        return self._next(self.value[offset], at) if offset < len(self.value) else min(at, len(self.text))

    def problem(self, offset: int, message: str, hint: str = "") -> Problem:
        """A fault at `offset` in `value`."""
        at = self.place(offset)
        line_start = self.text.rfind("\n", 0, at) + 1
        line_end = self.text.find("\n", at)
        column = at - line_start + 1
        line_end = min(line_end if line_end >= 0 else len(self.text), at + _SHOWN)
        return Problem(
            file=self.file,
            line=self.text.count("\n", 0, at) + 1,
            column=column,
            message=message,
            hint=hint,
            # A caret so far to the right points at nothing.
            source=self.text[line_start:line_end].rstrip("\r") if column <= _FARTHEST_CARET else "",
        )

    def _next(self, character: str, at: int) -> int:
        if character.isspace() and self.text[at : at + 1].isspace():
            return at
        found = self.text.find(character, at, at + _GAP)
        return found if found >= 0 else at


def whole(text: str, file: str = "query") -> Origin:
    """The origin of text that is no part of a file."""
    return Origin(file, text, 0, text)


class Faults:
    """The faults found in one text so far."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.problems: list[Problem] = []

    def add(self, offset: int, message: str, hint: str = "") -> None:
        """Record a fault at `offset` in the text; those after `MOST_FAULTS` are dropped, since nobody reads them."""
        if not self.full:
            self.problems.append(self.origin.problem(offset, _short(message), _short(hint)))

    @property
    def full(self) -> bool:
        """Whether further faults are dropped."""
        return len(self.problems) >= MOST_FAULTS

    def check(self) -> None:
        """Raises `QueryError` with every fault, in the order of places, when there is one."""
        if self.problems:
            raise QueryError(tuple(sorted(self.problems, key=lambda problem: (problem.line, problem.column))))


def _short(message: str) -> str:
    """A message that quotes its text, which may be of any length, as far as people read."""
    return message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}…"
