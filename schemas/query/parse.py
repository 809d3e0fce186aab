"""The query language: text to tree, or every fault in it at once.

    expression := both (OR both)*
    both       := single ((AND single) | (NOT single))*
    single     := NOT single | near
    near       := primary ((NEAR/n | ONEAR/n) primary)*
    primary    := ( expression ) | field:primary | word | "words" | {Exact} | *

`NOT` binds tightest after fields and `NEAR`, then `AND`, then `OR`. `a NOT b` is `a AND NOT b`. A word or phrase may
carry `*` at the end of any word of at least four letters.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection

from schemas.query.fold import folded_text
from schemas.query.languages import is_language
from schemas.query.lexemes import ATTRIBUTES, NEAR, OPERATORS, Lexeme, lex
from schemas.query.origin import Faults, Origin, whole
from schemas.query.tree import And, Attribute, ConceptName, Everything, InField, Near, Node, Not, Or, Term, unbounded
from schemas.query.words import exact_of, term_of

DEPTH = 50
"""Most parentheses inside each other, and most `NEAR` in a row: evaluation walks the tree by recursion."""
_NEARLY_NEAR = re.compile(r"(O?NEAR)(/?.*)\Z", re.IGNORECASE)
_WITH_NUMBER = re.compile(r"([A-Za-z]{2,7})/([0-9]+)\Z")
_WORDS = frozenset(("word", "phrase", "exact"))
_OPERANDS = _WORDS | {"field", "("}


class _GiveUpError(Exception):
    """Ends the parse; the faults are already recorded."""


def parse(
    expression: str, concepts: Collection[str] = (), *, origin: Origin | None = None, bounded: bool = False
) -> Node:
    """The tree of `expression`; bare words among `concepts` (in any case) are those concepts.

    `bounded` refuses what would hold for almost everything: `*` alone and queries, or branches of an `OR`, made of
    `NOT` only. Raises `QueryError` with every fault, placed by `origin`.
    """
    faults = Faults(origin or whole(expression))
    tree = _Parser(expression, concepts, faults).run()
    faults.check()
    assert tree is not None
    if bounded and (part := unbounded(tree)) is not None:
        faults.add(
            max(expression.find(part.written), 0),
            f"{part.written!r} alone holds for almost every article",
            "" if isinstance(part, Everything) else "say what the article must contain: a AND NOT b",
        )
        faults.check()
    return tree


class _Parser:
    def __init__(self, text: str, concepts: Collection[str], faults: Faults) -> None:
        self.text = text
        self.concepts = {name.casefold(): name for name in concepts}
        self.faults = faults
        self.fault = faults.add
        self.lexemes = lex(text, faults)
        self.index = 0
        self.depth = 0

    @property
    def next(self) -> Lexeme:
        return self.lexemes[self.index]

    def take(self) -> Lexeme:
        lexeme = self.lexemes[self.index]
        if lexeme.kind != "end":
            self.index += 1
        return lexeme

    def written(self, at: int) -> str:
        return self.text[at : self.lexemes[self.index - 1].end]

    # Grammar

    def run(self) -> Node | None:
        if self.next.kind == "end":
            if not self.faults.problems:
                self.fault(0, "the query is empty", "`*` finds everything")
            return None
        try:
            tree = self.expression()
            while self.next.kind == ")":
                self.fault(self.take().at, "this ) closes nothing")
                if self.next.kind in OPERATORS:
                    self.take()
                if self.next.kind not in {"end", ")"}:
                    self.expression()
        except _GiveUpError:
            return None
        return tree

    def expression(self) -> Node | None:
        at = self.next.at
        nodes = [self.both()]
        while self.next.kind == "OR":
            self.take()
            nodes.append(self.both())
        kept = _flat(Or, nodes)
        return kept[0] if len(kept) == 1 else Or(self.written(at), kept) if kept else None

    def both(self) -> Node | None:
        at = self.next.at
        nodes = [self.single()]
        while True:
            lexeme = self.next
            if lexeme.kind == "AND":
                self.take()
            elif lexeme.kind in {"end", ")", "OR"}:
                break
            elif lexeme.kind != "NOT":
                self.missing_operator()
            nodes.append(self.single())
        kept = _flat(And, nodes)
        return kept[0] if len(kept) == 1 else And(self.written(at), kept) if kept else None

    def missing_operator(self) -> None:
        """Record why two operands stand side by side, and skip what was meant as an operator."""
        lexeme = self.next
        word = lexeme.text
        if lexeme.kind == "word":
            if word.upper() in OPERATORS:
                self.take()
                self.fault(lexeme.at, f"operators are written in capitals: {word.upper()}", _quote_hint(word))
                return
            if self.misspelt_operator(lexeme):
                self.take()
                return
        first, last = self.index - 1, self.index
        if lexeme.kind in _WORDS:
            while self.lexemes[last + 1].kind in _WORDS and self.lexemes[last + 1].text.upper() not in OPERATORS:
                last += 1
        run = self.lexemes[first : last + 1]
        hint = "join them with AND, OR or NEAR/n"
        if all(one.kind in _WORDS for one in run):
            parts = [self.text[one.at : one.end] for one in run]
            plain = all(one.kind == "word" and one.text.casefold() not in self.concepts for one in run)
            phrase = f'"{" ".join(parts)}" or ' if plain else ""
            hint = f"did you mean {phrase}{' AND '.join(parts)}?"
        self.fault(lexeme.at, f"no operator before {self.text[lexeme.at : lexeme.end]!r}", hint)
        while self.index < last:
            self.primary()

    def misspelt_operator(self, lexeme: Lexeme) -> bool:
        word = lexeme.text
        near = _NEARLY_NEAR.match(word)
        if near is not None and (word.isupper() or "/" in word):
            name = near[1].upper()
            number = re.search(r"[0-9]+", near[2])
            if number:
                self.fault(lexeme.at, f"unknown operator {word!r}, did you mean '{name}/{number[0]}'?")
            else:
                self.fault(lexeme.at, f"{word!r} does not say how many words may stand between", f"write {name}/10")
            return True
        numbered = _WITH_NUMBER.match(word)
        if numbered is not None:
            close = difflib.get_close_matches(numbered[1].upper(), ("NEAR", "ONEAR"), n=1)
            meant = f", did you mean '{close[0]}/{numbered[2]}'?" if close else ""
            if close or self.lexemes[self.index + 1].kind in _OPERANDS:
                self.fault(lexeme.at, f"unknown operator {word!r}{meant}", "" if close else _quote_hint(word))
                return True
        if word.isupper() and word.isascii():
            close = difflib.get_close_matches(word, ("AND", "NOT"), n=1, cutoff=0.66)
            if close and self.lexemes[self.index + 1].kind in _OPERANDS:
                self.fault(lexeme.at, f"unknown operator {word!r}, did you mean {close[0]!r}?", _quote_hint(word))
                return True
        return False

    def single(self) -> Node | None:
        at = self.next.at
        negations = 0
        while self.next.kind == "NOT":
            self.take()
            negations += 1
        node = self.near()
        if node is None or negations % 2 == 0:
            return node
        return Not(self.written(at), node)

    def near(self) -> Node | None:
        at = self.next.at
        node = self.primary()
        pairs = 0
        while True:
            lexeme = self.next
            if lexeme.kind == "word" and self.is_bare_near(lexeme.text):
                self.misspelt_operator(self.take())
                self.primary()
                continue
            if lexeme.kind != "near":
                return node
            self.take()
            pairs += 1
            if pairs > DEPTH:
                self.fault(lexeme.at, f"more than {DEPTH} NEAR in a row", "say it with fewer")
                raise _GiveUpError
            right_at = self.next.at
            right = self.primary()
            for operand, place in ((node, at), (right, right_at)):
                if operand is not None and not positional(operand):
                    hint = "put words, phrases, concepts, or (a OR b) beside it"
                    self.fault(place, f"{lexeme.text} cannot take {operand.written!r}", hint)
            if node is not None and right is not None:
                node = Near(self.written(at), node, right, lexeme.distance, lexeme.text.startswith("O"))

    def is_bare_near(self, word: str) -> bool:
        return word in {"NEAR", "ONEAR"} or (word.startswith(("NEAR/", "ONEAR/")) and not NEAR.match(word))

    def primary(self) -> Node | None:
        if self.faults.full:
            raise _GiveUpError
        lexeme = self.next
        if lexeme.kind in {"end", ")", "AND", "OR", "NOT", "near"}:
            what = "the end" if lexeme.kind == "end" else repr(lexeme.text)
            before = self.lexemes[self.index - 1] if self.index else None
            after = f" after {self.text[before.at : before.end]!r}" if before and before.kind != "(" else ""
            self.fault(lexeme.at, f"something to look for is missing{after}, before {what}")
            if lexeme.kind == "near":
                self.take()
                return self.primary()
            return None
        self.take()
        if lexeme.kind == "(":
            return self.group(lexeme)
        if lexeme.kind == "field":
            return self.field(lexeme)
        if lexeme.kind == "phrase":
            return term_of(lexeme.text, lexeme.at + 1, self.written(lexeme.at), self.faults)
        if lexeme.kind == "exact":
            return exact_of(lexeme.text, lexeme.at, self.written(lexeme.at), self.faults)
        return self.word(lexeme)

    def group(self, opening: Lexeme) -> Node | None:
        self.depth += 1
        if self.depth > DEPTH:
            self.fault(opening.at, f"more than {DEPTH} parentheses inside each other")
            raise _GiveUpError
        node = self.expression()
        self.depth -= 1
        if self.next.kind == ")":
            self.take()
        else:
            self.fault(opening.at, "this ( is never closed", "add ) where the group ends")
        return node

    def field(self, lexeme: Lexeme) -> Node | None:
        if lexeme.text in ATTRIBUTES:
            return self.attribute(lexeme)
        if self.next.kind == "field":
            self.fault(self.next.at, f"a field inside {lexeme.text}:", "join them with AND")
        self.depth += 1
        if self.depth > DEPTH:
            self.fault(lexeme.at, f"more than {DEPTH} groups inside each other")
            raise _GiveUpError
        node = self.primary()
        self.depth -= 1
        return None if node is None else InField(self.written(lexeme.at), lexeme.text, node)

    def attribute(self, field: Lexeme) -> Node | None:
        if self.next.kind != "(":
            return self.value(field)
        opening = self.take()
        values = [self.value(field)]
        while self.next.kind == "OR":
            self.take()
            values.append(self.value(field))
        if self.next.kind == ")":
            self.take()
        else:
            self.fault(opening.at, f"{field.text}: takes one value, or several as (a OR b)")
            while self.next.kind not in {")", "end"}:
                self.take()
            self.take()
        kept = _flat(Or, values)
        return kept[0] if len(kept) == 1 else Or(self.written(field.at), kept) if kept else None

    def value(self, field: Lexeme) -> Node | None:
        if self.next.kind not in {"word", "phrase"}:
            self.fault(self.next.at, f"{field.text}: needs a value")
            return None
        lexeme = self.take()
        value = lexeme.text
        if field.text == "lang":
            if not is_language(value):
                self.fault(lexeme.at, f"{value!r} is not a language tag", "such as lang:sr, lang:sr-Latn or lang:=sr")
        elif not folded_text(value):
            self.fault(lexeme.at, f"{value!r} has no letter or digit")
        return Attribute(f"{field.text}:{self.text[lexeme.at : lexeme.end]}", field.text, value)

    def word(self, lexeme: Lexeme) -> Node | None:
        word = lexeme.text
        name = self.concepts.get(word.casefold())
        if name is not None:
            return ConceptName(word, name)
        if word == "*":
            return Everything(word)
        if word.upper() in OPERATORS:
            self.fault(lexeme.at, f"operators are written in capitals: {word.upper()}", _quote_hint(word))
            return self.primary() if self.next.kind in _OPERANDS else None
        if word.startswith("-") and len(word) > 1:
            self.fault(lexeme.at, f"unknown operator '-' in {word!r}", f"did you mean NOT {word[1:]}?")
            return None
        if "?" in word:
            self.fault(lexeme.at + word.index("?"), "'?' is no wildcard", "`*` at the end of a word is the only one")
            return None
        if self.concepts and not word.isdecimal():
            close = difflib.get_close_matches(word.casefold(), self.concepts, n=1, cutoff=0.85)
            if close or ("_" in word and "*" not in word):
                meant = f", did you mean {self.concepts[close[0]]!r}?" if close else ""
                self.fault(
                    lexeme.at, f"unknown concept {word!r}{meant}", f'to search for the word itself, write "{word}"'
                )
                return None
        return term_of(word, lexeme.at, word, self.faults)


def positional(node: Node) -> bool:
    """Whether `node` stands somewhere in the text, so that distances to it can be counted."""
    if isinstance(node, Or):
        return all(map(positional, node.nodes))
    if isinstance(node, InField):
        return positional(node.node)
    return isinstance(node, Term | ConceptName | Near)


def _flat(kind: type[And | Or], nodes: list[Node | None]) -> tuple[Node, ...]:
    flat: list[Node] = []
    for node in nodes:
        if isinstance(node, kind):
            flat.extend(node.nodes)
        elif node is not None:
            flat.append(node)
    return tuple(flat)


def _quote_hint(word: str) -> str:
    return f'to search for the word itself, write "{word}"'
