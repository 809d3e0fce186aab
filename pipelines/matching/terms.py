"""All patterns of all lists in one trie over tokens: one walk over a text finds every occurrence of every one.

The cost of a text grows with its length and its hits, not with the number of patterns: tokens that begin no pattern are
sorted out by set operations, and prefixes are probed only at the lengths in use.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Places = dict[str, list[tuple[int, int]]]
"""Token ranges (first, after the last) by pattern, in reading order."""


class _Node:
    __slots__ = ("lengths", "pattern", "prefixes", "words")

    def __init__(self) -> None:
        self.pattern: str | None = None
        self.words: dict[str, _Node] | None = None
        self.prefixes: dict[str, _Node] | None = None
        self.lengths: tuple[int, ...] = ()

    def child(self, token: str) -> _Node:
        if token.endswith("*"):
            prefix = token[:-1]
            if self.prefixes is None:
                self.prefixes = {}
            if len(prefix) not in self.lengths:
                self.lengths = tuple(sorted((*self.lengths, len(prefix))))
            return self.prefixes.setdefault(prefix, _Node())
        if self.words is None:
            self.words = {}
        node = self.words.get(token)
        if node is None:
            node = self.words[token] = _Node()
        return node


class Terms:
    """Finds patterns (see `schemas.query.tree.Term`) in token lists. Never changes once built: safe to share."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._root = _Node()
        for pattern in patterns:
            node = self._root
            for token in pattern.split():
                node = node.child(token)
            node.pattern = pattern
        self._firsts = frozenset(self._root.words or ())
        self._prefixes = [
            (length, frozenset(prefix for prefix in self._root.prefixes or () if len(prefix) == length))
            for length in self._root.lengths
        ]

    def find(self, words: Sequence[str]) -> Places:
        """Every occurrence, overlapping ones included, of every pattern in `words`."""
        unique = set(words)
        begins = unique & self._firsts
        for length, prefixes in self._prefixes:
            begins.update([word for word in unique if word[:length] in prefixes])
        found: Places = {}
        if not begins:
            return found
        for first, word in enumerate(words):
            if word in begins:
                _walk(self._root, words, first, found)
        return found


def _walk(root: _Node, words: Sequence[str], first: int, found: Places) -> None:
    pending = [(root, first)]
    while pending:
        node, index = pending.pop()
        if index == len(words):
            continue
        word = words[index]
        steps = []
        if node.words is not None and (exact := node.words.get(word)) is not None:
            steps.append(exact)
        if node.prefixes is not None:
            for length in node.lengths:
                if len(word) < length:
                    break
                if (longer := node.prefixes.get(word[:length])) is not None:
                    steps.append(longer)
        index += 1
        for step in steps:
            if step.pattern is not None:
                found.setdefault(step.pattern, []).append((first, index))
            if step.words is not None or step.prefixes is not None:
                pending.append((step, index))
