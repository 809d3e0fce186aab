"""What the words of a query say about each other: parts that can never hold, and parts that change nothing.

A query is a formula over its terms, concepts and attributes. Every way these can hold or not (a world) is one bit of a
number, worlds that cannot be (`new bridge` without `bridge`, two languages at once) are struck out, and each part is
then the number of the worlds in which it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator

import msgspec

from schemas.query.atoms import Atoms, Scope, everywhere, shape
from schemas.query.tree import And, Attribute, Everything, InField, Near, Node, Not, Or

_IDLE = "the query finds the same without it"


class Flaw(msgspec.Struct, frozen=True):
    """One fault in the sense of a query. `fatal`: some part can never hold; else it changes nothing, or is odd."""

    node: Node
    message: str
    hint: str = ""
    fatal: bool = True
    last: bool = False
    """Of several places with these words the last one is meant."""


def flaws(
    tree: Node, *, languages: tuple[str, ...] = (), forms: Callable[[str], frozenset[str]] = lambda _: frozenset()
) -> list[Flaw]:
    """The flaws of a query. `languages` are those the list is limited to.

    `forms` gives, for the name of a concept, patterns that always count as it. A query of very many different parts is
    looked at less closely.
    """
    found = list(_misplaced(tree, everywhere()))
    if any(flaw.fatal for flaw in found):
        return found
    atoms = Atoms(tree, languages, forms)
    if not atoms.few:
        return [*found, *_repeated(tree, everywhere())]
    sense = _Sense(atoms)
    never = [(part, scope) for part, scope in _nodes(tree, everywhere()) if not sense.holds(part, scope)]
    if never:
        part = sense.culprit(*never[0])
        return [*found, Flaw(part, f"{part.written!r} can never hold", _reason(part, languages))]
    return [*found, *sense.idle(tree)]


def _misplaced(node: Node, scope: Scope) -> Iterator[Flaw]:
    """Fields within the other field, and `NEAR` across fields or of one thing and itself."""
    if isinstance(node, InField):
        inner = scope & {node.field}
        if not inner:
            yield Flaw(node, f"{node.written!r} can never hold", f"it stands inside {next(iter(scope))}:")
            return
        yield from _misplaced(node.node, frozenset(inner))
    elif isinstance(node, And | Or):
        for part in node.nodes:
            yield from _misplaced(part, scope)
    elif isinstance(node, Not):
        yield from _misplaced(node.node, scope)
    elif isinstance(node, Near):
        sides = [_misplaced(side, scope) for side in (node.left, node.right)]
        below = [flaw for side in sides for flaw in side]
        yield from below
        if not below and not _fields(node.left, scope) & _fields(node.right, scope):
            yield Flaw(node, f"{node.written!r} can never hold", "its two sides stand in different fields")
        elif shape(node.left, scope) == shape(node.right, scope):
            hint = f"it asks for {node.left.written!r} twice, not far from each other"
            yield Flaw(node, f"{node.written!r} has the same on both sides", hint, fatal=False)


def _fields(node: Node, scope: Scope) -> Scope:
    """The fields in which a positional node can stand."""
    if isinstance(node, InField):
        return _fields(node.node, scope & {node.field})
    if isinstance(node, Or):
        return frozenset().union(*(_fields(part, scope) for part in node.nodes))
    if isinstance(node, Near):
        return _fields(node.left, scope) & _fields(node.right, scope)
    return scope


class _Sense:
    def __init__(self, atoms: Atoms) -> None:
        self.atoms = atoms
        self.fixed: dict[int, bool] = {}

    def holds(self, node: Node, scope: Scope) -> bool:
        """Whether there is a world in which `node` holds."""
        return bool(self.value(node, scope) & self.atoms.possible)

    def worlds(self, node: Node) -> int:
        """The possible worlds in which `node` holds, parts that are `fixed` taken as told."""
        return self.value(node, everywhere()) & self.atoms.possible

    def value(self, node: Node, scope: Scope) -> int:
        if id(node) in self.fixed:
            return self.atoms.all if self.fixed[id(node)] else 0
        if isinstance(node, And):
            both = self.atoms.all
            for part in node.nodes:
                both &= self.value(part, scope)
            return both
        if isinstance(node, Or):
            either = 0
            for part in node.nodes:
                either |= self.value(part, scope)
            return either
        if isinstance(node, Not):
            return self.atoms.all ^ self.value(node.node, scope)
        if isinstance(node, InField):
            return self.value(node.node, scope & {node.field})
        if isinstance(node, Everything):
            return self.atoms.all
        return self.atoms.value(node, scope)

    def culprit(self, node: Node, scope: Scope) -> Node:
        """The smallest part, of a part that never holds, that never holds by itself."""
        parts = node.nodes if isinstance(node, And | Or) else ()
        inner = scope & {node.field} if isinstance(node, InField) else scope
        for part in (node.node,) if isinstance(node, InField) else parts:
            if not self.holds(part, inner):
                return self.culprit(part, inner)
        return node

    def idle(self, tree: Node) -> Iterator[Flaw]:
        """Branches that never hold where the query does, and parts without which it finds the same."""
        before = self.worlds(tree)
        for part, scope, inside in _parts(tree, everywhere()):
            if any(id(outer) in self.fixed for outer in inside):
                continue
            alone = self.value(part, scope)
            is_branch = isinstance(inside[-1], Or)
            self.fixed[id(part)] = not is_branch
            if self.worlds(tree) != before:
                del self.fixed[id(part)]
                continue
            if is_branch and not alone & before and not any(isinstance(outer, Not) for outer in inside):
                yield Flaw(
                    part, f"{part.written!r} can never hold here", "the rest of the query excludes it", last=True
                )
            else:
                yield Flaw(part, f"{part.written!r} makes no difference", _IDLE, fatal=False, last=True)


def _nodes(node: Node, scope: Scope) -> Iterator[tuple[Node, Scope]]:
    """The node and all in it that is wanted, not refused, with their fields: what is refused in vain does no harm."""
    yield node, scope
    if isinstance(node, And | Or):
        for part in node.nodes:
            yield from _nodes(part, scope)
    elif isinstance(node, InField):
        yield from _nodes(node.node, scope & {node.field})


def _parts(node: Node, scope: Scope, inside: tuple[Node, ...] = ()) -> Iterator[tuple[Node, Scope, tuple[Node, ...]]]:
    """Every part of every AND and OR, with its fields and the nodes around it: outer before inner, the last ones first.

    So of two parts that say the same it is the second that is idle.
    """
    if isinstance(node, And | Or):
        for part in reversed(node.nodes):
            yield part, scope, (*inside, node)
            yield from _parts(part, scope, (*inside, node))
    elif isinstance(node, Not):
        yield from _parts(node.node, scope, (*inside, node))
    elif isinstance(node, InField):
        yield from _parts(node.node, scope & {node.field}, (*inside, node))


def _repeated(node: Node, scope: Scope) -> Iterator[Flaw]:
    """What is seen without reasoning: the same part twice, and a part beside its opposite."""
    if isinstance(node, InField):
        yield from _repeated(node.node, scope & {node.field})
    elif isinstance(node, Not):
        yield from _repeated(node.node, scope)
    elif isinstance(node, And | Or):
        seen: set[Hashable] = set()
        for part in node.nodes:
            yield from _repeated(part, scope)
            said = shape(part, scope)
            if said in seen:
                yield Flaw(part, f"{part.written!r} makes no difference", _IDLE, fatal=False, last=True)
            opposite = shape(part.node, scope) if isinstance(part, Not) else ("not", said)
            if isinstance(node, And) and opposite in seen:
                yield Flaw(node, f"{node.written!r} can never hold", _reason(node, ()))
            seen.add(said)


def _reason(node: Node, languages: tuple[str, ...]) -> str:
    if isinstance(node, Attribute) and languages:
        return f"the list is limited to {', '.join(languages)}"
    if isinstance(node, And):
        return "its parts exclude each other"
    return ""
