"""One pushed line to an item: pure, by the same rules of identity, text and time as a polled one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

import msgspec

from connectors.feeds.documents.dates import Dated, choose, read, reading
from connectors.feeds.documents.document import BODY_BYTES, SUMMARY_BYTES, TITLE_BYTES
from connectors.feeds.documents.text import limited, one_line, plain
from connectors.feeds.items.entries import FRESH
from schemas import identity
from schemas.address import absolute
from schemas.errors import misfit
from schemas.feed import FeedSource
from schemas.ingest import PushedItem
from schemas.item import FeedItem, Outlet
from schemas.time import rfc3339

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:\S{1,2016}")
_NATIVE_BYTES = 2_048
_MILLISECONDS = 100_000_000_000
"""A number of seconds this large is one of milliseconds."""
_KEYS = frozenset(PushedItem.__struct_fields__)
_NOT_OURS = frozenset({*FeedItem.__struct_fields__, "file"}) - _KEYS
"""Keys of a whole item, and of `feeds parse`, that wirewatch makes itself."""
_decoder = msgspec.json.Decoder(PushedItem)
_names = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Sources:
    """The listed sources by address and by name, and the one that lines without a feed belong to."""

    def __init__(self, listed: tuple[FeedSource, ...], default: FeedSource | None = None) -> None:
        self.default = default
        self._by_address = {source.feed_url: source for source in listed}
        self._by_name: dict[str, list[FeedSource]] = {}
        for source in listed:
            self._by_name.setdefault(source.name.casefold(), []).append(source)

    def named(self, name: str) -> FeedSource:
        """The source called `name`, or at this address. Raises `ValueError` when there is none, or more than one."""
        if is_address(name):
            return self.at(name)
        found = self._by_name.get(name.casefold(), [])
        if len(found) == 1:
            return found[0]
        if found:
            raise ValueError(f"{len(found)} listed sources are called {name!r}; give the feed_url")
        raise ValueError(f"no listed source is called {name!r}; give the feed_url, or list it")

    def at(self, address: str) -> FeedSource:
        """The source at `address`, listed or not."""
        return self._by_address.get(address) or FeedSource(feed_url=address)


def is_address(text: str) -> bool:
    """Whether `text` can be the address of a feed or channel, of whatever scheme."""
    return bool(_ADDRESS.fullmatch(text)) and text.isprintable()


def decoded(raw: bytes) -> PushedItem:
    """The line as it says. Raises `ValueError` saying what is wrong."""
    if raw.lstrip()[:1] == b"[":
        raise ValueError("is a list; give one object a line (jq -c '.[]' makes lines of a list)")
    try:
        return _decoder.decode(raw)
    except msgspec.ValidationError as error:
        where, text = misfit(error)
        raise ValueError(f"{where}: {text}" if where else "is no JSON object") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"is no JSON object: {error}") from error
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error


def unused(raw: bytes) -> frozenset[str]:
    """Keys of a good line that are not used."""
    return frozenset(_names.decode(raw)) - _KEYS - _NOT_OURS


def source_of(given: PushedItem, sources: Sources) -> FeedSource:
    """The source the line belongs to. Raises `ValueError`."""
    outlet = given.source
    name = outlet if isinstance(outlet, str) else outlet.name if outlet is not None else ""
    if given.feed_url:
        if not is_address(given.feed_url):
            raise ValueError(f"feed_url: {given.feed_url[:200]!r} is no address")
        source = sources.at(given.feed_url)
    elif sources.default is not None:
        source = sources.default
    elif name:
        source = sources.named(name)
    else:
        raise ValueError("feed_url: is missing, and no --feed says where lines without it come from")
    facts = {"name": name} if isinstance(outlet, str) else _facts(outlet)
    return msgspec.structs.replace(source, **{key: value for key, value in facts.items() if value})


def item_of(
    given: PushedItem, source: FeedSource, now: datetime, *, by_item: bool = False, learned: str = ""
) -> FeedItem:
    """The item of `source`, `op` still `new`. `by_item` and `learned` as the poller knows the feed. Raises `ValueError`."""
    url = (given.url or "").strip()
    if url and not absolute(url, ""):
        raise ValueError(f"url: {url[:200]!r} is no http or https address")
    native = (given.native_id or "").strip()
    if not url and not native:
        raise ValueError("url: is missing, and so is native_id; one of them is needed")
    title, cut_title = limited(one_line(given.title or ""), TITLE_BYTES)
    summary, cut_summary = limited(plain(given.summary or ""), SUMMARY_BYTES)
    body, cut_body = limited(plain(given.body or ""), BODY_BYTES)
    if not (title or summary or body):
        raise ValueError("title: is missing, and so are summary and body; one of them is needed")
    policy, value = _rung(given.id_policy, native, url)
    item = identity.item_id(source.feed_url, policy, value)
    by_address = bool(url) and not by_item and given.keyed_by != "item"
    article = identity.article_id_of_address(url) if by_address else identity.article_id_of_item(item)
    content = identity.content_hash("feed", title, summary, body)
    dated, seen_at = _dated(given, now), _seen(given.seen_at, now)
    old = dated.at is not None and dated.at < now - FRESH
    return FeedItem(
        feed_url=source.feed_url,
        native_id=native or url,
        id_policy=policy,
        item_id=item,
        article_id=article,
        keyed_by="address" if by_address else "item",
        content_hash=content,
        version_id=identity.version_id(article, content),
        op="new",
        history=old if given.history is None else given.history,
        url=url,
        title=title,
        summary=summary,
        body=body,
        authors=_listed(given.authors),
        categories=_listed(given.categories),
        language=one_line(given.language or "")[:35],
        source=Outlet(
            name=source.name, country=source.country, language=source.language, kind=source.kind, learned=learned
        ),
        published_at=dated.at,
        published_raw=dated.raw,
        published_reason=dated.reason,
        seen_at=seen_at,
        truncated=cut_title or cut_summary or cut_body,
        trace_id=identity.digest("trace", item, content, rfc3339(seen_at)),
    )


def _rung(policy: str | None, native: str, url: str) -> tuple[Literal["guid", "link", "given"], str]:
    native = native if len(native.encode(errors="replace")) <= _NATIVE_BYTES else identity.digest(native)
    if policy == "guid" and native:
        return "guid", native
    if policy == "link" and url:
        return "link", identity.canonical_address(url)
    return "given", native or identity.canonical_address(url)


def _dated(given: PushedItem, now: datetime) -> Dated:
    first = next((one for one in (given.published_at, given.published) if one is not None), None)
    words = given.published_raw or ""
    if isinstance(first, float | int):
        first = _of_number(float(first))
    dated = choose(first or words, "", reading(now))
    # The words of the feed itself say more than what another tool made of them.
    return msgspec.structs.replace(dated, raw=words[:256]) if words and dated.at is not None else dated


def _of_number(seconds: float) -> str:
    seconds = seconds / 1000 if abs(seconds) >= _MILLISECONDS else seconds
    try:
        return rfc3339(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return f"{seconds:g}"


def _seen(text: str | None, now: datetime) -> datetime:
    moment = read(text) if text else None
    return moment if moment is not None and moment <= now else now


def _facts(outlet: Outlet | None) -> Mapping[str, str]:
    if outlet is None:
        return {}
    return {"name": outlet.name, "country": outlet.country, "language": outlet.language, "kind": outlet.kind}


def _listed(given: tuple[str, ...] | str | None) -> tuple[str, ...]:
    several = (given,) if isinstance(given, str) else given or ()
    return tuple(filter(None, map(one_line, several)))
