from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator

import pytest

from connectors.ingest.intake import batches
from connectors.ingest.lines import KEPT, LONGEST, Line, Lines
from schemas.errors import WirewatchError


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    for end in (reading, writing):
        with contextlib.suppress(OSError):
            os.close(end)


def test_lines_come_as_they_are_complete(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    lines = Lines(reading, "-")
    os.write(writing, b"\xef\xbb\xbfone\r\n\n  \ntwo\nthr")
    assert lines.read(1) == [Line(1, b"one", 3), Line(4, b"two", 3)]
    os.write(writing, b"ee\n")
    assert lines.read(1) == [Line(5, b"three", 5)]
    began = time.monotonic()
    assert lines.read(0.2) == []
    assert 0.15 < time.monotonic() - began < 10
    os.write(writing, b"last")
    os.close(writing)
    found = lines.read(1)
    while not lines.ended:
        found += lines.read(1)
    assert found == [Line(6, b"last", 4)]


def test_a_line_without_end_takes_no_memory(tmp_path: str) -> None:
    path = os.path.join(tmp_path, "long")  # noqa: PTH118
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(b"a" * (3 * LONGEST) + b"\nnext\n")
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        lines, found = Lines(file.fileno(), path), []
        while not lines.ended:
            found += lines.read(1)
            assert len(lines._rest) <= LONGEST + KEPT
    assert [(line.number, len(line.raw), line.length, line.whole) for line in found] == [
        (1, KEPT, 3 * LONGEST, False), (2, 4, 4, True),
    ]  # fmt: skip


def test_what_cannot_be_read_is_named() -> None:
    descriptor = os.open("/", os.O_RDONLY)
    try:
        with pytest.raises(WirewatchError, match="there: cannot be read"):
            Lines(descriptor, "there").read(1)
    finally:
        os.close(descriptor)


def test_batches_are_bounded_by_lines_and_bytes() -> None:
    lines = [Line(number, b"x" * 10, 10) for number in range(7)]
    assert [len(batch) for batch in batches(lines, 3, 1000)] == [3, 3, 1]
    assert [len(batch) for batch in batches(lines, 100, 20)] == [2, 2, 2, 1]
