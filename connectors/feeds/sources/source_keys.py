"""What a list may say of a source: its keys, the form of each value, and what is wrong with one that does not fit."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from schemas.address import web_parts
from schemas.feed import FeedSource

SHORTEST = 30.0
"""Seconds: pinning a feed to less asks an outlet for more than any feed changes."""
LONGEST = 86_400.0
"""Seconds: a day between polls is the most, whatever is planned."""
HEAVIEST = 1_000.0

Value = str | float | bool
"""A value as a list holds it."""

_MOST_TOLD = 20
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*([smhd]?)")
_ACCESS = re.compile(r"[A-Za-z0-9_-]{1,64}")
_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def address(given: object) -> str:
    """A web address. Raises `ValueError` saying what is wrong, as all readers here do."""
    text = _text(given)
    if text[:5].lower() == "feed:":
        # What browsers once gave to feed readers, and readers still export: feed://host/… or feed:https://host/….
        text = f"http:{text[5:]}" if text[5:].startswith("//") else text[5:]
    if not text:
        raise ValueError("is missing")
    if web_parts(text) is None:
        raise ValueError(f"{text!r} is no http or https address")
    return text


def interval(given: object) -> float:
    """Seconds, given as a number or as `90s`, `2m`, `1h`; 0 is none."""
    if isinstance(given, str):
        span = _SPAN.fullmatch(given.strip().lower())
        if span is None:
            raise ValueError(f'must be seconds or a time such as "90s", "2m" or "1h", not {given!r}')
        seconds = float(span[1]) * _UNITS[span[2] or "s"]
    else:
        seconds = _number(given, 'seconds or a time such as "2m"')
    if seconds and not SHORTEST <= seconds <= LONGEST:
        raise ValueError(f"must be from {spelled(SHORTEST)} to {spelled(LONGEST)}, not {given!r}")
    return seconds


def spelled(seconds: float) -> str:
    """Seconds in the largest unit that gives a whole number."""
    for unit in ("d", "h", "m"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{seconds / _UNITS[unit]:g}{unit}"
    return f"{seconds:.10g}s"


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise ValueError(f"must be text in quotes, not {_shown(given)}")  # noqa: TRY004 all readers raise the one error
    return " ".join(given.split())


def _folder(given: object) -> str:
    return "/".join(filter(None, map(str.strip, _text(given).split("/"))))


def _number(given: object, wanted: str) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise ValueError(f"must be {wanted}, not {_shown(given)}")
    return float(given)


def _weight(given: object) -> float:
    number = _number(given, "a number")
    if not 0 < number <= HEAVIEST:
        raise ValueError(f"must be over 0 and at most {HEAVIEST:g}, not {number:g}")
    return number


def _switch(given: object) -> bool:
    if not isinstance(given, bool):
        raise ValueError(f"must be true or false, not {_shown(given)}")  # noqa: TRY004 all readers raise the one error
    return given


def _zone(given: object) -> str:
    name = _text(given)
    try:
        if name:
            ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"no such time zone: {name!r}; give an IANA name such as Europe/Belgrade") from error
    return name


def _access(given: object) -> str:
    name = _text(given)
    if name and not _ACCESS.fullmatch(name):
        raise ValueError(f"must be the NAME of a settings section feeds.access.NAME, not {name!r}")
    return name


def _shown(given: object) -> str:
    return str(given).lower() if isinstance(given, bool) else repr(given)


class Key(msgspec.Struct, frozen=True):
    """One key of a list."""

    field: str
    """The field of `FeedSource`."""
    read: Callable[[object], Value]
    """The value from what a TOML list holds. Raises `ValueError`."""
    says: str
    """What it is, for the docs and the help."""

    def from_text(self, text: str) -> Value:
        """The value from text: an attribute or an option. Raises `ValueError`."""
        if self.read is _switch and text.strip().lower() in _YES_NO:
            return _YES_NO[text.strip().lower()]
        if self.read is _weight:
            try:
                return self.read(float(text))
            except ValueError:
                raise ValueError(f"must be a number over 0 and at most {HEAVIEST:g}, not {text!r}") from None
        return self.read(text)


KEYS = {
    "url": Key("feed_url", address, "the address of the feed"),
    "name": Key("name", _text, "what the team calls the outlet"),
    "site": Key("site_url", _text, "the page of the outlet"),
    "country": Key("country", _text, "ISO 3166-1 code, such as XK"),
    "language": Key("language", _text, "BCP 47 tag, such as sq or sr-Latn"),
    "kind": Key("kind", _text, "what sort of outlet it is, in your words"),
    "folder": Key("folder", _folder, "where it stands in the list; / parts levels"),
    "owner": Key("owner", _text, "who in the team answers for it"),
    "weight": Key("weight", _weight, "when more feeds are due than can be asked, heavier ones go first; 1 is usual"),
    "interval": Key(
        "interval", interval, 'time between polls, such as "2m"; without it the feed\'s own rhythm decides'
    ),
    "full_text": Key("full_text", _switch, "true: fetch the page of an entry that has little text"),
    "time_zone": Key("time_zone", _zone, "IANA name of the zone that its dates without one are in; else UTC"),
    "access": Key("access", _access, "NAME of the settings section feeds.access.NAME that it is fetched with"),
}
"""All keys of a list, in the order they are written."""

DEFAULTS = {field.name: field.default for field in msgspec.structs.fields(FeedSource) if not field.required}
"""What a source is that its list says nothing of, by field."""


def said(source: FeedSource) -> dict[str, Value]:
    """What a list has to say of `source`, by key; what is as usual is left out."""
    given: dict[str, Value] = {}
    for name, key in KEYS.items():
        value = getattr(source, key.field)
        if value != DEFAULTS.get(key.field):
            given[name] = spelled(value) if name == "interval" else value
    return given


def as_text(value: Value) -> str:
    """A value of `said` as an attribute holds it; `Key.from_text` reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.10g}" if isinstance(value, int | float) else value


def told(faults: Sequence[str], place: str) -> str:
    """All that is wrong with a list as one message, a line for each, `place` before every one but the first."""
    more = (f"and {len(faults) - _MOST_TOLD} more",) if len(faults) > _MOST_TOLD else ()
    return f"\n{place}".join((*faults[:_MOST_TOLD], *more))
