from __future__ import annotations

import asyncio
import subprocess
import sys
import time

import pytest

from connectors.feeds.documents.document import BODY_BYTES, PAGE, ParsedDocument, ParseReply, ParseRequest
from connectors.feeds.documents.parse_pool import ParsePool
from tests.connectors.feeds.pages import WORDS, page
from tests.samples import NOON


def read(*documents: bytes, content_type: str = "text/html") -> list[ParseReply]:
    """What one worker says of each, one after the other."""

    async def run() -> list[ParseReply]:
        pool = ParsePool(1)
        try:
            return [
                await pool.parse(ParseRequest(body=document, content_type=content_type, now=NOON, form=PAGE))
                for document in documents
            ]
        finally:
            await pool.close()

    return asyncio.run(run())


def text(document: bytes) -> str:
    """The text of the page in `document`."""
    found = read(document)[0][0]
    assert isinstance(found, ParsedDocument)
    return found.entries[0].body


def test_the_text_is_plain_and_what_belongs_together_stands_together() -> None:
    said = text(
        page(
            "A title",
            f"{WORDS}The <b>price</b>&nbsp;rose by&#32;&lt;b&gt;3 &amp; 4&lt;/b&gt; e\u0301.",
            f"{WORDS}Second.<br>Third   line. \u2028Fourth.",
            "<ul><li>First thing of a list</li><li>Second thing of a list</li></ul>",
            "<table><tr><td>One cell</td><td>Next cell</td></tr></table>",
            WORDS * 3,
        )
    )
    lines = said.split("\n")
    assert "The price rose by <b>3 & 4</b> \u00e9." in said
    assert {"Third line.", "Fourth.", "First thing of a list", "One cell Next cell"} <= set(lines)
    assert "Second." in said
    assert not [line for line in lines if line != line.strip() or "  " in line]


def test_a_document_within_an_attribute_is_no_trap() -> None:
    data = "{&quot;key&quot;: &quot;some words&quot;} " * 4_000
    head = f"<meta name='data' content=\"{data}\"><meta data-x='{data}'>"
    assert text(page("A title", head=head)).count(WORDS.strip()) == 7


def test_a_long_text_is_cut_and_says_so() -> None:
    found = read(page("A title", *(f"{number} {WORDS}" for number in range(6_000))))[0][0]
    assert isinstance(found, ParsedDocument)
    assert BODY_BYTES - 10 <= len(found.entries[0].body.encode()) <= BODY_BYTES
    assert found.entries[0].truncated


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"", "no text"),
        (b" \n\0 ", "no text"),
        (b"<html><head><title>T</title></head><body><script>var x = 1;</script></body></html>", "no text"),
        (b"<html><body><p " + b"a=b " * 20_000 + b">" + WORDS.encode() * 9, "attributes"),
    ],
)
def test_a_page_without_text_is_an_answer(document: bytes, words: str) -> None:
    ((found, why),) = read(document)
    assert found is None
    assert why is not None
    assert words in why.reason


HOSTILE = {
    "deep": b"<html><body>" + b"<div>" * 200_000 + WORDS.encode() * 9,
    "open": b"<" * 1_000_000,
    "entities": b"<html><body><p>" + b"&amp;" * 400_000,
    "paragraphs": b"<html><body>" + b"<p>x" * 400_000,
    "links": b"<html><body>" + b"<a href=x>y</a>" * 200_000,
    "attributes": b"<html><body>" + (b"<p " + b"".join(b"a%d=b " % n for n in range(1_500)) + b">x</p>") * 100,
    "tables": b"<html><body>" + b"<table><tr><td>" * 50_000,
    "laughs": b'<!DOCTYPE html [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><html><body><p>&c;</p></body></html>',
    "file": b'<!DOCTYPE html [<!ENTITY a SYSTEM "file:///etc/hostname">]><html><body><p>&a; ' + WORDS.encode() * 5,
    "garbage": bytes(range(256)) * 8_000,
    "spaces": b" " * 2_000_000 + b"<html><body><p>x</p>",
    "comment": b"<html><body><!--" + b"- " * 500_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_no_page_keeps_a_worker_for_long(name: str) -> None:
    began = time.monotonic()
    hostile, after = read(HOSTILE[name], page("A title"))
    assert time.monotonic() - began < 25
    assert (hostile[0] is None) != (hostile[1] is None)
    assert after[0] is not None


def test_the_poller_itself_does_not_load_the_extractor() -> None:
    program = (
        "import sys, connectors.feeds.poller, connectors.feeds.documents.worker;"
        "sys.exit(bool({'trafilatura', 'lxml', 'justext'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
