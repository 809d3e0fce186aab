"""Addresses in Kibana's Discover: the documents of our indices as another view of what a page of ours shows.

What Discover shows stands in the fragment of its address, written in rison; the data views it names are those that
`wirewatch setup --kibana` imports.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from connectors.interfaces import HitFilter
from dashboard.kql import quoted
from schemas.time import rfc3339

Rison = str | Mapping[str, "Rison"]
_AGO = re.compile(r"[0-9]{1,6}[mhd]")
_UNLIMITED = "now-30d"
"""Where a view without a beginning begins: Discover always has one, and draws its histogram over it."""


class Discover(msgspec.Struct, frozen=True, kw_only=True):
    """Discover of one Kibana. Every method is a pure function of what it is given."""

    url: str
    """The address of Kibana, as people reach it."""
    space: str = ""
    """The space our data views are in; empty is the default one."""
    prefix: str = "wirewatch"
    """First part of the names of indices, which data views are called after."""

    def hits(self, wanted: HitFilter, since: str = "") -> str:
        """The hits that pass `wanted`; `since` is how its beginning was written: `7d` stays what it is as time passes."""
        asked = []
        if wanted.watchlist:
            asked.append(f"watchlist: {quoted(wanted.watchlist)}")
        if wanted.language:
            asked.append(f"(language: {quoted(wanted.language)} or language: {wanted.language}-*)")
        if wanted.article_id:
            asked.append(f"article_id: {quoted(wanted.article_id)}")
        begins = _UNLIMITED if wanted.since is None else rfc3339(wanted.since)
        return self._address("hits", " and ".join(asked), f"now-{since}" if _AGO.fullmatch(since) else begins)

    def articles(self, query: str) -> str:
        """The articles that `query`, of Kibana's language, finds."""
        return self._address("articles", query, _UNLIMITED)

    def _address(self, index: str, query: str, begins: str) -> str:
        space = f"/s/{quote(self.space, safe='')}" if self.space else ""
        view: Rison = {
            "dataSource": {"dataViewId": f"{self.prefix}-{index}", "type": "dataView"},
            "query": {"language": "kuery", "query": query},
        }
        span: Rison = {"time": {"from": begins, "to": "now"}}
        return f"{self.url.rstrip('/')}{space}/app/discover#/?_g={_fragment(span)}&_a={_fragment(view)}"


def rison(value: Rison) -> str:
    """`value` in rison, as Kibana reads it: every text in quotes, so that none is taken for a number or a name."""
    if isinstance(value, str):
        return "'" + value.replace("!", "!!").replace("'", "!'") + "'"
    return f"({','.join(f'{key}:{rison(inner)}' for key, inner in value.items())})"


def _fragment(value: Rison) -> str:
    return quote(rison(value), safe="!'()*:,")
