"""`feeds discover` and `feeds add` through the real command line, against real servers on loopback."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.feeds.sources.listed import read_sources
from connectors.feeds.sources.ownlist import OwnList
from schemas.time import now
from tests.product import LOOPBACK, wirewatch
from tests.samples import item
from tests.wire import Answer, Wire, rss, serving

PAGE = """<!doctype html><title>Koha</title>
<link rel="alternate" type="application/rss+xml" href="/comments/feed">
<link rel="alternate" type="application/rss+xml" href="/news.rss">
<link rel="alternate" type="application/rss+xml" href="/sport.rss">"""
ALBANIAN = (
    "Kuvendi i Kosovës miratoi sot me shumicë votash projektligjin për buxhetin e vitit të ardhshëm",
    "Policia ka arrestuar dy persona të dyshuar për vjedhje në qendër të Prishtinës",
    "Kryeministri tha se qeveria do të vazhdojë reformat në drejtësi dhe arsim",
    "Shkollat do të hapen të hënën pas pushimit dimëror, njoftoi ministria e arsimit",
    "Moti sot do të jetë me vranësira dhe reshje të herëpashershme shiu në tërë vendin",
)


def html(text: str) -> Answer:
    return 200, {"Content-Type": "text/html; charset=utf-8"}, text.encode()


def news(first: int = 1, host: str = "koha.example") -> bytes:
    return rss(
        *(
            item(number, title=title, body=title, url=f"https://{host}/{number}",
                 published_at=now() - timedelta(hours=number))
            for number, title in enumerate(ALBANIAN, start=first)
        )
    )  # fmt: skip


def site(wire: Wire) -> None:
    wire["/"] = lambda: html(PAGE)
    wire["/news.rss"] = lambda: (200, {"ETag": '"1"'}, news())
    wire["/sport.rss"] = rss(item(90, title="Ndeshja", url="https://koha.example/90"))
    wire["/comments/feed"] = rss(item(91, title="Re", url="https://koha.example/1#c"))


def feeds(folder: Path, *words: str | Path, check: bool = True) -> tuple[int, str, str]:
    done = wirewatch("feeds", *words, "--data", folder / "data", *LOOPBACK, check=check)
    return done.returncode, done.stdout, done.stderr


def own(folder: Path) -> list[str]:
    return [source.feed_url for source in OwnList(folder / "data" / "feeds.toml").read()]


def test_discover_lists_what_a_site_offers_and_writes_nothing(tmp_path: Path) -> None:
    with serving() as wire:
        site(wire)
        _, out, _ = feeds(tmp_path, "discover", wire.address.removeprefix("http://"), "--json")
    found = [json.loads(line) for line in out.splitlines()]
    assert [(one["feed_url"], one["entries"], one["comments"]) for one in found] == [
        (wire.url("/news.rss"), 5, False), (wire.url("/sport.rss"), 1, False), (wire.url("/comments/feed"), 1, True),
    ]  # fmt: skip
    assert found[0]["form"] == "RSS 2.0"
    assert not (tmp_path / "data").exists()


def test_adding_a_site_says_what_its_feed_is_worth(tmp_path: Path) -> None:
    with serving() as wire:
        site(wire)
        words = ("--name", "Koha", "--folder", "Kosovo", "--interval", "2m", "--language", "de", "--full-text", "--yes")
        code, out, err = feeds(tmp_path, "add", wire.address, *words, "--json")
    verdict = json.loads(out)
    assert code == 0
    assert (verdict["added"], verdict["feed_url"], verdict["name"]) == (True, wire.url("/news.rss"), "Koha")
    assert (verdict["form"], verdict["entries"], verdict["polls_per_day"]) == ("RSS 2.0", 5, 720.0)
    assert 3000 < verdict["newest_age"] < 4500
    assert (verdict["language"], verdict["etag"], verdict["last_modified"]) == ("sq", True, False)
    assert (verdict["dates"], verdict["ids"]) == ({"published": 5}, {"guid": 5})
    assert verdict["text_kind"] == "teasers"
    assert verdict["bytes_read"] > 1000
    (trouble,) = verdict["troubles"]
    assert trouble == {
        "what": "it says it is in de, but its texts are in sq", "todo": "--language sq says so in the list",
    }  # fmt: skip
    assert f"also found: {wire.url('/sport.rss')}" in err
    (source,) = OwnList(tmp_path / "data" / "feeds.toml").read()
    assert (source.feed_url, source.folder, source.interval, source.full_text) == (
        wire.url("/news.rss"),
        "Kosovo",
        120,
        True,
    )


def test_a_verdict_names_what_is_wrong(tmp_path: Path) -> None:
    old = (now() - timedelta(days=90)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    with serving() as wire:
        wire["/bad"] = (
            "<rss version='2.0'><channel><title>Bad</title>"
            f"<item><title>one</title><pubDate>{old}</pubDate></item><item><title>two</title><pubDate>soon</pubDate></item>"
            "<item><title>three</title><pubDate>Fri, 01 Jan 2100 00:00:00 GMT</pubDate></item></channel></rss>"
        ).encode()  # fmt: skip
        wire["/empty"] = rss()
        _, out, _ = feeds(tmp_path, "add", wire.url("/bad"))
        assert "! nothing new for 90 days" in out
        assert "! 2 of 3 entries have no usable date" in out
        assert "! 3 of 3 entries have neither an id of their own nor an address" in out
        assert "! it carries only titles\n  -> --full-text" in out
        assert "! its server gives neither ETag nor Last-Modified" in out
        assert out.endswith(f"added to {tmp_path / 'data' / 'feeds.toml'}\n")
        _, out, _ = feeds(tmp_path, "add", wire.url("/empty"))
        assert "! it has no entries" in out
        wire["/cut"] = rss(item(1), item(2))[:-60]
        _, out, _ = feeds(tmp_path, "add", wire.url("/cut"))
        assert "! 1 entry cannot be read" in out


def test_a_feed_that_is_listed_is_refused_however_it_is_spelled(tmp_path: Path) -> None:
    with serving() as wire:
        site(wire)
        wire["/old"] = lambda: (302, {"Location": "/news.rss"}, b"")
        feeds(tmp_path, "add", wire.url("/news.rss"))
        for again, told in (
            (wire.url("/news.rss"), "is listed already"),
            (wire.url("/news.rss/?utm_source=x"), "is listed already as"),
            (wire.url("/old"), "is listed already as"),
            (wire.address, "is listed already"),
        ):
            wire["/news.rss/?utm_source=x"] = news()
            code, out, err = feeds(tmp_path, "add", again, check=False)
            assert (code, out) == (1, "")
            assert told in err
        assert own(tmp_path) == [wire.url("/news.rss")]
        feeds(tmp_path, "add", wire.url("/old"), "--force")
        assert own(tmp_path) == [wire.url("/news.rss"), wire.url("/old")]


def test_all_adds_the_feeds_of_a_site_but_not_its_comments(tmp_path: Path) -> None:
    with serving() as wire:
        site(wire)
        feeds(tmp_path, "add", wire.url("/sport.rss"))
        code, _, err = feeds(tmp_path, "add", wire.address, "--all")
        assert code == 0
        assert f"left out: {wire.url('/sport.rss')} is listed already" in err
        assert own(tmp_path) == [wire.url("/sport.rss"), wire.url("/news.rss")]
        code, _, err = feeds(tmp_path, "add", wire.address, "--all", check=False)
        assert (code, err.splitlines()[-1]) == (1, f"error: {wire.address}: nothing was added")


def test_what_is_no_feed_is_told_and_not_added(tmp_path: Path) -> None:
    with serving() as wire:
        wire["/page"] = lambda: html("<!doctype html><title>Nothing here</title>")
        code, out, err = feeds(tmp_path, "add", wire.url("/page"), check=False)
        assert (code, out) == (1, "")
        assert re.search(r"error: \S+/page: no feed found here", err)
        assert 'titled "Nothing here"' in err
        assert re.search(r"/ and \d+ more: HTTP 404 Not Found", err)
        assert own(tmp_path) == []
        feeds(tmp_path, "add", wire.url("/page"), "--force", "--name", "Later")
        assert own(tmp_path) == [wire.url("/page")]
    assert feeds(tmp_path, "add", "https://a.example", "--interval", "5s", check=False)[0] == 2
    code, _, err = feeds(tmp_path, "add", "not an address", check=False)
    assert (code, err) == (1, "error: 'not an address': is no address of a site or feed\n")


def test_without_permission_no_private_address_is_asked(tmp_path: Path) -> None:
    with serving() as wire:
        site(wire)
        done = wirewatch("feeds", "add", wire.address, "--data", tmp_path / "data", check=False)
        assert done.returncode == 1
        assert "--allow-network 127.0.0.0/8 permits it" in done.stderr
        assert wire.requests == []


def test_a_feed_behind_a_login_is_asked_with_its_access_and_nobody_else_is(tmp_path: Path) -> None:
    config = tmp_path / "w.toml"
    with serving() as wire, serving() as other:
        seen: list[str | None] = []

        def guarded() -> Answer:
            seen.append(wire.headers.get("Authorization"))
            return (200, {}, news()) if seen[-1] == "Basic dXM6c2VjcmV0" else (401, {}, b"")

        wire["/in.rss"] = guarded
        other["/"] = lambda: html(f'<a href="{wire.url("/in.rss")}">rss</a>')
        config.write_text('data = "data"\n[feeds.access.paid]\nuser = "us"\npassword = "secret"\n')
        words = ("feeds", "add", wire.url("/in.rss"), "--config", config, *LOOPBACK)
        assert "HTTP 401" in wirewatch(*words, check=False).stderr
        assert "added to" in wirewatch(*words, "--access", "paid").stdout
        assert OwnList(tmp_path / "data" / "feeds.toml").read()[0].access == "paid"
        seen.clear()
        asked = ("feeds", "discover", other.address, "--access", "paid", "--config", config, *LOOPBACK)
        assert wirewatch(*asked, check=False).returncode == 1
        assert seen == [None]
        done = wirewatch("feeds", "add", wire.address, "--access", "none", "--config", config, check=False)
        assert (done.returncode, done.stderr) == (
            2,
            "error: --access: the settings have no section feeds.access.none\n",
        )


@pytest.mark.slow
def test_a_feed_with_the_articles_of_a_listed_one_is_refused(tmp_path: Path) -> None:
    with serving() as wire:
        wire["/a.rss"] = news()
        wire["/b.xml"] = news().replace(b"<guid isPermaLink='false'>", b"<guid isPermaLink='false'>b-")
        (tmp_path / "list.toml").write_text(f'[[feeds]]\nurl = "{wire.url("/a.rss")}"\nname = "A"\n')
        (tmp_path / "w.toml").write_text('data = "data"\n[feeds]\nsources = ["list.toml"]\n')
        wirewatch("run", "--once", "--config", tmp_path / "w.toml", *LOOPBACK)
        done = wirewatch("feeds", "add", wire.url("/b.xml"), "--config", tmp_path / "w.toml", *LOOPBACK, check=False)
        assert done.returncode == 1
        assert f"is listed already as {wire.url('/a.rss')} (A): it has brought 5 of these 5 articles" in done.stderr
        assert read_sources(str(tmp_path / "list.toml"))[0].name == "A"
