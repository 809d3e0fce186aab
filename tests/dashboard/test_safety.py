from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.safety import host, printable


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://kossev.info/a?b=c#d", "kossev.info"),
        ("HTTP://Example.COM:8080/", "example.com"),
        ("https://bbc.com@evil.example/x", "evil.example"),
        ("https://bbc.com:pass@evil.example:81", "evil.example"),
        (r"https://evil.example\@bbc.com/", "evil.example"),
        ("https://вести.рф/1", "xn--b1agj9af.xn--p1ai"),
        ("https://[2001:db8::1]:8080/", "[2001:db8::1]"),
        ("https://a.example/мир и вода", "a.example"),
    ],
)
def test_the_host_is_the_one_a_browser_goes_to(address: str, shown: str) -> None:
    assert host(address) == shown


@pytest.mark.parametrize(
    "address",
    [
        "",
        "javascript:alert(1)",
        "java\tscript:alert(1)",
        " https://a.example/",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "ftp://a.example/",
        "//a.example/",
        "/relative",
        "https:a.example",
        "https:///a.example",
        "https://",
        "https://a.example\n.evil.example/",
        "https://%65vil.example/",
        "https://a b.example/",
        "https://a.example/\u202eexe.jpg",
        "https://a.example:port/",
        "https://..example/",
    ],
)
def test_what_is_not_a_plain_web_address_is_never_linked(address: str) -> None:
    assert host(address) == ""


@given(st.text())
def test_printable_text_can_be_sent_and_reorders_nothing(text: str) -> None:
    shown = printable(text)
    shown.encode()
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x00\x1b\x7f\x9f")
    assert printable(shown) == shown


def test_arabic_keeps_its_marks() -> None:
    assert printable("كوسوفو\u200f (1244)") == "كوسوفو\u200f (1244)"
