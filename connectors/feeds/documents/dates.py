"""When an entry was published: read from what the feed wrote, or left open. Never invented.

The ladder: RFC 3339 and its neighbours, RFC 822, seconds or milliseconds since 1970, and then `loose` writing: month
names of many languages, East Asian dates, day-first and year-first numbers. What two readers could read as two dates
(`03/04/2026`, a zone name of several zones) is `unreadable`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import msgspec

from connectors.feeds.documents import loosedates
from connectors.feeds.documents.monthnames import ZONES, month

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_TOLERANCE = timedelta(minutes=10)
_RAW_LIMIT = 256
_SUSPICIOUS = 3
"""One or two entries of this very minute are news."""
_MINUTE = timedelta(minutes=1)
_LAST_HOUR = 24
_MINUTES = 60
_YEAR_DIGITS = 4
_PIVOT = 69
"""Two-digit years from here on are of the last century, as in POSIX."""

_RFC_3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt_ ]+(\d\d):(\d\d)(?::(\d\d?)(?:[.,](\d+))?)?\s*([Zz]|[A-Za-z]{2,5}|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
_RFC_822 = re.compile(
    r"(?:[^\W\d_]+\.?,?\s+)?(\d{1,2})[\s-]([A-Za-z]{3,12})\.?,?[\s-](\d{4}|\d\d)"
    r"(?:,?\s+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*([A-Za-z]{1,5}|(?:GMT|UTC)?[+-]\d\d:?\d\d)?(?:\s*\([^)]*\))?)?"
)
_OFFSET = re.compile(r"(?:GMT|UTC)?([+-])(\d\d?):?(\d\d)?", re.IGNORECASE)
_SINCE_1970 = re.compile(r"(\d{10})(\d{3})?(?:\.\d+)?", re.ASCII)
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


class Dated(msgspec.Struct, frozen=True):
    """A chosen time (or none), the words it was read from, and why: see `FeedItem.published_reason`."""

    at: datetime | None
    raw: str
    reason: str


class Reading(msgspec.Struct, frozen=True):
    """What the dates of a document are read with: the moment of the fetch, and what is known of where it comes from."""

    now: datetime
    zone: tzinfo = UTC
    """The zone of dates that name none."""
    zone_known: bool = False
    language: str = ""


def reading(now: datetime, time_zone: str = "", language: str = "") -> Reading:
    """A `Reading`; a `time_zone` that this machine does not know counts as none."""
    try:
        zone = ZoneInfo(time_zone) if time_zone else None
    except (KeyError, ValueError, OSError):
        zone = None
    return Reading(now=now, zone=zone or UTC, zone_known=zone is not None, language=language)


def choose(published: str, updated: str, how: Reading) -> Dated:
    """The date of publication, else that of the last change, when one is readable and plausible at `how.now`.

    A day without a time is its midnight, with the reason `published-day` or `updated-day`.
    """
    reasons = []
    for name, written in (("published", published), ("updated", updated)):
        raw = written.strip()[:_RAW_LIMIT]
        if not raw:
            continue
        at, only_day = _read(raw, how)
        if at is None:
            reasons.append(Dated(None, raw, "unreadable"))
        elif not _EARLIEST <= at <= how.now + _TOLERANCE:
            reasons.append(Dated(None, raw, "implausible"))
        else:
            return Dated(at, raw, f"{name}-day" if only_day else name)
    return reasons[0] if reasons else Dated(None, "", "missing")


def are_generated(dates: Sequence[datetime | None], now: datetime) -> bool:
    """Whether the `dates` of a whole document are no dates but the clock of its server: all of the minute of the fetch."""
    return len(dates) >= _SUSPICIOUS and all(at is not None and abs(at - now) < _MINUTE for at in dates)


def read(raw: str, how: Reading | None = None) -> datetime | None:
    """`raw` in UTC; None when it is no date, or more than one.

    A time without a zone counts as in `how.zone` (UTC), a date alone as its midnight.
    """
    return _read(raw, how or Reading(now=datetime.max.replace(tzinfo=UTC)))[0]


def _read(raw: str, how: Reading) -> tuple[datetime | None, bool]:
    """`read`, and whether it is a day without a time."""
    raw = " ".join(raw.split())
    if not raw.isascii():
        raw = " ".join(_UNSEEN.sub("", _western(raw)).split())
    if (match := _RFC_3339.fullmatch(raw)) and _is_zone(match[8]):
        year, number, day, hour, minute, second, fraction, zone = match.groups()
        moment = _moment((year, int(number), day), (hour, minute, second, fraction))
    elif (match := _RFC_822.fullmatch(raw)) and _is_zone(match[7]):
        day, name, year, hour, minute, second, zone = match.groups()
        moment = _moment((year, month(name, how.language), day), (hour, minute, second, None))
    elif match := _SINCE_1970.fullmatch(raw):
        return datetime.fromtimestamp(int(match[1]), UTC) + timedelta(milliseconds=int(match[2] or 0)), False
    elif written := loosedates.find(raw, how.language):
        hour, zone = written.time[0], written.zone
        moment = _moment(written.date, written.time)
    else:
        return None, False
    return _in_zone(moment, zone or "", how), hour is None


def _is_zone(word: str | None) -> bool:
    return not word or not word.isalpha() or loosedates.names_zone(word)


def _moment(date: tuple[str, int, str], time: tuple[str | None, str | None, str | None, str | None]) -> datetime | None:
    year, number, day = date
    hour, minute, second, fraction = time
    if int(hour or 0) > _LAST_HOUR or int(minute or 0) >= _MINUTES:
        return None
    try:
        # 24:00 and leap seconds are written by real feeds; both are the moment that follows.
        return datetime(_full_year(year), number, int(day)) + timedelta(  # noqa: DTZ001 the zone is added by the caller
            hours=int(hour or 0), minutes=int(minute or 0), seconds=int(second or 0),
            milliseconds=int((fraction or "0")[:3].ljust(3, "0")),
        )  # fmt: skip
    except (ValueError, OverflowError):
        return None


def _in_zone(moment: datetime | None, zone: str, how: Reading) -> datetime | None:
    if moment is None:
        return None
    where: tzinfo | None = how.zone
    if zone:
        offset = _offset(zone)
        # A name that stands for several zones: the source list says which one is meant, or nobody does.
        where = timezone(offset) if offset is not None else how.zone if how.zone_known and zone.isalpha() else None
    try:
        return moment.replace(tzinfo=where).astimezone(UTC) if where is not None else None
    except (ValueError, OverflowError):
        return None


def _full_year(year: str) -> int:
    number = int(year)
    if len(year) == _YEAR_DIGITS:
        return number
    return number + (2000 if number < _PIVOT else 1900)


def _offset(zone: str) -> timedelta | None:
    if match := _OFFSET.fullmatch(zone):
        size = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        if size >= timedelta(days=1):
            return None
        return -size if match[1] == "-" else size
    minutes = ZONES.get(zone.lower())
    return None if minutes is None else timedelta(minutes=minutes)


def _western(text: str) -> str:
    """`text` with the digits of any script as 0 to 9, and wide punctuation as usual."""
    return "".join(
        str(digit) if (digit := unicodedata.decimal(letter, None)) is not None else letter
        for letter in unicodedata.normalize("NFKC", text)
    )
