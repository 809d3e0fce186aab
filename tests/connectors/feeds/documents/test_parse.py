"""Golden pairs: `documents/NAME.*` and what it must yield, `documents/NAME.*.expected.json`.

`python -m tests.connectors.feeds.documents.test_parse` writes the expectations anew; read the difference before keeping it.
"""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.feeds.documents.document import MAX_ENTRIES, ParsedDocument, ParseRequest, Unreadable
from connectors.feeds.documents.parse import parse
from schemas.feed import FeedStatus
from tests.connectors.feeds.server import item, rss

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DOCUMENTS = sorted(path for path in (Path(__file__).parent / "examples").iterdir() if ".expected" not in path.name)


def read(body: bytes, content_type: str = "") -> ParsedDocument:
    document, why = parse(ParseRequest(body=body, content_type=content_type, now=NOW))
    assert document is not None, why
    return document


def refused(body: bytes) -> Unreadable:
    document, why = parse(ParseRequest(body=body, now=NOW))
    assert document is None
    assert why is not None
    return why


def yielded(path: Path) -> Any:
    return json.loads(msgspec.json.encode(read(path.read_bytes())))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_yields_what_is_written_beside_it(path: Path) -> None:
    assert yielded(path) == json.loads(path.with_name(f"{path.name}.expected.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", FeedStatus.EMPTY, "white space"),
        (b" \n\t ", FeedStatus.EMPTY, "white space"),
        (b"<!DOCTYPE html><html><head><title>Log &amp; in</title>", FeedStatus.HTML, 'web page titled "Log & in"'),
        (b"<!-- x -->\n<html lang=en><body>Sorry</body></html>", FeedStatus.HTML, "web page, not with a feed"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x'><html></html>", FeedStatus.HTML, "web page"),
        (b"<sitemap><url/></sitemap>", FeedStatus.MALFORMED, "no RSS, RDF or Atom"),
        (b"just words", FeedStatus.MALFORMED, "neither XML nor JSON"),
        (bytes(range(256)) * 40, FeedStatus.MALFORMED, "neither XML nor JSON"),
        (b'{"hello": 1}', FeedStatus.MALFORMED, "no list of items"),
        (b'{"hello": ', FeedStatus.MALFORMED, "not valid JSON"),
        (b"{" + b'"a":{' * 100_000, FeedStatus.MALFORMED, "JSON"),
        (rss(item("1", "x"))[:90], FeedStatus.MALFORMED, "cut in the middle, before the end of its first entry"),
        (b'{"version":"https://jsonfeed.org/version/1","items":[{"id":"1"', FeedStatus.MALFORMED, "cut in the middle"),
        (b"<rss><channel><a " + b"b='c' " * 4000 + b"/></channel></rss>", FeedStatus.MALFORMED, "start tag"),
        (b"<rss version='2.0'><channel><title>&</title></channel></rss>", FeedStatus.MALFORMED, "no entry can be read"),
    ],
)
def test_what_is_no_feed_says_so(body: bytes, status: FeedStatus, words: str) -> None:
    why = refused(body)
    assert why.status is status
    assert words in why.reason
    assert "\n" not in why.reason


def test_a_feed_without_entries_is_one() -> None:
    assert read(rss()) == ParsedDocument(title="Wire")


def test_entities_are_never_declared_by_a_feed() -> None:
    laughs = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    for subset in (
        f"<!ENTITY l0 'ha'>{laughs}",
        "<!ENTITY l9 SYSTEM 'file:///etc/passwd'>",
        "<!-- ] --> <!ENTITY l9 ']'>",
    ):
        body = b"<!DOCTYPE rss [" + subset.encode() + b"]>" + rss(item("1", "say &l9;"))[38:]
        (entry,) = read(body).entries
        assert entry.title == "say &l9;"


def test_embedded_images_are_no_reason_to_refuse_a_feed() -> None:
    picture = "data:image/png;base64," + "QUJD" * 10_000
    document = read(
        rss(f"<item><guid>1</guid><description><![CDATA[<p><img src='{picture}'>words]]></description></item>")
    )
    assert document.entries[0].summary == "words"


def test_long_texts_are_cut_and_say_so() -> None:
    (entry,) = read(rss(item("1", "т" * 2000, text="wordy " * 20_000))).entries
    assert (len(entry.title.encode()), len(entry.summary.encode()), entry.truncated) == (1024, 65536, True)


def test_entries_beyond_what_one_document_may_bring_are_set_aside_one_by_one() -> None:
    listed = [{"id": str(number), "title": "x"} for number in range(MAX_ENTRIES + 3)]
    document = read(msgspec.json.encode({"version": "https://jsonfeed.org/version/1.1", "items": listed}))
    assert len(document.entries) == MAX_ENTRIES
    assert [msgspec.json.decode(one.raw)["id"] for one in document.broken] == ["20000", "20001", "20002"]
    assert "beyond the first 20,000" in document.broken[0].reason


@pytest.mark.parametrize(
    ("summary", "body", "kept"),
    [
        ("The same.", "The same.", ""),
        ("The beginning", "The beginning and more", ""),
        ("The beginning of&#8230;", "The beginning of the\n\n text", ""),
        ("The beginning [...]", "The beginning of the text", ""),
        ("Said differently.", "The text", "Said differently."),
        ("The text. Plus this.", "The text.", "The text. Plus this."),
        ("Only a summary", "", "Only a summary"),
    ],
)
def test_a_summary_is_left_out_only_when_the_body_begins_with_it(summary: str, body: str, kept: str) -> None:
    content = f"<content xmlns='http://www.w3.org/2005/Atom'>{body}</content>" if body else ""
    feed = f"<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id><summary>{summary}</summary>{content}</entry></feed>"
    (entry,) = read(feed.encode()).entries
    assert entry.summary == kept


@settings(max_examples=60)
@given(st.integers(0, 400))
def test_a_cut_anywhere_keeps_every_complete_entry(at: int) -> None:
    body = rss(*(item(str(number), f"title {number}", link=f"https://a.example/{number}") for number in range(3)))
    cut = body[:at]
    document, why = parse(ParseRequest(body=cut, now=NOW))
    complete = cut.count(b"</item>")
    if document is None:
        assert complete == 0
        assert why is not None
    else:
        assert [entry.native for entry in document.entries] == [str(number) for number in range(complete)]
        assert document.cut == (at < len(body) - 1)


# feedparser takes UTF-8 read as Latin-1 back (`Â¡` becomes `¡`), which is right more often than not: no Latin-1 here.
LETTERS = st.characters(exclude_categories=["Cs", "Cc"]).filter(lambda letter: not "\x80" <= letter <= "\xff")


@settings(max_examples=60)
@given(st.text(LETTERS, max_size=60))
def test_titles_come_through_escaping_whatever_they_say(title: str) -> None:
    escaped = title.replace("&", "&amp;amp;").replace("<", "&amp;lt;")
    (entry,) = read(rss(item("1", escaped))).entries
    assert entry.title.split() == unicodedata.normalize("NFC", title).split()


if __name__ == "__main__":
    for document in DOCUMENTS:
        expected = json.dumps(yielded(document), ensure_ascii=False, indent=1)
        document.with_name(f"{document.name}.expected.json").write_text(f"{expected}\n", "utf-8")
