"""When an entry was published: read from what the feed wrote, or left open. Never invented.

feedparser fills what a date lacks with parts of today (`03-12`), so its reading counts only when year and day stand in
the raw text.
"""

from __future__ import annotations

import re
from calendar import timegm
from datetime import UTC, datetime, timedelta, timezone
from time import struct_time

import msgspec

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_TOLERANCE = timedelta(minutes=10)
_RAW_LIMIT = 256
_LAST_HOUR = 24
_MINUTES = 60
_YEAR_DIGITS = 4
_PIVOT = 69
"""Two-digit years from here on are of the last century, as in POSIX."""
_LEAST_NUMBERS = 3
"""Year, month and day; where the month is a word, the time is the third."""

_MONTHS = {
    name: n
    for n, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_ZONES = {
    "": 0, "z": 0, "ut": 0, "gmt": 0, "utc": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "mez": 1, "cest": 2,
    "mesz": 2, "eet": 2, "eest": 3, "msk": 3, "edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6, "mst": -7,
    "pdt": -7, "pst": -8,
}  # fmt: skip
_RFC_3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt_ ]+(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*([Zz]|[A-Za-z]{2,4}|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
_RFC_822 = re.compile(
    r"(?:[^\W\d_]+\.?,?\s+)?(\d{1,2})[\s-]([A-Za-z]{3})[a-z]*\.?,?[\s-](\d{4}|\d\d)"
    r"(?:,?\s+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*([A-Za-z]{1,4}|(?:GMT|UTC)?[+-]\d\d:?\d\d)?(?:\s*\([^)]*\))?)?"
)
_OFFSET = re.compile(r"(?:GMT|UTC)?([+-])(\d\d):?(\d\d)", re.IGNORECASE)
_NUMBER = re.compile(r"\d+", re.ASCII)


class Dated(msgspec.Struct, frozen=True):
    """A chosen time (or none), the words it was read from, and why: see `FeedItem.published_reason`."""

    at: datetime | None
    raw: str
    reason: str


class Written(msgspec.Struct, frozen=True):
    """A date as the feed wrote it, and feedparser's reading of it."""

    raw: str = ""
    parsed: tuple[int, ...] | None = None


def choose(published: Written, updated: Written, now: datetime) -> Dated:
    """The date of publication, else that of the last change, when one is readable and plausible at `now`."""
    reasons = []
    for name, written in (("published", published), ("updated", updated)):
        raw = written.raw.strip()[:_RAW_LIMIT]
        if not raw:
            continue
        at = read(raw) or _of_feedparser(raw, written.parsed)
        if at is None:
            reasons.append(Dated(None, raw, "unreadable"))
        elif not _EARLIEST <= at <= now + _TOLERANCE:
            reasons.append(Dated(None, raw, "implausible"))
        else:
            return Dated(at, raw, name)
    return reasons[0] if reasons else Dated(None, "", "missing")


def read(raw: str) -> datetime | None:
    """`raw` by RFC 3339 (and its ISO 8601 neighbours) or RFC 822, in UTC; None when it is neither.

    A time without a zone counts as UTC, a date alone as its midnight.
    """
    raw = " ".join(raw.split())
    if match := _RFC_3339.fullmatch(raw):
        year, month, day, hour, minute, second, fraction, zone = match.groups()
    elif match := _RFC_822.fullmatch(raw):
        day, name, year, hour, minute, second, zone = match.groups()
        month, fraction = str(_MONTHS.get(name.lower(), 0)), None
    else:
        return None
    offset = _offset(zone or "")
    if offset is None:
        return None
    try:
        # 24:00 and leap seconds are written by real feeds; both are the moment that follows.
        moment = datetime(_full_year(year), int(month), int(day), tzinfo=timezone(offset)) + timedelta(
            hours=int(hour or 0), minutes=int(minute or 0), seconds=int(second or 0),
            milliseconds=int((fraction or "0")[:3].ljust(3, "0")),
        )  # fmt: skip
        possible = int(hour or 0) <= _LAST_HOUR and int(minute or 0) < _MINUTES
        return moment.astimezone(UTC) if possible else None
    except (ValueError, OverflowError):
        return None


def _full_year(year: str) -> int:
    number = int(year)
    if len(year) == _YEAR_DIGITS:
        return number
    return number + (2000 if number < _PIVOT else 1900)


def _offset(zone: str) -> timedelta | None:
    if match := _OFFSET.fullmatch(zone):
        size = timedelta(hours=int(match[2]), minutes=int(match[3]))
        if size >= timedelta(days=1):
            return None
        return -size if match[1] == "-" else size
    hours = _ZONES.get(zone.lower())
    return None if hours is None else timedelta(hours=hours)


def _of_feedparser(raw: str, parsed: tuple[int, ...] | None) -> datetime | None:
    if parsed is None:
        return None
    try:
        at = datetime.fromtimestamp(timegm(struct_time(parsed)), UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None
    numbers = _NUMBER.findall(raw)
    if len(numbers) == 1 and len(numbers[0]) in {8, 12, 14}:
        digits = numbers[0]
        numbers = [digits[:4], digits[4:6], digits[6:8]]
    if len(numbers) < _LEAST_NUMBERS:
        return None
    values = {int(number) for number in numbers if len(number) <= _YEAR_DIGITS}
    days = {(at + timedelta(days=shift)).day for shift in (-1, 0, 1)}
    return at if at.year in values and days & values else None
