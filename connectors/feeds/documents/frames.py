"""Messages on the pipes between the poller and its parse workers: MessagePack, each with its length in front."""

from __future__ import annotations

from typing import BinaryIO

LENGTH_BYTES = 4


def frame(message: bytes) -> bytes:
    """`message` with its length in front."""
    return len(message).to_bytes(LENGTH_BYTES, "big") + message


def length(head: bytes) -> int:
    """The length of the message behind `head`."""
    return int.from_bytes(head, "big")


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next message, or None at the end of the stream."""
    head = stream.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    message = stream.read(length(head))
    return message if len(message) == length(head) else None
