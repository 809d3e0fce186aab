"""`Candidates` as queries of Elasticsearch: each names no fewer articles than it must, in parts the server takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.index.folded import stamp
from connectors.interfaces import Candidates
from schemas.elasticsearch.folding import FOLDED, LONGEST_TOKEN

Clause = dict[str, Any]

MOST_CLAUSES = 900
"""Of one query; a server takes 1,024 at least, more with its heap."""
_PHRASES = 64
_TOKENS = 32
_SURELY_WHOLE = LONGEST_TOKEN // 2
"""Characters that make no more UTF-16 units than are kept of a token."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def queries(wanted: Candidates) -> list[Clause]:
    """Queries that together name the articles wanted, and perhaps more; one article may be in several."""
    within = _since(wanted)
    if not wanted.any_of or not all(wanted.any_of):
        return [_filtered(within)]
    parts = _parts(wanted.any_of)
    # Words folded by another release say nothing: such articles are always candidates.
    parts[0] += [{"range": {"fold": {"lt": stamp()}}}, {"range": {"fold": {"gt": stamp()}}}]
    return [_filtered([*within, {"bool": {"should": part, "minimum_should_match": 1}}]) for part in parts]


def milliseconds(moment: datetime) -> int:
    """`moment` as the server keeps it: whole milliseconds, the rest cut off."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def since(moment: datetime) -> Clause:
    """Seen at `moment` or later, as far as the server can tell: to the millisecond."""
    return {"range": {"seen_at": {"gte": milliseconds(moment), "format": "epoch_millis"}}}


def _since(wanted: Candidates) -> list[Clause]:
    # Up to the next whole millisecond: what was seen within the one before `since` was seen before it.
    return [] if wanted.since is None else [since(wanted.since + timedelta(microseconds=999))]


def _filtered(clauses: list[Clause]) -> Clause:
    return {"bool": {"filter": clauses}} if clauses else {"match_all": {}}


def _parts(any_of: Sequence[tuple[tuple[str, ...], ...]]) -> list[list[Clause]]:
    """Alternatives, in parts of at most about `MOST_CLAUSES`. All single words are one clause."""
    words: list[str] = []
    parts: list[list[Clause]] = [[]]
    size = 0
    for phrases in any_of:
        if len(phrases) == len(phrases[0]) == 1 and _is_plain(phrases[0][0]):
            words.append(phrases[0][0])
            continue
        clauses = _conjunction(phrases)
        cost = sum(
            len(clause.get("match_phrase", {}).get("folded", {}).get("query", "").split()) or 1 for clause in clauses
        )
        if size and size + cost > MOST_CLAUSES:
            parts.append([])
            size = 0
        parts[-1].append(clauses[0] if len(clauses) == 1 else {"bool": {"filter": clauses}})
        size += cost
    if words:
        parts[0].append({"terms": {"folded": words}})
    return parts


def _conjunction(phrases: Sequence[tuple[str, ...]]) -> list[Clause]:
    # What is left out of a long one, the matcher checks: the longest phrases are the rarest.
    kept = sorted(phrases, key=len, reverse=True)[:_PHRASES]
    return [clause for tokens in kept for clause in _phrase(tokens[:_TOKENS])]


def _phrase(tokens: tuple[str, ...]) -> list[Clause]:
    """A phrase, cut at each prefix: a phrase query would have to spell out what begins so. The matcher checks the rest."""
    clauses: list[Clause] = []
    words: list[str] = []
    for token in (*tokens, ""):
        if token and not token.endswith("*"):
            words.append(token)
            continue
        if words:
            clauses.append(_words(words))
            words = []
        if token:
            clauses.append({"prefix": {"folded": {"value": token.removesuffix("*")[:_SURELY_WHOLE]}}})
    return clauses


def _words(words: list[str]) -> Clause:
    if len(words) == 1 and _is_plain(words[0]):
        return {"term": {"folded": words[0]}}
    return {"match_phrase": {"folded": {"query": " ".join(words), "analyzer": FOLDED}}}


def _is_plain(token: str) -> bool:
    return len(token) <= _SURELY_WHOLE and not token.endswith("*")
