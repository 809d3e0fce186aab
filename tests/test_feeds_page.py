"""docs/feeds.md against the code: the keys of a list, and the examples."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

from connectors.feeds.items import headline, ladder, naming
from connectors.feeds.items.entries import FRESH
from connectors.feeds.polling import state
from connectors.feeds.sources import tomllist
from connectors.feeds.sources.discover import MOST_REQUESTS, MOST_SECONDS
from connectors.feeds.sources.source_keys import HEAVIEST, KEYS, LONGEST, SHORTEST, said
from connectors.ingest.pushed import Sources, decoded, item_of, source_of
from schemas.feed import FeedSource

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "feeds.md").read_text("utf-8")


def section(title: str) -> str:
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def example(kind: str, title: str) -> str:
    found = re.search(rf"^```{kind}\n(.*?)^```$", section(title), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def test_the_table_of_keys_is_the_table_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", section("The list of sources"), re.MULTILINE)
    assert rows == [(name, key.says) for name, key in KEYS.items()]
    assert (SHORTEST, LONGEST, HEAVIEST) == (30.0, 86_400.0, 1_000.0), "the text below the table says so"


def test_the_example_of_a_list_is_one() -> None:
    text = example("toml", "The list of sources")
    (source,) = tomllist.read(text.encode(), "the page")
    assert said(source) == tomllib.loads(text)["feeds"][0]


def test_the_example_of_a_line_is_one() -> None:
    given = decoded(example("json", "Items from elsewhere").encode())
    source = source_of(given, Sources((), FeedSource(feed_url="https://t.me/s/kossev")))
    item = item_of(given, source, datetime(2026, 11, 22, 12, tzinfo=UTC))
    assert (item.body, item.published_reason, item.history) == ("The bridge…", "published", False)


def test_the_bounds_of_a_search_are_those_of_the_code() -> None:
    text = " ".join(section("Adding sources").split())
    assert f"at most {MOST_REQUESTS} requests within {MOST_SECONDS:.0f} seconds" in text


def test_what_is_one_item_is_decided_by_the_figures_given() -> None:
    assert "for 30 days" in section("What is one item")
    assert timedelta(days=30) == naming.RENAMED_WITHIN
    assert (headline.ALIKE, ladder.REPEATED) == (0.75, 0.2), "three quarters of the words, a fifth of the entries"
    assert ((90, 1_000), timedelta(hours=48)) == (state.KEPT_DAYS, FRESH)
    rows = re.findall(r"^\| .* \| `(\S+)` \|$", section("What is one item"), re.MULTILINE)
    assert [*rows[1:], "given"] == list(get_args(ladder.Policy)), "given is what others push in"
