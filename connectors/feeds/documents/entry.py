"""One entry as feedparser or a JSON Feed gives it, to a `RawEntry`: texts plain, limits kept, nothing made up."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from connectors.feeds.documents.dates import Reading, choose
from connectors.feeds.documents.document import (
    BODY_BYTES,
    CUT,
    MAX_ENTRIES,
    SUMMARY_BYTES,
    TITLE_BYTES,
    BrokenEntry,
    RawEntry,
)
from connectors.feeds.documents.text import limited, one_line, plain
from schemas.errors import RecordError

_NATIVE_LIMIT = 64 * 1024
_LINK_LIMIT = 8 * 1024
_NAMES = 50
_NAME_BYTES = 512
# More markup than this cannot be needed for a text of the limit; the rest costs time and memory only.
_MARKUP_PER_BYTE = 16
_LAST_TEXTS = ("media_text", "dcterms_abstract", "subtitle")
"""What stands in for the text of an entry that has none, in feedparser's names; it maps the usual elements itself."""
_TEASER_ENDS = ("[…]", "[...]", "[&#8230;]", "…", "...")


def convert(fields: Any, form: str, how: Reading) -> RawEntry:
    """The entry in `fields`. Raises `RecordError` (stage `entry`) when it is no entry, or says nothing whatever."""
    if not isinstance(fields, Mapping):
        message = "is no object"
        raise RecordError(message, stage="entry")
    if not len(fields):
        message = "is empty"
        raise RecordError(message, stage="entry")
    return _FORMS[form](fields, how)


def converted(entries: Iterable[Any], form: str, how: Reading) -> tuple[tuple[RawEntry, ...], tuple[BrokenEntry, ...]]:
    """All `entries`, those that cannot be converted as `BrokenEntry`; `form` as there. Raises `KeyError` for another."""
    whole: list[RawEntry] = []
    broken: list[BrokenEntry] = []
    for number, fields in enumerate(entries):
        try:
            if number < MAX_ENTRIES:
                whole.append(convert(fields, form, how))
                continue
            reason = f"is beyond the first {MAX_ENTRIES:,} entries of its document"
        except Exception as error:  # noqa: BLE001 any entry may break a library in its own way; none is lost
            reason = error.message if isinstance(error, RecordError) else f"{type(error).__name__}: {error}"
        raw = json.dumps(fields, default=str, skipkeys=True).encode()
        broken.append(BrokenEntry(reason=reason, form=form, raw=raw))
    return tuple(whole), tuple(broken)


def cut_off(rest: str) -> tuple[BrokenEntry, ...]:
    """The entry that a document was cut in, when there is one."""
    if not rest:
        return ()
    return (
        BrokenEntry(
            reason="is cut off: the document ends in the middle of it", form=CUT, raw=rest.encode("utf-8", "replace")
        ),
    )


def _from_feedparser(fields: Mapping[str, Any], how: Reading) -> RawEntry:
    # FeedParserDict answers for keys it does not have (with a warning): only what is stored counts.
    entry = dict(fields)
    contents = [part for part in entry.get("content") or () if isinstance(part, dict) and part.get("value")]
    body = max((str(part["value"]) for part in contents), key=len, default="")
    summary = str(entry.get("summary") or "")
    if not (summary or body):
        summary = next((str(entry[key]) for key in _LAST_TEXTS if entry.get(key)), "")
    languages = (part.get("language") for part in (*contents, entry.get("title_detail") or {}))
    published, updated = str(entry.get("published") or ""), str(entry.get("updated") or "")
    dated = choose(published or ("" if updated else str(entry.get("created") or "")), updated, how)
    return _entry(
        native=str(entry.get("id") or "").strip(),
        link=str(entry.get("link") or "").strip(),
        title=str(entry.get("title") or ""),
        summary=summary,
        body=body,
        authors=[_author(one) for one in entry.get("authors") or () if isinstance(one, dict)],
        categories=[str(tag.get("label") or tag.get("term") or "") for tag in entry.get("tags") or ()],
        language=str(entry.get("language") or next((found for found in languages if found), "") or ""),
        published_at=dated.at,
        published_raw=dated.raw,
        published_reason=dated.reason,
    )


def _author(author: Mapping[str, Any]) -> str:
    return str(author.get("name") or author.get("email") or author.get("href") or "")


def _from_jsonfeed(fields: Mapping[str, Any], how: Reading) -> RawEntry:
    native = fields.get("id")
    authors = fields.get("authors") or [fields.get("author")]
    dated = choose(_date(fields.get("date_published")), _date(fields.get("date_modified")), how)
    return _entry(
        # Version 1.1 asks for text; numbers are to be read as such.
        native="" if native is None else str(native).strip(),
        link=_word(fields.get("url")) or _word(fields.get("external_url")),
        title=_word(fields.get("title")),
        summary=_word(fields.get("summary")),
        body=_word(fields.get("content_html")) or _word(fields.get("content_text")),
        authors=[_word(one.get("name") or one.get("url")) for one in authors if isinstance(one, dict)],
        categories=[_word(tag) for tag in fields.get("tags") or ()],
        language=_word(fields.get("language")),
        published_at=dated.at,
        published_raw=dated.raw,
        published_reason=dated.reason,
    )


def _from_sitemap(fields: Mapping[str, Any], how: Reading) -> RawEntry:
    dated = choose(fields.get("published") or fields.get("video_published", ""), fields.get("lastmod", ""), how)
    return _entry(
        native="",
        link=fields.get("loc", ""),
        title=fields.get("title") or fields.get("video_title") or fields.get("image_title", ""),
        summary=fields.get("video_description") or fields.get("image_caption", ""),
        body="",
        authors=(),
        categories=fields.get("keywords", "").split(","),
        language=fields.get("language", ""),
        published_at=dated.at,
        published_raw=dated.raw,
        published_reason=dated.reason,
    )


_FORMS = {"feedparser": _from_feedparser, "jsonfeed": _from_jsonfeed, "sitemap": _from_sitemap}


def _date(value: Any) -> str:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else _word(value)


def _word(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _entry(
    *, title: str, summary: str, body: str, authors: Iterable[str], categories: Iterable[str], **rest: Any
) -> RawEntry:
    title, title_cut = _text(title, TITLE_BYTES, one_line)
    summary, summary_cut = _text(summary, SUMMARY_BYTES, plain)
    body, body_cut = _text(body, BODY_BYTES, plain)
    if _is_beginning(summary, body):
        summary, summary_cut = "", False
    rest["link"] = rest["link"] if len(rest["link"]) <= _LINK_LIMIT else ""
    rest["language"] = one_line(rest["language"])[:35]
    # Kept long enough to tell ids apart by their beginning; the ladder hashes what is over its limit.
    rest["native"] = _storable(rest["native"])[:_NATIVE_LIMIT]
    return RawEntry(
        title=title,
        summary=summary,
        body=body,
        authors=_names(authors),
        categories=_names(categories),
        truncated=title_cut or summary_cut or body_cut,
        **{**rest, "link": _storable(rest["link"]), "published_raw": _storable(rest["published_raw"])},
    )


def _text(markup: str, most: int, reading: Any) -> tuple[str, bool]:
    kept = markup[: most * _MARKUP_PER_BYTE]
    text, was_cut = limited(reading(kept), most)
    return text, was_cut or len(kept) < len(markup)


def _is_beginning(summary: str, body: str) -> bool:
    """Whether the summary says nothing that the body does not begin with: the same text, or a teaser cut from it."""
    start = " ".join(summary.split())
    for end in _TEASER_ENDS:
        start = start.removesuffix(end).rstrip()
    # Words cut in half by a teaser are a beginning too; spaces differ where one of the two has paragraphs.
    return not start or " ".join(body[: 2 * len(summary) + 64].split()).startswith(start)


def _names(names: Iterable[str]) -> tuple[str, ...]:
    short = (limited(one_line(name[: 8 * _NAME_BYTES]), _NAME_BYTES)[0] for name in names)
    return tuple(dict.fromkeys(name for name in short if name))[:_NAMES]


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "")
