"""The child process that loads watchlist files and compiles them. Run as `python -P -m pipelines.matching.recompile`.

The files come in on standard input as one MessagePack list of `WatchlistFile`; on standard output goes either what is
wrong with them, or the compiled lists part by part (`pipelines.matching.parts`), each message with its length in front.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import IO

import msgspec

from connectors.interfaces import WatchlistFile
from pipelines.matching.compile import compiled
from pipelines.matching.load import load_watchlists
from pipelines.matching.parts import ConceptForms, End, List, Part, Patterns
from schemas.errors import Problem, WatchlistError

LENGTH_BYTES = 8


class Faults(msgspec.Struct, frozen=True, tag="faults", array_like=True):
    """Why the files cannot be loaded."""

    problems: list[Problem]


Message = Patterns | List | ConceptForms | End | Faults
_decoder = msgspec.msgpack.Decoder(Message)


def messages(stream: IO[bytes]) -> Iterator[Part]:
    """The parts that come on `stream`. Raises `WatchlistError`, and `EOFError` when the child died."""
    while True:
        head = stream.read(LENGTH_BYTES)
        size = int.from_bytes(head, "big")
        body = stream.read(size) if len(head) == LENGTH_BYTES else b""
        if not head or len(body) < size:
            raise EOFError
        message = _decoder.decode(body)
        if isinstance(message, Faults):
            raise WatchlistError(tuple(message.problems))
        yield message
        if isinstance(message, End):
            return


def main() -> None:
    """Answer one request."""
    replies = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not get between the messages.
    os.dup2(2, 1)
    files = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=list[WatchlistFile])
    try:
        for part in compiled(load_watchlists(files)):
            _send(replies, part)
    except WatchlistError as error:
        _send(replies, Faults(list(error.problems)))
    replies.close()


def _send(stream: IO[bytes], message: Message) -> None:
    body = msgspec.msgpack.encode(message)
    stream.write(len(body).to_bytes(LENGTH_BYTES, "big") + body)


if __name__ == "__main__":
    main()
