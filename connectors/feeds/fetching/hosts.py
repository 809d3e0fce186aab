"""Politeness: one request at a time to one host, with a pause between two, and none while it asks for quiet."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from connectors.feeds.fetching.guard import Guard
from schemas.errors import FeedError
from schemas.feed import FeedStatus

LONGEST_QUIET = 30.0
"""A host that wants to be left alone for longer is not waited for; the poll says so and is repeated later."""
SHORTEST_ASKED, LONGEST_ASKED = 60.0, 86_400.0
"""What a host may ask for in seconds: less is taken for a minute, more for a day."""
# Nearly every address is one of these: taking it apart by hand is several times as fast.
_PLAIN = re.compile(r"https?://([A-Za-z0-9._-]+)(?::[0-9]{1,5})?(?=[/?#]|$)")
_BUSY = 3600.0
_MANY_HOSTS = 10_000


class Turn:
    """The leave to ask one host, given by `HostGate.begin`; `end` gives it back, a second call does nothing."""

    __slots__ = ("_gate", "host")

    def __init__(self, gate: HostGate, host: str, *, exempt: bool) -> None:
        self._gate = None if exempt else gate
        self.host = host

    def end(self) -> None:
        """The request is over."""
        gate, self._gate = self._gate, None
        if gate is not None:
            gate.ended(self.host)


class HostGate:
    """Hands out turns per host; hosts in allowed networks are ours and need none. Used from one event loop.

    Who waits for a turn holds nothing else: `wait` tells how long it would be, and `begin` takes the turn at once.
    """

    def __init__(self, delay: float, guard: Guard, *, ours: bool, clock: Callable[[], float]) -> None:
        self._delay = delay
        self._guard = guard
        # Names are resolved here only when there are networks they could lie in.
        self._ours = ours
        self._clock = clock
        self._busy: set[str] = set()
        self._free_at: dict[str, float] = {}
        self._slow: dict[str, tuple[float, float]] = {}
        self._is_ours: dict[str, bool] = {}
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._changed = asyncio.Event()
        self.on_free: Callable[[str], None] = _nobody
        """Told the name of each host whose turn has ended."""

    def wait(self, host: str) -> float:
        """Seconds until `host` may be asked, 0: now, also when `refuse_when_quiet` will have the word.

        While another request to it is under way, far too long: `on_free` tells when that is over.
        """
        if host in self._busy:
            return _BUSY
        if self._is_ours.get(host):
            return 0.0
        left = self._free_at.get(host, 0.0) - self._clock()
        return left if 0 < left <= LONGEST_QUIET else 0.0

    def begin(self, host: str) -> Turn:
        """Take the turn of `host`, when `wait` is 0."""
        exempt = self._exempt(host)
        if not exempt:
            self._busy.add(host)
        return Turn(self, host, exempt=exempt)

    def ended(self, host: str) -> None:
        """Called by `Turn.end`: the next turn may begin a delay from now."""
        self._busy.discard(host)
        if not self._is_ours.get(host):
            self._keep_free(host, self._delay_of(host))
        if self._lines:
            self._changed.set()
            self._changed = asyncio.Event()
        self.on_free(host)

    @asynccontextmanager
    async def turn(self, url: str) -> AsyncIterator[None]:
        """Waits until the host of `url` may be asked, first come first served. Raises `FeedError` when it is quiet."""
        host = host_of(url)
        await self.learn(host)
        async with self._lines.setdefault(host, asyncio.Lock()):
            while (left := self.wait(host)) > 0:
                changed = self._changed
                try:
                    async with asyncio.timeout(left):
                        await changed.wait()
                except TimeoutError:
                    pass
            self.refuse_when_quiet(url)
            turn = self.begin(host)
        try:
            yield
        finally:
            turn.end()

    def heed(self, url: str, error: FeedError) -> None:
        """Leave the host that answered `url` with `error` alone for as long as it wants."""
        limits = error.retry_after is not None or error.status == FeedStatus.RATE_LIMITED
        if error.http_status and limits:
            self.quiet(error.answered_by or url, error.retry_after or 0.0)

    def quiet(self, url: str, seconds: float) -> None:
        """The host of `url` asked for `seconds` without requests; of our own hosts only the feed is kept quiet."""
        host = host_of(url)
        if not self._exempt(host):
            self._keep_free(host, believed(seconds))

    def slow_down(self, url: str, delay: float, seconds: float) -> None:
        """For `seconds` from now, leave at least `delay` between two requests to the host of `url`.

        A longer one that is still in force stays.
        """
        host, until = host_of(url), self._clock() + seconds
        known, known_until = self._slow.get(host, (0.0, 0.0))
        if len(self._slow) > _MANY_HOSTS and host not in self._slow:
            self._slow = {name: one for name, one in self._slow.items() if one[1] > self._clock()}
        if known <= delay or known_until < self._clock():
            self._slow[host] = (delay, until if known < delay else max(until, known_until))

    def asked_within(self, url: str, seconds: float) -> bool:
        """Whether the host of `url` was asked in about the last `seconds`; not told of our own hosts."""
        free_at = self._free_at.get(host_of(url))
        return free_at is not None and free_at + seconds > self._clock()

    def quiet_for(self, url: str) -> float:
        """Seconds for which the host of `url` is still to be left alone; 0 for our own."""
        if self._exempt(host_of(url)):
            return 0.0
        return max(0.0, self._free_at.get(host_of(url), 0.0) - self._clock())

    def refuse_when_quiet(self, url: str) -> None:
        """Raises `FeedError` when the host of `url` is to be left alone for longer than is worth waiting."""
        quiet = self.quiet_for(url)
        if quiet > LONGEST_QUIET:
            reason = f"not asked: its server wants {quiet:,.0f} s more without requests"
            raise FeedError(reason, subject=url, status=FeedStatus.RATE_LIMITED, retry_after=quiet)

    async def learn(self, host: str) -> None:
        """Find out whether `host` is ours, once; a literal address is known without."""
        if self._exempt(host) or not self._ours or not host or host in self._is_ours:
            return
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        self._is_ours[host] = bool(found) and all(self._guard.allows(str(place[4][0])) for place in found)

    def _exempt(self, host: str) -> bool:
        if not self._ours:
            return False
        if host not in self._is_ours and self._guard.allows(host):
            self._is_ours[host] = True
        return self._is_ours.get(host, False)

    def _delay_of(self, host: str) -> float:
        slow, until = self._slow.get(host, (0.0, 0.0))
        if until and until < self._clock():
            del self._slow[host]
            slow = 0.0
        return max(self._delay, slow)

    def _keep_free(self, host: str, seconds: float) -> None:
        moment = self._clock()
        if len(self._free_at) > _MANY_HOSTS and host not in self._free_at:
            self._free_at = {name: at for name, at in self._free_at.items() if at > moment}
        self._free_at[host] = max(self._free_at.get(host, 0.0), moment + seconds)


def believed(seconds: float) -> float:
    """How long a server that asks for `seconds` without requests gets: from a minute to a day."""
    return min(max(seconds, SHORTEST_ASKED), LONGEST_ASKED)


def host_of(url: str) -> str:
    """The host of an address, in small letters; empty when it has none."""
    if plain := _PLAIN.match(url):
        return plain[1].lower()
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _nobody(_host: str) -> None:
    pass
