"""`wirewatch feeds parse`: what a document yields."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from schemas.errors import WirewatchError
from schemas.feed import FeedSource, FeedState
from schemas.item import FeedItem
from schemas.time import rfc3339
from wirewatch.cli.options import all_keys, print_record, with_records, with_settings
from wirewatch.settings import Settings

if TYPE_CHECKING:
    from connectors.feeds.documents.parse_pool import ParsePool

_LARGEST = 15 * 1024 * 1024


@click.command(name="parse")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@with_records
@with_settings
def command(settings: Settings, *, files: tuple[str, ...], as_json: bool, limit: int) -> None:  # noqa: ARG001 every command takes the settings
    """Show what feed documents yield, one item a line. A file that is no feed is told and the others go on."""
    if not asyncio.run(_parse_files(files, as_json=as_json, limit=limit)):
        sys.exit(1)


async def _parse_files(files: tuple[str, ...], *, as_json: bool, limit: int) -> bool:
    """Print what `files` yield; False when one of them is no feed."""
    from connectors.feeds.documents.parse_pool import ParsePool

    pool = ParsePool(1)
    await pool.start()
    printed, fine = 0, True
    try:
        for file in files:
            try:
                items, warnings = await _parsed(pool, file)
            except WirewatchError as error:
                click.echo(f"error: {error}", err=True)
                fine = False
                continue
            for item in items[: limit - printed] if limit else items:
                printed += 1
                print_record({"file": file, **all_keys(item)}, as_json=as_json, text=_item_line(file, item))
            for warning in warnings:
                click.echo(f"warning: {file}: {warning}", err=True)
    finally:
        await pool.close()
    return fine


async def _parsed(pool: ParsePool, file: str) -> tuple[tuple[FeedItem, ...], list[str]]:
    """The items in `file`, and what a person should know of it. Raises `WirewatchError` when it is no feed."""
    from connectors.feeds.documents.document import ParseRequest
    from connectors.feeds.items.entries import Origin, build
    from schemas.time import now

    moment = now()
    document, why = await pool.parse(ParseRequest(body=await asyncio.to_thread(_read, file), now=moment))
    if document is None:
        raise WirewatchError(f"{why.status.value}: {why.reason}" if why else "no answer", subject=file)
    address = await asyncio.to_thread(lambda: Path(file).absolute().as_uri())
    # As if the feed had been read before: nothing in a file is history.
    origin = Origin(
        source=FeedSource(feed_url=address), final_url=address, seen_at=moment,
        state=FeedState(feed_url=address, last_ok_at=moment),
    )  # fmt: skip
    built = build(document, origin)
    warnings = [*document.notes, *(f"an entry {letter.reason}" for letter in built.dead)]
    if document.cut:
        warnings.append("the document is cut in the middle; only complete entries were read")
    return built.items, warnings


def _read(file: str) -> bytes:
    from connectors.feeds.fetching.inflate import BadEncodingError, Inflater, TooLongError

    # As an answer is read that names no encoding: a packed file is unpacked.
    inflater = Inflater("", _LARGEST)
    try:
        with Path(file).open("rb") as stream:
            return inflater.feed(stream.read(_LARGEST + 1)) + inflater.rest()
    except (OSError, ValueError) as error:
        message = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise WirewatchError(message, subject=file) from error
    except BadEncodingError as error:
        raise WirewatchError(str(error), subject=file) from error
    except TooLongError as error:
        raise WirewatchError(f"is larger than {_LARGEST >> 20} MiB", subject=file) from error


def _item_line(file: str, item: FeedItem) -> str:
    published = rfc3339(item.published_at) if item.published_at else f"{item.published_reason} date"
    return f"{file}  {published}  {item.title or item.summary[:80] or item.body[:80]}  {item.url or item.native_id}"
