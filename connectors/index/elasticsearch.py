"""The index at team and cluster size: articles, versions, hits, alerts, fetches and dead letters in Elasticsearch.

Elasticsearch only finds candidates, by the folded words each document carries; the matcher decides. Articles and hits are
merged by compare-and-set: read with their sequence numbers, merged here, written only over what was read. Whoever was
faster is read and merged again, so concurrent writers lose nothing.
"""

from __future__ import annotations

import heapq
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from typing import Any

import msgspec

from connectors.index import asking, documents
from connectors.index.bulk import Bulk, Write
from connectors.index.client import connect, is_missing, refused, told
from connectors.index.folded import stamp
from connectors.index.paging import Found, pages_of
from connectors.index.server import ElasticsearchServer
from connectors.interfaces import Candidates, HitFilter, Mark
from schemas.alert import Alert
from schemas.article import Article, Version
from schemas.deadletter import DeadLetter
from schemas.elasticsearch.fields import Kind
from schemas.elasticsearch.templates import KINDS, own_alias
from schemas.errors import StoreError
from schemas.feed import FetchRecord
from schemas.hit import Hit

__all__ = ["ElasticsearchIndex", "ElasticsearchServer"]

_NEWEST = ({"seen_at": "desc"}, {"article_id": "desc"})
_ROUNDS = 20
_MOST_READ = 500


class _Stored(msgspec.Struct, frozen=True):
    """A document as it was read, and where to write over exactly this state of it."""

    source: Mapping[str, Any]
    alias: str
    seen: tuple[int, int]


class ElasticsearchIndex:
    """`Index` and `Archive` over one Elasticsearch that `wirewatch setup` has prepared."""

    def __init__(self, server: ElasticsearchServer) -> None:
        self._server = server
        self._client = connect(server)
        self._bulk = Bulk(self._client, server)
        self._hits = Lock()

    def apply(self, articles: Sequence[Article], versions: Sequence[Version], mark: Mark | None = None) -> None:  # noqa: ARG002 positions lie in the log
        """See `ArticleStore.apply`. Raises `RecordError` naming the document when the server refuses one."""
        pending: dict[str, Article] = {}
        for article in articles:
            known = pending.get(article.article_id)
            pending[article.article_id] = known.merge(article) if known else article
        once = [self._write("versions", one.version_id, documents.of_version(one), create=True) for one in versions]
        for round_ in range(_ROUNDS):
            _pause_for_others(round_)
            stored = self._stored("articles", list(pending))
            writes = [write for key, one in pending.items() if (write := self._merged(one, stored.get(key)))]
            stale = {write.id for write in self._bulk.write([*writes, *once])}
            once = []
            pending = {key: one for key, one in pending.items() if key in stale}
            if not pending:
                return
        raise StoreError(
            "others keep writing the same articles", subject=self._server.alias("articles"), retryable=True
        )

    def article(self, article_id: str) -> Article | None:
        """See `ArticleStore.article`."""
        stored = self._stored("articles", [article_id]).get(article_id)
        return documents.read(stored.source, Article, article_id) if stored else None

    def version(self, version_id: str) -> Version | None:
        """See `ArticleStore.version`."""
        stored = self._stored("versions", [version_id]).get(version_id)
        return documents.read(stored.source, Version, version_id) if stored else None

    def candidates(self, wanted: Candidates) -> Iterator[Article]:
        """See `Search.candidates`; what was stored a moment ago is found after `settle`."""
        beyond = None if wanted.beyond is None else (asking.milliseconds(wanted.beyond[0]), wanted.beyond[1])
        lists = [self._pages("articles", query, _NEWEST, beyond=beyond) for query in asking.queries(wanted)]
        last = ""
        # Both parts of the order descend.
        for found in heapq.merge(*lists, key=lambda one: tuple(one["sort"]), reverse=True):
            if found["_id"] != last:
                last = found["_id"]
                yield documents.read(found["_source"], Article, last)

    def count(self) -> int:
        """See `Search.count`."""
        with told(self._server):
            answer = self._client.count(index=self._server.alias("articles"))
        if answer["_shards"]["failed"]:
            raise StoreError("some shards are away", subject=self._server.alias("articles"), retryable=True)
        return int(answer["count"])

    def put(self, hits: Sequence[Hit], alerts: Sequence[Alert]) -> None:
        """See `HitStore.put`. Hits are numbered in the order given, so there must be one writer only."""
        pending: dict[str, Hit] = {}
        for hit in hits:
            known = pending.get(hit.hit_id)
            pending[hit.hit_id] = known.merge(hit) if known else hit
        with self._hits:
            for round_ in range(_ROUNDS):
                if not pending:
                    break
                _pause_for_others(round_)
                stale = {write.id for write in self._bulk.write(self._numbered(pending), in_order=True)}
                pending = {key: hit for key, hit in pending.items() if key in stale}
            else:
                raise StoreError("another process writes hits", subject=self._server.alias("hits"), retryable=True)
        last = {alert.alert_key: alert for alert in alerts}
        self._bulk.write([self._write("alerts", key, documents.of_alert(alert)) for key, alert in last.items()])

    def newest(self, wanted: HitFilter, limit: int) -> Iterator[Hit]:
        """See `HitStore.newest`."""
        clauses: list[dict[str, Any]] = []
        if wanted.article_id:
            clauses.append({"term": {"article_id": wanted.article_id}})
        if wanted.watchlist:
            clauses.append({"term": {"watchlist": wanted.watchlist}})
        if wanted.language:
            either = [{"term": {"language": wanted.language}}, {"prefix": {"language": f"{wanted.language}-"}}]
            clauses.append({"bool": {"should": either}})
        if wanted.since is not None:
            clauses.append(asking.since(wanted.since))
        order = ({"seen_at": "desc"}, {"hit_id": "desc"})
        for found in self._pages("hits", {"bool": {"filter": clauses}}, order, limit=limit):
            yield documents.read(found["_source"], Hit, found["_id"])

    def after(self, cursor: int, limit: int) -> Sequence[tuple[int, Hit]]:
        """See `HitStore.after`; what was stored a moment ago comes with a later call, or after `settle`."""
        later = {"range": {"cursor": {"gt": cursor}}}
        found = self._pages("hits", later, ({"cursor": "asc"}, {"hit_id": "asc"}), limit=limit)
        return [(one["_source"]["cursor"], documents.read(one["_source"], Hit, one["_id"])) for one in found]

    def last_cursor(self) -> int:
        """See `HitStore.last_cursor`: of the hits that `after` would find now."""
        newest = list(self._pages("hits", {"match_all": {}}, ({"cursor": "desc"}, {"hit_id": "desc"}), limit=1))
        return int(newest[0]["_source"]["cursor"]) if newest else 0

    def alerts(self, limit: int) -> Iterator[Alert]:
        """See `HitStore.alerts`."""
        order = ({"created_at": "desc"}, {"alert_key": "desc"})
        for found in self._pages("alerts", {"match_all": {}}, order, limit=limit):
            yield documents.read(found["_source"], Alert, found["_id"])

    def put_fetches(self, fetches: Sequence[FetchRecord]) -> None:
        """See `Archive.put_fetches`."""
        last = {documents.fetch_id(fetch): fetch for fetch in fetches}
        self._bulk.write([self._write("fetches", key, documents.of_fetch(one)) for key, one in last.items()])

    def put_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """See `Archive.put_dead_letters`."""
        last = {letter.id: letter for letter in letters}
        self._bulk.write([self._write("deadletters", key, documents.of_dead_letter(one)) for key, one in last.items()])

    def settle(self) -> None:
        """See `Index.settle`: asks for a refresh of all our indices."""
        with told(self._server):
            self._client.indices.refresh(index=[self._server.alias(kind) for kind in KINDS])

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _write(self, kind: Kind, key: str, document: bytes, *, create: bool = False) -> Write:
        return Write(alias=self._server.alias(kind), id=key, document=document, create=create)

    def _over(self, kind: Kind, key: str, stored: _Stored | None, document: bytes) -> Write:
        """Write where nothing was, or over exactly what was read."""
        if stored is None:
            return self._write(kind, key, document, create=True)
        return Write(alias=stored.alias, id=key, document=document, seen=stored.seen)

    def _merged(self, article: Article, stored: _Stored | None) -> Write | None:
        if stored is None:
            return self._over("articles", article.article_id, None, documents.of_article(article))
        known = documents.read(stored.source, Article, article.article_id)
        merged = known.merge(article)
        if merged == known and stored.source.get("fold") == stamp():
            return None
        return self._over("articles", article.article_id, stored, documents.of_article(merged))

    def _numbered(self, hits: Mapping[str, Hit]) -> list[Write]:
        stored = self._stored("hits", list(hits))
        last = self._last_stored_cursor() if len(stored) < len(hits) else 0
        writes = []
        for key, hit in hits.items():
            known = stored.get(key)
            if known is None:
                last += 1
                writes.append(self._over("hits", key, None, documents.of_hit(hit, last)))
                continue
            before = documents.read(known.source, Hit, key)
            merged = before.merge(hit)
            if merged != before:
                writes.append(self._over("hits", key, known, documents.of_hit(merged, known.source["cursor"])))
        return writes

    def _last_stored_cursor(self) -> int:
        """The number given last, of a hit that nobody may find yet too."""
        with told(self._server):
            self._client.indices.refresh(index=self._server.alias("hits"))
        return self.last_cursor()

    def _stored(self, kind: Kind, ids: Sequence[str]) -> dict[str, _Stored]:
        """What is stored under `ids` at this moment, searchable or not."""
        stored: dict[str, _Stored] = {}
        for first in range(0, len(ids), _MOST_READ):
            with told(self._server):
                answer = self._client.mget(index=self._server.alias(kind), ids=list(ids[first : first + _MOST_READ]))
            for one in answer["docs"]:
                if "error" in one:
                    error = one["error"]
                    status = 404 if is_missing(error["type"]) else 503
                    raise refused(
                        status, error["type"], error.get("reason", ""), f"{self._server.alias(kind)}/{one['_id']}"
                    )
                if one["found"]:
                    place = (one["_seq_no"], one["_primary_term"])
                    stored[one["_id"]] = _Stored(one["_source"], own_alias(one["_index"]), place)
        return stored

    def _pages(
        self,
        kind: Kind,
        query: dict[str, Any],
        order: Sequence[dict[str, Any]],
        *,
        beyond: Sequence[object] | None = None,
        limit: int = 0,
    ) -> Iterator[Found]:
        alias = self._server.alias(kind)
        return pages_of(self._client, self._server, alias, query, order, beyond=beyond, limit=limit)


def _pause_for_others(round_: int) -> None:
    """Before reading again what somebody else was faster to write: a little longer each time."""
    if round_:
        time.sleep(random.uniform(0, min(0.02 * 2**round_, 1.0)))  # noqa: S311 jitter
