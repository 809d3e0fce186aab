"""Links into Kibana's Discover, read back by a reader of rison that knows nothing of how they were written."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.interfaces import HitFilter
from dashboard.discover import Discover, rison
from tests.dashboard.newsroom import Newsroom, Page, entry, keep, news, serving
from tests.samples import NOON
from tools.kibana.views import ARTICLE, PAGE

KIBANA = Discover(url="https://kibana.example/base/", space="news desk", prefix="wirewatch")


def read(text: str) -> Any:
    """The value that `text` is in rison; fails when something is left over."""
    value, rest = _value(text)
    assert rest == ""
    return value


def _value(text: str) -> tuple[Any, str]:
    if text.startswith("'"):
        said, at = "", 1
        while text[at] != "'":
            at += text[at] == "!"
            said, at = said + text[at], at + 1
        return said, text[at + 1 :]
    assert text.startswith("("), text
    made, rest = {}, text[1:]
    while not rest.startswith(")"):
        key, _, rest = rest.removeprefix(",").partition(":")
        made[key], rest = _value(rest)
    return made, rest[1:]


def shown(address: str) -> tuple[str, str, str, str]:
    """What Discover shows at `address`: its path, the data view, the query and where its time begins."""
    parts = urlsplit(address)
    assert re.fullmatch(r"[\x21-\x7e]+", address)
    assert parts.fragment.startswith("/?")
    state = {
        name: read(unquote(value)) for name, _, value in (one.partition("=") for one in parts.fragment[2:].split("&"))
    }
    assert set(state) == {"_g", "_a"}
    view, time = state["_a"], state["_g"]["time"]
    assert (view["dataSource"]["type"], view["query"]["language"], time["to"]) == ("dataView", "kuery", "now")
    return parts.path, view["dataSource"]["dataViewId"], view["query"]["query"], time["from"]


@given(st.dictionaries(st.sampled_from(["query", "time", "x"]), st.text(), min_size=1))
def test_any_text_comes_back_from_rison(values: dict[str, str]) -> None:
    assert read(rison({"outer": values})) == {"outer": values}


@given(st.text(min_size=1))
def test_no_name_of_a_list_leaves_its_place(watchlist: str) -> None:
    _, view, query, _ = shown(KIBANA.hits(HitFilter(watchlist=watchlist)))
    assert view == "wirewatch-hits"
    inner = query.removeprefix('watchlist: "').removesuffix('"')
    assert len(inner) == len(query) - len('watchlist: ""')
    assert re.fullmatch(r'(?:[^"\\]|\\["\\])*', inner, re.DOTALL)
    assert re.sub(r'\\(["\\])', r"\1", inner) == watchlist


@pytest.mark.parametrize(
    ("since", "written", "begins"),
    [
        (None, "", "now-30d"),
        (NOON - timedelta(days=7), "7d", "now-7d"),
        (NOON, "2026-11-22T13:00:00+01:00", "2026-11-22T12:00:00.000Z"),
    ],
)
def test_a_view_begins_where_the_page_does(since: Any, written: str, begins: str) -> None:
    path, view, query, found = shown(KIBANA.hits(HitFilter(since=since), written))
    assert (path, view, query) == ("/base/s/news%20desk/app/discover", "wirewatch-hits", "")
    assert found == begins


def test_a_view_has_the_filters_of_the_page() -> None:
    other = Discover(url="http://127.0.0.1:5601", prefix="desk")
    path, view, query, _ = shown(other.hits(HitFilter(watchlist="kosovo", language="sr")))
    assert (path, view) == ("/app/discover", "desk-hits")
    assert query == 'watchlist: "kosovo" and (language: "sr" or language: sr-*)'


def links(text: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'href="(https://kibana[^"]*)"', text)]


def test_pages_link_to_what_they_show(newsroom: Newsroom) -> None:
    newsroom.discover = KIBANA
    newsroom.publish(news(1, "Kosovo", words=["Kosovo"], language="sr-Latn"))
    keep(newsroom.index, entry(1, "Kosovo"))
    article_id = entry(1, "Kosovo").article_id
    with serving(newsroom) as page:
        (live,) = links(page.get("/?watchlist=o%27no%22x&language=sr&since=24h").text)
        (article,) = links(page.get(f"/articles/{article_id}").text)
    assert shown(live)[2:] == ('watchlist: "o\'no\\"x" and (language: "sr" or language: sr-*)', "now-24h")
    assert shown(article)[2] == f'article_id: "{article_id}"'


def test_without_kibana_there_is_no_link(newsroom: Newsroom, page: Page) -> None:
    newsroom.publish(news(1, "Kosovo"))
    assert "Kibana" not in page.get("/").text
    assert page.get("/discover?query=kosovo").status == 404


def test_a_search_leads_to_the_same_search_in_kibana(newsroom: Newsroom) -> None:
    newsroom.discover = KIBANA
    with serving(newsroom) as page:
        assert 'action="/discover"' in page.get("/").text
        found = page.get("/discover?query=title%3A%D0%91%D0%B0%D1%9A%D1%81%D0%BA%D0%B0+AND+a+NEAR%2F3+b")
        (address,) = links(found.text)
        faulty = page.get("/discover?query=%22kosovo")
    assert shown(address)[1:] == ("wirewatch-articles", '(title: "banjska" and ("a" and "b"))', "now-30d")
    assert "<bdi>a NEAR/3 b</bdi>" in found.text
    assert (faulty.status, links(faulty.text)) == (400, [])
    assert "this quote is never closed" in faulty.text


def test_kibana_leads_back_to_the_page_of_an_article(newsroom: Newsroom, page: Page) -> None:
    newsroom.publish(news(1, "Kosovo"))
    keep(newsroom.index, entry(1, "Kosovo"))
    params: Any = ARTICLE["params"]
    template = params["urlTemplate"].removeprefix(PAGE)
    answer = page.get(template.replace("{{value}}", entry(1, "Kosovo").article_id))
    assert (answer.status, "Kosovo" in answer.text) == (200, True)
