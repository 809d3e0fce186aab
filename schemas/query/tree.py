"""The parsed form of a query expression or alias. `parse` builds it, `pipelines.matching` evaluates it.

Every node keeps what its author wrote (`written`), which is how `explain` names it.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec


class Term(msgspec.Struct, frozen=True):
    """Words next to each other. `pattern` is their folded tokens, one space between; a token ending in `*` is a prefix."""

    written: str
    pattern: str
    exact: str = ""
    """For `{NATO}`: what the text must say to the letter."""


class ConceptName(msgspec.Struct, frozen=True):
    """A concept of the list: any of its forms."""

    written: str
    name: str


class Near(msgspec.Struct, frozen=True):
    """Two things with at most `distance` tokens between them, in one field; `ordered`: in this order."""

    written: str
    left: Node
    right: Node
    distance: int
    ordered: bool


class InField(msgspec.Struct, frozen=True):
    """`node` within `title` or `body` (summary and body) only."""

    written: str
    field: str
    node: Node


class Attribute(msgspec.Struct, frozen=True):
    """What is known about the document: `lang`, `source`, `country` or `author` is `value`."""

    written: str
    name: str
    value: str


class And(msgspec.Struct, frozen=True):
    """All of `nodes`."""

    written: str
    nodes: tuple[Node, ...]


class Or(msgspec.Struct, frozen=True):
    """At least one of `nodes`."""

    written: str
    nodes: tuple[Node, ...]


class Not(msgspec.Struct, frozen=True):
    """Not `node`."""

    written: str
    node: Node


class Everything(msgspec.Struct, frozen=True):
    """`*`: every document."""

    written: str


Node = Term | ConceptName | Near | InField | Attribute | And | Or | Not | Everything


def parts_of(node: Node) -> Iterator[Node]:
    """The node and all below it, in reading order."""
    yield node
    below: tuple[Node, ...] = ()
    if isinstance(node, And | Or):
        below = node.nodes
    elif isinstance(node, Near):
        below = (node.left, node.right)
    elif isinstance(node, Not | InField):
        below = (node.node,)
    for part in below:
        yield from parts_of(part)


def terms_of(node: Node) -> Iterator[Term]:
    """The terms in a tree, in reading order."""
    return (part for part in parts_of(node) if isinstance(part, Term))


def unbounded(node: Node, *, negated: bool = False) -> Node | None:
    """The part of the tree because of which it holds for almost every document, or None when there is no such part."""
    if isinstance(node, Not):
        return None if unbounded(node.node, negated=not negated) is None else node
    if isinstance(node, And | Or):
        found: list[Node | None] = [unbounded(part, negated=negated) for part in node.nodes]
        needs_all = isinstance(node, And) != negated
        if needs_all and None in found:
            return None
        return next((part for part in found if part is not None), None)
    return node if negated or isinstance(node, Everything) else None
