"""Query parameters of the pages, the API and the event stream: read once, refused by name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from connectors.interfaces import HitFilter
from schemas.hit import Hit

LIMIT_MAX = 1000
CURSOR_MAX = 2**63 - 1
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,8}")
_AGO = re.compile(r"([0-9]{1,6})([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_WATCHLIST_LENGTH = 200
_SCRIPT_LENGTH, _REGION_LENGTH = 4, 2
# A `+` that was not encoded arrives as a space.
_LOST_PLUS = re.compile(r" (?=\d\d:?\d\d$)")


class ParameterError(ValueError):
    """A query parameter has an unknown name or an impossible value; `parameter` names it."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(f"{parameter}: {message}")
        self.parameter = parameter


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader asked to see."""

    filter: HitFilter = HitFilter()
    limit: int
    since: str = ""
    """As written, for links that lead back here."""
    after: int | None = None

    def parameters(self, **change: str) -> dict[str, str]:
        """The parameters that lead to this view again, with `change`; empty ones are left out."""
        kept = {"watchlist": self.filter.watchlist, "language": self.filter.language, "since": self.since, **change}
        return {name: value for name, value in kept.items() if value}


def wanted(parameters: Iterable[tuple[str, str]], now: datetime, *, limit: int, strict: bool = True) -> Wanted:
    """What `parameters` ask for; `limit` is the default.

    Raises `ParameterError` for an impossible value, a parameter given twice, and, when `strict`, an unknown one
    (links to pages pick up parameters of mail programs on their way; a script that misspells one wants to know).
    """
    given: dict[str, str] = {}
    for name, value in parameters:
        if name not in {"watchlist", "language", "since", "limit", "after"}:
            if strict:
                raise ParameterError(
                    name, "is not a parameter here; known are watchlist, language, since, limit, after"
                )
            continue
        if name in given:
            raise ParameterError(name, "is given twice")
        given[name] = value.strip()
    return Wanted(
        filter=HitFilter(
            watchlist=_watchlist(given.get("watchlist", "")),
            language=_language(given.get("language", "")),
            since=_since(given.get("since", ""), now),
        ),
        limit=_number("limit", given.get("limit", ""), 1, LIMIT_MAX) or limit,
        since=given.get("since", ""),
        after=_number("after", given.get("after", ""), 0, CURSOR_MAX),
    )


def cursor(last_event_id: str) -> int | None:
    """The cursor in a `Last-Event-ID` header; None without one."""
    return _number("Last-Event-ID", last_event_id.strip(), 0, CURSOR_MAX)


def takes(chosen: HitFilter, hit: Hit) -> bool:
    """Whether `hit` passes `chosen`: the rule of `HitStore.newest`, for hits already in hand."""
    if chosen.watchlist and hit.watchlist != chosen.watchlist:
        return False
    if chosen.since is not None and hit.seen_at < chosen.since:
        return False
    return not chosen.language or is_language(hit.language, chosen.language)


def is_language(tag: str, chosen: str) -> bool:
    """Whether `tag` is `chosen` or a kind of it: `sr-Latn` is `sr`."""
    return tag == chosen or tag.startswith(chosen + "-")


def _watchlist(value: str) -> str:
    if len(value) > _WATCHLIST_LENGTH or not value.isprintable():
        raise ParameterError("watchlist", "is not the id of a watchlist")
    return value


def _language(value: str) -> str:
    if value and not _LANGUAGE.fullmatch(value):
        raise ParameterError("language", f"{value!r} is not a language tag such as sr, sr-Latn or sq")
    first, *rest = value.lower().split("-")
    return "-".join([first, *map(_usual_case, rest)])


def _usual_case(part: str) -> str:
    if len(part) == _REGION_LENGTH:
        return part.upper()
    return part.title() if len(part) == _SCRIPT_LENGTH else part


def _since(value: str, now: datetime) -> datetime | None:
    if not value:
        return None
    ago = _AGO.fullmatch(value)
    try:
        moment = now - int(ago[1]) * _UNITS[ago[2]] if ago else datetime.fromisoformat(_LOST_PLUS.sub("+", value))
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ParameterError("since", f"{value!r} is neither a time such as 2026-11-22T18:00:00Z nor 30m, 24h or 7d")


def _number(name: str, value: str, least: int, most: int) -> int | None:
    if not value:
        return None
    if not (value.isascii() and value.isdecimal() and len(value) <= len(str(most)) and least <= int(value) <= most):
        raise ParameterError(name, f"{value!r} is not a number from {least} to {most}")
    return int(value)
