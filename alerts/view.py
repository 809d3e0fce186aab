"""What the templates of a mail show: plain, cleaned values worked out from a row, so that templates hold no rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

import msgspec

from alerts.excerpt import Piece, clean, excerpt_pieces, title_pieces
from schemas.hit import Hit, Severity
from schemas.item import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime, timedelta

    from alerts.row import Row
    from alerts.settings import MailSettings

_EXCERPTS = 3
_REASONS = 12
# What an address must not contain bare when it stands in markup or in a line of text.
_UNSAFE_IN_ADDRESS = re.compile(r"""[\s"'<>`{}|^\x00-\x20\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]""")


class Link(msgspec.Struct, frozen=True):
    """An http address that is safe to put into a mail, and the host a reader will land on."""

    address: str
    host: str


class Excerpt(msgspec.Struct, frozen=True):
    """Words around a hit, with the language to render them in."""

    language: str
    pieces: tuple[Piece, ...]


class Reason(msgspec.Struct, frozen=True):
    """One written form that fired: by which alias of which concept, asked for by which queries, and where it stands."""

    form: str
    alias: str
    concept: str
    queries: str
    fields: str
    times: int


class Moment(msgspec.Struct, frozen=True):
    """One step on the way from the outlet to the reader; `after` is the time since the step before."""

    step: str
    at: str
    after: str


class MailView(msgspec.Struct, frozen=True, kw_only=True):
    """A mail about one article for one list."""

    watchlist: str
    queries: str
    severity: Severity
    title: tuple[Piece, ...]
    language: str
    """For the `lang` attribute; empty when it was not established."""
    source: str
    country: str
    excerpts: tuple[Excerpt, ...]
    reasons: tuple[Reason, ...]
    more_reasons: int
    moments: tuple[Moment, ...]
    link: Link | None
    page: Link | None
    recipient: str
    alert_key: str


def view(row: Row, settings: MailSettings, now: datetime) -> MailView:
    """The mail of `row` as it reads when sent `now`."""
    first = min(row.hits, key=lambda hit: (hit.seen_at, hit.hit_id))
    reasons = tuple(_reasons(row.hits))
    feed = safe_link(first.feed_url)
    return MailView(
        watchlist=clean(row.alert.watchlist_name or row.alert.watchlist),
        queries=", ".join(sorted({clean(hit.query) for hit in row.hits})),
        severity=row.alert.severity,
        title=title_pieces(row.hits, first) or (Piece("(no title)"),),
        language=_language(first.language),
        source=clean(first.source) or (feed.host if feed else ""),
        country=clean(first.country),
        excerpts=tuple(_excerpts(row.hits))[:_EXCERPTS],
        reasons=reasons[:_REASONS],
        more_reasons=max(0, len(reasons) - _REASONS),
        moments=tuple(_moments(row.hits, ZoneInfo(settings.time_zone), now)),
        link=safe_link(first.url),
        page=_page(settings.base_url, row.alert.watchlist),
        recipient=clean(row.alert.recipient),
        alert_key=clean(row.alert.alert_key),
    )


def safe_link(address: str) -> Link | None:
    """`address` when a browser would open it over http or https, else None; the host is the one it would go to."""
    # Browsers read a backslash as a slash: "https://good.example\@evil.example" leads to the first, not the second.
    address = _UNSAFE_IN_ADDRESS.sub(_percent, address.strip().replace("\\", "/"))
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host:
        return None
    host = clean(host)
    if not host.isascii():
        try:
            # Letters of two scripts can look the same; the ASCII form cannot.
            host = f"{host} ({host.encode('idna').decode('ascii')})"
        except UnicodeError:
            return None
    return Link(address, host)


def span_of_time(length: timedelta) -> str:
    """A duration as people say it: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`, `3 days`."""
    seconds = length.total_seconds()
    if seconds < 10:  # noqa: PLR2004 tenths matter only while there are few seconds
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < 60:  # noqa: PLR2004 seconds in a minute
        return f"{whole} s"
    if whole < 3600:  # noqa: PLR2004 seconds in an hour
        return f"{whole // 60} min {whole % 60} s"
    if whole < 2 * 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} days"


def _percent(found: re.Match[str]) -> str:
    return quote(found[0], safe="", errors="replace")


def _page(base_url: str, watchlist: str) -> Link | None:
    return (
        safe_link(f"{base_url.rstrip('/')}/?watchlist={quote(watchlist, safe='', errors='replace')}")
        if base_url
        else None
    )


def _language(tag: str) -> str:
    return tag if tag != "und" and re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", tag) else ""


def _excerpts(hits: Sequence[Hit]) -> Iterator[Excerpt]:
    for text in dict.fromkeys(hit.excerpt for hit in hits if clean(hit.excerpt)):
        language = next(hit.language for hit in hits if hit.excerpt == text)
        yield Excerpt(_language(language), excerpt_pieces(hits, text))


def _reasons(hits: Iterable[Hit]) -> Iterator[Reason]:
    found: dict[tuple[str, str, str], tuple[set[str], set[tuple[str, str, int]]]] = {}
    for hit in hits:
        for span in hit.spans:
            queries, places = found.setdefault((span.concept, span.alias, span.text), (set(), set()))
            queries.add(hit.query)
            places.add((hit.content_hash, span.field, span.start))
    for (concept, alias, form), (queries, places) in sorted(found.items()):
        yield Reason(
            form=clean(form),
            alias=clean(alias),
            concept=clean(concept),
            queries=", ".join(clean(query) for query in sorted(queries)),
            fields=" and ".join(field for field in FIELDS if any(field == one for _, one, _ in places)),
            times=max(sum(1 for content, _, _ in places if content == one) for one, _, _ in places),
        )


def _moments(hits: Sequence[Hit], zone: ZoneInfo, now: datetime) -> Iterator[Moment]:
    published = min((hit.published_at for hit in hits if hit.published_at is not None), default=None)
    steps = (
        ("published", published),
        ("seen", min(hit.seen_at for hit in hits)),
        ("matched", min(hit.matched_at for hit in hits)),
        ("sent", now),
    )
    before: datetime | None = None
    for step, moment in steps:
        if moment is None:
            yield Moment(step, "no usable date in the feed", "")
            continue
        # A feed's clock may run ahead of ours: then there is nothing sensible to say.
        late = span_of_time(moment - before) if before is not None and moment >= before else ""
        yield Moment(step, moment.astimezone(zone).strftime("%d %b %Y, %H:%M:%S %Z"), late)
        before = moment
