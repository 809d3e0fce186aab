"""What the golden pairs do not show of sitemaps: indexes, faults, limits."""

from __future__ import annotations

import pytest

from connectors.feeds.documents.document import MAX_ENTRIES, ParsedDocument, ParseRequest
from connectors.feeds.documents.parse import parse
from schemas.feed import FeedStatus
from tests.connectors.feeds.documents.test_parse import NOW, read, refused

NEWS = "xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'"


def url(number: int, title: str = "title") -> str:
    return f"<url><loc>https://a.example/{number}</loc><news:news><news:title>{title}</news:title></news:news></url>"


def test_an_index_names_the_newest_sitemaps_to_add() -> None:
    children = "".join(
        f"<sitemap><loc>https://a.example/{year}.xml</loc><lastmod>{year}-01-01</lastmod></sitemap>"
        for year in range(2010, 2027)
    )
    why = refused(f"<sitemapindex {NEWS}>{children}</sitemapindex>".encode())
    assert why.status is FeedStatus.MALFORMED
    assert why.reason.startswith("a sitemap index of 17 sitemaps, no feed; add those")
    assert "newest first: https://a.example/2026.xml (2026-01-01), https://a.example/2025.xml" in why.reason
    assert "2021" not in why.reason


def test_undefined_entities_and_bare_ampersands_are_what_they_look_like() -> None:
    body = f"<urlset {NEWS}>{url(1, 'Tom & Jerry &nbsp;&mdash; &amp;lt; &nosuch; &#1087;')}</urlset>"
    (entry,) = read(body.encode()).entries
    # The title is read as markup like those of feeds, which escape once too often more than once too rarely.
    assert entry.title == "Tom & Jerry \u00a0\u2014 < &nosuch; п"


@pytest.mark.parametrize("fault", ["<url><loc>https://a.example/2</url>", "<", "</urlset></urlset>", "\x01"])
def test_what_stands_before_a_fault_is_read_and_the_fault_told(fault: str) -> None:
    document = read(f"<urlset {NEWS}>{url(1)}{fault}{url(3)}</urlset>".encode())
    assert document.entries[0].link == "https://a.example/1"
    assert document.notes
    assert "not well-formed XML (line 1: " in document.notes[0]


def test_a_sitemap_that_says_nothing_is_refused_or_empty() -> None:
    assert "no well-formed XML" in refused(f"<urlset {NEWS}><url><loc>https://a.example/</urlset>".encode()).reason
    assert read(f"<urlset {NEWS}></urlset>".encode()) == ParsedDocument()


def test_deep_nesting_is_no_sitemap() -> None:
    assert "nested more than 64 deep" in refused(b"<urlset>" + b"<a>" * 10_000).reason


def test_of_an_archive_the_newest_are_read() -> None:
    dated = (
        f"<url><loc>https://a.example/{number}</loc><lastmod>{2000 + number % 20}-05-05</lastmod></url>"
        for number in range(MAX_ENTRIES + 40)
    )
    document = read(f"<urlset>{''.join(dated)}</urlset>".encode())
    assert len(document.entries) == MAX_ENTRIES
    assert not document.broken
    assert document.entries[0].published_raw == "2019-05-05"
    assert document.notes == ("a sitemap of 20040 addresses, the newest 20000 read",)


def test_an_entry_set_aside_is_converted_again_by_its_form() -> None:
    document, _ = parse(ParseRequest(body=f"<urlset {NEWS}>{url(1)}<url/></urlset>".encode(), now=NOW))
    assert document is not None
    assert [(one.form, one.raw, one.reason) for one in document.broken] == [("sitemap", b"{}", "is empty")]
