from __future__ import annotations

import time
from pathlib import Path

import pytest

from connectors.feeds.fetching.challenge import wall
from schemas.health import verdict
from tests.connectors.feeds.desk import Desk, at_desk
from tests.connectors.feeds.server import item, rss

CLOUDFLARE = (
    b'<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title><meta name="robots" content="noindex"></head>'
    b"<body><script>window._cf_chl_opt={cvId:'3'};</script><script src='/cdn-cgi/challenge-platform/h/b/orchestrate'>"
)
DDOS_GUARD = (
    b'<!DOCTYPE html><html><head><title>DDoS-Guard</title><script src="/.well-known/ddos-guard/js-challenge/index.js">'
)
AKAMAI = (
    b"<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\nReference&#32;&#35;18&#46;5\n"
    b"<P>https&#58;&#47;&#47;errors&#46;edgesuite&#46;net&#47;18</P></BODY></HTML>"
)
IMPERVA = (
    b'<html><head><META NAME="robots" CONTENT="noindex"><script src="/_Incapsula_Resource?SWJIYLWA=719d"></script>'
)
UNKNOWN = b"<html><head><title>Checking your browser before accessing portal.example</title></head></html>"


@pytest.mark.parametrize(
    ("page", "who"),
    [
        (CLOUDFLARE, "Cloudflare"),
        (DDOS_GUARD, "DDoS-Guard"),
        (AKAMAI, "Akamai"),
        (IMPERVA, "Imperva"),
        (UNKNOWN, "an unknown wall"),
        (b"  <!-- x --><!doctype HTML><title>Attention Required! | Cloudflare</title>", "Cloudflare"),
    ],
)
@pytest.mark.parametrize("code", [200, 403, 503])
def test_a_wall_is_known_by_its_page(page: bytes, who: str, code: int) -> None:
    assert wall(code, {}, page) == who


def test_a_wall_may_say_so_in_a_header() -> None:
    assert wall(403, {"cf-mitigated": "challenge"}, b"") == "Cloudflare"
    assert wall(202, {"x-amzn-waf-action": "challenge"}, b"") == "AWS WAF"
    assert wall(403, {"x-datadome": "protected"}, b"<html>") == "DataDome"


@pytest.mark.parametrize(
    "body",
    [
        rss(item("1", "Just a moment...", text="the page at /cdn-cgi/challenge-platform/ and DDoS-Guard, explained")),
        b"<html><head><title>Sign in</title></head></html>",
        b"<html><head><title>News: are walls like DDoS-Guard a danger?</title></head></html>",
        b'{"version": "https://jsonfeed.org/version/1.1", "title": "Just a moment..."}',
        b"",
    ],
)
def test_feeds_and_other_pages_are_no_wall(body: bytes) -> None:
    assert wall(200, {"server": "cloudflare", "x-datadome": "protected"}, body) is None


def test_no_page_takes_long_to_look_at() -> None:
    began = time.process_time()
    for page in (
        b"<!---->" * 400 + b"x",
        b"<!--" * 600,
        b" " * 70_000,
        b"<html><title" * 6_000,
        b"<html>" + b"<" * 70_000,
    ):
        assert wall(403, {}, page) is None
    assert time.process_time() - began < 0.5


def test_other_codes_are_what_they_say() -> None:
    assert wall(404, {}, CLOUDFLARE) is None


@pytest.mark.parametrize("code", [200, 403, 503])
@pytest.mark.parametrize(("page", "who"), [(CLOUDFLARE, "Cloudflare"), (DDOS_GUARD, "DDoS-Guard"), (AKAMAI, "Akamai")])
def test_a_poll_that_meets_a_wall_names_it_and_what_to_do(tmp_path: Path, page: bytes, who: str, code: int) -> None:
    async def work(at: Desk) -> None:
        at.here.answers["/feed"] = (code, {"Content-Type": "text/html"}, page)
        record = await at.poll("/feed")
        assert (record.status, record.http_status) == ("challenge", code)
        assert record.reason.startswith(f"HTTP {code}: a page of {who} that asks the reader to prove to be human")
        # A page like this changes each time: none is a dead letter.
        assert at.letters() == []
        state = at.states.state(at.here.url("/feed"))
        assert state is not None
        found = verdict(at.source("/feed"), state)
        assert found.needs_person
        assert "`access`" in found.todo

    at_desk(tmp_path, work)
