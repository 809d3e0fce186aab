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

import msgspec

from schemas.errors import Problem, QueryError
from schemas.query.fold import clean, fold_words, folded_text, stands_alone
from schemas.query.languages import is_language
from schemas.query.origin import Origin, whole
from schemas.query.tree import And, Attribute, ConceptName, Everything, InField, Near, Node, Not, Or, Term, unbounded

DEPTH = 50
"""Most parentheses inside each other: evaluation walks the tree by recursion."""
FARTHEST = 100
"""Most words `NEAR` may leave between: farther apart, `AND` says as much."""
LEAST_PREFIX = 4
"""Letters before `*`: shorter prefixes match unrelated words. A Hangul syllable counts as two."""
TEXT_FIELDS = ("title", "body")
ATTRIBUTES = ("lang", "source", "country", "author")
FIELDS = TEXT_FIELDS + ATTRIBUTES

_QUOTES = "\"“”„‟"
_LEX = re.compile(rf'\s+|[()]|[{_QUOTES}][^{_QUOTES}]*[{_QUOTES}]?|\{{[^}}]*\}}?|\}}|[^\s(){_QUOTES}{{}}]+')
_FIELD = re.compile(r"([^\W\d]+):")
_NEAR = re.compile(r"(O?)NEAR/([0-9]{1,6})\Z")
_NEARLY_NEAR = re.compile(r"(O?NEAR)(/?.*)\Z", re.IGNORECASE)
_WITH_NUMBER = re.compile(r"([A-Za-z]{2,7})/([0-9]+)\Z")
_ALIAS_NEAR = re.compile(r"(?:^|\s+)(O?NEAR(?:/\S*)?)(?:\s+|$)")
_ALIAS_OPERATOR = re.compile(r"(?:^|\s)(AND|OR|NOT)(?:\s|$)")
_OPERATORS = ("AND", "OR", "NOT")


class _Lexeme(msgspec.Struct, frozen=True):
    kind: str
    text: str
    at: int
    end: int
    distance: int = 0


class _TooDeepError(Exception):
    """Ends the parse; the fault itself is already recorded."""


def parse(
    expression: str, concepts: Collection[str] = (), *, origin: Origin | None = None, bounded: bool = False
) -> Node:
    """The tree of `expression`; bare words among `concepts` (in any case) are those concepts.

    `bounded` refuses what would hold for almost everything: `*` alone and queries, or branches of an `OR`, made of
    `NOT` only. Raises `QueryError` with every fault, placed by `origin`.
    """
    parser = _Parser(expression, concepts, origin or whole(expression))
    tree = parser.run()
    if bounded and tree is not None and not parser.problems and (part := unbounded(tree)):
        parser.fault(
            max(expression.find(part.written), 0),
            f"{part.written!r} alone holds for almost every article",
            "say what the article must contain: a AND NOT b" if not isinstance(part, Everything) else "",
        )
    if parser.problems or tree is None:
        raise QueryError(tuple(sorted(parser.problems, key=lambda problem: (problem.line, problem.column))))
    return tree


def parse_alias(alias: str, *, origin: Origin | None = None) -> Node:
    """The tree of one written form of a concept: a word, or words next to each other without quotes, `*` at the end of
    any; `a NEAR/4 b`, `a ONEAR/4 b`; `{NATO}`. Raises `QueryError`."""
    reader = _Parser(alias, (), origin or whole(alias))
    tree = reader.alias()
    if reader.problems or tree is None:
        raise QueryError(tuple(reader.problems))
    return tree


class _Parser:
    def __init__(self, text: str, concepts: Collection[str], origin: Origin) -> None:
        self.text = text
        self.concepts = {name.casefold(): name for name in concepts}
        self.origin = origin
        self.problems: list[Problem] = []
        self.lexemes: list[_Lexeme] = []
        self.index = 0
        self.depth = 0

    def fault(self, at: int, message: str, hint: str = "") -> None:
        self.problems.append(self.origin.problem(at, message, hint))

    # Lexemes

    def lex(self) -> None:
        at = 0
        while at < len(self.text):
            match = _LEX.match(self.text, at)
            if match is None:
                message = f"no lexeme at {at} of {self.text!r}"
                raise AssertionError(message)
            piece, first = match[0], match[0][0]
            end = match.end()
            if first in "()":
                self.lexemes.append(_Lexeme(first, piece, at, end))
            elif first in _QUOTES:
                if len(piece) == 1 or piece[-1] not in _QUOTES:
                    self.fault(at, "this quote is never closed", 'add " where the phrase ends')
                    piece += '"'
                self.lexemes.append(_Lexeme("phrase", piece[1:-1], at, end))
            elif first == "{":
                if not piece.endswith("}"):
                    self.fault(at, "this { is never closed", "add } where the exact form ends")
                    piece += "}"
                self.lexemes.append(_Lexeme("exact", piece[1:-1], at, end))
            elif first == "}":
                self.fault(at, "this } closes nothing")
            elif not first.isspace():
                end = self.lex_word(piece, at)
            at = end
        self.lexemes.append(_Lexeme("end", "", len(self.text), len(self.text)))

    def lex_word(self, word: str, at: int) -> int:
        end = at + len(word)
        field = _FIELD.match(word)
        if field is not None:
            name = field[1]
            if name in FIELDS:
                self.lexemes.append(_Lexeme("field", name, at, at + field.end()))
            else:
                close = difflib.get_close_matches(name.lower(), FIELDS, n=1)
                known = ", ".join(f"{one}:" for one in FIELDS)
                meant = f", did you mean '{close[0]}:'?" if close else ""
                hint = f'fields are {known}; to search for the words, write "{word}"'
                self.fault(at, f"unknown field {name + ':'!r}{meant}", hint)
            rest_at = at + field.end()
            if name in ATTRIBUTES and rest_at < end:
                self.lexemes.append(_Lexeme("word", word[field.end() :], rest_at, end))
                return end
            return rest_at
        near = _NEAR.match(word)
        if near is not None:
            distance = int(near[2])
            if distance > FARTHEST:
                self.fault(at, f"{word} is too far: at most {FARTHEST} words may stand between", "use AND")
            self.lexemes.append(_Lexeme("near", word, at, end, distance))
        elif word in _OPERATORS:
            self.lexemes.append(_Lexeme(word, word, at, end))
        else:
            self.lexemes.append(_Lexeme("word", word, at, end))
        return end

    @property
    def next(self) -> _Lexeme:
        return self.lexemes[self.index]

    def take(self) -> _Lexeme:
        lexeme = self.lexemes[self.index]
        if lexeme.kind != "end":
            self.index += 1
        return lexeme

    def written(self, at: int) -> str:
        return self.text[at : self.lexemes[self.index - 1].end]

    # Grammar

    def run(self) -> Node | None:
        self.lex()
        if self.next.kind == "end":
            if not self.problems:
                self.fault(0, "the query is empty", "`*` finds everything")
            return None
        try:
            tree = self.expression()
            while self.next.kind == ")":
                self.fault(self.take().at, "this ) closes nothing")
                if self.next.kind in _OPERATORS:
                    self.take()
                if self.next.kind not in {"end", ")"}:
                    self.expression()
        except _TooDeepError:
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
            elif lexeme.kind != "NOT" and self.missing_operator() == "OR":
                # The author meant OR; how it binds no longer matters, since the fault is recorded.
                continue
            nodes.append(self.single())
        kept = _flat(And, nodes)
        return kept[0] if len(kept) == 1 else And(self.written(at), kept) if kept else None

    def missing_operator(self) -> str:
        """Record why two operands stand side by side; skip what was meant as an operator, and say which."""
        lexeme = self.next
        word = lexeme.text
        if lexeme.kind == "word":
            if word.upper() in _OPERATORS:
                self.take()
                self.fault(lexeme.at, f"operators are written in capitals: {word.upper()}", _quote_hint(word))
                return word.upper()
            if self.misspelt_operator(lexeme):
                self.take()
                return "AND"
        before = self.lexemes[self.index - 1]
        if before.kind == "near" or lexeme.kind == "near":
            return "AND"
        first = self.index - 1
        last = self.index
        while self.lexemes[last + 1].kind in {"word", "phrase"} and self.lexemes[last + 1].text.upper() not in _OPERATORS:
            last += 1
        run = self.lexemes[first : last + 1]
        hint = "join them with AND, OR or NEAR/n"
        if all(one.kind in {"word", "phrase", "exact"} for one in run):
            parts = [self.text[one.at : one.end] for one in run]
            plain = all(one.kind == "word" and one.text.casefold() not in self.concepts for one in run)
            phrase = f'"{" ".join(parts)}" or ' if plain else ""
            hint = f"did you mean {phrase}{' AND '.join(parts)}?"
        self.fault(lexeme.at, f"no operator before {self.text[lexeme.at : lexeme.end]!r}", hint)
        while self.index < last:
            self.primary()
        return "AND"

    def misspelt_operator(self, lexeme: _Lexeme) -> bool:
        word = lexeme.text
        near = _NEARLY_NEAR.match(word)
        if near is not None and (word.isupper() or "/" in word):
            name = near[1].upper()
            number = re.search(r"[0-9]+", near[2])
            hint = f"write {name}/{number[0] if number else 10}"
            self.fault(lexeme.at, f"{word!r} does not say how many words may stand between", hint if not number else "")
            if number:
                self.problems[-1] = self.origin.problem(
                    lexeme.at, f"unknown operator {word!r}, did you mean '{name}/{number[0]}'?"
                )
            return True
        numbered = _WITH_NUMBER.match(word)
        if numbered is not None:
            close = difflib.get_close_matches(numbered[1].upper(), ("NEAR", "ONEAR"), n=1)
            meant = f", did you mean '{close[0]}/{numbered[2]}'?" if close else ""
            if close or self.lexemes[self.index + 1].kind in {"word", "phrase", "exact", "("}:
                self.fault(lexeme.at, f"unknown operator {word!r}{meant}", "" if close else _quote_hint(word))
                return True
        if word.isupper() and word.isascii():
            close = difflib.get_close_matches(word, ("AND", "NOT"), n=1, cutoff=0.66)
            if close and self.lexemes[self.index + 1].kind in {"word", "phrase", "exact", "(", "field"}:
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
        while True:
            lexeme = self.next
            if lexeme.kind == "word" and self.is_bare_near(lexeme.text):
                self.misspelt_operator(self.take())
                self.primary()
                continue
            if lexeme.kind != "near":
                return node
            self.take()
            right_at = self.next.at
            right = self.primary()
            for operand, place in ((node, at), (right, right_at)):
                if operand is not None and not positional(operand):
                    hint = "put words, phrases, concepts, or (a OR b) beside it"
                    self.fault(place, f"{lexeme.text} cannot take {operand.written!r}", hint)
            if node is not None and right is not None:
                node = Near(self.written(at), node, right, lexeme.distance, lexeme.text.startswith("O"))

    def is_bare_near(self, word: str) -> bool:
        return word in {"NEAR", "ONEAR"} or (word.startswith(("NEAR/", "ONEAR/")) and not _NEAR.match(word))

    def primary(self) -> Node | None:
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
            return self.term(lexeme.text, lexeme.at + 1, self.written(lexeme.at))
        if lexeme.kind == "exact":
            return self.exact(lexeme.text, lexeme.at, self.written(lexeme.at))
        return self.word(lexeme)

    def group(self, opening: _Lexeme) -> Node | None:
        self.depth += 1
        if self.depth > DEPTH:
            self.fault(opening.at, f"more than {DEPTH} parentheses inside each other")
            raise _TooDeepError
        node = self.expression()
        self.depth -= 1
        if self.next.kind == ")":
            self.take()
        else:
            self.fault(opening.at, "this ( is never closed", "add ) where the group ends")
        return node

    def field(self, lexeme: _Lexeme) -> Node | None:
        if lexeme.text in ATTRIBUTES:
            return self.attribute(lexeme)
        if self.next.kind == "field":
            self.fault(self.next.at, f"a field inside {lexeme.text}:", "join them with AND")
        self.depth += 1
        if self.depth > DEPTH:
            self.fault(lexeme.at, f"more than {DEPTH} groups inside each other")
            raise _TooDeepError
        node = self.primary()
        self.depth -= 1
        return None if node is None else InField(self.written(lexeme.at), lexeme.text, node)

    def attribute(self, field: _Lexeme) -> Node | None:
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

    def value(self, field: _Lexeme) -> Node | None:
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

    # Words

    def word(self, lexeme: _Lexeme) -> Node | None:
        word = lexeme.text
        name = self.concepts.get(word.casefold())
        if name is not None:
            return ConceptName(word, name)
        if word == "*":
            return Everything(word)
        if word.upper() in _OPERATORS:
            self.fault(lexeme.at, f"operators are written in capitals: {word.upper()}", _quote_hint(word))
            return self.primary() if self.next.kind in {"word", "phrase", "exact", "field", "("} else None
        if word.startswith("-") and len(word) > 1:
            self.fault(lexeme.at, f"unknown operator '-' in {word!r}", f"did you mean NOT {word[1:]}?")
            return None
        if "?" in word:
            self.fault(lexeme.at + word.index("?"), "'?' is no wildcard", "`*` at the end of a word is the only one")
            return None
        if self.concepts:
            close = difflib.get_close_matches(word.casefold(), self.concepts, n=1, cutoff=0.85)
            if close or ("_" in word and "*" not in word):
                meant = f", did you mean {self.concepts[close[0]]!r}?" if close else ""
                self.fault(lexeme.at, f"unknown concept {word!r}{meant}", f'to search for the word itself, write "{word}"')
                return None
        return self.term(word, lexeme.at, word)

    def term(self, text: str, at: int, written: str) -> Term | None:
        if "*" not in text:
            folded = fold_words(text)
            if not folded:
                self.fault(at, f"{text!r} has no letter or digit to look for")
                return None
            return Term(written, " ".join(folded))
        parts: list[str] = []
        for match in re.finditer(r"\S+", text):
            chunk = match[0]
            folded = fold_words(chunk)
            star = chunk.find("*")
            if star < 0:
                parts.extend(folded)
            elif star < len(chunk) - 1 or not folded:
                hint = "`*` stands at the end of a word only: kosov*"
                self.fault(at + match.start() + star, f"`*` cannot stand here in {chunk!r}", hint)
                return None
            else:
                if not self.long_enough(folded[-1], chunk, at + match.start() + star):
                    return None
                parts.extend((*folded[:-1], f"{folded[-1]}*"))
        return Term(written, " ".join(parts)) if parts else None

    def long_enough(self, prefix: str, chunk: str, at: int) -> bool:
        if stands_alone(prefix):
            self.fault(at, f"`*` does nothing in {chunk!r}", "characters of this script match inside longer words anyway")
            return False
        if sum(2 if "\uac00" <= letter <= "\ud7a3" else 1 for letter in prefix) < LEAST_PREFIX:
            self.fault(at, f"{chunk!r} is too short a beginning", f"`*` needs at least {LEAST_PREFIX} letters before it")
            return False
        return True

    def exact(self, text: str, at: int, written: str) -> Term | None:
        shown = clean(text)
        folded = fold_words(shown)
        if not folded:
            self.fault(at, f"{written!r} has no letter or digit to look for")
            return None
        return Term(written, " ".join(folded), shown)

    def alias(self) -> Node | None:
        text = self.text
        if "NEAR" not in text:
            return self.alias_part(text, 0)
        pieces = _ALIAS_NEAR.split(text)
        node = self.alias_part(pieces[0], 0)
        at = len(pieces[0])
        for operator, piece in zip(pieces[1::2], pieces[2::2], strict=True):
            at = text.index(operator, at)
            near = _NEAR.match(operator)
            piece_at = text.index(piece, at + len(operator))
            right = self.alias_part(piece, piece_at)
            if near is None:
                self.fault(at, f"{operator!r} does not say how many words may stand between", "write ONEAR/4")
            elif int(near[2]) > FARTHEST:
                self.fault(at, f"{operator} is too far: at most {FARTHEST} words may stand between")
            elif node is not None and right is not None:
                node = Near(text[: piece_at + len(piece)], node, right, int(near[2]), bool(near[1]))
            at = piece_at
        return node

    def alias_part(self, text: str, at: int) -> Node | None:
        if text.strip().startswith("{"):
            stripped = text.strip()
            if not stripped.endswith("}"):
                self.fault(at, "this { is never closed", "add } where the exact form ends")
                return None
            return self.exact(stripped[1:-1], at, stripped)
        operator = _ALIAS_OPERATOR.search(text)
        if operator is not None:
            hint = "an alias is one written form; give each its own entry, or write the word in small letters"
            self.fault(at + operator.start(1), f"{operator[1]} has no meaning in an alias", hint)
            return None
        return self.term(text, at, text)


def positional(node: Node) -> bool:
    """Whether `node` stands somewhere in the text, so that distances to it can be counted."""
    if isinstance(node, Or):
        return all(map(positional, node.nodes))
    if isinstance(node, InField):
        return positional(node.node)
    return isinstance(node, Term | ConceptName | Near)


def _flat(kind: type[And] | type[Or], nodes: list[Node | None]) -> tuple[Node, ...]:
    flat: list[Node] = []
    for node in nodes:
        if isinstance(node, kind):
            flat.extend(node.nodes)
        elif node is not None:
            flat.append(node)
    return tuple(flat)


def _quote_hint(word: str) -> str:
    return f'to search for the word itself, write "{word}"'
