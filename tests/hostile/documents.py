"""Documents built to hurt a parser: by name, made when asked for. Sizes are those at which parsers were seen to fail."""

from __future__ import annotations

import json
from collections.abc import Callable

HEAD = "<rss version='2.0'><channel><title>Wire</title>"
TAIL = "</channel></rss>"
GOOD = "<item><guid isPermaLink='false'>good</guid><title>A good entry</title></item>"
"""Stands in every document that ought to be readable."""


def feed(*inside: str, before: str = "", root: str = HEAD) -> bytes:
    """An RSS document around `inside`, with the good entry first."""
    return f"{before}{root}{GOOD}{''.join(inside)}{TAIL}".encode()


def _item(inside: str) -> str:
    return f"<item><guid isPermaLink='false'>bad</guid>{inside}</item>"


def _entities(canary: str) -> dict[str, Callable[[], bytes]]:
    address = f"http://{canary}"
    used = _item("<title>&x;</title><description>&x;</description>")
    ha = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    return {
        "entity of a file": lambda: feed(used, before="<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"),
        "entity of an address": lambda: feed(used, before=f"<!DOCTYPE rss [<!ENTITY x SYSTEM '{address}/entity'>]>"),
        "parameter entity": lambda: feed(
            used, before=f"<!DOCTYPE rss [<!ENTITY % p SYSTEM '{address}/parameter'> %p;]>"
        ),
        "external subset": lambda: feed(used, before=f"<!DOCTYPE rss SYSTEM '{address}/subset.dtd'>"),
        "stylesheet and inclusion": lambda: feed(
            f"<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='{address}/include'/>",
            before=f"<?xml-stylesheet href='{address}/style.xsl'?>",
        ),
        "sitemap with entity": (
            f"<!DOCTYPE urlset [<!ENTITY x SYSTEM '{address}/sitemap'>]>"
            "<urlset><url><loc>https://a.example/&x;</loc></url></urlset>"
        ).encode,
        "billion laughs": lambda: feed(_item("<title>&l9;</title>"), before=f"<!DOCTYPE rss [<!ENTITY l0 'ha'>{ha}]>"),
        "quadratic entity": lambda: feed(
            _item(f"<title>{'&x;' * 20_000}</title>"), before=f"<!DOCTYPE rss [<!ENTITY x '{'x' * 100_000}'>]>"
        ),
        "plain entities used too often": lambda: feed(
            _item(f"<title>{'&x;' * 50_000}</title>"), before=f"<!DOCTYPE rss [\n<!ENTITY x '{'x' * 250}'>\n]>"
        ),
        "entity declarations": lambda: feed(
            before=f"<!DOCTYPE rss [{''.join(f'<!ENTITY e{n} {chr(34)}x{chr(34)}>' for n in range(50_000))}]>"
        ),
    }


def _attributes() -> dict[str, Callable[[], bytes]]:
    def with_attributes(size: int) -> Callable[[], bytes]:
        return lambda: feed(
            _item(f"<title {''.join(f'a{n}={chr(34)}{chr(34)} ' for n in range(size // 10))}>x</title>")
        )

    return {
        **{f"attributes of {size} bytes": with_attributes(size) for size in (9_000, 19_000, 39_000, 79_000, 539_000)},
        "namespaces": lambda: feed(
            *(_item(f"<n{n}:x xmlns:n{n}='http://n{n}.example/'>x</n{n}:x>") for n in range(10_000))
        ),
        "xml:base nesting": lambda: feed(_item("<a xml:base='b/'>" * 20_000 + "</a>" * 20_000)),
    }


def _texts() -> dict[str, Callable[[], bytes]]:
    def author(size: int) -> Callable[[], bytes]:
        return lambda: feed(_item(f"<author>{'a' * size}</author>"))

    return {
        **{f"author of {size} letters": author(size) for size in (4_000, 8_000, 16_000, 32_000, 40_000, 1_000_000)},
        "many long authors": lambda: feed(*(_item(f"<dc:creator>{'a' * 4_000}</dc:creator>") for _ in range(500))),
        "author in references": lambda: feed(_item(f"<author>{'&#97;' * 60_000}</author>")),
        "deep HTML": lambda: feed(_item(f"<description><![CDATA[{'<div>' * 50_000}words]]></description>")),
        "deep HTML, closed": lambda: feed(
            _item(f"<description><![CDATA[{'<b>' * 50_000}words{'</b>' * 50_000}]]></description>")
        ),
        "brackets": lambda: feed(_item(f"<description><![CDATA[{'<' * 400_000}]]></description>")),
        "bare brackets": lambda: feed(_item(f"<description>{'<' * 400_000}</description>")),
        "ampersands": lambda: feed(_item(f"<description><![CDATA[{'&' * 400_000}]]></description>")),
        "bare ampersands": lambda: feed(_item(f"<description>{'&' * 400_000}</description>")),
        "spaces": lambda: feed(
            _item(f"<title>{' ' * 2_000_000}\n\nx</title><description>{' ' * 999_999}\n</description>")
        ),
        "spaces after the root": lambda: HEAD.encode() + b" " * 5_000_000 + feed()[len(HEAD) :],
        "line ends": lambda: feed(_item(f"<description>{chr(10) * 2_000_000}x</description>")),
        "comments": lambda: feed("<!-- x -->" * 100_000),
        "unfinished comment": lambda: feed("<!--" * 100_000),
        "unfinished CDATA": lambda: feed(_item("<title><![CDATA[" * 20_000)),
        "combining marks": lambda: feed(_item(f"<title>a{chr(0x301) * 500_000}</title>")),
        "embedded picture": lambda: feed(
            _item(f"<description><![CDATA[<img src='data:image/png;base64,{'QUJD' * 250_000}'>]]></description>")
        ),
    }


def _floods() -> dict[str, Callable[[], bytes]]:
    return {
        "categories": lambda: feed(_item("<category>x</category>" * 50_000)),
        "enclosures": lambda: feed(_item("<enclosure url='http://a.example/a' type='a/b' length='1'/>" * 30_000)),
        "links": lambda: feed(_item("<link>http://a.example/a</link>" * 50_000)),
        "elements": lambda: feed(_item("".join(f"<e{n}>x</e{n}>" for n in range(50_000)))),
        "nested elements": lambda: feed(_item("<a>" * 50_000 + "</a>" * 50_000)),
        "nested entries": lambda: feed("<item>" * 20_000 + "</item>" * 20_000),
        "hours to skip": lambda: feed("<skipHours>" * 100_000),
        "equal ids": lambda: feed(*(_item(f"<title>{n}</title>") for n in range(3_000))),
        "no ids": lambda: feed(*(f"<item><title>{n}</title></item>" for n in range(3_000))),
        "bad dates": lambda: feed(*(_item(f"<pubDate>{'1 2 ' * n}</pubDate>") for n in range(1_000))),
        "sitemap": ("<urlset>" + "<url><loc>https://a.example/</loc></url>" * 60_000 + "</urlset>").encode,
        "deep sitemap": lambda: b"<urlset>" + b"<url>" * 200_000,
    }


def _broken() -> dict[str, Callable[[], bytes]]:
    many = _item("<title>x</title>") * 2_000
    return {
        "page": lambda: b"<!DOCTYPE html><html><head><title>News</title></head><body>" + b"<p>x" * 200_000,
        "page with the word rss": lambda: b"<html><body><a href='/rss'>RSS</a> &lt;rss&gt;</body></html>",
        "cut": lambda: feed(many)[:-5_000],
        "NUL bytes": lambda: feed(_item("<title>x</title>")).replace(b"good entry", b"good\0 \0entry"),
        "zeros": lambda: bytes(1_000_000),
        "control characters": lambda: feed(_item(f"<title>{''.join(map(chr, range(1, 32)))}</title>")),
        "any byte": lambda: bytes(range(256)) * 4_000,
        "UTF-16 without its second half": lambda: feed().decode().encode("utf-16")[:-1],
        "UTF-7": lambda: b"<?xml version='1.0' encoding='utf-7'?>" + feed(_item("<title>+ADw-script+AD4-</title>")),
        "surrogates": lambda: feed(_item("<title>&#xD800;&#55357;&#x110000;</title>")),
    }


def _json() -> dict[str, Callable[[], bytes]]:
    def items(*more: str) -> Callable[[], bytes]:
        good = '{"id": "good", "title": "A good entry"}'
        return f'{{"version": "https://jsonfeed.org/version/1.1", "items": [{", ".join((good, *more))}]}}'.encode

    return {
        "deep JSON": lambda: b'{"version": "https://jsonfeed.org/version/1.1", "items": ' + b"[" * 500_000,
        "deep JSON, closed": items('{"id": ' + "[" * 50_000 + "]" * 50_000 + "}"),
        "huge number": items(f'{{"id": {"9" * 1_000_000}, "title": "x"}}'),
        "huge exponent": items('{"id": 1e99999, "title": "x", "date_published": 1e308}'),
        "not a number": items('{"id": NaN, "title": "x"}'),
        "surrogates in JSON": items('{"id": "\\ud800", "title": "\\udfff x", "url": "https://a.example/\\ud800"}'),
        "wrong types": items(
            *(json.dumps({"id": [1], "title": {"a": 1}, "tags": 5, "authors": "x"}),) * 3, "null", "7"
        ),
        "many keys": items("{" + ", ".join(f'"k{n}": 1' for n in range(100_000)) + "}"),
    }


def documents(canary: str) -> dict[str, Callable[[], bytes]]:
    """Every attack; `canary` is `host:port` of a server that nobody may ask."""
    return {**_entities(canary), **_attributes(), **_texts(), **_floods(), **_broken(), **_json()}
