"""The templates `wirewatch setup` puts: one for each index, and two components with the analysis they share.

One generation of an index lies behind an alias: `wirewatch-articles-000001` behind `wirewatch-articles`. A second,
hidden alias belongs to the generation alone (`own_alias`): a write that must find the very document it has read goes
there, and fails where that generation is gone, instead of meeting another document under the same number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from schemas.elasticsearch.fields import SCHEMA, Kind, mapping
from schemas.elasticsearch.folding import fold_analysis
from schemas.elasticsearch.languages import stemming_analysis

VERSION = 1
"""To be raised with every change of the templates: the digest says that they differ, this one which is newer."""
KINDS: tuple[Kind, ...] = tuple(SCHEMA)
_FOLDING: frozenset[Kind] = frozenset({"articles", "hits", "alerts", "deadletters", "fetches"})
_REFRESH: dict[Kind, str] = {"hits": "1s", "alerts": "1s", "versions": "30s"}
"""How soon what is written is found: live views read hits, versions are only ever asked for by id."""
_PRIORITY = 500


class IndexTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What an installation decides about its indices."""

    shards: int = 1
    """Primary shards of articles and of versions; all others have one. That of hits must stay one: the numbers live
    views go on from have no gaps only there."""
    replicas: int = 1


def alias_of(prefix: str, kind: Kind) -> str:
    """The name everybody reads and writes under."""
    return f"{prefix}-{kind}"


def generation_name(prefix: str, kind: Kind, number: int) -> str:
    """The name of one generation of an index."""
    return f"{alias_of(prefix, kind)}-{number:06d}"


def own_alias(generation: str) -> str:
    """The alias of this generation and of no other."""
    return f"{generation}-own"


def components(prefix: str) -> dict[str, dict[str, Any]]:
    """The component templates by name."""
    return {
        f"{prefix}-fold": _with_meta({"template": {"settings": {"index": {"analysis": fold_analysis()}}}}),
        f"{prefix}-stems": _with_meta({"template": {"settings": {"index": {"analysis": stemming_analysis()}}}}),
    }


def index_template(prefix: str, kind: Kind, terms: IndexTerms) -> dict[str, Any]:
    """The composable template of the generations of an index."""
    return _with_meta(
        {
            "index_patterns": [f"{alias_of(prefix, kind)}-*"],
            "priority": _PRIORITY,
            "composed_of": _composed_of(prefix, kind),
            "template": {"settings": {"index": settings(kind, terms)}, "mappings": mapping_with_meta(kind)},
        }
    )


def settings(kind: Kind, terms: IndexTerms) -> dict[str, str]:
    """Settings of an index but for its analysis, as the server gives them back: all strings."""
    chosen = {
        "number_of_shards": str(terms.shards if kind in {"articles", "versions"} else 1),
        "number_of_replicas": str(terms.replicas),
        "refresh_interval": _REFRESH.get(kind, "5s"),
    }
    if kind == "articles":
        # What Kibana's search bar looks in when no field is named.
        chosen["query.default_field"] = "folded"
    return chosen


def mapping_with_meta(kind: Kind) -> dict[str, Any]:
    """The mapping, and in its `_meta` what tells one generation from another."""
    return {
        **mapping(kind),
        "_meta": {"managed_by": "wirewatch", "version": VERSION, "analysis": analysis_digest(kind)},
    }


def analysis_digest(kind: Kind) -> str:
    """Which analysis a generation was created with; that of an index there is cannot be changed."""
    return _digest({**(fold_analysis() if kind in _FOLDING else {}), "stems": _stems(kind)})


def _stems(kind: Kind) -> Mapping[str, Any]:
    return stemming_analysis() if kind == "articles" else {}


def _composed_of(prefix: str, kind: Kind) -> list[str]:
    named = [f"{prefix}-fold"] if kind in _FOLDING else []
    return [*named, f"{prefix}-stems"] if kind == "articles" else named


def _with_meta(template: dict[str, Any]) -> dict[str, Any]:
    return {**template, "version": VERSION, "_meta": {"managed_by": "wirewatch", "digest": _digest(template)}}


def _digest(value: Any) -> str:
    return hashlib.blake2b(msgspec.json.encode(value, order="sorted"), digest_size=16).hexdigest()
