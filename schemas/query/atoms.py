"""The smallest parts of a query, and what follows from each: `logic` reasons over them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from functools import reduce
from itertools import permutations
from operator import or_

from schemas.query.fold import folded_text
from schemas.query.languages import language_within, macro_of, script_of
from schemas.query.lexemes import TEXT_FIELDS
from schemas.query.tree import And, Attribute, ConceptName, InField, Near, Node, Not, Or, Term

Scope = frozenset[str]
"""The text fields a part looks at."""
MOST_ATOMS = 14
"""Different parts of one query that are reasoned about: one more doubles the worlds."""
MOST_WORDS = 20
"""Words of a form that is looked for inside a phrase of the query."""

Atom = tuple[Node, Scope]


def everywhere() -> Scope:
    """All text fields."""
    return frozenset(TEXT_FIELDS)


def shape(node: Node, scope: Scope) -> Hashable:
    """Equal for two nodes that mean the same, however they are written."""
    if isinstance(node, Term):
        return ("term", node.pattern, node.exact, scope)
    if isinstance(node, ConceptName):
        return ("concept", node.name, scope)
    if isinstance(node, Attribute):
        value = node.value.lower() if node.name == "lang" else (folded_text(node.value), node.value.endswith("*"))
        return ("attribute", node.name, value)
    if isinstance(node, Near):
        return ("near", node.distance, node.ordered, _sides(node, scope, ordered=node.ordered))
    if isinstance(node, InField):
        return shape(node.node, scope & {node.field})
    if isinstance(node, And | Or):
        return (type(node), frozenset(shape(part, scope) for part in node.nodes))
    return ("not", shape(node.node, scope)) if isinstance(node, Not) else "everything"


class Atoms:
    """The different atoms of one tree, as numbers with one bit for each world. World 5 is that of atoms 0 and 2."""

    def __init__(self, tree: Node, languages: tuple[str, ...], forms: Callable[[str], frozenset[str]]) -> None:
        self._forms = forms
        found = {shape(node, scope): (node, scope) for node, scope in _atoms(tree, everywhere())}
        self.few = len(found) <= MOST_ATOMS
        if not self.few:
            return
        self.parts: tuple[Atom, ...] = tuple(found.values())
        """In the order of their bits in the number of a world."""
        size = 1 << len(found)
        self.all = (1 << size) - 1
        self.possible = self.all
        self._values = {key: _column(index, size) for index, key in enumerate(found)}
        for key, (node, scope) in found.items():
            value = self._values[key]
            if isinstance(node, Attribute) and not _within(node, languages):
                self.possible &= ~value
            if not isinstance(node, Attribute) and scope == everywhere():
                fields = [self._values.get(shape(node, frozenset({field}))) for field in TEXT_FIELDS]
                if all(fields):
                    # What stands anywhere stands in one of the fields.
                    self.possible &= ~value | reduce(or_, filter(None, fields))
        for (one, first), (two, second) in permutations(found.items(), 2):
            if self._follows(first, second):
                self.possible &= ~self._values[one] | self._values[two]
            elif _exclude(first[0], second[0]):
                self.possible &= ~(self._values[one] & self._values[two])

    def value(self, node: Node, scope: Scope) -> int:
        """The worlds in which an atom holds."""
        return self._values[shape(node, scope)]

    def _follows(self, first: Atom, second: Atom) -> bool:
        """Whether the second atom holds wherever the first one does."""
        (node, scope), (other, wider) = first, second
        if isinstance(node, Attribute) or isinstance(other, Attribute):
            return isinstance(node, Attribute) and isinstance(other, Attribute) and _narrower(node, other)
        if not scope <= wider:
            return False
        if isinstance(node, Near):
            if isinstance(other, Near):
                same = _sides(node, scope, ordered=other.ordered) == _sides(other, scope, ordered=other.ordered)
                return same and node.distance <= other.distance and (node.ordered or not other.ordered)
            return any(self._follows((side, scope), second) for side in (node.left, node.right))
        if shape(node, scope) == shape(other, scope):
            return True
        if not isinstance(node, Term):
            return False
        if isinstance(other, Term):
            return not other.exact and contains(node.pattern, other.pattern)
        patterns = self._forms(other.name) if isinstance(other, ConceptName) else frozenset()
        words = node.pattern.split()
        return any(
            " ".join(words[start:end]) in patterns
            for start in range(len(words))
            for end in range(start + 1, min(start + MOST_WORDS, len(words)) + 1)
        )


def contains(pattern: str, other: str) -> bool:
    """Whether any text with `pattern` also has `other`: its words stand inside, or begin as its wildcards do."""
    words, wanted = pattern.split(), other.split()
    return any(
        all(map(covers, wanted, words[start : start + len(wanted)])) for start in range(len(words) - len(wanted) + 1)
    )


def covers(wanted: str, word: str) -> bool:
    """Whether a token of one pattern finds all that a token of another finds."""
    return word.startswith(wanted[:-1]) if wanted.endswith("*") else word == wanted


def _atoms(node: Node, scope: Scope) -> Iterator[Atom]:
    if isinstance(node, And | Or):
        for part in node.nodes:
            yield from _atoms(part, scope)
    elif isinstance(node, Not):
        yield from _atoms(node.node, scope)
    elif isinstance(node, InField):
        yield from _atoms(node.node, scope & {node.field})
    elif isinstance(node, Term | ConceptName | Near | Attribute):
        yield node, scope


def _column(index: int, size: int) -> int:
    """The worlds, of `size`, in which the atom of this number holds."""
    block = ((1 << (1 << index)) - 1) << (1 << index)
    width = 2 << index
    while width < size:
        block |= block << width
        width *= 2
    return block


def _sides(node: Near, scope: Scope, *, ordered: bool) -> Hashable:
    sides = (shape(node.left, scope), shape(node.right, scope))
    return sides if ordered else frozenset(sides)


def _narrower(node: Attribute, other: Attribute) -> bool:
    """Whether `lang:sr-Latn` is asked for where `lang:sr` is."""
    if node.name != other.name:
        return False
    if node.name != "lang":
        return other.value.endswith("*") and folded_text(node.value).startswith(folded_text(other.value))
    return not other.value.startswith("=") and language_within(node.value, other.value)


def _exclude(node: Node, other: Node) -> bool:
    """Whether no document has both attributes: it has one language and one country."""
    if not isinstance(node, Attribute) or not isinstance(other, Attribute) or node.name != other.name:
        return False
    if node.name == "country":
        return not node.value.endswith("*") and not other.value.endswith("*")
    if node.name == "lang":
        return not _agree(node.value, other.value)
    return False


def _within(node: Attribute, languages: tuple[str, ...]) -> bool:
    return node.name != "lang" or not languages or any(_agree(node.value, wanted) for wanted in languages)


def _agree(one: str, two: str) -> bool:
    """Whether a document can be in both languages that are asked for."""
    scripts = {script_of(tag.removeprefix("=")) for tag in (one, two)} - {""}
    exact = {tag[1:].partition("-")[0].lower() for tag in (one, two) if tag.startswith("=")}
    same_macro = macro_of(one.removeprefix("=")) == macro_of(two.removeprefix("="))
    return same_macro and len(scripts) <= 1 and len(exact) <= 1
