"""What users of other readers complained about, as documents of our own: one row a complaint, named by its thread."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from connectors.feeds.documents.document import ParsedDocument, ParseRequest, RawEntry, Unreadable
from connectors.feeds.documents.parse import parse
from schemas.feed import FeedStatus

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)


def item(inside: str, native: str = "1") -> str:
    return f"<item><guid isPermaLink='false'>{native}</guid>{inside}</item>"


def rss(*items: str, head: str = "") -> str:
    return f"{head}<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel>{''.join(items)}</channel></rss>"


def answer(
    document: str | bytes, content_type: str = "", **more: Any
) -> tuple[ParsedDocument | None, Unreadable | None]:
    body = document if isinstance(document, bytes) else document.encode()
    return parse(ParseRequest(body=body, content_type=content_type, now=NOW, **more))


def entries(document: str | bytes, content_type: str = "", **more: Any) -> tuple[RawEntry, ...]:
    read, why = answer(document, content_type, **more)
    assert read is not None, why
    return read.entries


class Date(NamedTuple):
    thread: str
    raw: str
    at: datetime | None
    reason: str


DATES = [
    Date("mediacloud/metadata-lib#103", "9999-12-31T00:00:00Z", None, "implausible"),
    Date("mediacloud/metadata-lib#103", "Fri, 20 Nov 2027 10:30:00 GMT", None, "implausible"),
    Date("mediacloud/web-tools#1469", "", None, "missing"),
    Date("OpenCTI-Platform/opencti#5028", "Fri, 20 Nov 2026 12:30:00 CEST", DAY, "published"),
    Date("kurtmckee/feedparser#20", "Fri, 20 Nov 2026 12:30:00 MEST", DAY, "published"),
    Date("kurtmckee/feedparser#75", "Fri, 20 Nov", None, "unreadable"),
    Date("kurtmckee/feedparser#75", "2026-11-20T10:", None, "unreadable"),
    Date("feedbin/support#269", "Sun, 22 Nov 2026 12:30:00 GMT", None, "implausible"),
    Date("miniflux/v2#2971", "2026-11-22T23:59:59+00:00", None, "implausible"),
    Date("superdesk/superdesk#3269", "Fri, 20 Nov 2026 12:30:00 +02:00", DAY, "published"),
    Date("miniflux/v2#51", "Tue, 01 Jan 2041 00:00:00 GMT", None, "implausible"),
]


@pytest.mark.parametrize("date", DATES, ids=lambda date: f"{date.thread} {date.raw}")
def test_a_date_is_right_or_left_open(date: Date) -> None:
    (entry,) = entries(rss(item(f"<title>x</title><pubDate>{date.raw}</pubDate>")))
    assert (entry.published_at, entry.published_reason, entry.published_raw) == (date.at, date.reason, date.raw)


@pytest.mark.parametrize("declared", ["windows-1251", "cp1251", "", "iso-8859-1"])
def test_cyrillic_in_its_old_encoding(declared: str) -> None:
    """Athou/commafeed#681 and dauphine-dev/drop-feeds#22."""
    head = f"<?xml version='1.0' encoding='{declared}'?>" if declared else ""
    words = "Жители столицы вышли на улицы после долгого заседания правительства"
    assert entries(rss(item(f"<title>{words}</title>"), head=head).encode("cp1251"))[0].title == words


def test_a_declared_encoding_that_the_header_contradicts() -> None:
    """kurtmckee/feedparser#81: us-ascii in the header of a UTF-8 document."""
    assert entries(rss(item("<title>Шта је ново</title>")), "text/xml; charset=us-ascii")[0].title == "Шта је ново"


def test_a_few_bad_bytes_in_utf_8() -> None:
    """kurtmckee/feedparser#421."""
    body = rss(*(item("<title>Žvečan, Đakovica</title>", str(n)) for n in range(30))).encode() + b"<!-- \xe9 -->"
    assert entries(body)[0].title == "Žvečan, Đakovica"


def test_one_invalid_character_loses_no_feed() -> None:
    """simplepie/simplepie#860."""
    found = entries(rss(item("<title>be\x0bfore\x08</title>"), item("<title>after</title>", "2")))
    assert [entry.title for entry in found] == ["be fore", "after"]


@pytest.mark.parametrize("written", ["Ren&eacute;e", "Ren&amp;eacute;e", "Ren&#233;e", "<![CDATA[Ren&eacute;e]]>"])
def test_an_html_entity_in_a_name(written: str) -> None:
    """simplepie/simplepie#392."""
    (entry,) = entries(rss(item(f"<title>x</title><dc:creator>{written}</dc:creator>")))
    assert entry.authors == ("Renée",)


def test_items_of_one_moment_are_all_there() -> None:
    """OpenCTI-Platform/opencti#15231."""
    same = "<pubDate>Fri, 20 Nov 2026 10:30:00 GMT</pubDate>"
    assert len(entries(rss(*(item(f"<title>{n}</title>{same}", str(n)) for n in range(20))))) == 20


def test_items_of_one_id_or_one_link_are_all_there() -> None:
    """FreshRSS/FreshRSS#3126 and #6658."""
    assert len(entries(rss(*(item(f"<title>{n}</title>") for n in range(14))))) == 14
    linked = (f"<item><title>{n}</title><link>https://a.example/</link></item>" for n in range(14))
    assert len(entries(rss(*linked))) == 14


def test_the_clock_of_the_server_is_no_date() -> None:
    """mediacloud/web-tools#1469: the date of collection makes a peak on the final day."""
    stamped = "<title>x</title><pubDate>Sun, 22 Nov 2026 12:00:10 GMT</pubDate>"
    found, _ = answer(rss(*(item(stamped, str(n)) for n in range(5))))
    assert found is not None
    assert {(entry.published_at, entry.published_reason) for entry in found.entries} == {(None, "generated")}
    assert "the server's clock" in found.notes[0]


@pytest.mark.parametrize(
    ("thread", "document", "status", "words"),
    [
        ("feedbin/feedbin#172", rss(), None, ""),
        ("feedbin/feedbin#172", "  ", FeedStatus.EMPTY, "white space"),
        ("stringer-rss/stringer#229", "<opml><body/></opml>", FeedStatus.MALFORMED, "no RSS, RDF or Atom"),
        ("stringer-rss/stringer#229", '{"error": "not found"}', FeedStatus.MALFORMED, "no list of items"),
        ("nextcloud/news#3037", "<!DOCTYPE html><html><title>Just a moment...</title>", FeedStatus.HTML, "Just a moment"),
    ],
)  # fmt: skip
def test_each_kind_of_nothing_is_told_apart(thread: str, document: str, status: FeedStatus | None, words: str) -> None:
    read, why = answer(document)
    assert (why.status if why else None) == status, thread
    assert (read is not None and not read.entries) == (status is None)
    assert words in (why.reason if why else "")


@pytest.mark.parametrize(
    "document",
    [
        "<rss><channel><item><title>&#xD83D;&#xDE00; good</title></item></channel></rss>",
        "<rss><channel><item><title>good</title><georss:point xmlns:georss='http://www.georss.org/georss'>x</georss:point></item></channel></rss>",
        "<rss><channel><item><title>good</title><pubDate>-1-1-1T99:99:99</pubDate></item></channel></rss>",
        "<rss><channel><item><title>good</title><link>http://[::1</link></item></channel></rss>",
        "<rss><channel><item><title>good</title><enclosure url='http://[' length='x'/></item></channel></rss>",
        "<rss xml:base='http://[bad'><channel><item><title>good</title><link>x</link></item></channel></rss>",
        "<rss><channel><item><title>good</title><media:content xmlns:media='http://search.yahoo.com/mrss/' url=''/></item></channel></rss>",
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>good</title><content type='x/y' mode='base64'>%%%</content></entry></feed>",
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>good</title><link/></entry></feed>",
        "<!DOCTYPE rss [<!ENTITY % x '\ud7ff'>]><rss><channel><item><title>good</title></item></channel></rss>",
    ],
    ids=range(10),
)
def test_malformed_documents_that_raise_elsewhere(document: str) -> None:
    """kurtmckee/feedparser#599 and #277."""
    assert "good" in entries(document)[0].title
