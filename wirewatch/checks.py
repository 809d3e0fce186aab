"""What `wirewatch doctor` looks at: each check gives findings, and says what to do where something is wrong."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from schemas.errors import DataFolderError, StoreError, WirewatchError
from wirewatch import backends, server_checks, wiring
from wirewatch.finding import Finding

if TYPE_CHECKING:
    from wirewatch.settings import Settings

LOW_DISK_BYTES = 500 * 1024 * 1024


def findings(settings: Settings) -> Iterator[Finding]:
    """Every finding, in the order a person would look."""
    for name, check in CHECKS.items():
        try:
            yield from check(settings)
        except WirewatchError as error:
            yield Finding(name, "wrong", str(error), "correct what the message names")


def _python(_: Settings) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", "ok", f"Python {version}, SQLite {sqlite3.sqlite_version}")


def _folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.folder
    if folder.exists() and not folder.is_dir():
        raise DataFolderError("is a file, not a folder", subject=str(folder))
    if not folder.is_dir():
        yield Finding("data folder", "note", f"{folder} does not exist yet; the first `wirewatch run` makes it")
        folder = folder.absolute().parent
        while not folder.is_dir():
            folder = folder.parent
    else:
        wiring.check_folder(settings)
        yield Finding("data folder", "ok", f"{folder} opens")
    free = shutil.disk_usage(folder).free
    text = f"{free // 1024**2} MiB free"
    if free < LOW_DISK_BYTES:
        yield Finding("disk", "wrong", text, "make room: nothing can be kept when the disk is full")
    else:
        yield Finding("disk", "ok", text)


def _watchlists(settings: Settings) -> Iterator[Finding]:
    from pipelines.matching.reload import Watched

    lists = Watched(wiring.watchlist_files(settings)).current().watchlists
    yield Finding("watchlists", "ok", f"{len(lists)} load, all examples hold: {', '.join(one.id for one in lists)}")


def _feeds(settings: Settings) -> Iterator[Finding]:
    from schemas.health import verdicts
    from wirewatch.fetched import states_of

    sources = wiring.watched(settings)
    if not sources:
        yield Finding("feeds", "note", "no feed is listed; `wirewatch feeds add ADDRESS` adds one")
        return
    yield Finding("feeds", "ok", f"{len(sources)} watched")
    for source in sources:
        if source.access and source.access not in settings.feeds.access:
            lacking = f"the settings have no section feeds.access.{source.access}"
            yield Finding("feeds", "wrong", f"{source.feed_url}: {lacking}", "add the section, or name another one")
    try:
        states = states_of(settings)
    except StoreError as error:
        yield Finding("feeds", "note", f"polls not looked at, the log cannot be read: {error.message}")
        return
    for one in verdicts(sources, states) if states else ():
        if one.needs_person:
            yield Finding("feeds", "wrong", f"{one.feed_url}: {one.reason}", one.todo or "see `wirewatch feeds health`")


def _hubs(settings: Settings) -> Iterator[Finding]:
    feeds = settings.feeds
    if not feeds.websub_url:
        return
    from connectors.feeds.websub import reach
    from wirewatch.hub_addresses import host_and_port

    if not feeds.websub_url.startswith("https://"):
        todo = "put a TLS proxy in front of it and set feeds.websub_url to its https address"
        yield Finding("hubs", "wrong", f"hubs are to deliver to {feeds.websub_url}, which anybody can listen to", todo)
    if not reach.listens(*host_and_port(feeds.websub_listen)):
        yield Finding("hubs", "note", f"nobody listens at {feeds.websub_listen}; `wirewatch run` does")
        return
    fault = reach.fault(feeds.websub_url)
    if fault:
        todo = f"let it lead to {feeds.websub_listen}, path included; until then feeds are polled as ever"
        yield Finding("hubs", "wrong", f"{feeds.websub_url}: {fault}", todo)
    else:
        yield Finding("hubs", "ok", f"{feeds.websub_url} leads to the listener at {feeds.websub_listen}")


def _mail(settings: Settings) -> Iterator[Finding]:
    alerts = settings.alerts
    wiring.desk_settings(settings)
    if not settings.smtp.host:
        yield Finding("mail", "note", f"no mail server set; mails are written to {settings.folder / 'mail'}")
        return
    if not alerts.recipients:
        yield Finding("mail", "wrong", "a mail server is set but nobody to tell", "set alerts.recipients")
    mailer = wiring.mailer(settings)
    try:
        answer = mailer.check()
    except WirewatchError as error:
        yield Finding("mail", "wrong", str(error), "check smtp.host, port, tls, user and password")
    else:
        yield Finding("mail", "ok", answer)
    finally:
        mailer.close()


def _alerts(settings: Settings) -> Iterator[Finding]:
    if not backends.has_ledger(settings):
        return
    ledger = wiring.read_ledger(settings)
    try:
        counts = ledger.counts()
    finally:
        ledger.close()
    text = ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "none yet"
    if counts.get("failed"):
        yield Finding("alerts", "wrong", text, "see `wirewatch alerts list`: some could not be delivered")
    else:
        yield Finding("alerts", "ok", text)


def _dead_letters(settings: Settings) -> Iterator[Finding]:
    from wirewatch.deadletters import present

    if not backends.has_log(settings):
        return
    try:
        count = sum(letter.status == "open" for letter in present(settings).values())
    except StoreError as error:
        yield Finding("dead letters", "note", f"not looked at, the log cannot be read: {error.message}")
        return
    if count:
        todo = "see `wirewatch deadletters list`; `deadletters replay` runs them again"
        yield Finding("dead letters", "wrong", f"{count} open", todo)
    else:
        yield Finding("dead letters", "ok", "none open")


CHECKS: dict[str, Callable[[Settings], Iterator[Finding]]] = {
    "python": _python,
    "data folder": _folder,
    "kafka": server_checks.kafka,
    "elasticsearch": server_checks.elasticsearch,
    "kibana": server_checks.kibana,
    "watchlists": _watchlists,
    "feeds": _feeds,
    "hubs": _hubs,
    "mail": _mail,
    "alerts": _alerts,
    "dead letters": _dead_letters,
}
