"""The poller: fetch, parse, append to the log, and only then remember.

Kill the process between any two lines: what was not yet remembered is fetched and appended again, under the same ids.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from connectors.feeds.documents.document import CUT
from connectors.feeds.documents.parse_pool import ParsePool
from connectors.feeds.fetching import moves, validators
from connectors.feeds.fetching.asking import Asking
from connectors.feeds.fetching.backoff import Backoff
from connectors.feeds.fetching.fetch import Fetched, Fetcher, user_agent
from connectors.feeds.fetching.guard import Guard, networks
from connectors.feeds.fetching.hosts import HostGate, Turn
from connectors.feeds.fetching.manners import Manners
from connectors.feeds.fetching.refusals import written
from connectors.feeds.fetching.robots import Robots
from connectors.feeds.fetching.validators import Validators
from connectors.feeds.items import entries
from connectors.feeds.polling import outcome
from connectors.feeds.polling.commits import Commits
from connectors.feeds.polling.fulltext import FullText
from connectors.feeds.polling.listing import FixedSources
from connectors.feeds.polling.outcome import Outcome, Poll
from connectors.feeds.polling.reading import DocumentReader
from connectors.feeds.polling.remembered import next_state
from connectors.feeds.polling.restore import restore
from connectors.feeds.polling.rounds import Plan, Rounds
from connectors.feeds.polling.schedule import Limits
from connectors.feeds.polling.turns import FeedTurns
from connectors.feeds.settings import PollerSettings
from connectors.feeds.websub.hubs import HubClient
from connectors.feeds.websub.rules import accounted, due_by_rhythm
from connectors.feeds.websub.subscriptions import Subscriptions
from connectors.interfaces import FeedSources, FeedStates, Log
from schemas.deadletter import DeadLetter
from schemas.errors import FeedError, StoreError
from schemas.feed import FINE, FeedSource, FeedState, FeedStatus, FetchRecord
from schemas.time import now as current_time

_log = logging.getLogger(__name__)
_AFTER_STORE_ERROR = 15.0
_LONGEST_PLAN = timedelta(days=1)
"""Whatever an earlier run with other settings or another clock has planned, this is the most."""


def _unheard(_record: FetchRecord) -> None:
    pass


class Poller:
    """Polls feeds. Used from one event loop, opened by the first call and closed by `close`.

    Owns neither log nor states; both are called from threads and stay open until `close` has returned.
    """

    def __init__(
        self,
        settings: PollerSettings,
        log: Log,
        states: FeedStates,
        now: Callable[[], datetime] = current_time,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        allowed = networks(settings.allow_networks)
        guard = Guard(allowed)
        self._log = log
        self._states = states
        self._now = now
        self._chance = chance
        self._limits = Limits(settings.min_interval, settings.max_interval)
        self._fetcher = Fetcher(user_agent=user_agent(settings.contact), guard=guard, timeout=settings.timeout, now=now)
        self._pool = ParsePool(settings.parsers)
        self._gate = HostGate(settings.host_delay, guard, ours=bool(allowed), clock=_loop_time)
        self._rounds = Rounds(self._poll, self._gate, settings.concurrency, settings.look_seconds, now)
        self._starting: asyncio.Task[None] | None = None
        manners = Manners(settings.robots, Robots(self._fetcher, _loop_time), self._gate)
        self._asking = Asking(
            self._fetcher, self._gate, manners, Backoff(_loop_time), access=settings.access, proxy=settings.proxy
        )  # fmt: skip
        pages = FullText(
            self._gate, manners, self._fetcher, self._pool, states,
            access=self._asking.access, seconds=settings.page_seconds,
        )  # fmt: skip
        self._reader = DocumentReader(self._pool, states, pages)
        self._commits = Commits(log, states)
        self._turns = FeedTurns()
        hubs = HubClient(user_agent=user_agent(settings.contact), guard=guard, proxy=settings.proxy, now=now)
        self.subscriptions = Subscriptions(settings.websub, self._commits, hubs, self._turns, now)
        self.subscriptions.sooner = self._rounds.move

    async def poll(self, source: FeedSource) -> FetchRecord:
        """Poll `source` once, as soon as its host may be asked.

        Whatever the feed does is in the record. A log that is away (a retryable `StoreError`) makes it a failed poll
        of which nothing is remembered; any other `StoreError` is raised.
        """
        record, _ = await self._poll(source)
        return record

    async def poll_all(
        self, sources: Sequence[FeedSource], on_done: Callable[[FetchRecord], None] = _unheard
    ) -> list[FetchRecord]:
        """Poll each of `sources` once, each address once; `on_done` is told each record as it comes."""
        await self._start()
        return await self._rounds.once(sources, await self._plans(), on_done)

    async def run(
        self,
        sources: FeedSources | Sequence[FeedSource],
        stop: asyncio.Event,
        on_done: Callable[[FetchRecord], None] = _unheard,
    ) -> None:
        """Poll `sources` as they fall due until `stop` is set or the call is cancelled.

        Fetches under way are given up then; what is being written is finished, without telling `on_done`. Sources that
        are added while it runs are polled soon, removed ones no more. Raises `SettingsError` when they cannot be read
        at first; later the last good list stays in force.
        """
        try:
            await self._start()
            listed = FixedSources(sources) if isinstance(sources, Sequence) else sources
            await self._rounds.run(listed, stop, self._planned, on_done)
        finally:
            await self._commits.finish()

    async def replay_document(self, letter: DeadLetter) -> FetchRecord:
        """Process again what the poller set aside (stages `parse` and `entry`).

        The kept bytes are parsed when they are whole; else, or when they are still no feed, the feed is fetched again.
        Marking the letter as replayed, when the record is fine, is the caller's.
        """
        await self._start()
        source = entries.source_of(letter)
        if not letter.whole or letter.headers.get("form") == CUT:
            record, _ = await self._poll(source, replaying=letter.id)
            return record
        fetched = Fetched(
            final_url=letter.headers.get("final-url", source.feed_url), http_status=0, body=letter.raw,
            content_type=letter.headers.get("content-type", ""),
        )  # fmt: skip
        mine = self._turns.of(source.feed_url)
        async with mine:
            state = await self._commits.state(source.feed_url)
            poll = Poll(source=source, state=state, fetched_at=self._now(), replaying=letter.id)
            result = await self._reader.read(poll, fetched, form=letter.headers.get("form", ""))
            record = result.record
            if record.status in FINE:
                # Not a poll of the feed: items and dead letters are written, its schedule and validators stay.
                kept = msgspec.structs.replace(
                    state, keyed_by=record.keyed_by, named_by=record.named_by,
                    owed=state.owed if result.owed is None else result.owed,
                )  # fmt: skip
                await self._commits.write(result, kept, account=False)
                mine.writes += 1
                return record
        # What is kept will never be a feed; what its address answers now may be one.
        record, _ = await self._poll(source, replaying=letter.id)
        return record

    async def deliver(self, source: FeedSource, body: bytes, content_type: str) -> FetchRecord:
        """Read what a hub delivered for `source`; returns once it is on the log. Raises `StoreError` when it is not.

        Guards, identity and duplicates are those of a poll, and the next poll is planned as the subscription has it. The
        validators stay, and so does what is said of the feed's health: that is what polls find.
        """
        await self._start()
        began = _loop_time()
        mine = self._turns.of(source.feed_url)
        async with mine:
            state = await self._commits.state(source.feed_url)
            poll = Poll(
                source=source, state=state, fetched_at=self._now(), seconds=_loop_time() - began, pushed=True
            )  # fmt: skip
            polled = state.last_fetch
            fetched = Fetched(
                final_url=(polled.final_url if polled is not None else "") or source.feed_url,
                http_status=0, body=body, bytes_read=len(body), content_type=content_type,
            )  # fmt: skip
            try:
                result = await self._reader.judge(poll, fetched)
            except FeedError as error:
                result = outcome.failed(poll, error)
            result = msgspec.structs.replace(result, record=accounted(result.record))
            after = self.subscriptions.after_delivery(source, state, result)
            await self._commits.write(result, after)
            mine.writes += 1
        if after.next_poll_at is not None:
            self._rounds.move(source.feed_url, after.next_poll_at)
        return result.record

    async def close(self) -> None:
        """End workers and connections, after what is being written is finished."""
        await self._commits.close()
        if self._starting is not None:
            # What went wrong in it was raised to whoever asked for the poll.
            await asyncio.gather(self._starting, return_exceptions=True)
        await self._pool.close()
        await self._fetcher.close()

    async def _start(self) -> None:
        if self._starting is None:
            self._starting = asyncio.create_task(self._open())
        await asyncio.shield(self._starting)

    async def _open(self) -> None:
        await self._fetcher.open()
        await self._pool.start()
        await asyncio.to_thread(restore, self._log, self._states)

    async def _planned(self, sources: Sequence[FeedSource]) -> dict[str, Plan]:
        await self.subscriptions.keep(sources)
        return await self._plans()

    async def _plans(self) -> dict[str, Plan]:
        latest = self._now() + _LONGEST_PLAN
        asked_for_quiet: dict[str, datetime] = {}

        def plan(state: FeedState) -> tuple[str, Plan] | None:
            if state.quiet_until is not None:
                asked_for_quiet[moves.polled(state)] = state.quiet_until
            # By the rhythm: what was delivered while nobody listened is found by polling.
            due = due_by_rhythm(state)
            if due is None:
                return None
            # A feed that is gone may be planned for next month.
            gone = state.last_fetch is not None and state.last_fetch.status is FeedStatus.GONE
            return state.feed_url, Plan(due if gone else min(due, latest), moves.polled(state))

        plans = dict(one for one in await self._commits.of_all(plan) if one is not None)
        for address, until in asked_for_quiet.items():
            # What a server asked for in an earlier run it asked for its host and all its feeds.
            if (left := (until - self._now()).total_seconds()) > 0:
                self._gate.quiet(address, left)
        return plans

    async def _poll(
        self, source: FeedSource, turn: Turn | None = None, due: datetime | None = None, *, replaying: str = ""
    ) -> tuple[FetchRecord, Plan]:
        """The record of one poll and what comes next; the address polled is the one `turn` was taken for.

        One odd feed ends no run: what nothing else was prepared for is in its record.
        """
        await self._start()
        moment = self._now()
        try:
            return await self._polled(source, turn, due, replaying)
        except StoreError as error:
            if not error.retryable:
                raise
            seconds, status = min(self._limits.shortest, _AFTER_STORE_ERROR), FeedStatus.UNREACHABLE
            reason = f"what was read could not be stored ({error}); nothing is remembered of this poll"
        except Exception as error:  # noqa: BLE001 told with its trace, and in the record
            _log.exception("poll failed", extra={"feed": source.feed_url})
            seconds, status = self._limits.longest, FeedStatus.MALFORMED
            reason = f"wirewatch failed over this feed, {type(error).__name__}: {error}; nothing is remembered of it"
        record = FetchRecord(feed_url=source.feed_url, fetched_at=moment, status=status, reason=written(reason))
        return record, Plan(moment + timedelta(seconds=seconds), source.feed_url)

    async def _polled(
        self, source: FeedSource, turn: Turn | None, due: datetime | None, replaying: str
    ) -> tuple[FetchRecord, Plan]:
        mine = self._turns.of(source.feed_url)
        writes, state = mine.writes, await self._commits.state(source.feed_url)
        moment = self._now()
        late = max(0.0, (moment - due).total_seconds()) if due is not None else 0.0
        poll = Poll(source=source, state=state, fetched_at=moment, replaying=replaying, late=late)
        address = moves.polled(state)
        known = Validators() if replaying else validators.to_send(state, address, moment)
        answer, seconds = await self._asking.ask(source, address, known, turn)
        poll = msgspec.structs.replace(poll, fetched_at=self._now(), seconds=seconds)
        async with mine:
            if writes != mine.writes:
                # Hubs, a replay or another poll have written since: what they brought is no news, what they said is kept.
                poll = msgspec.structs.replace(poll, state=await self._commits.state(source.feed_url))
            concluded = await self._concluded(poll, address, answer)
            mine.writes += 1
            return concluded

    async def _concluded(self, poll: Poll, address: str, answer: Fetched | FeedError) -> tuple[FetchRecord, Plan]:
        """The record and the plan after `answer`, written down; in the feed's turn."""
        try:
            return await self._written(poll, await self._judge(poll, address, answer))
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 one odd feed ends no run
            reason = written(f"what was read could not be written down, {type(error).__name__}: {error}")
            failure = FeedError(reason, subject=poll.source.feed_url, status=FeedStatus.MALFORMED)
            return await self._written(poll, outcome.failed(poll, failure))

    async def _written(self, poll: Poll, result: Outcome) -> tuple[FetchRecord, Plan]:
        state, source = poll.state, poll.source
        after = next_state(state, result, self._chance(), self._limits.of(source))
        after = self.subscriptions.after_poll(source, state, after, result)
        await self._commits.write(result, after)
        return result.record, Plan(after.next_poll_at or result.record.fetched_at, moves.polled(after))

    async def _judge(self, poll: Poll, address: str, answer: Fetched | FeedError) -> Outcome:
        """What `answer` of `address` comes to."""
        if isinstance(answer, FeedError):
            return outcome.failed(poll, self._asking.failed(address, answer))
        self._asking.read(poll.source, answer)
        try:
            result = await self._reader.judge(poll, answer)
        except FeedError as error:
            return outcome.failed(poll, self._asking.failed(answer.final_url, error))
        record = moves.told(
            result.record, poll.state, answer.permanent, listed_too=self._rounds.lists(answer.permanent or address)
        )
        return msgspec.structs.replace(result, record=record, full=answer.full)


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
