"""Many seeded lists and documents, made of the same pieces as the strategies of `queries`, but in microseconds each."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from pipelines.matching.document import Document
from schemas.watchlist import Concept, Watchlist
from tests.pipelines.matching.queries import ALIASES, COMMON, GUARDS, NAMES, SEPARATORS, TERMS, WORDS

_WORDS = COMMON * 6 + WORDS
_SEPARATORS = (" ",) * 10 + SEPARATORS
_NEAR = ("NEAR/0", "NEAR/1", "NEAR/4", "ONEAR/0", "ONEAR/3")
_LEAVES = TERMS + NAMES * len(TERMS)


def document(choose: Random) -> Document:
    return Document(title=_text(choose, 8), summary=_text(choose, 6), body=_text(choose, 16))


def watchlist(choose: Random) -> Watchlist:
    concepts = tuple(
        Concept(
            name=name,
            any=tuple(choose.sample(ALIASES, choose.randint(1, 5))),
            unless_in=tuple(choose.sample(GUARDS, choose.choice((0, 0, 1, 2)))),
            case=choose.choice(("", "", "initial-capital", "exact")),
        )
        for name in NAMES
    )
    return Watchlist(id="list", name="List", concepts=concepts, queries={"main": expression(choose)})


def expression(choose: Random) -> str:
    made = _expression(choose, choose.randint(0, 3))
    return f"NOT {made}" if choose.random() < 0.05 else made


def _text(choose: Random, most: int) -> str:
    return "".join(choose.choice(_WORDS) + choose.choice(_SEPARATORS) for _ in range(choose.randint(0, most)))


def _expression(choose: Random, depth: int) -> str:
    if depth == 0 or choose.random() < 0.3:
        return _positional(choose, choose.randint(0, 2))
    form = choose.choice(("({} AND {})", "({} OR {})", "({} AND NOT {})", "title:({})", "body:({})", "({} OR NOT {})"))
    return _filled(form, lambda: _expression(choose, depth - 1))


def _positional(choose: Random, depth: int) -> str:
    if depth == 0:
        return choose.choice(_LEAVES)
    form = choose.choice((f"({{}} {choose.choice(_NEAR)} {{}})", "({} OR {})", "title:({})", "body:({})"))
    return _filled(form, lambda: _positional(choose, depth - 1))


def _filled(form: str, part: Callable[[], str]) -> str:
    return form.format(*(part() for _ in range(form.count("{}"))))
