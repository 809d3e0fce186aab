"""What a server does to one request, drawn by chance: mostly nothing."""

from __future__ import annotations

import random
from enum import StrEnum


class Harm(StrEnum):
    """The faults, each as one answer. After the first three the document still arrives whole and good."""

    NONE = "none"
    SLOW = "slow"
    REDIRECT = "redirect"
    LYING_ENCODING = "lying encoding"
    NOT_MODIFIED = "says not modified although it is"
    CUT_BODY = "connection ends in the body"
    CUT_DOCUMENT = "document ends in the middle"
    RESET = "reset before the answer"
    DRIP = "drip beyond the deadline"
    SERVER_ERROR = "5xx"
    BUSY = "429 with Retry-After"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    GARBAGE = "garbage"
    PAGE = "a page instead of a feed"
    EMPTY = "nothing"
    NO_ENTRIES = "a feed without entries"


WHOLE = frozenset({Harm.NONE, Harm.SLOW, Harm.REDIRECT})
"""Harms after which the document in full was shown."""

_SHARES = {
    Harm.SLOW: 1.0,
    Harm.REDIRECT: 3.0,
    Harm.LYING_ENCODING: 1.5,
    Harm.NOT_MODIFIED: 1.5,
    Harm.CUT_BODY: 1.5,
    Harm.CUT_DOCUMENT: 1.0,
    Harm.RESET: 1.5,
    Harm.DRIP: 0.2,
    Harm.SERVER_ERROR: 2.0,
    Harm.BUSY: 0.4,
    Harm.FORBIDDEN: 0.8,
    Harm.NOT_FOUND: 0.4,
    Harm.GARBAGE: 0.8,
    Harm.PAGE: 0.5,
    Harm.EMPTY: 0.5,
    Harm.NO_ENTRIES: 0.5,
}
"""In percent of requests; the rest is left alone."""


def draw(chance: random.Random) -> Harm:
    """What happens to the next request."""
    rest = 100 - sum(_SHARES.values())
    return chance.choices([Harm.NONE, *_SHARES], [rest, *_SHARES.values()])[0]
