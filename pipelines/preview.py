"""What watchlists would do, told from the articles already stored: nothing is written, and nobody is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Literal

import msgspec

from connectors.interfaces import Search
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.document import document_of_article
from pipelines.matching.match import QueryMatch
from pipelines.search import candidates_of_lists
from schemas.article import Article
from schemas.time import Time
from schemas.watchlist import Watchlist

Change = Literal["same", "changed", "new", "gone"]
_Key = tuple[str, str]


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One article of those counted, with the words that would be marked in it."""

    article_id: str
    url: str
    title: str
    source: str
    language: str
    seen_at: Time
    found: tuple[str, ...]


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What one query of one list would do; with an empty `query`, the list as a whole, each article once.

    `before` is what the old list does, `gained` and `lost` the difference; a list that is the same on both sides, or has
    no other side, has none. A story counts as gained when the old list has no article of it, as lost the other way.
    """

    watchlist: str
    name: str
    query: str
    change: Change
    since: Time | None
    articles: int
    before: int
    gained: int
    lost: int
    stories: int
    gained_stories: int
    lost_stories: int
    days: dict[str, int]
    """Articles by day of `seen_at` in the desk's time zone, newest first; days without any are left out."""
    languages: dict[str, int]
    """Articles by language, the most first."""
    samples: tuple[Sample, ...]
    """The newest of all, of those gained and of those lost."""
    gained_samples: tuple[Sample, ...]
    lost_samples: tuple[Sample, ...]


class _Tally:
    """One query, or one list, while the articles go by, newest first."""

    def __init__(self) -> None:
        self.articles = self.before = self.gained = self.lost = 0
        self.days: Counter[str] = Counter()
        self.languages: Counter[str] = Counter()
        self.stories: set[str] = set()
        self.stories_before: set[str] = set()
        self.samples: list[Sample] = []
        self.gained_samples: list[Sample] = []
        self.lost_samples: list[Sample] = []

    def count(self, one: Sample, story: str, day: str, *, now: bool, before: bool, most: int) -> None:
        self.before += before
        if before:
            self.stories_before.add(story)
        if now:
            self.articles += 1
            self.days[day] += 1
            self.languages[one.language] += 1
            self.stories.add(story)
            _keep(self.samples, one, most)
        if now and not before:
            self.gained += 1
            _keep(self.gained_samples, one, most)
        if before and not now:
            self.lost += 1
            _keep(self.lost_samples, one, most)


def _keep(samples: list[Sample], one: Sample, most: int) -> None:
    if len(samples) < most:
        samples.append(one)


def preview(
    lists: Sequence[Watchlist],
    old: Sequence[Watchlist],
    index: Search,
    *,
    since: datetime | None,
    story_of: Callable[[str], str],
    zone: tzinfo,
    samples: int = 5,
) -> tuple[Preview, ...]:
    """One result for each list, followed by those of its queries, in the order of `lists`; then what only `old` has.

    `story_of` gives the story of an article by its id. Articles are read one by one, candidates where every query has
    some; memory grows with the stories found alone, by some hundred bytes each.
    """
    known = {watchlist.id: watchlist.content_hash for watchlist in lists}
    altered = tuple(one for one in old if known.get(one.id) != one.content_hash)
    unaltered = {one.id for one in old} - {one.id for one in altered}
    # Without an old side there is nothing to have been gained from.
    if not old:
        unaltered = set(known)
    now_matcher, old_matcher = compile_watchlists(lists), compile_watchlists(altered)
    tallies: dict[_Key, _Tally] = {}
    for article in index.candidates(candidates_of_lists((*lists, *altered), since)):
        document = document_of_article(article)
        now = _by_key(now_matcher.match(document))
        before = _by_key(old_matcher.match(document))
        before.update((key, found) for key, found in now.items() if key[0] in unaltered)
        if not now and not before:
            continue
        story = story_of(article.article_id)
        day = article.seen_at.astimezone(zone).date().isoformat()
        for key in now.keys() | before.keys():
            one = _sample(article, now[key] if key in now else before[key])
            tallies.setdefault(key, _Tally()).count(one, story, day, now=key in now, before=key in before, most=samples)
    gone = tuple(one for one in old if one.id not in known)
    earlier = {one.id: one for one in old}
    return tuple(
        _result(watchlist, query, _change(watchlist, query, earlier.get(watchlist.id), old=bool(old)), since, tallies)
        for watchlist in (*lists, *gone)
        for query in ("", *_queries(watchlist, earlier.get(watchlist.id)))
    )


def _by_key(matches: Iterable[QueryMatch]) -> dict[_Key, tuple[str, ...]]:
    """The words found, by list and query, and under an empty query by list."""
    found: dict[_Key, dict[str, None]] = {}
    for match in matches:
        for query in ("", match.query):
            words = found.setdefault((match.watchlist.id, query), {})
            words.update((span.text, None) for span in match.spans)
    return {key: tuple(words) for key, words in found.items()}


def _sample(article: Article, found: tuple[str, ...]) -> Sample:
    return Sample(
        article_id=article.article_id,
        url=article.url,
        title=article.title,
        source=article.source.name or article.feed_url,
        language=article.language,
        seen_at=article.seen_at,
        found=found,
    )


def _queries(watchlist: Watchlist, earlier: Watchlist | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*watchlist.queries, *(earlier.queries if earlier else ()))))


def _change(watchlist: Watchlist, query: str, earlier: Watchlist | None, *, old: bool) -> Change:
    if not old:
        return "same"
    if earlier is None:
        return "new"
    if earlier is watchlist or query not in {"", *watchlist.queries}:
        return "gone"
    if query not in {"", *earlier.queries}:
        return "new"
    return "same" if earlier.content_hash == watchlist.content_hash else "changed"


def _result(
    watchlist: Watchlist, query: str, change: Change, since: datetime | None, tallies: Mapping[_Key, _Tally]
) -> Preview:
    tally = tallies.get((watchlist.id, query)) or _Tally()
    return Preview(
        watchlist=watchlist.id,
        name=watchlist.name,
        query=query,
        change=change,
        since=since,
        articles=tally.articles,
        before=tally.before,
        gained=tally.gained,
        lost=tally.lost,
        stories=len(tally.stories),
        gained_stories=len(tally.stories - tally.stories_before),
        lost_stories=len(tally.stories_before - tally.stories),
        days=dict(sorted(tally.days.items(), reverse=True)),
        languages=dict(sorted(tally.languages.items(), key=lambda one: (-one[1], one[0]))),
        samples=tuple(tally.samples),
        gained_samples=tuple(tally.gained_samples),
        lost_samples=tuple(tally.lost_samples),
    )
