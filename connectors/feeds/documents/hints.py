"""What a feed says about itself: how often it wants to be polled, when not, its hub, its own address and its page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from connectors.feeds.documents.document import Hints
from connectors.feeds.documents.text import one_line
from schemas.address import LONGEST

_TITLE_LIMIT = 200
_PERIODS = {
    "hourly": 3_600, "hour": 3_600, "hours": 3_600, "houly": 3_600, "hourley": 3_600,
    "daily": 86_400, "day": 86_400, "dayly": 86_400, "dailly": 86_400,
    "weekly": 604_800, "week": 604_800, "weekley": 604_800, "weakly": 604_800,
    "monthly": 2_592_000, "month": 2_592_000, "montly": 2_592_000,
    "yearly": 31_536_000, "year": 31_536_000, "annually": 31_536_000, "annual": 31_536_000, "yearley": 31_536_000,
}  # fmt: skip
"""Period of the syndication module -> seconds, with the spellings in use. `always` and `never` ask for nothing."""
_YEAR = 31_536_000.0
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS_IN_DAY = 24
_SKIPPED = re.compile(
    r"<skip(hours|days)\b[^<>]*>((?:\s*<(?:hour|day)\b[^<>]*>[^<]{0,40}</(?:hour|day)\s*>){1,40})", re.IGNORECASE
)
_HOUR = re.compile(r"<hour\b[^>]*>\s*(\d{1,2})\s*</hour", re.IGNORECASE)
_DAY = re.compile(r"<day\b[^>]*>\s*([A-Za-z]{3})[A-Za-z]*\s*</day", re.IGNORECASE)
_ITEM = re.compile(r"<(?:[\w-]+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?!\d)")
_TAIL = 16 * 1024
_HEAD = 64 * 1024


class About(msgspec.Struct, frozen=True):
    """The feed itself, as lists of sources and the schedule want it."""

    title: str = ""
    site_url: str = ""
    hints: Hints = Hints()


def of_xml(feed: Mapping[str, Any], text: str) -> About:
    """What feedparser's mapping of a `feed`, and the `text` of its document, say."""
    links = [link for link in feed.get("links") or () if isinstance(link, Mapping)]
    hours, days = _skipped(text)
    return About(
        title=title(feed.get("title")),
        site_url=address(feed.get("link")),
        hints=Hints(
            ttl=_minutes(feed.get("ttl")) or _period(feed.get("sy_updateperiod"), feed.get("sy_updatefrequency")),
            skip_hours=hours,
            skip_days=days,
            hub=_first(links, "hub"),
            topic=_first(links, "self"),
        ),
    )


def of_json(feed: Mapping[str, Any]) -> About:
    """What a JSON Feed says; its hubs count as such whatever their type is called."""
    hubs = feed.get("hubs")
    urls = [hub.get("url") for hub in hubs if isinstance(hub, Mapping)] if isinstance(hubs, list) else []
    return About(
        title=title(feed.get("title")),
        site_url=address(feed.get("home_page_url")),
        hints=Hints(hub=next(filter(None, map(address, urls)), ""), topic=address(feed.get("feed_url"))),
    )


def title(value: Any) -> str:
    """`value` as the title of a feed, on one line."""
    return one_line(value[: 16 * _TITLE_LIMIT])[:_TITLE_LIMIT] if isinstance(value, str) else ""


def address(value: Any) -> str:
    """`value` as a web address, relative ones as written; empty when it is none, or longer than any."""
    word = value.strip().replace("\0", "") if isinstance(value, str) else ""
    other = _SCHEME.match(word)
    if len(word) > LONGEST or (other and other[0].lower() not in {"http:", "https:"}):
        return ""
    return word.encode("utf-8", "replace").decode()


def _first(links: Iterable[Mapping[str, Any]], rel: str) -> str:
    return next((address(link.get("href")) for link in links if rel in str(link.get("rel", "")).lower().split()), "")


def _minutes(value: Any) -> float:
    return min(_YEAR, 60 * _number(value))


def _period(period: Any, frequency: Any) -> float:
    seconds = _PERIODS.get(str(period or "").strip().lower(), 0)
    return seconds / (_number(frequency) or 1)


def _number(value: Any) -> float:
    try:
        number = float(str(value).strip())
    except ValueError:
        return 0.0
    # Also false for `nan`; a feed that asks for less than nothing asks for nothing.
    return number if 0 < number < _YEAR else 0.0


def _skipped(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    first = _ITEM.search(text)
    # Some write them behind the items.
    places = (text[: min(_HEAD, first.start() if first else _HEAD)], text[-_TAIL:])
    found = {name.lower(): inside for place in places for name, inside in _SKIPPED.findall(place)}
    # RSS 0.91 counts from 1 to 24, later ones from 0 to 23: 24 is midnight.
    hours = {int(hour) % _HOURS_IN_DAY for hour in _HOUR.findall(found.get("hours", "")) if int(hour) <= _HOURS_IN_DAY}
    days = {_DAYS.index(day.lower()) for day in _DAY.findall(found.get("days", "")) if day.lower() in _DAYS}
    # Who wants to be polled never says so by mistake.
    return tuple(sorted(hours)) if len(hours) < _HOURS_IN_DAY else (), tuple(sorted(days)) if len(days) < len(
        _DAYS
    ) else ()
