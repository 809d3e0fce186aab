"""History against new lists: the hits of articles already stored, as the pipeline would have made them.

Candidates come from the index, newest first, and the matcher decides. What is found travels through `wirewatch.hits`
like everything else; ids are the same as ever, so that finding a hit twice makes no second one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime

import msgspec

from connectors.interfaces import Candidates, Search
from pipelines.matching.hits import item_hits
from pipelines.matching.match import Matcher
from schemas.article import Article, Content, Observation
from schemas.hit import Hit, ItemHits
from schemas.identity import digest
from schemas.item import FeedItem
from schemas.time import Time
from schemas.watchlist import Watchlist

Spot = tuple[Time, str]
"""`seen_at` and id of an article: where it stands in the order of candidates."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """How far a rematch has come: all articles from `top` down to `last` are done for the lists hashed in `lists`."""

    lists: str
    top: Spot
    last: Spot


class Rematched(msgspec.Struct, frozen=True, kw_only=True):
    """One article looked at. `record` is what it adds to `wirewatch.hits`: None when it adds nothing."""

    record: ItemHits | None
    new: tuple[Hit, ...] = ()
    """Hits nobody had found before."""
    known: int = 0
    place: Place
    """To be kept once `record` is durable."""


def key_of(lists: Sequence[Watchlist], *, mail: bool) -> str:
    """What a place belongs to: lists that were edited since begin again."""
    return digest("rematch", "mail" if mail else "", *sorted(f"{one.id} {one.content_hash}" for one in lists))


def rematch(  # noqa: PLR0917 what it reads, what it asks, and what makes it impure
    index: Search,
    wanted: Candidates,
    matcher: Matcher,
    known: Callable[[str], Collection[str]],
    untold: Callable[[ItemHits], bool] | None,
    now: Callable[[], datetime],
    *,
    lists: str,
    place: Place | None = None,
) -> Iterator[Rematched]:
    """Look at the candidates `wanted`, going on from `place` when it belongs to `lists`; one result each.

    `known` gives the ids of an article's hits so far. Without `untold` every hit is marked as history, which alerts
    nobody. With it, hits are what they would have been had the lists been in force, and hits known already are passed
    on again where `untold` says that somebody has yet to hear of them.
    """
    going_on = place if place is not None and place.lists == lists else None
    for article, next_place in _articles(index, wanted, lists, going_on):
        record = article_hits(article, matcher, now())
        if not record.hits:
            yield Rematched(record=None, place=next_place)
            continue
        if untold is None:
            record = _as_history(record)
        ids = known(article.article_id)
        new = tuple(hit for hit in record.hits if hit.hit_id not in ids)
        again = untold is not None and not record.history and untold(record)
        written = record if again else msgspec.structs.replace(record, hits=new) if new else None
        yield Rematched(record=written, new=new, known=len(record.hits) - len(new), place=next_place)


def _articles(index: Search, wanted: Candidates, lists: str, place: Place | None) -> Iterator[tuple[Article, Place]]:
    """The articles still to be looked at, each with the place behind it."""
    top: Spot | None = None
    if place is not None:
        # What came while nobody looked stands before the top. Until all of it is done, the old place holds.
        since = max(place.top[0], wanted.since or place.top[0])
        for article in index.candidates(msgspec.structs.replace(wanted, since=since)):
            if _spot(article) <= place.top:
                break
            top = top or _spot(article)
            yield article, place
        top = top or place.top
        wanted = msgspec.structs.replace(wanted, beyond=place.last)
    for article in index.candidates(wanted):
        spot = _spot(article)
        top = top or spot
        yield article, Place(lists=lists, top=top, last=spot)


def _spot(article: Article) -> Spot:
    return (article.seen_at, article.article_id)


def article_hits(article: Article, matcher: Matcher, matched_at: datetime) -> ItemHits:
    """The hits of the text an article shows, whichever feeds brought it, as the pipeline makes and the index merges them."""
    content = next(one for one in article.contents if one.content_hash == article.content_hash)
    seen = sorted(
        (one for one in article.observations if one.content_hash == article.content_hash),
        key=lambda one: (one.first_seen, *one.sighting),
    )
    records = [item_hits(_item(article, content, one), content, matcher, matched_at) for one in seen]
    hits: dict[str, Hit] = {}
    for record in records:
        for hit in record.hits:
            hits[hit.hit_id] = hits[hit.hit_id].merge(hit) if hit.hit_id in hits else hit
    # `op` is new even for an edit: of this text nobody has been told, and only what is new wakes a suppressed alert.
    history = all(record.history for record in records)
    return msgspec.structs.replace(records[0], op="new", history=history, hits=tuple(hits.values()), rematch=True)


def _item(article: Article, content: Content, seen: Observation) -> FeedItem:
    """The item as it came, as far as hits speak of it: how its feed names entries is no longer known."""
    edited = any(one.sighting == seen.sighting and one.first_seen < seen.first_seen for one in article.observations)
    return FeedItem(
        feed_url=seen.feed_url,
        native_id=seen.native_id,
        id_policy="given",
        item_id=seen.item_id,
        article_id=article.article_id,
        keyed_by="address",
        content_hash=content.content_hash,
        version_id=article.version_id,
        op="update" if edited else "new",
        history=seen.history,
        url=seen.url,
        title=content.title,
        summary=content.summary,
        body=content.body,
        authors=seen.authors,
        categories=seen.categories,
        source=seen.source,
        published_at=seen.published_at,
        published_raw=seen.published_raw,
        published_reason=seen.published_reason,
        seen_at=seen.first_seen,
    )


def _as_history(record: ItemHits) -> ItemHits:
    hits = tuple(msgspec.structs.replace(hit, history=True) for hit in record.hits)
    return msgspec.structs.replace(record, history=True, hits=hits)
