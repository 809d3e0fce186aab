"""A watchlist file as typed nodes with their places, so that each fault is shown where its author wrote it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
import yaml

from schemas.errors import Problem
from schemas.query.origin import Origin

LARGEST = 16 * 1024 * 1024
"""Characters of one file; 100,000 terms take about 3 million."""
MOST_TEXTS = 1_000_000
"""Texts of one file, with each use of an alias (`*name`) and each form of a stem: small files must not grow huge."""
DEEPEST = 20
"""Lists and mappings inside each other; the format needs six."""

# The parser in C reads large lists in seconds, not minutes; wheels of PyYAML bring it, a source build may not.
_Loader: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlFile:
    """One file being read; `problems` collects every fault found in it."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.problems: list[Problem] = []
        self._texts = 0
        # Marks count lines and columns; indexes of the C parser are of no use when the text has a byte order mark.
        self._lines = [0]
        for line in text.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def root(self) -> yaml.Node | None:
        """The document, or None with the problem recorded."""
        if len(self.text) > LARGEST:
            self.problems.append(Problem(self.name, 1, 1, f"the file is larger than {LARGEST:,} characters"))
            return None
        try:
            if self._too_deep():
                return None
            node = yaml.compose(self.text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = self._index(mark)
            self.fault_at(at, f"not valid YAML: {error.problem or error.context}", self._advice(at))
            return None
        except yaml.YAMLError as error:
            wrong = yaml.reader.Reader.NON_PRINTABLE.search(self.text)
            if wrong is not None:
                self.fault_at(
                    wrong.start(), f"not valid YAML: the control character U+{ord(wrong[0]):04X}", "delete it"
                )
            else:
                self.fault_at(0, f"not valid YAML: {' '.join(str(error).split())}")
            return None
        if node is None:
            self.fault_at(0, "the file is empty", "a list needs at least `id` and `query`")
        return node

    def _too_deep(self) -> bool:
        # Composing recurses in C, where a file of brackets would end the process; reading events does not recurse.
        depth = 0
        for event in yaml.parse(self.text, Loader=_Loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                self.fault_at(
                    self._index(event.start_mark), f"more than {DEEPEST} lists and mappings inside each other"
                )
                return True
        return False

    def _advice(self, at: int) -> str:
        """What most often makes a line of a watchlist no YAML: characters that mean something to YAML."""
        start = self.text.rfind("\n", 0, at) + 1
        line = self.text[start : self.text.find("\n", at) if "\n" in self.text[at:] else None]
        if "\t" in line[: len(line) - len(line.lstrip())]:
            return "indent with spaces"
        if re.search(r"""["'{}*&!%@`]|: | #""", line):
            return "put the whole text in single quotes: '\"new bridge\" AND works'"
        return ""

    def fault(self, node: yaml.Node, message: str, hint: str = "") -> None:
        """Record a fault at `node`."""
        self.fault_at(self._index(node.start_mark), message, hint)

    def fault_at(self, at: int, message: str, hint: str = "") -> None:
        """Record a fault at an index into the file."""
        self.problems.append(Origin(self.name, self.text, at, "").problem(0, message, hint))

    def remark(self, node: yaml.Node, message: str, hint: str = "", *, level: str, offset: int = 0) -> Problem:
        """A problem of another level, `offset` characters into the text of `node`; not recorded."""
        text = node.value if isinstance(node, yaml.ScalarNode) else ""
        origin = Origin(self.name, self.text, self._index(node.start_mark), text)
        return msgspec.structs.replace(origin.problem(offset, message, hint), level=level)

    def origin(self, node: yaml.Node) -> Origin:
        """Where the text of a scalar stands."""
        return Origin(self.name, self.text, self._index(node.start_mark), node.value)

    def _index(self, mark: Any) -> int:
        if mark is None:
            return 0
        line, column = int(mark.line), int(mark.column)
        return min(self._lines[min(line, len(self._lines) - 1)] + column, len(self.text))

    def mapping(self, node: yaml.Node, what: str, known: Collection[str] = ()) -> Mapping[str, yaml.Node]:
        """The values of a mapping by key. Keys not `known` (when given) and keys given twice are faults."""
        values: dict[str, yaml.Node] = {}
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, f"{what} must be a mapping (key: value), not {_kind(node)}")
            return values
        for key_node, value in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.fault(key_node, f"a key of {what} must be a word, not {_kind(key_node)}")
                continue
            key = key_node.value
            if known and key not in known:
                close = difflib.get_close_matches(key.lower(), known, n=1)
                meant = f", did you mean {close[0]!r}?" if close else ""
                self.fault(key_node, f"unknown key {key!r} in {what}{meant}", f"known: {', '.join(known)}")
            elif key in values:
                self.fault(key_node, f"{key!r} is given twice in {what}")
            else:
                values[key] = value
        return values

    def sequence(self, node: yaml.Node | None, what: str) -> list[yaml.Node]:
        """The items of a list; empty when absent."""
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.fault(node, f"{what} must be a list, not {_kind(node)}", "put it in square brackets: [one, two]")
            return []
        items: list[yaml.Node] = node.value
        return items

    def texts(self, node: yaml.Node | None, what: str) -> list[tuple[str, yaml.Node]]:
        """The texts of a list, with their nodes."""
        found: list[tuple[str, yaml.Node]] = []
        for item in self.sequence(node, what):
            text = self.scalar(item, f"each of {what}")
            if text:
                found.append((text, item))
            if self.exhausted:
                break
        return found

    @property
    def exhausted(self) -> bool:
        """Whether no further text will be read."""
        return self._texts > MOST_TEXTS

    def count(self, node: yaml.Node, texts: int) -> bool:
        """Whether so many texts more may be read at `node`; a fault is recorded where the first one is too many."""
        before = self.exhausted
        self._texts += texts
        if self.exhausted and not before:
            hint = "every use of *aliases and every form of a stem counts"
            self.fault(node, f"the file has more than {MOST_TEXTS:,} texts", hint)
        return not self.exhausted

    def scalar(self, node: yaml.Node, what: str) -> str:
        """The text of a scalar as written (`no` and `1244` stay text); empty with a fault recorded if it has none."""
        if not self.count(node, 1):
            return ""
        if not isinstance(node, yaml.ScalarNode):
            self.fault(node, f"{what} must be a text, not {_kind(node)}")
            return ""
        text: str = node.value
        if not text.strip():
            self.fault(node, f"{what} is empty")
            return ""
        return text


def child(node: yaml.Node, *path: str) -> yaml.Node:
    """The value under a key, and under a key of that value; the innermost that is there."""
    for name in path:
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        found = next((value for key, value in pairs if isinstance(key, yaml.ScalarNode) and key.value == name), None)
        if found is None:
            break
        node = found
    return node


def children(node: yaml.Node) -> dict[str, yaml.Node]:
    """The values of a mapping by key: where many are asked for, `child` would look at each of them each time."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return {key.value: value for key, value in pairs if isinstance(key, yaml.ScalarNode)}


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping (is there a colon that needs quotes around the text?)"
    return "a list" if isinstance(node, yaml.SequenceNode) else f"the text {node.value!r}" if node.value else "nothing"
