"""How alike two titles are, from a few bytes kept of each: enough to tell a renamed entry from another one."""

from __future__ import annotations

import re
import zlib

ALIKE = 0.75
"""Share of common words from which two titles are one title edited (the figure NewsBlur uses)."""
_WORD = re.compile(r"\w+")
_MOST_WORDS = 16
_FEW_WORDS = 3
_BYTES = 2


def sketch(title: str) -> bytes:
    """`title` as two bytes for each of its words, at most 32 in all; of a script without spaces for each two letters."""
    folded = title.casefold()
    words = _WORD.findall(folded)
    if len(words) < _FEW_WORDS and len(folded) > 2 * _FEW_WORDS:
        words = [folded[place : place + 2] for place in range(len(folded) - 1)]
    hashes = dict.fromkeys(zlib.crc32(word.encode("utf-8", "surrogatepass")) & 0xFFFF for word in words)
    return b"".join(one.to_bytes(_BYTES, "big") for one in list(hashes)[:_MOST_WORDS])


def alike(one: bytes, other: bytes) -> bool:
    """Whether two sketches are of one title, perhaps edited. Nothing is like a title without words."""
    first, second = _hashes(one), _hashes(other)
    return bool(first and second) and len(first & second) >= ALIKE * len(first | second)


def _hashes(kept: bytes) -> set[bytes]:
    return {kept[place : place + _BYTES] for place in range(0, len(kept), _BYTES)}
