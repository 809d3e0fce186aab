"""Unicode's normal form C at a cost that grows with the text and no faster.

Putting marks into their canonical order takes quadratic time in the length of a run of marks: a feed entry of a megabyte
of them would stop everything for ten minutes. No language writes more than a few marks on a letter, so a longer run is
cut, and each piece is composed by itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST = 64
"""Characters that are no letters or digits, marks among them, after which a text is cut."""
_RUN = re.compile(rf"\W{{{LONGEST}}}")


def composed(text: str) -> str:
    """`text` in NFC; with more than `LONGEST` marks in a row, each piece of it in NFC."""
    if unicodedata.is_normalized("NFC", text):
        return text
    return "".join(unicodedata.normalize("NFC", piece) for piece in pieces(text))


def pieces(text: str) -> Iterator[str]:
    """The pieces of `text` that are composed one by one."""
    done = 0
    for run in _RUN.finditer(text):
        yield text[done : run.end()]
        done = run.end()
    yield text[done:]
