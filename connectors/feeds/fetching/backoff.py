"""Hosts that have had enough of us: 429 with and without a time, and 403 where 429 is meant.

Used from one event loop; what is remembered is bounded by the hosts that complained in the last day.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from connectors.feeds.fetching.hosts import LONGEST_ASKED, host_of
from schemas.errors import FeedError
from schemas.feed import FeedStatus

DELAY = 5.0
"""Seconds between two requests to a host that complained, for `SLOW` seconds."""
SLOW = 3_600.0
WINDOW = 600.0
"""Some servers answer 403 where they mean 429: more than half of the feeds of a host that were asked within so many
seconds, and at least `FEEDS`, mean that."""
FEEDS = 3
_FIRST = 60.0
_FIRST_FORBIDDEN = 600.0
_FORGOTTEN = 86_400.0
_MANY_HOSTS = 10_000


class Backoff:
    """What hosts complained about lately. `clock` in seconds, never jumping."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._strikes: dict[str, tuple[int, float]] = {}
        self._answers: dict[str, deque[tuple[float, str, bool]]] = {}

    def answered(self, address: str, feed_url: str) -> None:
        """A feed was read at `address`: its host is content."""
        host = host_of(address)
        self._strikes.pop(host, None)
        if host in self._answers:
            self._note(host, feed_url, forbidden=False)

    def failed(self, address: str, error: FeedError) -> FeedError:
        """`error` as it is to be understood, with the seconds for which its host is to be left alone, if any."""
        host = host_of(address)
        if error.status == FeedStatus.RATE_LIMITED and error.http_status:
            if error.retry_after is not None:
                return error
            seconds = self._strike(host, _FIRST)
            return _limited(f"{error.message}; its host is left alone for {seconds:,.0f} s", error, seconds)
        if error.http_status != 403 or error.status != FeedStatus.REFUSED:  # noqa: PLR2004 the code by its name
            return error
        forbidden, asked = self._note(host, error.subject, forbidden=True)
        if forbidden < FEEDS or forbidden * 2 <= asked:
            return error
        del self._answers[host]
        seconds = max(error.retry_after or 0.0, self._strike(host, _FIRST_FORBIDDEN))
        reason = (
            f"HTTP 403 for {forbidden} of {asked} feeds of {host} within {WINDOW / 60:.0f} minutes: it limits how often"
            f" it is asked; left alone for {seconds:,.0f} s"
        )
        return _limited(reason, error, seconds)

    def _strike(self, host: str, first: float) -> float:
        moment = self._clock()
        strikes, at = self._strikes.get(host, (0, moment))
        strikes = 1 if moment - at > _FORGOTTEN else strikes + 1
        if len(self._strikes) > _MANY_HOSTS and host not in self._strikes:
            self._strikes = {name: one for name, one in self._strikes.items() if moment - one[1] <= _FORGOTTEN}
        self._strikes[host] = (strikes, moment)
        return min(first * 2.0 ** min(strikes - 1, 20), LONGEST_ASKED)

    def _note(self, host: str, feed_url: str, *, forbidden: bool) -> tuple[int, int]:
        """The feeds of `host` that were answered 403, and all that were asked, since it began."""
        moment = self._clock()
        if len(self._answers) > _MANY_HOSTS and host not in self._answers:
            self._answers = {name: one for name, one in self._answers.items() if moment - one[-1][0] <= WINDOW}
        answers = self._answers.setdefault(host, deque())
        answers.append((moment, feed_url, forbidden))
        while answers and moment - answers[0][0] > WINDOW:
            answers.popleft()
        latest = {url: refused for _, url, refused in answers}
        if not any(latest.values()):
            del self._answers[host]
        return sum(latest.values()), len(latest)


def _limited(reason: str, error: FeedError, seconds: float) -> FeedError:
    return FeedError(
        reason,
        subject=error.subject,
        status=FeedStatus.RATE_LIMITED,
        http_status=error.http_status,
        retry_after=seconds,
        answered_by=error.answered_by,
    )
