"""Words, phrases and exact forms as terms, and the aliases of concepts, which are made of these alone."""

from __future__ import annotations

import re

from schemas.query.fold import clean, fold_words, stands_alone
from schemas.query.lexemes import FARTHEST, NEAR
from schemas.query.origin import Faults, Origin, whole
from schemas.query.tree import Near, Node, Term

LEAST_PREFIX = 4
"""Letters before `*`: shorter prefixes match unrelated words. A Hangul syllable counts as two."""

MOST_NEAR = 20
"""`NEAR` of one form at most: evaluation walks the tree by recursion."""

_ALIAS_NEAR = re.compile(r"(?:^|\s+)(O?NEAR(?:/\S*)?)(?:\s+|$)")
_ALIAS_OPERATOR = re.compile(r"(?:^|\s)(AND|OR|NOT)(?:\s|$)")


def parse_alias(alias: str, *, origin: Origin | None = None) -> Node:
    """The tree of one written form of a concept.

    It is a word, or words next to each other without quotes, `*` at the end of any; `a NEAR/4 b`, `a ONEAR/4 b`;
    `{NATO}`. Raises `QueryError`.
    """
    faults = Faults(origin or whole(alias))
    tree = _alias(alias, faults)
    faults.check()
    assert tree is not None
    return tree


def term_of(text: str, at: int, written: str, faults: Faults) -> Term | None:
    if "*" not in text:
        folded = fold_words(text)
        if not folded:
            faults.add(at, f"{text!r} has no letter or digit to look for")
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
            faults.add(at + match.start() + star, f"`*` cannot stand here in {chunk!r}", hint)
            return None
        else:
            if not _long_enough(folded[-1], chunk, at + match.start() + star, faults):
                return None
            parts.extend((*folded[:-1], f"{folded[-1]}*"))
    return Term(written, " ".join(parts)) if parts else None


def _long_enough(prefix: str, chunk: str, at: int, faults: Faults) -> bool:
    if stands_alone(prefix):
        faults.add(at, f"`*` does nothing in {chunk!r}", "characters of this script match inside longer words anyway")
        return False
    if sum(2 if "\uac00" <= letter <= "\ud7a3" else 1 for letter in prefix) < LEAST_PREFIX:
        faults.add(at, f"{chunk!r} is too short a beginning", f"`*` needs at least {LEAST_PREFIX} letters before it")
        return False
    return True


def exact_of(text: str, at: int, written: str, faults: Faults) -> Term | None:
    shown = clean(text)
    folded = fold_words(shown)
    if not folded:
        faults.add(at, f"{written!r} has no letter or digit to look for")
        return None
    return Term(written, " ".join(folded), shown)


def _alias(text: str, faults: Faults) -> Node | None:
    if "NEAR" not in text:
        return _alias_part(text, 0, faults)
    pieces = _ALIAS_NEAR.split(text)
    if len(pieces) > 2 * MOST_NEAR:
        faults.add(0, f"more than {MOST_NEAR} NEAR in one form", "a form has few words; write a query for the rest")
        return None
    if not all(piece.strip() for piece in pieces):
        empty = next(index for index, piece in enumerate(pieces) if not piece.strip())
        operator = pieces[empty + 1] if empty == 0 else pieces[empty - 1]
        faults.add(text.index(operator), f"something to look for is missing beside {operator}")
        return None
    node = _alias_part(pieces[0], 0, faults)
    at = len(pieces[0])
    for operator, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        at = text.index(operator, at)
        near = NEAR.match(operator)
        piece_at = text.index(piece, at + len(operator))
        right = _alias_part(piece, piece_at, faults)
        if near is None:
            faults.add(at, f"{operator!r} does not say how many words may stand between", "write ONEAR/4")
        elif int(near[2]) > FARTHEST:
            faults.add(at, f"{operator} is too far: at most {FARTHEST} words may stand between")
        elif node is not None and right is not None:
            node = Near(text[: piece_at + len(piece)], node, right, int(near[2]), bool(near[1]))
        at = piece_at
    return node


def _alias_part(text: str, at: int, faults: Faults) -> Node | None:
    if text.strip().startswith("{"):
        stripped = text.strip()
        if not stripped.endswith("}"):
            faults.add(at, "this { is never closed", "add } where the exact form ends")
            return None
        return exact_of(stripped[1:-1], at, stripped, faults)
    operator = _ALIAS_OPERATOR.search(text)
    if operator is not None:
        hint = "an alias is one written form; give each its own entry, or write the word in small letters"
        faults.add(at + operator.start(1), f"{operator[1]} has no meaning in an alias", hint)
        return None
    return term_of(text, at, text, faults)
