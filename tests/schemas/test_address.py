from __future__ import annotations

from schemas.address import absolute, web_parts

BASE = "https://outlet.example/feeds/rss.xml"


def test_addresses_are_absolute_or_none() -> None:
    assert absolute("/a/b", BASE) == "https://outlet.example/a/b"
    assert absolute("c", BASE) == "https://outlet.example/feeds/c"
    assert absolute("//other.example/x", BASE) == "https://other.example/x"
    assert absolute("https://outlet.example/a#b", BASE) == "https://outlet.example/a#b"
    for none in ("", "javascript:alert(1)", "data:text/html,x", "mailto:a@b", "urn:x", "http://[bad", "/" + "x" * 3000):
        assert absolute(none, BASE) == ""
    assert absolute("entry.html", "file:///feeds/feed.xml") == ""


def test_only_http_with_a_host_is_a_web_address() -> None:
    parts = web_parts("HTTPS://Outlet.example/a?b#c")
    assert parts is not None
    assert (parts.scheme, parts.hostname) == ("https", "outlet.example")
    for none in ("", "outlet.example", "ftp://outlet.example/", "http:///x", "http://[::1", "mailto:a@outlet.example"):
        assert web_parts(none) is None
