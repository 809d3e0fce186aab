"""The Aho-Corasick automaton under `pipelines.matching.terms`, by whichever library has a wheel for this machine.

daachorse is the faster one, and writes an automaton down as bytes that another process reads in milliseconds. It has no
wheel for Linux on arm64; there ahocorasick-rs builds the same automaton anew from the literals.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol

Found = list[tuple[int, int, int]]
"""Start, end (code points) and number of the literal."""


_MANY = 10_000


class Automaton(Protocol):
    """Finds literals in a text, overlapping ones included; those of one number in reading order. Safe to share."""

    def __init__(self, literals: Sequence[str], data: bytes) -> None:
        """`data` is what `serialised` made of the literals, which are then not looked at; or empty."""

    def find(self, text: str) -> Found:
        """Every occurrence of every literal."""

    @staticmethod
    def serialised(literals: Sequence[str]) -> bytes:
        """What makes building the automaton quick; empty when nothing does."""


class Daachorse:
    """By daachorse."""

    def __init__(self, literals: Sequence[str], data: bytes) -> None:
        kind = import_module("daachorse").CharwiseDoubleArrayAhoCorasick
        self._automaton: Any = kind.deserialize(data) if data else kind(list(literals))
        if len(literals) > _MANY:
            _give_back()

    def find(self, text: str) -> Found:
        """See `Automaton`."""
        found: Found = self._automaton.find_overlapping(text)
        return found

    @staticmethod
    def serialised(literals: Sequence[str]) -> bytes:
        """See `Automaton`."""
        return bytes(import_module("daachorse").CharwiseDoubleArrayAhoCorasick(list(literals)).serialize())


class AhocorasickRs:
    """By ahocorasick-rs."""

    def __init__(self, literals: Sequence[str], data: bytes) -> None:
        assert not data  # `serialised` makes none
        library = import_module("ahocorasick_rs")
        self._automaton: Any = library.AhoCorasick(
            literals, implementation=library.Implementation.ContiguousNFA, store_patterns=False
        )

    def find(self, text: str) -> Found:
        """See `Automaton`."""
        return [(start, end, at) for at, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True)]

    @staticmethod
    def serialised(literals: Sequence[str]) -> bytes:
        """See `Automaton`."""
        del literals
        return b""


def available() -> type[Automaton]:
    """The automaton of this machine."""
    try:
        import_module("daachorse")
    except ImportError:
        return AhocorasickRs
    return Daachorse


def _give_back() -> None:
    """Return freed memory to the system, where the C library can: it keeps 40 MB of what building a large one used."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
