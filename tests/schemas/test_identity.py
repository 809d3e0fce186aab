from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.identity import (
    alert_key,
    article_id_of_address,
    article_id_of_item,
    canonical_address,
    content_hash,
    dead_letter_id,
    digest,
    hit_id,
    item_id,
    version_id,
)

PARTS = st.lists(st.text(max_size=8), max_size=4)
ADDRESSES = st.one_of(
    st.builds("http://{}{}".format, st.text(max_size=8), st.text(max_size=12)),
    st.text(max_size=60),
    st.builds(
        "{}://{}{}{}{}{}".format,
        st.sampled_from(("http", "https", "HTTPS", "ftp")),
        st.sampled_from(("a.example", "A.Example.", "xn--80ak6aa92e.com", "бета.рф", "[2001:DB8::1]", "u:p@a.example")),
        st.sampled_from(("", ":80", ":443", ":8080", ":x", ":99999")),
        st.text(st.sampled_from("/.%2Ffаж ~;=&"), max_size=12).map(lambda path: f"/{path}"),
        st.sampled_from(("", "?", "?b=1&a=2&b=0", "?utm_source=x&id=7", "?q=%D0%B6&r=ж", "?a=%2526", "?=&&x")),
        st.sampled_from(("", "#", "#p1", "#utm_x=1", "#:~:text=a", "#p:~:text=a", "#%zz")),
    ),
)


@given(PARTS, PARTS)
@settings(deadline=None)
def test_different_parts_never_run_together(one: list[str], other: list[str]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"), [(("ab", "c"), ("a", "bc")), (("a",), ("a", "")), ((), ("",)), (("", "a"), ("a", ""))]
)
def test_the_length_of_each_part_counts(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert digest(*one) != digest(*other)


@given(st.text())
@settings(deadline=None)
def test_an_id_is_32_hexadecimal_digits_of_any_text(text: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", digest(text))
    assert re.fullmatch(r"[0-9a-f]{32}", digest(text + "\ud800"))


def test_ids_do_not_change_between_releases() -> None:
    assert digest("a", "б") == "d431f22fdd37cf4eff05ededb5909f69"
    assert item_id("https://a.example/rss", "guid", "1") == "a621a4eb48e2ee60ad3baf6ff2a62770"
    assert article_id_of_address("https://a.example/1") == "6edb3cd276707c374e76e01f7915a440"
    assert version_id("a", "c") == "a3d39c63c8715bc3a1bd29ee4346629c"


def test_ids_of_different_things_differ_though_their_parts_are_the_same() -> None:
    ids = [
        digest("a", "b"),
        article_id_of_item("a"),
        article_id_of_address("a"),
        version_id("a", "b"),
        dead_letter_id("a", "b"),
        item_id("a", "b", "c"),
        content_hash("a", "b", "c", "d"),
        hit_id("a", "b", "c", "d"),
        alert_key("a", "b", "c", "d", "e"),
    ]
    assert len(set(ids)) == len(ids)


@given(ADDRESSES)
@settings(deadline=None, max_examples=300)
def test_a_canonical_address_is_its_own(address: str) -> None:
    once = canonical_address(address)
    assert canonical_address(once) == once


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("https://outlet.example/a", "https://outlet.example/a"),
        ("  https://outlet.example/a\n", "https://outlet.example/a"),
        ("http://outlet.example/a", "https://outlet.example/a"),
        ("HTTPS://Outlet.Example/A", "https://outlet.example/A"),
        ("https://outlet.example", "https://outlet.example/"),
        ("https://outlet.example.", "https://outlet.example/"),
        ("http://outlet.example:80/a", "https://outlet.example/a"),
        ("https://outlet.example:443/a", "https://outlet.example/a"),
        ("http://outlet.example:443/a", "https://outlet.example/a"),
        ("https://outlet.example:8443/a", "https://outlet.example:8443/a"),
        ("https://новости.рф/а", "https://xn--b1amnebsh.xn--p1ai/%D0%B0"),
        ("https://[2001:DB8::1]/a", "https://[2001:db8::1]/a"),
        ("https://outlet.example/a/../b/./c", "https://outlet.example/b/c"),
        ("https://outlet.example/%7Ea/%d0%b6", "https://outlet.example/~a/%D0%B6"),
        ("https://outlet.example/a%2fb", "https://outlet.example/a%2Fb"),
        ("https://outlet.example/a/", "https://outlet.example/a/"),
        ("https://outlet.example/?b=2&a=1", "https://outlet.example/?a=1&b=2"),
        ("https://outlet.example/?z=1&ж=2", "https://outlet.example/?%D0%B6=2&z=1"),
        ("https://outlet.example/?z=1&%d0%b6=2", "https://outlet.example/?%D0%B6=2&z=1"),
        ("https://outlet.example/?a=2&a=1", "https://outlet.example/?a=2&a=1"),
        ("https://outlet.example/?id=7&utm_source=rss&fbclid=x", "https://outlet.example/?id=7"),
        ("https://outlet.example/?ref=rss", "https://outlet.example/"),
        ("https://outlet.example/?ref=chapter", "https://outlet.example/?ref=chapter"),
        ("https://outlet.example/a#section", "https://outlet.example/a#section"),
        ("https://outlet.example/#/article/7", "https://outlet.example/#/article/7"),
        ("https://outlet.example/a#utm_source=rss", "https://outlet.example/a"),
        ("https://outlet.example/a#:~:text=word", "https://outlet.example/a"),
        ("https://outlet.example/a#p2:~:text=word", "https://outlet.example/a#p2"),
        ("tag:outlet.example,2026:1", "tag:outlet.example,2026:1"),
        ("https://outlet.example:port/", "https://outlet.example:port/"),
        ("https://", "https://"),
        ("", ""),
    ],
)
def test_addresses(address: str, canonical: str) -> None:
    assert canonical_address(address) == canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://outlet.example/a", "https://outlet.example/A"),
        ("https://outlet.example/a", "https://outlet.example/a/"),
        ("https://outlet.example/a", "https://outlet.example/a?page=2"),
        ("https://outlet.example/a%2Fb", "https://outlet.example/a/b"),
        ("https://outlet.example/?a=1%26b=2", "https://outlet.example/?a=1&b=2"),
        ("https://outlet.example/a", "https://www.outlet.example/a"),
        ("https://outlet.example/#/1", "https://outlet.example/#/2"),
    ],
)
def test_addresses_that_may_be_different_articles_stay_apart(one: str, other: str) -> None:
    assert article_id_of_address(one) != article_id_of_address(other)
