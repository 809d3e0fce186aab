"""A watchlist as its author wrote it: parsed, checked, not yet compiled. `pipelines.matching` compiles it."""

from __future__ import annotations

import msgspec

from schemas.hit import Severity


class Inflected(msgspec.Struct, frozen=True, kw_only=True):
    """An entry `{stem: Kosov, inflect: sr}`, and the written forms it stands for."""

    stem: str
    inflect: str
    """The language whose rules it follows."""
    kind: str = ""
    """Its `class`; empty where the stem decides it."""
    fleeting: str = ""
    forms: tuple[str, ...]

    @property
    def written(self) -> str:
        """The entry as its author would write it on one line."""
        more = (("class", self.kind), ("fleeting", self.fleeting))
        said = ", ".join(f"{key}: {value}" for key, value in more if value)
        return f"{{stem: {self.stem}, inflect: {self.inflect}{', ' if said else ''}{said}}}"


class Concept(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in all its written forms."""

    name: str
    any: tuple[str, ...]
    """Every written form, those of `inflected` entries included, each once."""
    unless_in: tuple[str, ...] = ()
    """Guard phrases: a form inside one of these does not count. As complete as `any`."""
    case: str = ""
    """`initial-capital`, `exact` or empty."""
    inflected: tuple[Inflected, ...] = ()
    """Which entries some forms of `any` and `unless_in` come from."""


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
