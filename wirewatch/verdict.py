"""The verdict on a feed before it is added: what it brings, how it will be polled, what is wrong and what to do."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from statistics import median
from typing import TYPE_CHECKING

import msgspec

from schemas.feed import FeedSource, FeedState

if TYPE_CHECKING:
    from connectors.feeds.documents.document import ParsedDocument
    from connectors.feeds.items.entries import Items
    from connectors.feeds.sources.discover import Found
    from wirewatch.settings import Settings

FULL_TEXT = 1_000
"""Characters of the middle entry from which a feed is said to carry full texts."""
_OLD_DAYS = 30.0
_DAY = 86_400.0
_SURE = 0.8
"""Share of the texts in one language from which it is the language of the feed."""
_JUDGED = 60
_MIDDLE = 0.5
"""Of the chance that spreads polls."""
_STABLE = ("guid", "guid+link", "link")


class Trouble(msgspec.Struct, frozen=True):
    """One thing that is not as it should be, and what a person can do about it."""

    what: str
    todo: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One feed as it was found just now."""

    feed_url: str
    also: tuple[str, ...]
    """Other addresses of the same feed."""
    name: str
    site_url: str
    form: str
    entries: int
    newest_at: datetime | None
    newest_age: float | None
    """Seconds since the newest date; None without any."""
    polls_per_day: float
    language: str
    """Of most texts; `und` when they do not agree or are too short."""
    language_share: float
    language_declared: str
    dates: dict[str, int]
    """Entries by what their date came to, see `FeedItem.published_reason`."""
    ids: dict[str, int]
    """Entries by the rung of the identity ladder they stand on."""
    keyed_by: str
    text_kind: str
    """`full`, `teasers`, or `titles` when there is nothing else."""
    text_median: int
    """Characters of the middle entry."""
    etag: bool
    last_modified: bool
    hub: str
    robots: str
    """`allowed`, `disallowed` or `unknown`: whether robots.txt of its site lets us read it."""
    bytes_read: int
    seconds: float
    troubles: tuple[Trouble, ...]

    def lines(self) -> list[str]:
        """For a person."""
        newest = f", newest {_ago(self.newest_age)}" if self.newest_age is not None else ""
        bad = ", ".join(f"{count} {reason}" for reason, count in self.dates.items() if not _is_good(reason))
        ids = ", ".join(f"{policy} {count}" for policy, count in self.ids.items())
        language = f"{self.language} ({self.language_share:.0%} of the texts)" if self.language_share else "not sure"
        gives = " and ".join(filter(None, ("ETag" if self.etag else "", "Last-Modified" if self.last_modified else "")))
        lines = [
            f"format    {self.form}, {_counted(self.entries)}{newest}",
            f"polled    about {_times(self.polls_per_day)} a day",
            f"language  {language}" + (f", declared {self.language_declared}" if self.language_declared else ""),
            f"dates     {bad or 'all good'}",
            f"ids       {ids or 'none'}",
            f"text      {self.text_kind}, {self.text_median:,} characters in the middle one",
            f"server    {gives or 'no ETag, no Last-Modified'}; {self.bytes_read:,} bytes in {self.seconds:.1f} s"
            + (f"; hub {self.hub}" if self.hub else "")
            + ("; disallowed by robots.txt" if self.robots == "disallowed" else ""),
            *(f"also at   {url}" for url in self.also),
        ]
        return lines + [f"! {one.what}" + (f"\n  -> {one.todo}" if one.todo else "") for one in self.troubles]


def _is_good(reason: str) -> bool:
    """Whether a date was read; `published-day` is one without a time."""
    return reason.startswith(("published", "updated"))


def judge(found: Found, source: FeedSource, settings: Settings, moment: datetime) -> Verdict:
    """The verdict on `found` as `source`, fetched at `moment`. Loads the language engine."""
    from connectors.feeds.documents.form import form_of
    from connectors.feeds.items.entries import Origin, build

    document, fetched = found.document, found.fetched
    origin = Origin(
        source=source, final_url=fetched.final_url, seen_at=moment, state=FeedState(feed_url=source.feed_url)
    )
    built = build(document, origin)
    language, share = _language(document)
    sizes = [max(len(entry.body), len(entry.summary)) for entry in document.entries]
    middle = int(median(sizes)) if sizes else 0
    newest = found.newest
    said = Verdict(
        feed_url=source.feed_url,
        also=found.also,
        name=source.name,
        site_url=source.site_url,
        form=form_of(fetched.body),
        entries=len(document.entries) + len(document.broken),
        newest_at=newest,
        newest_age=None if newest is None else max(0.0, (moment - newest).total_seconds()),
        polls_per_day=round(_DAY / _interval(found, built, source, settings, moment), 1),
        language=language,
        language_share=round(share, 2),
        language_declared=document.language,
        dates=dict(Counter(entry.published_reason for entry in document.entries).most_common()),
        ids=dict(Counter(item.id_policy for item in built.items).most_common()),
        keyed_by=built.keyed_by,
        text_kind="full" if middle >= FULL_TEXT else "teasers" if middle else "titles",
        text_median=middle,
        etag=bool(fetched.validators.etag),
        last_modified=bool(fetched.validators.last_modified),
        hub=document.hints.hub,
        robots=found.robots,
        bytes_read=fetched.bytes_read or len(fetched.body),
        seconds=found.seconds,
        troubles=(),
    )
    return msgspec.structs.replace(said, troubles=tuple(_troubles(said, found, built, source)))


def _interval(found: Found, built: Items, source: FeedSource, settings: Settings, moment: datetime) -> float:
    """Seconds between polls, as the poller itself would plan them after this document."""
    from connectors.feeds.polling import outcome, schedule
    from connectors.feeds.polling.remembered import next_state

    state = FeedState(feed_url=source.feed_url)
    poll = outcome.Poll(source=source, state=state, fetched_at=moment)
    limits = schedule.Limits(settings.feeds.min_interval, settings.feeds.max_interval).of(source)
    result = outcome.read(poll, found.fetched, found.document, built)
    return next_state(state, result, _MIDDLE, limits).interval


def _language(document: ParsedDocument) -> tuple[str, float]:
    from pipelines.language.detect import detect

    found: Counter[str] = Counter()
    for entry in document.entries[:_JUDGED]:
        detection = detect(f"{entry.title}\n{entry.summary[:500] or entry.body[:500]}")
        found[detection.tag if detection.accepted else detection.macro if detection.macro_accepted else "und"] += 1
    known = [(tag, count) for tag, count in found.most_common() if tag != "und"]
    return (known[0][0], known[0][1] / found.total()) if known else ("und", 0.0)


def _troubles(said: Verdict, found: Found, built: Items, source: FeedSource) -> list[Trouble]:
    if not said.entries:
        return [Trouble("it has no entries", "look at it again later, or find the feed the site keeps up")]
    told = _of_entries(said, found, built)
    if said.text_kind != "full" and not source.full_text:
        kind = "only teasers" if said.text_kind == "teasers" else "only titles"
        told.append(Trouble(f"it carries {kind}", "--full-text fetches the pages of entries with little text"))
    declared = (source.language or said.language_declared).lower().replace("_", "-").partition("-")[0]
    detected = said.language.partition("-")[0]
    if declared and said.language_share >= _SURE and declared != detected and not _south_slavic(declared, detected):
        what = f"it says it is in {source.language or said.language_declared}, but its texts are in {said.language}"
        told.append(Trouble(what, f"--language {said.language} says so in the list"))
    if said.robots == "disallowed":
        what = "robots.txt of its site disallows it to programs like this one"
        told.append(Trouble(what, 'ask the outlet; it is polled all the same unless feeds.robots is "obey"'))
    if not said.etag and not said.last_modified:
        what = f"its server gives neither ETag nor Last-Modified: every poll transfers {said.bytes_read:,} bytes"
        told.append(Trouble(what, ""))
    return told


def _of_entries(said: Verdict, found: Found, built: Items) -> list[Trouble]:
    document, total = found.document, said.entries
    told: list[Trouble] = []
    if found.comments:
        told.append(Trouble("it carries what readers say, not what the outlet says", "take the feed of the articles"))
    if said.newest_age is not None and said.newest_age > _OLD_DAYS * _DAY:
        told.append(Trouble(f"nothing new for {said.newest_age / _DAY:,.0f} days", "is it the feed the site keeps up?"))
    undated = sum(count for reason, count in said.dates.items() if not _is_good(reason))
    if undated:
        what = f"{undated} of {total} entries have no usable date; they count from when they are first seen"
        told.append(Trouble(what, "nothing to do; or choose another feed of the site"))
    loose = sum(count for policy, count in said.ids.items() if policy not in _STABLE)
    if loose:
        what = f"{loose} of {total} entries have neither an id of their own nor an address"
        told.append(Trouble(what, "an edit looks like a new article; choose another feed of the site if there is one"))
    if built.keyed_by == "item":
        told.append(Trouble("one address stands for several entries; they are told apart by id", ""))
    if built.dead or document.broken:
        told.append(
            Trouble(
                f"{_counted(len(document.broken))} cannot be read", "see `wirewatch deadletters list` once it is polled"
            )
        )
    if document.cut or not found.fetched.complete:
        told.append(Trouble("the document is cut in the middle", "tell the outlet; complete entries are read"))
    told += [Trouble(note, "tell the outlet; it is read all the same") for note in document.notes]
    return told


def _south_slavic(*tags: str) -> bool:
    return {"sr", "hr", "bs", "cnr", "sh", "hbs", "me"}.issuperset(tags)


def _counted(entries: int) -> str:
    return f"{entries} {'entry' if entries == 1 else 'entries'}"


def _times(count: float) -> str:
    return "once" if round(count) <= 1 else f"{count:,.0f} times"


def _ago(seconds: float) -> str:
    for unit, size in (("day", _DAY), ("hour", 3_600.0), ("minute", 60.0)):
        if seconds >= size:
            count = int(seconds / size)
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
