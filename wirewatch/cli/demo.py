"""`wirewatch demo`: `run` over the sample wire."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from wirewatch.cli.options import setting_option, with_settings
from wirewatch.settings import Settings

if TYPE_CHECKING:
    from connectors.sample_wire import SampleWire
    from schemas.feed import FeedSource

_FOLDER = "wirewatch-demo"
_SECONDS = 4.0


@click.command(name="demo")
@click.option("--every", default=_SECONDS, show_default=True, type=click.FloatRange(0.1), help="Seconds between items.")
@with_settings
@setting_option("--port", "page.port", type=click.IntRange(0, 65535), metavar="N", help="Port of the page.")
def command(settings: Settings, *, every: float) -> None:
    """Show all of wirewatch with a sample wire served on this machine: no network, no settings needed.

    Keeps its data in `wirewatch-demo` unless --data says otherwise; alert mails appear in its `mail` folder.
    """
    from connectors.sample_wire import SampleWire
    from schemas.time import now
    from wirewatch import logs, wiring
    from wirewatch.listening import listening_socket
    from wirewatch.running import run_all
    from wirewatch.station import station

    logs.configure(settings.logs)
    settings = _demo_settings(settings)
    wire = SampleWire(Path(wiring.packaged("sample_wire.yaml")).read_text("utf-8"), now=now, every=every)
    with (
        listening_socket(settings.page.host, settings.page.port) as page,
        _served(wire) as sources,
        station(settings, sources) as opened,
    ):
        run_all(opened, page, click.echo)


@contextmanager
def _served(wire: SampleWire) -> Iterator[tuple[FeedSource, ...]]:
    """The wire on an event loop and thread of its own, as if it were another machine."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sample wire", daemon=True)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(wire.start(), loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(wire.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _demo_settings(settings: Settings) -> Settings:
    folder = _FOLDER if settings.data == Settings().data else settings.data
    feeds = msgspec.structs.replace(
        settings.feeds, sources=(), allow_networks=("127.0.0.0/8",), min_interval=1.0, max_interval=2.0
    )
    smtp = msgspec.structs.replace(settings.smtp, host="")
    return msgspec.structs.replace(settings, data=folder, feeds=feeds, smtp=smtp)
