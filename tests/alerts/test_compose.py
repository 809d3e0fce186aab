from __future__ import annotations

import email
import email.policy
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode

from alerts.compose import compose
from alerts.decide import decide
from alerts.settings import MailSettings
from alerts.view import safe_link, span_of_time
from schemas.errors import RecordError
from schemas.hit import Hit, Span
from tests.alerts.records import hit, serbian, told
from tests.samples import NOON

if TYPE_CHECKING:
    from email.message import EmailMessage

SETTINGS = MailSettings(
    sender="Надзор <wirewatch@newsroom.example>",
    domain="wirewatch.example",
    time_zone="Europe/Belgrade",
    base_url="https://watch.newsroom.example",
)
SENT = NOON + timedelta(seconds=4)
KNOWN = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "List-Id",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
]


def composed(*hits: Hit, recipient: str = "desk@newsroom.example", **changes: Any) -> EmailMessage:
    """The mail of `hits` as a mail program reads it from the bytes."""
    (row,) = decide(told(*hits), {}, (recipient,), SETTINGS.domain, NOON)
    row = msgspec.structs.replace(row, alert=msgspec.structs.replace(row.alert, **changes))
    return email.message_from_bytes(compose(row, SETTINGS, SENT).as_bytes(), policy=email.policy.default)


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    content: str = found.get_content()
    return content.replace("\r\n", "\n")


def first(page: LexborHTMLParser, selector: str) -> LexborNode:
    found = page.css_first(selector)
    assert found is not None
    return found


def test_headers() -> None:
    message = composed(serbian())
    assert str(message["From"]) == "Надзор <wirewatch@newsroom.example>"
    assert str(message["To"]) == "desk@newsroom.example"
    assert str(message["Subject"]) == "[Banjska] Састанак у Бањској завршен без договора — Политика"
    assert re.fullmatch(r"<[0-9a-f]{32}@wirewatch\.example>", str(message["Message-ID"]))
    assert (
        str(message["In-Reply-To"]) == str(message["References"]) == f"<story-{serbian().article_id}@wirewatch.example>"
    )
    assert str(message["Date"]) == "Sun, 22 Nov 2026 13:00:04 +0100"
    assert str(message["Auto-Submitted"]) == "auto-generated"
    assert str(message["X-Auto-Response-Suppress"]) == "All"
    assert str(message["List-Id"]) == "<banjska.wirewatch.example>"
    assert str(message["Content-Language"]) == "en, sr-Cyrl"
    assert [child.get_content_type() for child in message.iter_parts()] == ["text/plain", "text/html"]
    assert sorted(message.keys()) == sorted(KNOWN)


def test_text_part_says_everything() -> None:
    text = part(composed(serbian()), "plain")
    for line in (
        "Састанак у «Бањској» завршен без договора",
        "Политика · RS · sr-Cyrl",
        "… после састанка у «Бањској», код Звечана, разговори о северу «Косова» нису дали резултат.",
        "Read it at www.politika.example:",
        "https://www.politika.example/sr/clanak?id=1&strana=2",
        "Why: watchlist Banjska, query main",
        "- «Бањској» as Бањска, concept banjska (title and body, 2 times)",
        "- «Косова» as Косово, concept kosovo (body)",
        "published 22 Nov 2026, 12:55:00 CET",
        "seen      22 Nov 2026, 13:00:01 CET  (+5 min 1 s)",
        "matched   22 Nov 2026, 13:00:02 CET  (+1.0 s)",
        "sent      22 Nov 2026, 13:00:04 CET  (+2.0 s)",
        "All hits of this list: https://watch.newsroom.example/?watchlist=banjska",
    ):
        assert line in text.splitlines(), line


def test_html_part_says_the_same_and_fetches_nothing() -> None:
    html = part(composed(serbian()), "html")
    page = LexborHTMLParser(html)
    shown = first(page, "body").text()
    for words in (
        "Политика",
        "RS",
        "as Бањска, concept banjska",
        "22 Nov 2026, 13:00:04 CET",
        "+2.0 s",
        "www.politika.example",
    ):
        assert words in " ".join(shown.split()), words
    assert [mark.text() for mark in page.css("h1 mark, blockquote mark")] == ["Бањској", "Бањској", "Косова"]
    assert [one.attributes["lang"] for one in page.css("h1, blockquote")] == ["sr-Cyrl", "sr-Cyrl"]
    assert [one.attributes["dir"] for one in page.css("h1, blockquote")] == ["auto", "auto"]
    assert page.css("script, img, link, iframe, object, [src], [background]") == []
    assert "url(" not in html
    assert "@import" not in html
    assert "style" in first(page, "h1").attributes
    assert "prefers-color-scheme: dark" in html
    assert {one.attributes["href"] for one in page.css("a")} == {
        "https://www.politika.example/sr/clanak?id=1&strana=2",
        "https://watch.newsroom.example/?watchlist=banjska",
    }


def test_right_to_left_title_keeps_its_direction_to_itself() -> None:
    title = "قمة كوسوفو تنتهي \u202e\u2066في بانيسكا"
    one = serbian(title=title, language="ar", spans=(Span("title", 4, 10, "كوسوفو", "kosovo", "كوسوفو"),))
    message = composed(one)
    assert str(message["Subject"]) == "[Banjska] قمة كوسوفو تنتهي في بانيسكا — Политика"
    heading = first(LexborHTMLParser(part(message, "html")), "h1")
    assert (heading.attributes["dir"], heading.attributes["lang"]) == ("auto", "ar")
    assert [mark.text() for mark in heading.css("mark")] == ["كوسوفو"]
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", part(message, "plain") + part(message, "html"))


def test_markup_in_a_feed_stays_text() -> None:
    bad = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;{{ 7*7 }}"
    message = composed(serbian(title=bad, excerpt=bad, source=bad, country=bad, watchlist_name=bad, query=bad))
    page = LexborHTMLParser(part(message, "html"))
    assert page.css("script, img") == []
    assert first(page, "h1").text() == bad
    assert first(page, "blockquote").text() == bad
    assert bad in part(message, "plain")


@given(
    title=st.text(),
    source=st.text(max_size=60),
    name=st.text(max_size=60),
    excerpt=st.text(),
    url=st.text(),
    watchlist=st.text(min_size=1),
    language=st.text(max_size=12),
)
def test_no_text_of_a_feed_becomes_a_header_or_markup(**fields: str) -> None:
    name = fields.pop("name")
    message = composed(serbian(**fields, watchlist_name=name))
    assert sorted(message.keys()) == sorted(KNOWN)
    subject = str(message["Subject"])
    assert len(subject) <= 150
    assert not re.search("[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", subject)
    assert message.defects == []
    page = LexborHTMLParser(part(message, "html"))
    assert page.css("script, img, iframe, form") == []
    assert len(page.css("h1")) == 1
    assert part(message, "plain")


@pytest.mark.parametrize(
    "title",
    [
        "Kosovo\r\nBcc: everybody@x.example",
        "Kosovo\nBcc: everybody@x.example",
        "Kosovo\x00\x0b\x0c\x85\u2028\u2029Bcc: everybody@x.example",
        "=?utf-8?q?Kosovo=0D=0ABcc:_everybody=40x.example?=",
        "=?utf-8?b?4oCu?= =?utf-8?q?=00?=",
    ],
)
def test_header_injection(title: str) -> None:
    message = composed(hit(title=title, spans=()))
    assert message["Bcc"] is None
    assert sorted(message.keys()) == sorted(KNOWN)
    assert "\u202e" not in str(message["Subject"])


def test_long_subject_keeps_list_and_source_and_every_space() -> None:
    words = "Састанак у Бањској завршен без договора, ипак " * 9
    subject = str(composed(serbian(title=words))["Subject"])
    assert len(subject) == 150
    assert subject.startswith("[Banjska] Састанак у Бањској")
    assert subject.endswith("… — Политика")
    assert subject.removeprefix("[Banjska] ").removesuffix("… — Политика") in words


def test_ids_longer_than_a_line_are_left_whole() -> None:
    settings = msgspec.structs.replace(SETTINGS, domain=f"{'very-long-name.' * 5}example")
    (row,) = decide(told(hit(watchlist="w" * 63)), {}, ("a@x.example",), settings.domain, NOON)
    raw = compose(row, settings, SENT).as_bytes().decode("ascii")
    for line in (
        f"In-Reply-To: <story-{row.alert.story_id}@{settings.domain}>",
        f"Message-ID: {row.alert.message_id}",
        f"List-Id: <{'w' * 63}.{settings.domain}>",
    ):
        assert line in raw.split("\r\n")


def test_same_row_and_time_give_the_same_mail() -> None:
    one, other = composed(serbian()), composed(serbian())
    # But for the boundary between the parts, which must not be guessed.
    del one["Content-Type"], other["Content-Type"]
    assert one.items() == other.items()
    one, other = composed(serbian()), composed(serbian())
    for kind in ("plain", "html"):
        assert part(one, kind) == part(other, kind)


@pytest.mark.parametrize(
    "recipient", ["", "desk", "@x.example", "desk@", "a@x.example\r\nBcc: b@x.example", "a b@x.example", "a@x..example"]
)
def test_recipient_that_is_no_address(recipient: str) -> None:
    with pytest.raises(RecordError, match="not a mail address"):
        composed(hit(), recipient=recipient)


def test_time_no_zone_can_show_is_an_error_of_this_record() -> None:
    one = serbian(published_at=NOON.replace(year=9999, month=12, day=31, hour=23, minute=30))
    with pytest.raises(RecordError, match="no mail can be composed"):
        composed(one)


@pytest.mark.parametrize(
    ("address", "link", "host"),
    [
        ("https://good.example/a?b=c&d=e#f", "https://good.example/a?b=c&d=e#f", "good.example"),
        ("http://good.example:8080/", "http://good.example:8080/", "good.example"),
        ("https://good.example@evil.example/", "https://good.example@evil.example/", "evil.example"),
        ("https://evil.example\\@good.example/", "https://evil.example/@good.example/", "evil.example"),
        ('https://x.example/"><b>', "https://x.example/%22%3E%3Cb%3E", "x.example"),
        ("https://x.example/a\nb c", "https://x.example/a%0Ab%20c", "x.example"),
        ("https://вести.срб/чланак", "https://вести.срб/чланак", "вести.срб (xn--b1agj9af.xn--90a3ac)"),
    ],
)
def test_links_are_safe_and_name_the_host_one_lands_on(address: str, link: str, host: str) -> None:
    found = safe_link(address)
    assert found is not None
    assert (found.address, found.host) == (link, host)


@pytest.mark.parametrize(
    "address",
    ["", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//x.example", "https://", "https://[", "x"],
)
def test_other_addresses_are_no_links(address: str) -> None:
    assert safe_link(address) is None
    assert "gave no web address" in part(composed(serbian(url=address)), "plain")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0.0 s"), (0.44, "0.4 s"), (12.9, "12 s"), (185, "3 min 5 s"), (7800, "2 h 10 min"), (3 * 86400, "3 days")],
)
def test_durations_read_as_people_say_them(seconds: float, said: str) -> None:
    assert span_of_time(timedelta(seconds=seconds)) == said


def test_source_without_a_name_is_called_by_its_host() -> None:
    one = serbian(source="", feed_url="https://feeds.politika.example/rss?all")
    assert str(composed(one)["Subject"]).endswith(" — feeds.politika.example")
    assert "feeds.politika.example · RS · sr-Cyrl" in part(composed(one), "plain").splitlines()


def test_without_a_date_it_says_so() -> None:
    assert "published no usable date in the feed" in part(composed(serbian(published_at=None)), "plain")
