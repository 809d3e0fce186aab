from __future__ import annotations

import asyncio
import json
import time
from calendar import timegm
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import aiohttp
import feedparser
import pytest
import yaml

from connectors.feeds.documents.document import ParseRequest
from connectors.feeds.documents.parse import parse
from connectors.feeds.items.entries import Origin, build
from connectors.sample_documents import FORMATS, Channel, Entry, article_page
from connectors.sample_wire import ENTRIES, SampleWire
from connectors.watchlists import WatchlistPaths
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.document import Document
from pipelines.matching.load import load_watchlists
from schemas.errors import WirewatchError
from schemas.feed import FeedSource, FeedState
from schemas.item import FeedItem

TEXT = resources.files("examples").joinpath("sample_wire.yaml").read_text("utf-8")
SCRIPT = yaml.safe_load(TEXT)
START = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Reader:
    """A client that reads whole feeds over HTTP."""

    def __init__(self, sources: tuple[FeedSource, ...], session: aiohttp.ClientSession) -> None:
        self.sources = sources
        self.session = session

    async def get(self, url: str, **headers: str) -> tuple[int, bytes, Mapping[str, str]]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.get(url, headers=named) as answer:
            return answer.status, await answer.read(), answer.headers

    async def entries(self, source: FeedSource) -> list[dict[str, str]]:
        status, body, _ = await self.get(source.feed_url)
        assert status == 200
        return parsed(source.feed_url, body)

    async def all(self) -> list[dict[str, str]]:
        return [entry for source in self.sources for entry in await self.entries(source)]


def parsed(url: str, body: bytes) -> list[dict[str, str]]:
    """What a feed reader makes of the document: id, url, title, content and time of each entry."""
    if url.endswith(".json"):
        document = json.loads(body)
        assert document["version"] == "https://jsonfeed.org/version/1.1"
        return [
            {
                "id": item["id"],
                "url": item["url"],
                "title": item["title"],
                "content": item["content_html"],
                "at": item["date_published"],
            }
            for item in document["items"]
        ]
    found = feedparser.parse(body, response_headers={"content-type": "application/xml; charset=utf-8"})
    assert not found.bozo
    assert found.version == ("rss20" if url.endswith(".rss") else "atom10")
    assert all(entry.author and entry.tags and entry.summary for entry in found.entries)
    return [
        {
            "id": entry.id,
            "url": entry.link,
            "title": entry.title,
            "content": entry.content[0].value,
            "at": datetime.fromtimestamp(timegm(entry.published_parsed), UTC).isoformat(),
        }
        for entry in found.entries
    ]


def served(use: Callable[[Reader], Awaitable[None]], wire: SampleWire) -> None:
    async def run() -> None:
        sources = await wire.start()
        try:
            async with aiohttp.ClientSession() as session:
                await use(Reader(sources, session))
        finally:
            await wire.stop()

    asyncio.run(run())


def titles(entries: Iterable[dict[str, str]]) -> set[str]:
    return {entry["title"] for entry in entries}


def test_one_source_for_each_outlet() -> None:
    async def use(reader: Reader) -> None:
        for source, outlet in zip(reader.sources, SCRIPT["outlets"], strict=True):
            assert source.feed_url.startswith("http://127.0.0.1:")
            assert source.feed_url.endswith(f"/feeds/{outlet['id']}.{outlet['format']}")
            assert (source.name, source.country, source.language, source.kind) == (
                outlet["name"],
                outlet["country"],
                outlet["language"],
                outlet["kind"],
            )
            status, body, headers = await reader.get(source.site_url)
            assert status == 200
            assert outlet["name"] in body.decode()
            assert headers["Content-Security-Policy"] == "default-src 'none'"

    served(use, SampleWire(TEXT, now=Clock()))


def test_the_first_items_are_there_at_once_with_fresh_dates() -> None:
    async def use(reader: Reader) -> None:
        found = await reader.all()
        assert titles(found) == {item["title"] for item in SCRIPT["items"][:6]}
        for entry in found:
            age = START - datetime.fromisoformat(entry["at"])
            assert timedelta() < age <= timedelta(minutes=6)

    served(use, SampleWire(TEXT, now=Clock()))


def test_one_more_item_appears_each_time_dated_then() -> None:
    clock = Clock()

    async def use(reader: Reader) -> None:
        before = {entry["url"] for entry in await reader.all()}
        clock.forward(3.9)
        assert {entry["url"] for entry in await reader.all()} == before
        clock.forward(0.1)
        fresh = [entry for entry in await reader.all() if entry["url"] not in before]
        assert titles(fresh) == {SCRIPT["items"][6]["title"]}
        assert {datetime.fromisoformat(entry["at"]) for entry in fresh} == {clock.moment}

    served(use, SampleWire(TEXT, now=clock, every=4.0))


def test_every_item_appears_in_all_its_outlets_under_one_address() -> None:
    clock = Clock()
    seen: dict[str, dict[str, set[str]]] = {}

    async def use(reader: Reader) -> None:
        clock.forward(4 * (len(SCRIPT["items"]) - 6))
        for source in reader.sources:
            outlet = source.feed_url.rpartition("/")[2].partition(".")[0]
            for entry in await reader.entries(source):
                seen.setdefault(entry["title"], {}).setdefault(entry["url"], set()).add(outlet)

    served(use, SampleWire(TEXT, now=clock))
    for item in SCRIPT["items"]:
        outlets = item["outlet"] if isinstance(item["outlet"], list) else [item["outlet"]]
        ((url, found),) = seen[item["title"]].items()
        assert found == set(outlets)
        assert url.endswith(f"/{item['slug']}")
    assert len(seen) == len(SCRIPT["items"])


def test_the_wire_goes_on_with_another_edition_and_short_documents() -> None:
    clock = Clock()
    length = len(SCRIPT["items"])

    async def use(reader: Reader) -> None:
        first = await reader.all()
        clock.forward(4 * length)
        second = await reader.all()
        assert titles(first) <= titles(second)
        again = [entry for entry in second if entry["title"] == first[0]["title"]]
        assert len({entry["url"] for entry in again}) == len({entry["id"] for entry in again}) == 2
        clock.forward(4 * length * 40)
        for source in reader.sources:
            entries = await reader.entries(source)
            assert len(entries) == ENTRIES
            assert [entry["at"] for entry in entries] == sorted((entry["at"] for entry in entries), reverse=True)
        status, _, _ = await reader.get(first[0]["url"])
        assert status == 200, "an article of an old edition keeps its page"

    served(use, SampleWire(TEXT, now=clock))


def test_each_start_has_addresses_and_ids_of_its_own() -> None:
    clock = Clock()
    rounds: list[list[dict[str, str]]] = []

    async def use(reader: Reader) -> None:
        rounds.append(await reader.all())

    wire = SampleWire(TEXT, now=clock)
    served(use, wire)
    clock.forward(0.001)
    served(use, wire)
    first, second = rounds
    assert titles(first) == titles(second)
    for key in ("id", "url"):
        paths = [{entry[key].removeprefix("http://127.0.0.1:").lstrip("0123456789") for entry in one} for one in rounds]
        assert not paths[0] & paths[1]


@pytest.mark.parametrize("header", ["ETag", "Last-Modified"])
def test_a_feed_without_news_answers_not_modified(header: str) -> None:
    clock = Clock()
    condition = {"ETag": "If_None_Match", "Last-Modified": "If_Modified_Since"}[header]

    async def use(reader: Reader) -> None:
        for source in reader.sources:
            status, body, headers = await reader.get(source.feed_url)
            assert (status, headers["Cache-Control"]) == (200, "no-cache")
            assert body
            status, body, again = await reader.get(source.feed_url, **{condition: headers[header]})
            assert (status, body, again[header]) == (304, b"", headers[header])
        outlet = SCRIPT["items"][6]["outlet"]
        (changing,) = [source for source in reader.sources if f"/{outlet}." in source.feed_url]
        _, _, headers = await reader.get(changing.feed_url)
        clock.forward(4)
        status, _, again = await reader.get(changing.feed_url, **{condition: headers[header]})
        assert status == 200
        assert again[header] != headers[header]

    served(use, SampleWire(TEXT, now=clock))


def test_a_stale_tag_wins_over_a_fresh_date() -> None:
    async def use(reader: Reader) -> None:
        url = reader.sources[0].feed_url
        _, _, headers = await reader.get(url)
        status, _, _ = await reader.get(url, If_None_Match='"old"', If_Modified_Since=headers["Last-Modified"])
        assert status == 200

    served(use, SampleWire(TEXT, now=Clock()))


def test_every_link_leads_to_the_words() -> None:
    clock = Clock()

    async def use(reader: Reader) -> None:
        clock.forward(4 * (len(SCRIPT["items"]) - 6))
        by_title = {item["title"]: item for item in SCRIPT["items"]}
        for entry in await reader.all():
            status, body, headers = await reader.get(entry["url"])
            assert status == 200
            assert headers["Content-Type"] == "text/html; charset=utf-8"
            item = by_title[entry["title"]]
            page = body.decode()
            assert page.count(f"<h1>{item['title']}</h1>") == 1
            words = item["body"].replace("&nbsp;", "\u00a0").replace("<p>", "").split("</p>")[0]
            assert " ".join(words.split()) in " ".join(page.split())

    served(use, SampleWire(TEXT, now=clock))


def test_what_is_not_there_yet_is_not_found() -> None:
    clock = Clock()

    async def use(reader: Reader) -> None:
        entry = (await reader.entries(reader.sources[0]))[0]
        front, edition, slug = entry["url"].rsplit("/", 2)
        base = front.rpartition("/")[0]
        later = SCRIPT["items"][20]
        for url in (
            f"{front}/{edition}x/{slug}",
            f"{front}/20200101000000000-1/{slug}",
            f"{front}/{edition[:-1]}0/{slug}",
            f"{front}/{edition}/nothing",
            f"{base}/nobody/{edition}/{slug}",
            f"{base}/{later['outlet']}/{edition}/{later['slug']}",
            f"{base}/nobody/",
            f"{base}/feeds/nobody.rss",
            reader.sources[0].feed_url.replace(".rss", ".atom"),
        ):
            status, _, _ = await reader.get(url)
            assert status == 404, url

    served(use, SampleWire(TEXT, now=clock))


def test_stopping_is_quick_with_a_connection_open() -> None:
    async def run() -> float:
        wire = SampleWire(TEXT, now=Clock())
        sources = await wire.start()
        port = urlsplit(sources[0].feed_url).port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await reader.readline() == b"HTTP/1.1 404 Not Found\r\n"
        before = time.monotonic()
        await wire.stop()
        await wire.stop()
        seconds = time.monotonic() - before
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        return seconds

    assert asyncio.run(run()) < 2


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("format: rss", "format: gopher", "gopher"),
        ("outlet: glasnik-doline", "outlet: nobody", "nobody"),
        ("slug: radovi-na-putu-kroz-banjsku", "slug: operators-agree-maintenance-calendar", "slug"),
        ("outlets:", "outlets: [", "sample wire"),
    ],
)
def test_a_broken_wire_says_so(old: str, new: str, named: str) -> None:
    with pytest.raises(WirewatchError, match=named):
        SampleWire(TEXT.replace(old, new, 1), now=Clock())


def test_the_default_lists_find_in_it_what_it_says() -> None:
    items: list[FeedItem] = []

    async def use(reader: Reader) -> None:
        for source in reader.sources:
            _, body, headers = await reader.get(source.feed_url)
            document, fault = parse(ParseRequest(body=body, content_type=headers["Content-Type"], now=START))
            assert document is not None, fault
            assert not document.notes
            state = FeedState(feed_url=source.feed_url)
            built = build(document, Origin(source=source, final_url=source.feed_url, seen_at=START, state=state))
            assert (built.dead, built.keyed_by) == ((), "address")
            items.extend(built.items)

    served(use, SampleWire(TEXT, now=Clock(), first=len(SCRIPT["items"])))
    assert len({item.article_id for item in items}) == len(SCRIPT["items"])
    assert {(item.id_policy, item.published_reason, item.history) for item in items} == {("guid", "published", False)}
    files = WatchlistPaths((Path(str(resources.files("examples").joinpath("watchlists"))),)).read()
    matcher = compile_watchlists(load_watchlists(files))
    expected = {item["slug"]: set(item["matches"]) for item in SCRIPT["items"]}
    for item in items:
        matches = matcher.match(Document(title=item.title, summary=item.summary, body=item.body))
        assert {match.watchlist.id for match in matches} == expected[item.url.rpartition("/")[2]], item.title


HOSTILE = "</title><script>alert(1)</script> ]]> & < \" '"


@pytest.mark.parametrize("form", list(FORMATS))
def test_text_never_becomes_markup(form: str) -> None:
    entry = Entry(
        native_id="urn:x",
        url="http://127.0.0.1/a?b=1&c=2",
        title=HOSTILE,
        summary=HOSTILE,
        body=f"x {HOSTILE}",
        language="en",
        authors=(HOSTILE,),
        categories=(HOSTILE,),
        published_at=START,
    )
    channel = Channel(
        title=HOSTILE,
        language="en",
        feed_url="http://127.0.0.1/feed",
        site_url="http://127.0.0.1/",
        updated_at=START,
        entries=(entry,),
    )
    document = next(write for name, (write, _) in FORMATS.items() if name == form)(channel)
    if form == "json":
        item = json.loads(document)["items"][0]
        assert (item["title"], item["summary"], item["url"]) == (HOSTILE, HOSTILE, entry.url)
        assert item["authors"] == [{"name": HOSTILE}]
        assert "<script>" not in item["content_html"]
    else:
        tree = ET.fromstring(document)
        texts = [element.text for element in tree.iter()] + [element.get("term") for element in tree.iter()]
        assert texts.count(HOSTILE) >= 3
        assert not [element for element in tree.iter() if element.tag.endswith("script")]
    page = article_page(entry, HOSTILE).decode()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
