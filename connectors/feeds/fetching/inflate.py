"""Undoing `Content-Encoding` under a limit: one layer of gzip or deflate, never more bytes than allowed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

ENCODINGS = "gzip, deflate"
"""What a request accepts: the encodings whose bombs are known to be stopped here."""

_GZIP = 16 + zlib.MAX_WBITS
_MAGIC = b"\x1f\x8b"
_PIECE = 1 << 20
_MOST_MEMBERS = 1_000
"""Real answers have one, now and then a few; each costs a decoder of its own."""


class TooLongError(Exception):
    """The decoded body is over its limit."""


class BadEncodingError(Exception):
    """The body is not in the encoding its header names."""


class Inflater:
    """Decodes the body of one answer, chunk by chunk.

    Some servers name gzip and send plain text, or send a packed file (`sitemap.xml.gz`) and name nothing: whether a body
    is gzip is told by how it begins.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        self._encoding = encoding.strip().lower()
        if self._encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
            message = f"the answer is encoded as {encoding!r}; only {ENCODINGS} was asked for"
            raise BadEncodingError(message)
        self._left = limit
        self._stream: zlib._Decompress | None = None
        self._head = b""
        self._members = 1
        self._plain = False

    def feed(self, chunk: bytes) -> bytes:
        """What `chunk` decodes to. Raises `TooLongError` or `BadEncodingError`."""
        return b"".join(self.pieces(chunk))

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """`feed` in pieces of a bounded size: a bomb is never in memory twice."""
        if self._stream is None and not self._plain:
            self._head += chunk
            if len(self._head) < len(_MAGIC):
                return
            chunk, self._head = self._head, b""
            self._begin(chunk)
        if self._stream is None:
            yield self._counted(chunk)
        else:
            yield from self._inflated(chunk)

    def rest(self) -> bytes:
        """What is left when the body ended before it could be told what it is."""
        return self._counted(self._head)

    def _begin(self, chunk: bytes) -> None:
        if self._encoding == "deflate":
            # Half of all servers send raw deflate, the other half zlib, under this name.
            zlib_header = chunk[0] & 0x0F == zlib.DEFLATED and int.from_bytes(chunk[:2], "big") % 31 == 0
            self._stream = zlib.decompressobj(zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS)
        elif chunk.startswith(_MAGIC):
            self._stream = zlib.decompressobj(_GZIP)
        else:
            self._plain = True

    def _inflated(self, chunk: bytes) -> Iterator[bytes]:
        stream, full = self._stream, True
        while stream is not None and (chunk or full):
            # One byte more than allowed tells a body of the limit from one over it.
            most = min(self._left + 1, _PIECE)
            try:
                piece = stream.decompress(chunk, most)
            except zlib.error as error:
                message = f"the answer is not valid {'deflate' if self._encoding == 'deflate' else 'gzip'} ({error})"
                raise BadEncodingError(message) from error
            yield self._counted(piece)
            # A full piece may leave more behind, inside, although all input is taken.
            chunk, full = stream.unconsumed_tail, len(piece) == most
            if stream.eof:
                # A gzip body may have several members; what follows the last and is none is padding.
                chunk, full = stream.unused_data, False
                if not chunk.startswith(_MAGIC) or self._encoding == "deflate":
                    return
                stream = self._stream = self._next_member()

    def _next_member(self) -> zlib._Decompress:
        self._members += 1
        if self._members > _MOST_MEMBERS:
            message = f"the answer has more than {_MOST_MEMBERS:,} gzip members"
            raise BadEncodingError(message)
        return zlib.decompressobj(_GZIP)

    def _counted(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise TooLongError
        return data
