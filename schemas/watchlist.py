"""A watchlist as its author wrote it: parsed, checked, not yet compiled. `pipelines.matching` compiles it."""

from __future__ import annotations

import msgspec

from schemas.hit import Severity


class Concept(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in all its written forms."""

    name: str
    any: tuple[str, ...]
    unless_in: tuple[str, ...] = ()
    """Guard phrases: a form inside one of these does not count."""
    case: str = ""
    """`initial-capital`, `exact` or empty."""


class Examples(msgspec.Struct, frozen=True, kw_only=True):
    """Texts that must, and must not, match; a list whose examples fail does not load."""

    match: tuple[str, ...] = ()
    no_match: tuple[str, ...] = ()


class Watchlist(msgspec.Struct, frozen=True, kw_only=True):
    """One list: concepts, and queries over them."""

    id: str
    name: str
    severity: Severity = "normal"
    recipients: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    """BCP 47 tags the list is limited to; empty means all. A document of unknown language always passes."""
    sources: tuple[str, ...] = ()
    """Outlet names or feed addresses the list is limited to; empty means all."""
    concepts: tuple[Concept, ...] = ()
    queries: dict[str, str]
    """Expression by name; a list with a single `query:` calls it `main`."""
    examples: Examples = Examples()
    file: str = ""
    content_hash: str = ""
    """Hash of the list as loaded; every hit carries it."""
