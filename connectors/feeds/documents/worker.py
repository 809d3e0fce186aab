"""The parse worker: a child process that may be killed at any moment. Run as `python -P -m connectors.feeds.documents.worker`.

Requests come in on standard input, replies go out on standard output, as `connectors.feeds.documents.frames`. When the parent goes
away, standard input ends and the worker with it, at the latest when its timers interrupt the document in hand.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import resource
import signal
import sys
import threading
import time
from types import FrameType
from xml.parsers.expat import version_info as expat_version

import msgspec

from connectors.feeds.documents import feedparser_tuning
from connectors.feeds.documents.dates import reading
from connectors.feeds.documents.document import (
    PAGE,
    SOFT_SECONDS,
    ParsedDocument,
    ParseReply,
    ParseRequest,
    Unreadable,
    allowance,
)
from connectors.feeds.documents.entry import converted
from connectors.feeds.documents.frames import frame, read_frame
from connectors.feeds.documents.parse import parse
from schemas.feed import FeedStatus

CPU_SECONDS = 30
"""After this the system ends the worker, should its own timer not get through and no parent be there to kill it."""
MEMORY_BYTES = 1 << 30
SAFE_EXPAT = (2, 4, 0)
"""From here on expat limits how far entities may swell a document."""


class _TooSlowError(BaseException):
    """Not an `Exception`, so that no library can swallow it."""


def answer(request: ParseRequest) -> ParseReply:
    """The reply to `request`, in `SOFT_SECONDS` and its allowance at most as far as a timer can reach."""
    seconds = SOFT_SECONDS + allowance(request.body)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        _limit(resource.RLIMIT_CPU, int(time.process_time() + seconds) + CPU_SECONDS)
        if request.form == PAGE:
            # Heavy, and most installations never ask for a page.
            from connectors.feeds.documents.page import read_page  # noqa: PLC0415

            return read_page(request)
        if request.form:
            whole, broken = converted(
                [json.loads(request.body)], request.form, reading(request.now, request.time_zone, request.language)
            )
            return ParsedDocument(entries=whole, broken=broken), None
        return parse(request)
    except _TooSlowError:
        return None, _malformed(f"parsing it takes more than {seconds:.0f} s; given up")
    except MemoryError:
        return None, _malformed(f"parsing it needs more than {MEMORY_BYTES >> 30} GiB of memory; given up")
    except Exception as error:  # noqa: BLE001 the outermost loop of this process: the document is at fault
        return None, _malformed(f"the document breaks the parser ({type(error).__name__}: {error})"[:500])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _malformed(reason: str) -> Unreadable:
    return Unreadable(status=FeedStatus.MALFORMED, reason=reason)


def why_unsafe(expat: tuple[int, int, int]) -> str:
    """Why no document is parsed with this version of expat; empty when it is safe."""
    if expat >= SAFE_EXPAT:
        return ""
    found, wanted = (".".join(map(str, version)) for version in (expat, SAFE_EXPAT))
    return f"this Python has expat {found}, which entities can make use up all memory; it takes {wanted} or newer"


def main() -> None:
    """Serve requests until standard input ends."""
    replies = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not get between the frames.
    os.dup2(2, 1)
    signal.signal(signal.SIGALRM, _too_slow)
    _limit(resource.RLIMIT_AS, MEMORY_BYTES)
    feedparser_tuning.tune()
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(requests,), daemon=True).start()
    decoder = msgspec.msgpack.Decoder(ParseRequest)
    encoder = msgspec.msgpack.Encoder()
    unsafe = why_unsafe(expat_version)
    while True:
        request = decoder.decode(requests.get())
        reply = (None, _malformed(unsafe)) if unsafe else answer(request)
        replies.write(frame(encoder.encode(reply)))
        replies.flush()


def _receive(requests: queue.SimpleQueue[bytes]) -> None:
    while (message := read_frame(sys.stdin.buffer)) is not None:
        requests.put(message)
    # From a thread of its own: the main one may be busy with a document for long.
    os._exit(0)


def _too_slow(_signal: int, _frame: FrameType | None) -> None:
    raise _TooSlowError


def _limit(kind: int, most: int) -> None:
    # No such limit, or one already lower: the parent's limits on documents still hold.
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


if __name__ == "__main__":
    main()
