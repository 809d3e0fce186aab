"""What the guards of a concept do to its forms: those they silence for good, and guards that silence nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from schemas.query.atoms import covers
from schemas.query.tree import Near, Node, Term


def silenced(forms: Mapping[str, Node], guards: Mapping[str, Node]) -> Iterator[tuple[str, str]]:
    """Forms that stand inside a guard wherever they stand, each with the guard."""
    literal: dict[str, str] = {}
    wide: list[tuple[list[str], str]] = []
    for guard, node in guards.items():
        if isinstance(node, Term) and not node.exact:
            literal[node.pattern] = guard
            if "*" in node.pattern:
                wide.append((node.pattern.split(), guard))
        elif isinstance(node, Term) and guard in forms:
            yield guard, guard
    for form, node in forms.items():
        if not isinstance(node, Term):
            continue
        if node.pattern in literal:
            yield form, literal[node.pattern]
        elif wide:
            words = node.pattern.split()
            around = (guard for parts, guard in wide if len(parts) == len(words) and all(map(covers, parts, words)))
            if guard := next(around, ""):
                yield form, guard


def pointless(forms: Mapping[str, Node], guards: Mapping[str, Node]) -> Iterator[str]:
    """Guards in which no form can stand."""
    if any(isinstance(node, Near) for node in forms.values()):
        # What may stand between the two sides could be anything.
        return
    patterns = {node.pattern for node in forms.values() if isinstance(node, Term)}
    wide = [pattern.split() for pattern in patterns if "*" in pattern]
    longest = max((pattern.count(" ") + 1 for pattern in patterns), default=0)
    for guard, node in guards.items():
        if isinstance(node, Term) and not _holds(node.pattern.split(), patterns, wide, longest):
            yield guard


def _holds(words: Sequence[str], patterns: set[str], wide: Sequence[Sequence[str]], longest: int) -> bool:
    if any(word.endswith("*") for word in words):
        wide = [pattern.split() for pattern in patterns]
    starts = range(len(words))
    slices = (words[start:end] for start in starts for end in range(start + 1, min(start + longest, len(words)) + 1))
    return any(
        " ".join(part) in patterns or any(len(one) == len(part) and all(map(_meet, one, part)) for one in wide)
        for part in slices
    )


def _meet(one: str, two: str) -> bool:
    """Whether some word is found by both tokens."""
    return covers(one, two) or covers(two, one)
