"""Query text cut into lexemes: parentheses, operators, fields, words, phrases and exact forms."""

from __future__ import annotations

import difflib
import re

import msgspec

from schemas.query.origin import Faults

FARTHEST = 100
"""Most words `NEAR` may leave between: farther apart, `AND` says as much."""
TEXT_FIELDS = ("title", "body")
ATTRIBUTES = ("lang", "source", "country", "author")
FIELDS = TEXT_FIELDS + ATTRIBUTES
OPERATORS = ("AND", "OR", "NOT")
NEAR = re.compile(r"(O?)NEAR/([0-9]{1,4000})\Z")

# Word processors turn quotes into curled ones; those are taken for what they were.
_QUOTES = '"\u201c\u201d\u201e\u201f'
_LEXEME = re.compile(rf"\s+|[()]|[{_QUOTES}][^{_QUOTES}]*[{_QUOTES}]?|\{{[^}}]*\}}?|\}}|[^\s(){_QUOTES}{{}}]+")
_FIELD = re.compile(r"([^\W\d]+):")


class Lexeme(msgspec.Struct, frozen=True):
    """One piece of a query.

    `kind` is `(`, `)`, `AND`, `OR`, `NOT`, `near`, `field`, `word`, `phrase`, `exact` or `end`; `text` is without
    quotes, braces and colon; `at` and `end` are its place, `distance` the n of `NEAR/n`.
    """

    kind: str
    text: str
    at: int
    end: int
    distance: int = 0


class _Lexer:
    def __init__(self, text: str, faults: Faults) -> None:
        self.text = text
        self.faults = faults
        self.fault = faults.add
        self.lexemes: list[Lexeme] = []

    def lex(self) -> None:
        at = 0
        while at < len(self.text) and not self.faults.full:
            field = _FIELD.match(self.text, at)
            if field is not None and field[1] in TEXT_FIELDS:
                self.lexemes.append(Lexeme("field", field[1], at, field.end()))
                at = field.end()
                continue
            match = _LEXEME.match(self.text, at)
            if match is None:
                message = f"no lexeme at {at} of {self.text!r}"
                raise AssertionError(message)
            piece, first = match[0], match[0][0]
            end = match.end()
            if first in "()":
                self.lexemes.append(Lexeme(first, piece, at, end))
            elif first in _QUOTES:
                if len(piece) == 1 or piece[-1] not in _QUOTES:
                    self.fault(at, "this quote is never closed", 'add " where the phrase ends')
                    piece += '"'
                self.lexemes.append(Lexeme("phrase", piece[1:-1], at, end))
            elif first == "{":
                if not piece.endswith("}"):
                    self.fault(at, "this { is never closed", "add } where the exact form ends")
                    piece += "}"
                self.lexemes.append(Lexeme("exact", piece[1:-1], at, end))
            elif first == "}":
                self.fault(at, "this } closes nothing")
            elif not first.isspace():
                end = self.lex_word(piece, at)
            at = end
        self.lexemes.append(Lexeme("end", "", len(self.text), len(self.text)))

    def lex_word(self, word: str, at: int) -> int:
        end = at + len(word)
        field = _FIELD.match(word)
        if field is not None:
            name, rest_at = field[1], at + field.end()
            if name in ATTRIBUTES:
                self.lexemes.append(Lexeme("field", name, at, rest_at))
                if rest_at < end:
                    self.lexemes.append(Lexeme("word", word[field.end() :], rest_at, end))
                return end
            close = difflib.get_close_matches(name.lower(), FIELDS, n=1)
            known = ", ".join(f"{one}:" for one in FIELDS)
            meant = f", did you mean '{close[0]}:'?" if close else ""
            hint = f'fields are {known}; to search for the words, write "{word}"'
            self.fault(at, f"unknown field {name + ':'!r}{meant}", hint)
            return rest_at
        near = NEAR.match(word)
        if near is not None:
            distance = int(near[2])
            if distance > FARTHEST:
                self.fault(at, f"{word} is too far: at most {FARTHEST} words may stand between", "use AND")
            self.lexemes.append(Lexeme("near", word, at, end, distance))
        elif word in OPERATORS:
            self.lexemes.append(Lexeme(word, word, at, end))
        else:
            self.lexemes.append(Lexeme("word", word, at, end))
        return end


def lex(text: str, faults: Faults) -> list[Lexeme]:
    """The lexemes of `text`, one of kind `end` last; what cannot be read is recorded and read as well as it can be."""
    lexer = _Lexer(text, faults)
    lexer.lex()
    return lexer.lexemes
