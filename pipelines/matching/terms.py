"""All patterns of all lists in one Aho-Corasick automaton over folded text: one pass finds every occurrence of every one.

A folded text has one space around each token, and so has each pattern in the automaton: word boundaries cost nothing,
and the number of spaces before a place is the number of its token. Patterns with a wildcard are in the automaton with
their first token; a small trie decides about the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipelines.matching.automaton import Automaton, available
from schemas.query.fold import Tokens

Places = dict[str, list[tuple[int, int]]]
"""Token ranges (first, after the last) by pattern, in reading order."""


class Terms:
    """Finds patterns (see `schemas.query.tree.Term`) in texts. Never changes once built: safe to share."""

    def __init__(self, patterns: Sequence[str], automaton: bytes = b"", *, kind: type[Automaton] | None = None) -> None:
        """`automaton` is what `automaton_of` made of the same patterns, to be quicker; `kind` is for tests."""
        self._patterns = [pattern for pattern in patterns if "*" not in pattern]
        self._wildcards = _Node()
        for pattern in patterns:
            if "*" in pattern:
                self._wildcards.add(pattern)
        self._automaton: Automaton | None = None
        if patterns:
            self._automaton = (kind or available())(() if automaton else _literals(patterns), automaton)

    def find(self, text: Tokens) -> Places:
        """Every occurrence, overlapping ones included, of every pattern in `text`, by sound or by look."""
        if self._automaton is None:
            return {}
        found = self._search(text.line)
        if text.line_by_look is not None:
            for pattern, places in self._search(text.line_by_look).items():
                found[pattern] = sorted({*found.get(pattern, ()), *places})
        return found

    def _search(self, line: str) -> Places:
        assert self._automaton is not None
        found: Places = {}
        beginnings: set[int] = set()
        exact = len(self._patterns)
        first = done = 0
        for start, end, number in sorted(self._automaton.find(line)):
            # From one place to the next: counted from the beginning each time, a text full of hits takes seconds.
            first += line.count(" ", done, start)
            done = start
            if number < exact:
                found.setdefault(self._patterns[number], []).append((first, first + line.count(" ", start, end) - 1))
            else:
                beginnings.add(first)
        if beginnings:
            words = line.split()
            for first in sorted(beginnings):
                self._wildcards.follow(words, first, found)
        return found


def automaton_of(patterns: Sequence[str]) -> bytes:
    """What makes `Terms` of these patterns quick to build, also in another process on this machine."""
    return available().serialised(_literals(patterns)) if patterns else b""


def _literals(patterns: Iterable[str]) -> list[str]:
    """What the automaton looks for: first the patterns without a wildcard, then the beginnings of the others."""
    exact: list[str] = []
    beginnings: dict[str, None] = {}
    for pattern in patterns:
        if "*" not in pattern:
            exact.append(f" {pattern} ")
            continue
        first = pattern.partition(" ")[0]
        beginnings[f" {first[:-1]}" if first.endswith("*") else f" {first} "] = None
    return exact + list(beginnings)


class _Node:
    """One token of the patterns with wildcards."""

    __slots__ = ("lengths", "pattern", "prefixes", "words")

    def __init__(self) -> None:
        self.pattern: str | None = None
        self.words: dict[str, _Node] = {}
        self.prefixes: dict[str, _Node] = {}
        self.lengths: tuple[int, ...] = ()

    def add(self, pattern: str) -> None:
        node = self
        for token in pattern.split():
            node = node.child(token)
        node.pattern = pattern

    def child(self, token: str) -> _Node:
        if not token.endswith("*"):
            return self.words.setdefault(token, _Node())
        prefix = token[:-1]
        if len(prefix) not in self.lengths:
            self.lengths = tuple(sorted((*self.lengths, len(prefix))))
        return self.prefixes.setdefault(prefix, _Node())

    def follow(self, words: Sequence[str], first: int, found: Places) -> None:
        """Put every pattern that occurs from token `first` on into `found`."""
        pending = [(self, first)]
        while pending:
            node, index = pending.pop()
            if index == len(words):
                continue
            for step in node.after(words[index]):
                if step.pattern is not None:
                    found.setdefault(step.pattern, []).append((first, index + 1))
                pending.append((step, index + 1))

    def after(self, word: str) -> list[_Node]:
        """The nodes that `word` leads to."""
        steps = [self.words[word]] if word in self.words else []
        for length in self.lengths:
            if len(word) < length:
                break
            step = self.prefixes.get(word[:length])
            if step is not None:
                steps.append(step)
        return steps
