"""The life of subscriptions: asked for when a poll found a hub, verified, renewed, ended when their source is gone.

Everything is in `FeedState.push`, written in the feed's turn; losing it costs polls. What is kept here besides, failures in
a row and mistrust, begins anew with the process.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import msgspec

from connectors.feeds.polling.commits import Commits
from connectors.feeds.polling.outcome import Outcome
from connectors.feeds.polling.remembered import arrived
from connectors.feeds.polling.turns import FeedTurns
from connectors.feeds.websub import rules
from connectors.feeds.websub.hub_queue import HubQueue
from connectors.feeds.websub.hubs import HubClient
from connectors.feeds.websub.rules import MANY, UNKNOWN, Decision, Terms
from connectors.feeds.websub.trust import Trust
from schemas.errors import StoreError
from schemas.feed import FeedSource, FeedState, Push

_TOKEN_BYTES = 24
_SECRET_BYTES = 32
_NONE = Push()


class Counters:
    """What was delivered since the start."""

    def __init__(self) -> None:
        self.deliveries_total = 0
        self.unsigned_total = 0
        """Deliveries dropped because their signature was missing or wrong."""
        self.postponed_total = 0
        """Deliveries the hub was asked to repeat, because the log or a turn was not to be had."""


class Subscriptions:
    """Subscriptions of the feeds of one poller. Used from one event loop; owns none of its parts."""

    def __init__(
        self, terms: Terms, commits: Commits, hubs: HubClient, turns: FeedTurns, now: Callable[[], datetime]
    ) -> None:
        self.terms = terms
        self.counters = Counters()
        self._commits = commits
        self._hubs = hubs
        self._turns = turns
        self._now = now
        self.ready = False
        """Whether it is known which callbacks are ours."""
        self._sources: dict[str, FeedSource] = {}
        self._callbacks: dict[str, str] = {}
        self._leaving: dict[str, Push] = {}
        """By callback: subscriptions not wanted any more."""
        self._failures: Counter[str] = Counter()
        self._trust = Trust(terms.backup)
        self._queue = HubQueue(self._ask, now)
        self.sooner: Callable[[str, datetime], None] | None = None
        """Told when a feed is to be polled earlier than planned."""

    async def keep(self, sources: Sequence[FeedSource]) -> None:
        """Subscriptions are for `sources` from now on; those of other feeds are ended, as well as their hubs let us."""
        if not self.terms.base:
            return
        self._sources = {source.feed_url: source for source in sources}
        for feed_url, push in await self._commits.of_all(lambda state: (state.feed_url, state.push)):
            if feed_url in self._sources:
                known = push
                if push.callback.endswith(self.terms.mark()):
                    self._callbacks[push.callback] = feed_url
                else:
                    # Its hub was told another address of ours, or none.
                    known = Push(hub=push.hub)
                if push.hub and not self._queue.plans(feed_url):
                    self._plan(feed_url, known)
            elif push != _NONE:
                await self._change(feed_url, _ended)
                self._leave(push)
        self.ready = True

    def source_of(self, callback: str) -> FeedSource | None:
        """Whose callback this is; None: nobody's, or that of a subscription we have left."""
        return None if callback in self._leaving else self._sources.get(self._callbacks.get(callback, ""))

    def is_left(self, callback: str) -> bool:
        """Whether the callback belonged to a subscription that we do not want any more."""
        return callback in self._leaving

    async def secret_of(self, source: FeedSource, callback: str) -> str:
        """With which deliveries to `callback` are signed; empty: the feed has another callback by now."""
        push = (await self._commits.state(source.feed_url)).push
        return push.secret if push.callback == callback else ""

    async def answer(self, callback: str, query: Mapping[str, str]) -> Decision:
        """What a hub is answered that calls `callback` with `query`; what follows from it is saved. Raises `StoreError`."""
        if (left := self._leaving.get(callback)) is not None:
            return rules.answer(left, query, self._now(), leaving=True)
        feed_url = self._callbacks.get(callback, "")
        if feed_url not in self._sources:
            return Decision(404, UNKNOWN)
        decision = Decision(404, UNKNOWN)

        def decide(state: FeedState) -> FeedState:
            nonlocal decision
            if state.push.callback != callback:
                return state
            decision = rules.answer(state.push, query, self._now(), leaving=False)
            if decision.push is None:
                return state
            return _ended(state, decision.push) if decision.push.lease_until is None else _with(state, decision.push)

        state = await self._change(feed_url, decide)
        if decision.push is not None:
            self._failures[feed_url] = MANY if decision.push.refused else 0
            self._plan(feed_url, decision.push)
            if decision.push.lease_until is None and state.next_poll_at is not None and self.sooner is not None:
                self.sooner(feed_url, state.next_poll_at)
        return decision

    def after_poll(self, source: FeedSource, before: FeedState, after: FeedState, result: Outcome) -> FeedState:
        """What to remember after a poll, in the feed's turn: what its document offers, and when the next poll is due."""
        push = before.push
        if result.readable and result.offer is not None:
            push = rules.taken_up(push, result.offer, result.record.fetched_at)
        after = _with(after, push)
        if not self.terms.base:
            # Nothing can be delivered: the offer alone is kept.
            return _with(after, Push(hub=push.hub, topic=push.topic))
        if push is not before.push:
            self._leave(before.push)
            self._plan(source.feed_url, push)
        backup = self._trust.seconds(source.feed_url)
        after, lost = rules.after_poll(after, result.record, pinned=bool(source.interval), backup=backup)
        if lost:
            self._trust.silent(source.feed_url, result.record.fetched_at)
        return after

    def after_delivery(self, source: FeedSource, state: FeedState, result: Outcome) -> FeedState:
        """What to remember after a delivery, in the feed's turn."""
        if not result.readable:
            return state
        self._trust.delivered(result.record)
        backup = self._trust.seconds(source.feed_url)
        return rules.after_delivery(arrived(state, result), result.record, pinned=bool(source.interval), backup=backup)

    async def run(self) -> None:
        """Ask hubs as it falls due, one request at a time to each, until cancelled. Raises `StoreError`."""
        try:
            await self._queue.run()
        finally:
            await self._hubs.close()

    def _plan(self, feed_url: str, push: Push, *, not_before: datetime | None = None) -> None:
        due = rules.ask_at(push, self._failures[feed_url], self.terms) or self._now()
        self._queue.plan(feed_url, push.hub, due if not_before is None else max(due, not_before))

    async def _ask(self, feed_url: str, hub: str) -> None:
        """Ask the hub of `feed_url` for a subscription, or for its renewal."""
        if feed_url not in self._sources:
            return
        token, secret = secrets.token_urlsafe(_TOKEN_BYTES), secrets.token_hex(_SECRET_BYTES)

        def asked(state: FeedState) -> FeedState:
            if not state.push.hub:
                return state
            push = rules.prepared(state.push, self.terms, token, secret)
            # A hub may call back before it answers: what it then asks about must be known.
            self._callbacks[push.callback] = feed_url
            return _with(state, msgspec.structs.replace(push, asked_at=self._now()))

        self._failures[feed_url] += 1
        try:
            state = await self._change(feed_url, asked)
            if not state.push.hub:
                return
            push = state.push
            reply = await self._hubs.ask(push.hub, rules.form(push, "subscribe", self.terms))
            if reply.refused:
                self._failures[feed_url] = MANY if reply.final else self._failures[feed_url]
                state = await self._change(feed_url, partial(_refused, callback=push.callback, reason=reply.refused))
        except StoreError as error:
            if not error.retryable:
                raise
            self._plan(feed_url, Push(hub=hub, asked_at=self._now()))
            return
        if not self._queue.plans(feed_url):
            wait = timedelta(seconds=reply.retry_after or 0.0)
            self._plan(feed_url, state.push, not_before=self._now() + wait if reply.refused else None)

    def _leave(self, push: Push) -> None:
        """Tell the hub, once, that we want no more; it need not listen, and its deliveries are answered 410."""
        if not push.callback or not self.terms.base:
            return
        self._leaving[push.callback] = push
        if push.asked_at is not None:
            self._queue.put(push.hub, partial(self._unsubscribe, push))

    async def _unsubscribe(self, push: Push) -> None:
        await self._hubs.ask(push.hub, rules.form(push, "unsubscribe", self.terms))

    async def _change(self, feed_url: str, change: Callable[[FeedState], FeedState]) -> FeedState:
        """The state of a feed after `change`, made and saved in its turn. Raises `StoreError`."""
        turn = self._turns.of(feed_url)
        async with turn:
            state = await self._commits.state(feed_url)
            after = change(state)
            if after != state:
                await self._commits.remember(after)
                turn.writes += 1
            return after


def _with(state: FeedState, push: Push) -> FeedState:
    return msgspec.structs.replace(state, push=push)


def _ended(state: FeedState, push: Push = _NONE) -> FeedState:
    """Nobody tells us of this feed's news any more: it is due by its rhythm."""
    return msgspec.structs.replace(state, next_poll_at=rules.due_by_rhythm(state), push=push)


def _refused(state: FeedState, *, callback: str, reason: str) -> FeedState:
    if state.push.callback != callback:
        return state
    return _with(state, msgspec.structs.replace(state.push, refused=reason))
