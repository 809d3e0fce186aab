"""What we know of one article: the merge of all items that share an `article_id`.

`merge` is pure, commutative, associative and idempotent, so order, replays and concurrent writers cannot matter:

- an *observation* (one feed's entry carrying one content) keeps the earliest `first_seen` and date of publication and,
  from its latest sight, `last_seen` and the attributes;
- a *sighting* (one entry of one feed) shows, of its feed texts and of its page texts, the content with the greatest
  (`last_seen`, `content_hash`) each: an edit in the feed does not hide the text of the page;
- the *article* shows the longest content among these, ties by feed address, native id and kind;
- what the pipeline derived from a text comes from the greatest pipeline version.

Texts that no sighting shows any longer live on as `Version` documents only. What was derived from them stays here: a
feed may go back to old words, and then the greatest pipeline version must still win, in whatever order it came.
"""

from __future__ import annotations

import msgspec

from schemas.identity import version_id
from schemas.item import FeedItem, Outlet
from schemas.time import Time


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """One text, and what the pipeline derived from it."""

    content_hash: str
    title: str = ""
    summary: str = ""
    body: str = ""
    pipeline_version: int = 0
    language: str = "und"
    """BCP 47, with script where it matters; the macro-language or `und` when detection was not accepted."""
    macro: str = "und"
    script: str = ""
    language_confidence: float = 0.0

    @property
    def length(self) -> int:
        """Code points of all text fields."""
        return len(self.title) + len(self.summary) + len(self.body)


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One feed's entry carrying one content, from first to last sight."""

    feed_url: str
    native_id: str
    content_hash: str
    item_id: str
    length: int
    kind: str = "feed"
    """Where its words are from, see `FeedItem.kind`."""
    first_seen: Time
    last_seen: Time
    url: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    source: Outlet = Outlet()
    published_at: Time | None = None
    published_raw: str = ""
    published_reason: str = ""
    history: bool = False

    @property
    def sighting(self) -> tuple[str, str]:
        """What identifies the entry: the feed and its native id."""
        return (self.feed_url, self.native_id)

    @property
    def line(self) -> tuple[str, str, str]:
        """The line of versions it belongs to: what the entry says in its feed and on its page are two."""
        return (self.feed_url, self.native_id, self.kind)


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of one feed that carries the article, as people see it."""

    feed_url: str
    native_id: str
    url: str
    first_seen: Time
    last_seen: Time


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """An article as it is shown, with all that `merge` needs. Build it with `of_item` and `merge` only."""

    article_id: str
    url: str
    """As the first feed that brought it gave it."""
    title: str
    summary: str
    body: str
    language: str
    macro: str
    script: str
    language_confidence: float
    content_hash: str
    version_id: str
    """The version shown."""
    feed_url: str
    """The feed that was first to bring it, with its native id and outlet."""
    native_id: str
    source: Outlet
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    published_at: Time | None
    """The earliest usable date any feed gave; never invented, never moved forward by an edit."""
    published_raw: str
    published_reason: str
    seen_at: Time
    """When we first saw it in any feed."""
    updated_at: Time
    """When we last saw it with new words."""
    history: bool
    """Whether every sighting was history."""
    sightings: tuple[Sighting, ...]
    observations: tuple[Observation, ...]
    contents: tuple[Content, ...]
    """By content hash: the texts its sightings show now; of former texts only what was derived, without the words."""

    def merge(self, other: Article) -> Article:
        """The article known from both; see the module's rules."""
        if self.article_id != other.article_id:
            message = f"articles {self.article_id} and {other.article_id} are not the same"
            raise ValueError(message)
        return _derive(
            self.article_id,
            _merge_observations(self.observations + other.observations),
            _merge_contents(self.contents + other.contents),
        )

    @property
    def versions(self) -> tuple[str, ...]:
        """Version ids by rank of first sight: the first is version 1."""
        first: dict[str, tuple[object, ...]] = {}
        for seen in self.observations:
            order = (seen.first_seen, seen.content_hash)
            first[seen.content_hash] = min(order, first.get(seen.content_hash, order))
        return tuple(
            version_id(self.article_id, content) for content in sorted(first, key=lambda content: first[content])
        )


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """The words of an article at one time: written once, never changed. Spans of hits point into it."""

    version_id: str
    article_id: str
    content_hash: str
    kind: str = "feed"
    title: str
    summary: str
    body: str
    language: str
    seen_at: Time


def of_item(item: FeedItem, content: Content) -> Article:
    """The article as one item alone shows it. `content` carries the item's text and what was derived from it."""
    observation = Observation(
        feed_url=item.feed_url,
        native_id=item.native_id,
        content_hash=item.content_hash,
        item_id=item.item_id,
        length=content.length,
        kind=item.kind,
        first_seen=item.seen_at,
        last_seen=item.seen_at,
        url=item.url,
        authors=item.authors,
        categories=item.categories,
        source=item.source,
        published_at=item.published_at,
        published_raw=item.published_raw,
        published_reason=item.published_reason,
        history=item.history,
    )
    return _derive(item.article_id, (observation,), {content.content_hash: content})


def version_of_item(item: FeedItem, content: Content) -> Version:
    """The write-once version document of an item."""
    return Version(
        version_id=item.version_id,
        article_id=item.article_id,
        content_hash=item.content_hash,
        kind=item.kind,
        title=item.title,
        summary=item.summary,
        body=item.body,
        language=content.language,
        seen_at=item.seen_at,
    )


def _merge_observations(observations: tuple[Observation, ...]) -> tuple[Observation, ...]:
    merged: dict[tuple[str, str, str], Observation] = {}
    for seen in observations:
        key = (*seen.sighting, seen.content_hash)
        known = merged.get(key)
        if known is None:
            merged[key] = seen
            continue
        latest = max(known, seen, key=_attributes)
        dated = min(known, seen, key=_dating)
        merged[key] = msgspec.structs.replace(
            latest,
            first_seen=min(known.first_seen, seen.first_seen),
            history=known.history and seen.history,
            published_at=dated.published_at,
            published_raw=dated.published_raw,
            published_reason=dated.published_reason,
        )
    return tuple(merged[key] for key in sorted(merged))


def _attributes(seen: Observation) -> tuple[object, ...]:
    # What is merged on its own must not decide here: left in, it would make the choice depend on grouping.
    plain = msgspec.structs.replace(
        seen, first_seen=seen.last_seen, history=False, published_at=None, published_raw="", published_reason=""
    )
    return (seen.last_seen, msgspec.json.encode(plain))


def _dating(seen: Observation) -> tuple[object, ...]:
    # The second part compares dates with dates only: the first has set those without one apart.
    return (seen.published_at is None, seen.published_at or 0, seen.published_raw, seen.published_reason)


def _merge_contents(contents: tuple[Content, ...]) -> dict[str, Content]:
    merged: dict[str, Content] = {}
    for content in contents:
        known = merged.get(content.content_hash, content)
        # The words are the same by their hash, or were dropped on one side.
        words = max(known, content, key=_words)
        merged[content.content_hash] = msgspec.structs.replace(
            max(known, content, key=_derivation), title=words.title, summary=words.summary, body=words.body
        )
    return merged


def _words(content: Content) -> tuple[str, str, str]:
    return (content.title, content.summary, content.body)


def _wordless(content: Content) -> Content:
    return msgspec.structs.replace(content, title="", summary="", body="")


def _derivation(content: Content) -> tuple[object, ...]:
    return (content.pipeline_version, content.language_confidence, msgspec.json.encode(_wordless(content)))


def _derive(article_id: str, observations: tuple[Observation, ...], contents: dict[str, Content]) -> Article:
    shown: dict[tuple[str, str, str], Observation] = {}
    for seen in observations:
        known = shown.get(seen.line, seen)
        shown[seen.line] = max(known, seen, key=lambda one: (one.last_seen, one.content_hash))
    longest = min(shown.values(), key=lambda seen: (-seen.length, *seen.line))
    text = contents[longest.content_hash]
    first = min(observations, key=lambda seen: (seen.first_seen, *seen.sighting, seen.content_hash))
    dated = min(
        observations,
        key=lambda seen: (
            seen.published_at is None,
            seen.published_at or seen.first_seen,
            seen.first_seen,
            *seen.sighting,
            seen.content_hash,
        ),
    )
    kept = {seen.content_hash for seen in shown.values()}
    return Article(
        article_id=article_id,
        url=first.url,
        title=text.title,
        summary=text.summary,
        body=text.body,
        language=text.language,
        macro=text.macro,
        script=text.script,
        language_confidence=text.language_confidence,
        content_hash=text.content_hash,
        version_id=version_id(article_id, text.content_hash),
        feed_url=first.feed_url,
        native_id=first.native_id,
        source=first.source,
        authors=longest.authors,
        categories=longest.categories,
        published_at=dated.published_at,
        published_raw=dated.published_raw,
        published_reason=dated.published_reason,
        seen_at=first.first_seen,
        updated_at=max(seen.first_seen for seen in observations),
        history=all(seen.history for seen in observations),
        sightings=tuple(_sighting(key, observations) for key in sorted({seen.sighting for seen in shown.values()})),
        observations=observations,
        contents=tuple(contents[key] if key in kept else _wordless(contents[key]) for key in sorted(contents)),
    )


def _sighting(key: tuple[str, str], observations: tuple[Observation, ...]) -> Sighting:
    same = [seen for seen in observations if seen.sighting == key]
    latest = max(same, key=lambda one: (one.last_seen, one.content_hash))
    return Sighting(
        feed_url=latest.feed_url,
        native_id=latest.native_id,
        url=latest.url,
        first_seen=min(seen.first_seen for seen in same),
        last_seen=latest.last_seen,
    )
