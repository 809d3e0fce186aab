"""The fields of each index: every key of the JSON Schema of its documents, and a few that are derived from them.

All mappings are strict: a key that is not here makes the server refuse the document, so that nobody's record can add
fields. What lists, panels and filters work on is a keyword, a number or a date; what only we read is stored and no more.
"""

from __future__ import annotations

from typing import Any, Literal

from schemas.elasticsearch.folding import FOLD, FOLDED
from schemas.elasticsearch.languages import analyzers

Kind = Literal["articles", "versions", "hits", "alerts", "deadletters", "fetches"]
Field = dict[str, Any]

SCHEMA: dict[Kind, str] = {
    "articles": "article",
    "versions": "version",
    "hits": "hit",
    "alerts": "alert",
    "deadletters": "deadletter",
    "fetches": "fetch",
}
"""The JSON Schema of the documents of each index."""
TIME: dict[Kind, str] = {
    "articles": "seen_at",
    "versions": "seen_at",
    "hits": "seen_at",
    "alerts": "created_at",
    "deadletters": "failed_at",
    "fetches": "fetched_at",
}
"""The key that `@timestamp` repeats, which Kibana and retention go by."""
DERIVED: dict[Kind, frozenset[str]] = {
    "articles": frozenset({"@timestamp", "fold", "folded", "stemmed"}),
    "versions": frozenset({"@timestamp"}),
    "hits": frozenset({"@timestamp", "cursor", "publish_seconds", "match_seconds"}),
    "alerts": frozenset({"@timestamp", "delivery_seconds"}),
    "deadletters": frozenset({"@timestamp"}),
    "fetches": frozenset({"@timestamp"}),
}
"""Fields that are not keys of the schema."""
UNSTORED: dict[Kind, tuple[str, ...]] = {"articles": ("folded", "stemmed")}
"""Derived fields that are searched and not kept: a new generation has them anew from the article."""

_LONGEST_WORD = 1024
_LONGEST_ADDRESS = 2048
_ID: Field = {"type": "keyword"}
_WORD: Field = {"type": "keyword", "ignore_above": _LONGEST_WORD}
_ADDRESS: Field = {"type": "keyword", "ignore_above": _LONGEST_ADDRESS}
_DATE: Field = {"type": "date", "format": "strict_date_optional_time"}
_FLAG: Field = {"type": "boolean"}
_COUNT: Field = {"type": "long"}
_FRACTION: Field = {"type": "float"}
_RAW: Field = {"type": "keyword", "index": False, "doc_values": False}
"""Kept to be read, neither searched nor counted."""
_OFFSET: Field = {"type": "integer", "index": False, "doc_values": False}
_OPAQUE: Field = {"type": "object", "enabled": False}
_TEXT: Field = {"type": "text", "analyzer": FOLD, "norms": False}
_TITLE: Field = {**_TEXT, "fields": {"keyword": _WORD}}
_UNSEARCHED: Field = {"type": "text", "index": False}
_SENTENCE: Field = {"type": "text", "analyzer": FOLD, "norms": False, "fields": {"keyword": _WORD}}


def _object(**fields: Field) -> Field:
    return {"type": "object", "dynamic": "strict", "properties": fields}


def _stemmed() -> Field:
    return _object(**{name: {"type": "text", "analyzer": analyzer} for name, analyzer in sorted(analyzers().items())})


def fields(kind: Kind) -> dict[str, Field]:
    """The fields of the index `kind` by name."""
    return {"@timestamp": _DATE, **_FIELDS[kind]}


def mapping(kind: Kind) -> dict[str, Any]:
    """The mapping of the index `kind`, without its `_meta`."""
    source = {"_source": {"excludes": list(UNSTORED[kind])}} if kind in UNSTORED else {}
    return {"dynamic": "strict", "date_detection": False, **source, "properties": fields(kind)}


_FIELDS: dict[Kind, dict[str, Field]] = {
    "articles": {
        "article_id": _ID,
        "url": _ADDRESS,
        "title": _TITLE,
        "summary": _TEXT,
        "body": _TEXT,
        "language": _WORD,
        "macro": _WORD,
        "script": _WORD,
        "language_confidence": _FRACTION,
        "content_hash": _ID,
        "version_id": _ID,
        "feed_url": _ADDRESS,
        "native_id": _ADDRESS,
        "source": _object(name=_WORD, country=_WORD, language=_WORD, kind=_WORD, learned=_WORD),
        "authors": _WORD,
        "categories": _WORD,
        "published_at": _DATE,
        "published_raw": _RAW,
        "published_reason": _WORD,
        "seen_at": _DATE,
        "updated_at": _DATE,
        "history": _FLAG,
        "sightings": _object(feed_url=_ADDRESS, native_id=_RAW, url=_ADDRESS, first_seen=_DATE, last_seen=_DATE),
        "observations": _OPAQUE,
        "contents": _OPAQUE,
        "fold": _WORD,
        "folded": {
            "type": "text",
            "analyzer": FOLDED,
            "search_analyzer": FOLD,
            "norms": False,
        },
        "stemmed": _stemmed(),
    },
    "versions": {
        "version_id": _ID,
        "article_id": _ID,
        "content_hash": _ID,
        "kind": _WORD,
        "title": _UNSEARCHED,
        "summary": _UNSEARCHED,
        "body": _UNSEARCHED,
        "language": _WORD,
        "seen_at": _DATE,
    },
    "hits": {
        "hit_id": _ID,
        "article_id": _ID,
        "version_id": _ID,
        "content_hash": _ID,
        "story_id": _ID,
        "url": _ADDRESS,
        "title": _TITLE,
        "excerpt": _TEXT,
        "source": _WORD,
        "country": _WORD,
        "feed_url": _ADDRESS,
        "native_id": _ADDRESS,
        "language": _WORD,
        "watchlist": _WORD,
        "watchlist_name": _WORD,
        "watchlist_hash": _WORD,
        "query": _WORD,
        "severity": _WORD,
        "recipients": _WORD,
        "spans": _object(
            field=_WORD, start=_OFFSET, end=_OFFSET, text=_RAW, concept=_WORD, alias=_WORD, lookalike=_FLAG
        ),
        "op": _WORD,
        "history": _FLAG,
        "published_at": _DATE,
        "seen_at": _DATE,
        "matched_at": _DATE,
        "cursor": _COUNT,
        "publish_seconds": _FRACTION,
        "match_seconds": _FRACTION,
    },
    "alerts": {
        "alert_key": _ID,
        "kind": _WORD,
        "story_id": _ID,
        "watchlist": _WORD,
        "watchlist_name": _WORD,
        "recipient": _WORD,
        "severity": _WORD,
        "articles": _ID,
        "hits": _ID,
        "title": _TITLE,
        "state": _WORD,
        "reason": _SENTENCE,
        "message_id": _WORD,
        "attempts": _COUNT,
        "created_at": _DATE,
        "sent_at": _DATE,
        "next_attempt_at": _DATE,
        "delivery_seconds": _FRACTION,
    },
    "deadletters": {
        "id": _ID,
        "stage": _WORD,
        "reason": _SENTENCE,
        "position": _ADDRESS,
        "subject": _ADDRESS,
        "topic": _WORD,
        "key": _ADDRESS,
        "headers": _OPAQUE,
        "raw": {"type": "binary"},
        "length": _COUNT,
        "raw_hash": _ID,
        "failed_at": _DATE,
        "status": _WORD,
    },
    "fetches": {
        "feed_url": _ADDRESS,
        "fetched_at": _DATE,
        "status": _WORD,
        "reason": _SENTENCE,
        "http_status": _COUNT,
        "bytes_read": _COUNT,
        "entries": _COUNT,
        "new": _COUNT,
        "updated": _COUNT,
        "seconds": _FRACTION,
        "keyed_by": _WORD,
        "named_by": _WORD,
        "final_url": _ADDRESS,
        "missed": _COUNT,
        "copies": _COUNT,
        "moved_to": _ADDRESS,
        "pushed": _FLAG,
        "late": _FRACTION,
    },
}
