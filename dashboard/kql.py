"""A search of ours in the Kibana query language (KQL), as near as that comes. Pure.

Words, phrases, AND, OR, NOT, `title:` and `body:` mean the same there: the index folds what is typed into Kibana as we
do. What KQL cannot say is said as near as it can, and named.
"""

from __future__ import annotations

import re

import msgspec

from schemas.query.languages import MACRO
from schemas.query.parse import parse
from schemas.query.tree import And, Attribute, Everything, InField, Near, Node, Not, Or, Term

_FIELDS = {"title": ("title",), "body": ("summary", "body")}
_SCRIPT_LENGTH = 4
_PLAIN = re.compile(r"[\w.-]+")
_WORD = re.compile(r"\w+")


class Kql(msgspec.Struct, frozen=True):
    """A query of Kibana for the articles of a search."""

    query: str
    otherwise: tuple[str, ...] = ()
    """The parts, as they were written, that Kibana takes otherwise than `wirewatch search`."""


def kql(expression: str) -> Kql:
    """`expression` for Kibana. Raises `QueryError`."""
    writer = _Writer()
    query = writer.written(parse(expression), ())
    return Kql(query, tuple(dict.fromkeys(writer.otherwise)))


def quoted(text: str) -> str:
    """`text` as one value of the language."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Writer:
    def __init__(self) -> None:
        self.otherwise: list[str] = []

    def written(self, node: Node, fields: tuple[str, ...]) -> str:
        """`node` within `fields`; none are all. A `NOT` of what Kibana finds too often would hide too much: it goes."""
        if isinstance(node, Not):
            before = len(self.otherwise)
            inner = self.written(node.node, fields)
            return "*" if len(self.otherwise) > before else f"not {inner}"
        if isinstance(node, And | Or):
            word = " and " if isinstance(node, And) else " or "
            return f"({word.join(self.written(part, fields) for part in node.nodes)})"
        if isinstance(node, Near):
            self.otherwise.append(node.written)
            return f"({self.written(node.left, fields)} and {self.written(node.right, fields)})"
        if isinstance(node, InField):
            return self.written(node.node, _FIELDS[node.field])
        if isinstance(node, Term):
            return self._term(node, fields)
        if isinstance(node, Attribute):
            return self._attribute(node)
        assert isinstance(node, Everything), "a search has no concepts"
        return "*"

    def _term(self, term: Term, fields: tuple[str, ...]) -> str:
        if term.exact:
            self.otherwise.append(term.written)
        tokens = term.pattern.split()
        if not any(token.endswith("*") for token in tokens):
            values = [quoted(term.pattern)]
        else:
            # A phrase of Kibana has no wildcards: its words one by one.
            if len(tokens) > 1:
                self.otherwise.append(term.written)
            values = [token if token.endswith("*") else quoted(token) for token in tokens]
        return _either([_every([f"{field}: {value}" for value in values]) for field in fields] or [_every(values)])

    def _attribute(self, wanted: Attribute) -> str:
        if wanted.name == "lang":
            return _language(wanted.value)
        if wanted.name == "country" and not wanted.value.endswith("*"):
            return f"source.country: {quoted(wanted.value.upper())}"
        # Names compare folded here, to the letter there.
        self.otherwise.append(wanted.written)
        if wanted.name == "author":
            return _every([f"authors: *{word}*" for word in _WORD.findall(wanted.value)] or ["*"])
        name = wanted.value.removesuffix("*")
        if wanted.name == "country":
            return f"source.country: {name.upper()}*" if _PLAIN.fullmatch(name) else "*"
        named = [f"source.name: {quoted(name)}"]
        if _PLAIN.fullmatch(name):
            # A source is also known by its host.
            named += [f"{field}: *{name.lower()}*" for field in ("feed_url", "url")]
        return _either(named)


def _language(wanted: str) -> str:
    primary, _, rest = wanted.removeprefix("=").partition("-")
    script = rest.partition("-")[0]
    own = f"(language: {quoted(primary.lower())} or language: {primary.lower()}-*)"
    same = own if wanted.startswith("=") else f"macro: {quoted(MACRO.get(primary.lower(), primary.lower()))}"
    if len(script) != _SCRIPT_LENGTH:
        return same
    return f"({same} and script: {quoted(script.title())})"


def _every(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({' and '.join(parts)})"


def _either(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({' or '.join(parts)})"
