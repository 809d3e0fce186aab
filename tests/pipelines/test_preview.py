from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from connectors.index.embedded import EmbeddedIndex
from connectors.interfaces import WatchlistFile
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.document import document_of_article
from pipelines.matching.load import load_watchlists
from pipelines.preview import Preview, preview
from schemas.article import Article
from schemas.watchlist import Watchlist
from tests.pipelines.wire_texts import articles, in_order
from tests.samples import NOON, article

OLD = """
lists:
- {id: place, concepts: {p: {any: [Kosovo, Косову, Kosovë], unless_in: [Kosovo Polje]}}, query: p}
- {id: many, queries: {main: 'kosov* NEAR/20 "1244"', law: 'resolut* OR rezoluc*', left: NATO}}
- {id: kept, query: 'косо* OR 科索沃 OR title:banjsk*'}
- {id: given-up, query: summit}
"""
NEW = """
lists:
- {id: place, concepts: {p: {any: ['kosov*', 'Косов*', コソボ]}}, query: p NOT lang:ru}
- {id: many, queries: {main: 'kosov* AND "1244"', law: '"resolut* 1244"', right: '{NATO}'}}
- {id: kept, query: 'косо* OR 科索沃 OR title:banjsk*'}
- {id: fresh, query: 'lang:sq NOT kosov*'}
"""


def lists(text: str) -> tuple[Watchlist, ...]:
    return load_watchlists((WatchlistFile("lists.yaml", text),))


@pytest.fixture(scope="module")
def stored() -> list[Article]:
    return in_order(articles(3000, 7))


@pytest.fixture(scope="module")
def index(stored: list[Article], tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedIndex]:
    opened = EmbeddedIndex(tmp_path_factory.mktemp("preview") / "index.sqlite3")
    opened.apply(stored, [])
    yield opened
    opened.close()


def story_of(article_id: str) -> str:
    return article_id[0]


def hits(watchlists: tuple[Watchlist, ...], found: list[Article]) -> dict[tuple[str, str], list[Article]]:
    """Every article each query and each list hits, by reading them all."""
    matcher = compile_watchlists(watchlists)
    by_key: dict[tuple[str, str], list[Article]] = {}
    for one in found:
        matches = matcher.match(document_of_article(one))
        for key in dict.fromkeys((match.watchlist.id, name) for match in matches for name in ("", match.query)):
            by_key.setdefault(key, []).append(one)
    return by_key


def ids(found: list[Article]) -> set[str]:
    return {one.article_id for one in found}


@pytest.mark.parametrize("since", [None, NOON + timedelta(seconds=400)])
def test_gained_kept_and_lost_are_those_of_reading_everything(
    stored: list[Article], index: EmbeddedIndex, since: datetime | None
) -> None:
    read = [one for one in stored if since is None or one.seen_at >= since]
    now, before = hits(lists(NEW), read), hits(lists(OLD), read)
    found = preview(lists(NEW), lists(OLD), index, since=since, story_of=story_of, zone=ZoneInfo("UTC"), samples=3)
    told = {(one.watchlist, one.query): one for one in found}
    assert set(now) | set(before) <= set(told)
    for key, one in told.items():
        new, old = now.get(key, []), before.get(key, [])
        gained, lost = ids(new) - ids(old), ids(old) - ids(new)
        assert (one.articles, one.before, one.gained, one.lost) == (len(new), len(old), len(gained), len(lost)), key
        assert sum(one.days.values()) == sum(one.languages.values()) == len(new)
        new_stories, old_stories = {story_of(each) for each in ids(new)}, {story_of(each) for each in ids(old)}
        assert one.stories == len(new_stories)
        assert one.gained_stories == len(new_stories - old_stories)
        assert one.lost_stories == len(old_stories - new_stories)
        assert [each.article_id for each in one.samples] == [each.article_id for each in new[:3]]
        assert [each.article_id for each in one.gained_samples] == [
            each.article_id for each in new if each.article_id in gained
        ][:3]
        assert [each.article_id for each in one.lost_samples] == [
            each.article_id for each in old if each.article_id in lost
        ][:3]
    assert told["place", ""].gained > 0 < told["place", ""].lost


def test_each_result_says_what_kind_of_change_it_is(index: EmbeddedIndex) -> None:
    found = preview(lists(NEW), lists(OLD), index, since=NOON, story_of=story_of, zone=ZoneInfo("UTC"))
    assert [(one.watchlist, one.query, one.change) for one in found] == [
        ("place", "", "changed"),
        ("place", "main", "changed"),
        ("many", "", "changed"),
        ("many", "main", "changed"),
        ("many", "law", "changed"),
        ("many", "right", "new"),
        ("many", "left", "gone"),
        ("kept", "", "same"),
        ("kept", "main", "same"),
        ("fresh", "", "new"),
        ("fresh", "main", "new"),
        ("given-up", "", "gone"),
        ("given-up", "main", "gone"),
    ]


def test_without_an_old_side_nothing_is_gained(index: EmbeddedIndex) -> None:
    found = preview(lists(NEW), (), index, since=None, story_of=story_of, zone=ZoneInfo("UTC"))
    assert {(one.change, one.gained, one.lost) for one in found} == {("same", 0, 0)}
    assert found[0].articles == found[0].before > 0


def test_a_day_is_a_day_at_the_desk(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path / "index.sqlite3")
    moments = (NOON, NOON + timedelta(hours=11, minutes=30), NOON + timedelta(hours=12, minutes=30))
    index.apply([article(number, title="Kosovo", seen_at=moment) for number, moment in enumerate(moments)], [])
    (one, _) = preview(
        (Watchlist(id="k", name="K", queries={"main": "kosovo"}),),
        (),
        index,
        since=None,
        story_of=story_of,
        zone=ZoneInfo("Europe/Belgrade"),
    )
    assert list(one.days.items()) == [("2026-11-23", 2), ("2026-11-22", 1)]
    assert one.samples[0].found == ("Kosovo",)
    index.close()


def test_the_result_is_plain_data(index: EmbeddedIndex) -> None:
    found = preview(lists(NEW), lists(OLD), index, since=None, story_of=story_of, zone=ZoneInfo("UTC"))
    assert msgspec.json.decode(msgspec.json.encode(found), type=tuple[Preview, ...]) == found
