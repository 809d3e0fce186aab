"""The poller: fetch, parse, append to the log, and only then remember.

Kill the process between any two lines: what was not yet remembered is fetched and appended again, under the same ids.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import msgspec

from connectors.feeds import backoff, entries, moves, outcome, validators
from connectors.feeds.access import OPEN, Access, Proxy
from connectors.feeds.backoff import Backoff
from connectors.feeds.commits import Commits
from connectors.feeds.document import CUT
from connectors.feeds.fetch import Fetched, Fetcher, user_agent
from connectors.feeds.fulltext import SECONDS, FullText
from connectors.feeds.guard import Guard, networks
from connectors.feeds.hosts import HostGate, Turn, host_of
from connectors.feeds.hubs import HubClient
from connectors.feeds.listing import FixedSources
from connectors.feeds.manners import Manners, Mode
from connectors.feeds.outcome import Outcome, Poll
from connectors.feeds.parse_pool import ParsePool
from connectors.feeds.reading import DocumentReader
from connectors.feeds.remembered import next_state
from connectors.feeds.restore import restore
from connectors.feeds.robots import Robots
from connectors.feeds.rounds import Plan, Rounds
from connectors.feeds.schedule import Limits
from connectors.feeds.subscriptions import Subscriptions
from connectors.feeds.turns import FeedTurns
from connectors.feeds.validators import Validators
from connectors.feeds.websub import Terms, accounted, due_by_rhythm
from connectors.interfaces import FeedSources, FeedStates, Log
from schemas.deadletter import DeadLetter
from schemas.errors import FeedError, StoreError
from schemas.feed import FINE, FeedSource, FeedState, FeedStatus, FetchRecord
from schemas.time import now as current_time

_AFTER_STORE_ERROR = 15.0
_LONGEST_PLAN = timedelta(days=1)
"""Whatever an earlier run with other settings or another clock has planned, this is the most."""


def _unheard(_record: FetchRecord) -> None:
    pass


class PollerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How feeds are polled."""

    contact: str = ""
    """An address or page for the User-Agent, so that an outlet can reach the team."""
    allow_networks: tuple[str, ...] = ()
    host_delay: float = 1.0
    timeout: float = 30.0
    concurrency: int = 32
    min_interval: float = 300.0
    max_interval: float = 21_600.0
    robots: Mode = "delay"
    page_seconds: float = SECONDS
    """For the pages of one poll together, see `connectors.feeds.fulltext`."""
    parsers: int = 0
    """Parse workers at most; 0: one for each processor, up to four."""
    access: Mapping[str, Access] = msgspec.field(default_factory=dict)
    """Ways to get in, by the name sources give."""
    proxy: Proxy = Proxy()
    """What feeds are asked through, unless their access names another one."""
    look_seconds: float = 5.0
    """How often the sources are asked whether they changed."""
    websub: Terms = Terms(base="")
    """On what terms hubs are asked to deliver; with an empty base they are not."""


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
        self._settings = settings
        self._everyone = Access(proxy=settings.proxy) if settings.proxy else OPEN
        self._now = now
        self._chance = chance
        self._limits = Limits(settings.min_interval, settings.max_interval)
        self._fetcher = Fetcher(user_agent=user_agent(settings.contact), guard=guard, timeout=settings.timeout, now=now)
        self._pool = ParsePool(settings.parsers)
        self._gate = HostGate(settings.host_delay, guard, ours=bool(allowed), clock=_loop_time)
        self._backoff = Backoff(_loop_time)
        self._rounds = Rounds(self._poll, self._gate, settings.concurrency, settings.look_seconds, now)
        self._starting: asyncio.Task[None] | None = None
        self._manners = Manners(settings.robots, Robots(self._fetcher, _loop_time), self._gate)
        pages = FullText(
            self._gate, self._manners, self._fetcher, self._pool, states,
            access=self._access, seconds=settings.page_seconds,
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
        state = await self._commits.state(source.feed_url)
        poll = Poll(source=source, state=state, fetched_at=self._now(), replaying=letter.id)
        fetched = Fetched(
            final_url=letter.headers.get("final-url", source.feed_url), http_status=0, body=letter.raw,
            content_type=letter.headers.get("content-type", ""),
        )  # fmt: skip
        result = await self._reader.read(poll, fetched, form=letter.headers.get("form", ""))
        if result.record.status not in FINE:
            # What is kept will never be a feed; what its address answers now may be one.
            record, _ = await self._poll(source, replaying=letter.id)
            return record
        async with self._turns.of(source.feed_url):
            # Not a poll of the feed: items and dead letters are written, its schedule and validators stay.
            record, state = result.record, await self._commits.state(source.feed_url)
            kept = msgspec.structs.replace(state, keyed_by=record.keyed_by, named_by=record.named_by)
            await self._commits.write(result, kept, account=False)
            self._turns.writes += 1
        return result.record

    async def deliver(self, source: FeedSource, body: bytes, content_type: str) -> FetchRecord:
        """Read what a hub delivered for `source`; returns once it is on the log. Raises `StoreError` when it is not.

        Guards, identity and duplicates are those of a poll, and the next poll is planned as the subscription has it. The
        validators stay, and so does what is said of the feed's health: that is what polls find.
        """
        await self._start()
        began = _loop_time()
        async with self._turns.of(source.feed_url):
            state = await self._commits.state(source.feed_url)
            poll = Poll(source=source, state=state, fetched_at=self._now(), seconds=_loop_time() - began)
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
            self._turns.writes += 1
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

        def plan(state: FeedState) -> tuple[str, Plan] | None:
            # By the rhythm: what was delivered while nobody listened is found by polling.
            due = due_by_rhythm(state)
            if due is None:
                return None
            # A feed that is gone may be planned for next month.
            gone = state.last_fetch is not None and state.last_fetch.status is FeedStatus.GONE
            return state.feed_url, Plan(due if gone else min(due, latest), moves.polled(state))

        return dict(one for one in await self._commits.of_all(plan) if one is not None)

    async def _poll(
        self, source: FeedSource, turn: Turn | None = None, due: datetime | None = None, *, replaying: str = ""
    ) -> tuple[FetchRecord, Plan]:
        """The record of one poll and what comes next; the address polled is the one `turn` was taken for."""
        await self._start()
        writes, state = self._turns.writes, await self._commits.state(source.feed_url)
        moment = self._now()
        late = max(0.0, (moment - due).total_seconds()) if due is not None else 0.0
        poll = Poll(source=source, state=state, fetched_at=moment, replaying=replaying, late=late)
        poll, answer = await self._ask(poll, turn)
        async with self._turns.of(source.feed_url):
            if writes != self._turns.writes:
                # Hubs have delivered or answered since: what they brought is no news, what they said is kept.
                poll = msgspec.structs.replace(poll, state=await self._commits.state(source.feed_url))
            return await self._concluded(poll, moves.polled(state), answer)

    async def _concluded(self, poll: Poll, address: str, answer: Fetched | FeedError) -> tuple[FetchRecord, Plan]:
        """The record and the plan after `answer`, written down; in the feed's turn."""
        state, source = poll.state, poll.source
        result = await self._judge(poll, address, answer)
        after = next_state(state, result, self._chance(), self._limits.of(source))
        after = self.subscriptions.after_poll(source, state, after, result)
        try:
            await self._commits.write(result, after)
        except StoreError as error:
            if not error.retryable:
                raise
            reason = f"what was read could not be stored ({error}); nothing is remembered of this poll"
            record = poll.record(FeedStatus.UNREACHABLE, reason, http_status=result.record.http_status)
            soon = poll.fetched_at + timedelta(seconds=min(self._limits.shortest, _AFTER_STORE_ERROR))
            return record, Plan(soon, moves.polled(state))
        return result.record, Plan(after.next_poll_at or result.record.fetched_at, moves.polled(after))

    async def _ask(self, poll: Poll, turn: Turn | None) -> tuple[Poll, Fetched | FeedError]:
        """What the feed answers, and the poll as of then."""
        address, began = moves.polled(poll.state), _loop_time()
        known = Validators() if poll.replaying else validators.to_send(poll.state, address, poll.fetched_at)
        answer: Fetched | FeedError
        try:
            async with self._turn(address, turn):
                access = self._access(poll.source)
                await self._manners.before_feed(address, access.proxy)
                began = _loop_time()
                answer = await self._fetcher.fetch(address, known, access, poll.source.feed_url, hop=self._hop)
        except FeedError as error:
            answer = error
        return msgspec.structs.replace(poll, fetched_at=self._now(), seconds=_loop_time() - began), answer

    async def _judge(self, poll: Poll, address: str, answer: Fetched | FeedError) -> Outcome:
        """What `answer` of `address` comes to."""
        try:
            if isinstance(answer, FeedError):
                raise answer
            self._backoff.answered(answer.final_url, poll.source.feed_url)
            result = await self._reader.judge(poll, answer)
        except FeedError as failure:
            answered = failure.answered_by or address
            error = self._backoff.failed(answered, failure)
            if error.http_status and error.retry_after is not None:
                self._gate.quiet(answered, error.retry_after)
            if error.http_status and error.status == FeedStatus.RATE_LIMITED:
                self._gate.slow_down(answered, backoff.DELAY, backoff.SLOW)
            return outcome.failed(poll, error)
        record = moves.told(
            result.record, poll.state, answer.permanent, listed_too=self._rounds.lists(answer.permanent or address)
        )
        return msgspec.structs.replace(result, record=record, full=answer.full)

    async def _hop(self, url: str) -> None:
        """A host that wants quiet gets it from redirects too."""
        self._gate.refuse_when_quiet(url)

    def _access(self, source: FeedSource) -> Access:
        if not source.access:
            return self._everyone
        access = self._settings.access.get(source.access)
        if access is None:
            reason = f"the settings have no section feeds.access.{source.access}"
            raise FeedError(reason, subject=source.feed_url, status=FeedStatus.REFUSED)
        return access if access.proxy else msgspec.structs.replace(access, proxy=self._settings.proxy)

    @asynccontextmanager
    async def _turn(self, feed_url: str, turn: Turn | None) -> AsyncIterator[None]:
        """The turn of the feed's host: the one already taken, else one that is waited for."""
        if turn is None or turn.host != host_of(feed_url):
            if turn is not None:
                turn.end()
            async with self._gate.turn(feed_url):
                yield
            return
        try:
            self._gate.refuse_when_quiet(feed_url)
            await self._gate.learn(host_of(feed_url))
            yield
        finally:
            turn.end()


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
