"""The docs of struct fields: the string literal below a field, which Python itself throws away."""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any


def field_docs(kind: type[Any]) -> dict[str, str]:
    """Docs by field name, on one line each; fields without docs are left out, inherited ones are there."""
    docs: dict[str, str] = {}
    for ancestor in reversed(kind.__mro__):
        file = getattr(sys.modules[ancestor.__module__], "__file__", None)
        if file is not None and file.endswith(".py"):
            docs |= _docs_by_class(Path(file)).get(ancestor.__qualname__, {})
    return docs


@cache
def _docs_by_class(file: Path) -> dict[str, dict[str, str]]:
    tree = ast.parse(file.read_text("utf-8"))
    return {node.name: dict(_documented(node)) for node in tree.body if isinstance(node, ast.ClassDef)}


def _documented(node: ast.ClassDef) -> list[tuple[str, str]]:
    found = []
    for field, below in pairwise(node.body):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str):
            found.append((field.target.id, " ".join(inspect.cleandoc(below.value.value).split())))
    return found
