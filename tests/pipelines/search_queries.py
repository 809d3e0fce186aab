"""Queries as people write them, made of the words of given articles so that they find something, and parse."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from schemas.article import Article
from schemas.errors import QueryError
from schemas.query.parse import parse
from tests.pipelines.wire_texts import AUTHORS, OUTLETS

_QUOTES = re.compile(r'["“”„‟{}*\x00]')
_LANGUAGES = ("sr", "sr-Latn", "sr-Cyrl", "=hr", "bs", "ru", "sq", "de", "en", "zh", "ar", "ja")


class Queries:
    """A seeded source of expressions; `next` gives one that parses."""

    def __init__(self, articles: Sequence[Article], seed: int) -> None:
        self._articles = articles
        self._choose = random.Random(seed)
        self._at_hand = articles[0]

    def next(self) -> str:
        while True:
            self._at_hand = self._choose.choice(self._articles)
            expression = self._expression(2)
            try:
                parse(expression)
            except QueryError:
                continue
            return expression

    def _expression(self, depth: int) -> str:
        kind = self._choose.random()
        if depth == 0 or kind < 0.40:
            return self._positional(1)
        one, two = self._expression(depth - 1), self._expression(depth - 1)
        if kind < 0.62:
            return f"({one}) AND ({two})"
        if kind < 0.76:
            return f"({one}) OR ({two})"
        if kind < 0.84:
            return f"({one}) NOT ({two})"
        if kind < 0.93:
            return f"({one}) AND {self._attribute()}"
        if kind < 0.96:
            return f"{self._choose.choice(('title', 'body'))}:({one})"
        if kind < 0.98:
            return f"NOT ({one}) AND NOT {self._attribute()}"
        return f"({one}) OR {self._attribute()}" if kind < 0.99 else f"NOT ({one} AND {two})"

    def _positional(self, depth: int) -> str:
        kind = self._choose.random()
        if depth == 0 or kind < 0.65:
            return self._term()
        one, two = self._positional(depth - 1), self._positional(depth - 1)
        if kind < 0.90:
            ordered = self._choose.choice(("", "O"))
            return f"({one} {ordered}NEAR/{self._choose.choice((0, 1, 3, 10, 50))} {two})"
        if kind < 0.95:
            return f"({one} OR {two})"
        return f"{self._choose.choice(('title', 'body'))}:({one})"

    def _term(self) -> str:
        # Mostly the words of one article, so that what asks for several of them finds it.
        one = self._at_hand if self._choose.random() < 0.8 else self._choose.choice(self._articles)
        words = _QUOTES.sub(" ", self._choose.choice((one.title, one.summary, one.body, one.body))).split()
        if not words:
            return "nothing"
        at = self._choose.randrange(len(words))
        taken = words[at : at + self._choose.choice((1, 1, 1, 2, 3, 5))]
        kind = self._choose.random()
        if kind < 0.08:
            return f"{{{' '.join(taken)}}}"
        if kind < 0.45:
            taken = [self._prefix(word) if self._choose.random() < 0.6 else word for word in taken]
        elif kind < 0.55:
            taken = [self._choose.choice((word.upper(), word.lower(), word.title())) for word in taken]
        elif kind < 0.60:
            self._choose.shuffle(taken)
        elif kind < 0.70:
            # A part of a word: a term only where the script has one token per character.
            whole = taken[0]
            start = self._choose.randrange(len(whole))
            taken = [whole[start : start + self._choose.choice((1, 2, 3))]]
        return f'"{" ".join(taken)}"'

    def _prefix(self, word: str) -> str:
        kept = word[: max(4, self._choose.randrange(len(word) + 1))]
        return f"{kept}*"

    def _attribute(self) -> str:
        kind = self._choose.random()
        if kind < 0.4:
            return f"lang:{self._choose.choice(_LANGUAGES)}"
        if kind < 0.6:
            names = (self._choose.choice(OUTLETS).name or "outlet.example", "outlet-3.example", "second.example")
            return f'source:"{self._choose.choice(names)}"'
        if kind < 0.8:
            return f"country:{self._choose.choice(('RS', 'XK', 'ru', 'DE', 'JP'))}"
        return f'author:"{self._choose.choice(AUTHORS).split()[-1]}"'
