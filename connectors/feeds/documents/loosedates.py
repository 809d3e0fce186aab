"""Dates in words and in the order of their country: `22. новембар 2026. 10:30`, `2026年11月22日`, `22.11.2026`.

Only what can be read in one way is: an unclear order, a number left over or a second date make it no date.
"""

from __future__ import annotations

import re

import msgspec

from connectors.feeds.documents.monthnames import ZONES, month

_TIME = re.compile(
    r"(?<![\d:])(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?![\d:])"
    r"(?:\s*([AaPp])\.?[Mm]\b\.?)?"
    r"(?:\s*\(?((?:GMT|UTC)?\s?[+-]\d\d?(?::?\d\d)?|[A-Za-z]{1,5})\)?(?![\w]))?"
)
_TIME_ALONE = re.compile(r"(?<![\d.])(\d{1,2})\s?[.hH]\s?(\d\d)(?![\d.])")
_EAST_TIME = re.compile(r"(\d{1,2})\s*[時时点시]\s*(?:(\d{1,2})\s*[分분])?\s*(?:(\d{1,2})\s*[秒초])?")
_MORNING = re.compile("上午|午前|오전|凌晨|早上")
_AFTERNOON = re.compile("下午|午後|오후|晚上")
_WORD = r"([^\W\d_]{2,})"
_EAST = re.compile(r"(?<!\d)(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일号號]")
_YEAR_FIRST = re.compile(r"(?<![\d.])(\d{4})([-/.]\s?)(\d{1,2})\2(\d{1,2})(?!\d)\.?(?:T(?=\s|$))?")
_TOGETHER = re.compile(r"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?(?:Z)?)?(?!\d)")
_DAY_FIRST = re.compile(r"(?<![\d.])(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?!\d)\.?")
_EITHER_FIRST = re.compile(r"(?<![\d/-])(\d{1,2})([/-])(\d{1,2})\2(\d{4})(?![\d/-])")
_DAY_MONTH = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|er|[oa](?=[\s.]))?[\s.,-]{{0,3}}(?:(?:de|of|d)[\s'\u2019])?{_WORD}"
    r"[\s.,-]{0,3}(?:(?:de|del|of)\s)?(\d{4})(?!\d)\.?"
)
_MONTH_DAY = re.compile(rf"{_WORD}\.?\s*(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})(?!\d)")
_YEAR_MONTH = re.compile(rf"(?<!\d)(\d{{4}})[\s.,-]{{0,3}}{_WORD}[\s.-]{{0,2}}(\d{{1,2}})(?!\d)\.?")
_TWO_WORDS = re.compile(r"(تشرين|كانون)\s+(الأول|الاول|الثاني)")
_DIGIT = re.compile(r"\d", re.ASCII)
_NO_ZONE = frozenset({"uhr", "uur", "h", "hrs", "hours", "kl", "ora", "ore", "u", "on", "at", "of", "am", "pm", "sat"})
"""What stands after a time and names no zone."""
_LAST_MONTH = 12
_NOON = 12
_LONGEST = 100


class Found(msgspec.Struct, frozen=True):
    """The parts of a date: year, month and day, time of the day (None where not given), zone as written."""

    date: tuple[str, int, str]
    time: tuple[str | None, str | None, str | None, str | None] = (None, None, None, None)
    zone: str = ""


def find(text: str, language: str = "") -> Found | None:
    """The one date in `text`, which has western digits; None when it has none, several, or an unclear one."""
    if len(text) > _LONGEST or not _DIGIT.search(text):
        return None
    text = _TWO_WORDS.sub(r"\1\2", text)
    if (together := _TOGETHER.fullmatch(text)) is not None:
        year, number, day, hour, minute, second = together.groups()
        return Found((year, int(number), day), (hour, minute, second, None), "Z" if text.endswith("Z") else "")
    time, zone, rest = _time(text)
    found = _date(rest, language)
    if found is None:
        return None
    date, rest = found
    if time[0] is None and (match := _TIME_ALONE.search(rest)):
        time, rest = (match[1], match[2], None, None), rest[: match.start()] + rest[match.end() :]
    if _DIGIT.search(rest) or zone is None:
        return None
    return Found(date, time, zone)


def _time(text: str) -> tuple[tuple[str | None, str | None, str | None, str | None], str | None, str]:
    """The time of the day in `text`, its zone (None for an unreadable half of day), and what is left."""
    if match := _TIME.search(text):
        hour, minute, second, fraction, half, zone = match.groups()
        half = (half or "").lower() or ("p" if _AFTERNOON.search(text) else "a" if _MORNING.search(text) else "")
        end = match.end()
        if zone and zone.isalpha() and not names_zone(zone):
            zone, end = "", match.start(6)
        hour = _of_day(hour, half)
        rest = f"{text[: match.start()]} {text[end:]}"
        return (hour, minute, second, fraction), None if hour is None else (zone or "").replace(" ", ""), rest
    if match := _EAST_TIME.search(text):
        half = "p" if _AFTERNOON.search(text) else "a" if _MORNING.search(text) else ""
        hour = _of_day(match[1], half)
        rest = f"{text[: match.start()]} {text[match.end() :]}"
        return (hour, match[2], match[3], None), None if hour is None else "", rest
    return (None, None, None, None), "", text


def names_zone(word: str) -> bool:
    """Whether a word after a time is meant as a zone, known or not: other words are written in small letters."""
    return word.lower() not in _NO_ZONE and not month(word) and (word.isupper() or word.lower() in ZONES)


def _of_day(hour: str, half: str) -> str | None:
    if not half:
        return hour
    number = int(hour)
    if number > _NOON:
        # `下午15:30` says it twice; `15:30 am` contradicts itself.
        return hour if half == "p" else None
    return str(number % _NOON + (_NOON if half == "p" else 0))


def _date(text: str, language: str) -> tuple[tuple[str, int, str], str] | None:
    if match := _EAST.search(text):
        return (match[1], int(match[2]), match[3]), _without(text, match)
    if match := _YEAR_FIRST.search(text):
        return (match[1], int(match[3]), match[4]), _without(text, match)
    if match := _DAY_FIRST.search(text):
        return (match[3], int(match[2]), match[1]), _without(text, match)
    if match := _EITHER_FIRST.search(text):
        return _either(match, text)
    for pattern, (year, word, day) in ((_DAY_MONTH, (3, 2, 1)), (_MONTH_DAY, (3, 1, 2)), (_YEAR_MONTH, (1, 2, 3))):
        for match in pattern.finditer(text):
            number = month(match[word], language)
            if number:
                return (match[year], number, match[day]), _without(text, match)
    return None


def _either(match: re.Match[str], text: str) -> tuple[tuple[str, int, str], str] | None:
    first, second = int(match[1]), int(match[3])
    rest = _without(text, match)
    if first > _LAST_MONTH or first == second:
        return (match[4], second, match[1]), rest
    return ((match[4], first, match[3]), rest) if second > _LAST_MONTH else None


def _without(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()]} {text[match.end() :]}"
