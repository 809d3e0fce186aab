"""A page over a real index, run by the real server in a thread, with news to put into it."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from connectors.feeds.polling.state import SqliteFeedStates
from connectors.index.embedded import EmbeddedIndex
from dashboard.app import Health, Sources, create_app
from dashboard.discover import Discover
from dashboard.login import Credentials
from dashboard.server import PageServer
from schemas.article import Content, of_item, version_of_item
from schemas.feed import FeedSource, FeedState, FeedStatus, FetchRecord
from schemas.hit import Hit, Span
from schemas.identity import article_id_of_address, content_hash, hit_id, item_id, version_id
from schemas.item import FeedItem, Outlet
from schemas.watchlist import Watchlist
from tests.samples import NOON

FEED = FeedSource(feed_url="https://outlet.example/rss", name="Outlet", language="sr-Cyrl", country="RS")


@dataclass
class Newsroom:
    """What the page is made from, and ways to make news."""

    index: EmbeddedIndex
    states: SqliteFeedStates
    clock: datetime = NOON + timedelta(hours=1)
    feeds: tuple[FeedSource, ...] = (FEED,)
    watchlists: tuple[Watchlist, ...] = (
        Watchlist(id="kosovo", name="Kosovo", queries={"main": "kosovo"}),
        Watchlist(id="banjska", name="Banjska", queries={"main": "banjska"}),
    )
    healthy: bool = True
    discover: Discover | None = None

    def sources(self) -> Sources:
        return Sources(
            hits=self.index,
            articles=self.index,
            feed_states=self.states,
            feeds=lambda: self.feeds,
            watchlists=lambda: self.watchlists,
            metrics=lambda: "wirewatch_items_total 7\n",
            health=lambda: Health(self.healthy, {"poller": "running" if self.healthy else "stuck"}),
            now=lambda: self.clock,
            discover=self.discover,
        )

    def publish(self, *hits: Hit) -> None:
        self.index.put(hits, ())

    def polled(self, feed: FeedSource, status: FeedStatus, reason: str, failures: int = 0) -> None:
        record = FetchRecord(feed_url=feed.feed_url, fetched_at=NOON, status=status, reason=reason)
        state = FeedState(
            feed_url=feed.feed_url,
            failures=failures,
            last_fetch=record,
            last_ok_at=NOON - timedelta(hours=failures),
            last_new_at=NOON - timedelta(hours=2),
        )
        self.states.save(state, {})


def news(
    number: int,
    title: str,
    body: str = "",
    *,
    words: Sequence[str] = (),
    language: str = "en",
    watchlist: str = "kosovo",
    **changes: Any,
) -> Hit:
    """A hit on article `number`: `words` are found in title and body, each wherever it stands."""
    item = entry(number, title, body, url=changes.pop("url", None))
    spans = [
        Span(name, at, at + len(word), word, watchlist, word)
        for name, text in (("title", title), ("body", body))
        for word in words
        for at in range(len(text))
        if text.startswith(word, at)
    ]
    hit = Hit(
        hit_id=hit_id(item.article_id, item.content_hash, watchlist, "main"),
        article_id=item.article_id,
        version_id=item.version_id,
        content_hash=item.content_hash,
        url=item.url,
        title=title,
        excerpt=body,
        source="Outlet",
        country="RS",
        feed_url=item.feed_url,
        native_id=item.native_id,
        language=language,
        watchlist=watchlist,
        watchlist_name=watchlist.title(),
        query="main",
        spans=tuple(spans),
        published_at=item.published_at,
        seen_at=item.seen_at,
        matched_at=item.seen_at,
    )
    return msgspec.structs.replace(hit, **changes)


def entry(
    number: int, title: str, body: str = "", *, url: str | None = None, seen_at: datetime | None = None
) -> FeedItem:
    """The item behind `news(number, title, body)`."""
    native = f"native-{number}"
    words = content_hash("feed", title, "", body)
    article = article_id_of_address(f"https://outlet.example/{number}")
    return FeedItem(
        feed_url=FEED.feed_url,
        native_id=native,
        id_policy="guid",
        item_id=item_id(FEED.feed_url, "guid", native),
        article_id=article,
        keyed_by="address",
        content_hash=words,
        version_id=version_id(article, words),
        op="new",
        url=f"https://outlet.example/{number}" if url is None else url,
        title=title,
        body=body,
        source=Outlet(name="Outlet", country="RS", language="sr-Cyrl"),
        published_at=NOON - timedelta(minutes=5),
        seen_at=seen_at or NOON + timedelta(seconds=number),
    )


def keep(index: EmbeddedIndex, *items: FeedItem, language: str = "en") -> None:
    """Put the articles and versions of `items` into the index."""
    for item in items:
        content = Content(content_hash=item.content_hash, title=item.title, body=item.body, language=language)
        index.apply([of_item(item, content)], [version_of_item(item, content)])


@dataclass
class Page:
    """A running page."""

    server: PageServer
    port: int
    address: str

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("GET", path, headers=dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Event:
    name: str
    id: str
    data: str


class Reader:
    """An event stream read as bytes come, without any client library."""

    def __init__(self, port: int, path: str = "/events", last_event_id: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        self._connection.request("GET", path, headers=headers)
        self.answer = self._connection.getresponse()
        self.comments: list[str] = []
        self.retry = ""

    def events(self, *names: str) -> Iterator[Event]:
        """Events of these names (all when none is given) until the server ends the stream."""
        event = Event("message", "", "")
        while raw := self.answer.readline():
            line = raw.decode().rstrip("\n")
            key, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not line:
                if event.data and (not names or event.name in names):
                    yield event
                event = Event("message", "", "")
            elif not key:
                self.comments.append(value)
            elif key == "data":
                event.data += value + "\n"
            elif key == "event":
                event.name = value
            elif key == "id":
                event.id = value
            elif key == "retry":
                self.retry = value

    def hits(self, count: int) -> list[Event]:
        """The next `count` hits; fewer when the stream ends before."""
        found: list[Event] = []
        for event in self.events("hit"):
            found.append(event)
            if len(found) == count:
                break
        return found

    def close(self) -> None:
        self.answer.close()
        self._connection.close()


@contextmanager
def serving(newsroom: Newsroom, hosts: Sequence[str] = (), login: Credentials | None = None) -> Iterator[Page]:
    """The page of `newsroom` on a free port; stopped at the end of the block, and stopped in time."""
    server = PageServer(create_app(newsroom.sources(), hosts, login), "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, name="page")
    thread.start()
    try:
        wait_until(lambda: server.started)
        port = server.ports[0]
        yield Page(server, port, f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive(), "the server did not stop"


def wait_until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
