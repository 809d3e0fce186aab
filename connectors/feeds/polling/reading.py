"""From the answer of a server to what the poll came to: parsed in a worker, held against what was sent before."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

from connectors.feeds.documents.document import ParseRequest, Unreadable
from connectors.feeds.documents.parse_pool import ParsePool
from connectors.feeds.fetching.fetch import Fetched
from connectors.feeds.fetching.refusals import written
from connectors.feeds.fetching.validators import document_hash
from connectors.feeds.items import entries
from connectors.feeds.polling import outcome
from connectors.feeds.polling.fulltext import FullText
from connectors.feeds.polling.outcome import Outcome, Poll
from connectors.interfaces import FeedStates, Known
from schemas.errors import FeedError, StoreError
from schemas.feed import FeedStatus


class DocumentReader:
    """Reads documents over one pool of parse workers. Used from one event loop; owns none of its parts.

    Without `full_text` no page behind an entry is read, whatever its source wants.
    """

    def __init__(self, pool: ParsePool, states: FeedStates, full_text: FullText | None = None) -> None:
        self._pool = pool
        self._states = states
        self._full_text = full_text

    async def judge(self, poll: Poll, fetched: Fetched) -> Outcome:
        """What `fetched` comes to, with the text of pages; parsed only when it is not the document of last time.

        Raises `FeedError`. A document that nothing else was prepared for is set aside too.
        """
        try:
            return await self._completed(poll, await self._judge(poll, fetched))
        except (FeedError, StoreError):
            raise
        except Exception as error:  # noqa: BLE001 one odd document ends no run
            reason = f"wirewatch failed over this document, {type(error).__name__}: {error}"
            return await self._set_aside(poll, fetched, Unreadable(status=FeedStatus.MALFORMED, reason=written(reason)))

    async def read(self, poll: Poll, fetched: Fetched, form: str = "") -> Outcome:
        """The same for a document that is parsed whatever is known; `form` as in `ParseRequest`."""
        return await self._completed(poll, await self._read(poll, fetched, document_hash(fetched.body), form))

    async def _completed(self, poll: Poll, result: Outcome) -> Outcome:
        return result if self._full_text is None else await self._full_text.complete(poll, result)

    async def _judge(self, poll: Poll, fetched: Fetched) -> Outcome:
        if fetched.unchanged:
            return outcome.unchanged(poll, fetched)
        if not fetched.body:
            reason = "the server answered with an empty document (0 bytes)"
            status = FeedStatus.EMPTY
            if not fetched.complete:
                reason, status = "the connection ended before the document began", FeedStatus.UNREACHABLE
            raise FeedError(reason, subject=poll.source.feed_url, status=status, http_status=fetched.http_status)
        body_hash = document_hash(fetched.body)
        if not poll.replaying and body_hash == poll.state.body_hash:
            return outcome.unchanged(poll, fetched)
        return await self._read(poll, fetched, body_hash)

    async def _read(self, poll: Poll, fetched: Fetched, body_hash: str, form: str = "") -> Outcome:
        request = ParseRequest(
            body=fetched.body, content_type=fetched.content_type, language=poll.source.language,
            now=poll.fetched_at, form=form, time_zone=poll.source.time_zone, pushed=poll.pushed,
        )  # fmt: skip
        document, why = await self._pool.parse(request)
        if document is None:
            assert why is not None  # a reply is one of the two
            return await self._set_aside(poll, fetched, why)

        def build() -> Outcome:
            origin = entries.Origin(
                source=poll.source, final_url=fetched.final_url, seen_at=poll.fetched_at,
                state=poll.state, learned=self._states.learned(poll.source.feed_url),
            )  # fmt: skip
            built = entries.build(document, origin, partial(self._seen, poll))
            return outcome.read(poll, fetched, document, built, body_hash)

        return await asyncio.to_thread(build)

    async def _set_aside(self, poll: Poll, fetched: Fetched, why: Unreadable) -> Outcome:
        return await asyncio.to_thread(outcome.unreadable, poll, fetched, why, partial(self._seen, poll))

    def _seen(self, poll: Poll, keys: Sequence[str]) -> Mapping[str, Known]:
        seen = self._states.seen(poll.source.feed_url, keys)
        return {key: value for key, value in seen.items() if key != poll.replaying}
