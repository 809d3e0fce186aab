from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.log.shared import Shared


class Things:
    """Makes numbers, and remembers which were closed."""

    def __init__(self) -> None:
        self.made = 0
        self.closed: list[int] = []

    def shared(self) -> Shared[int]:
        return Shared(self.make, self.closed.append)

    def make(self) -> int:
        self.made += 1
        return self.made


def test_all_use_one_until_it_is_closed() -> None:
    things = Things()
    shared = things.shared()
    with shared.use() as first, shared.use() as second:
        assert first == second == 1
    assert things.closed == []
    shared.close()
    shared.close()
    assert things.closed == [1]


def test_after_a_failure_there_is_another_and_the_last_user_closes_the_first() -> None:
    things = Things()
    shared = things.shared()
    with shared.use() as first:
        with pytest.raises(OSError), shared.use():
            raise OSError
        with shared.use() as second:
            assert (first, second) == (1, 2)
        assert things.closed == []
    assert things.closed == [1]
    shared.close()
    assert things.closed == [1, 2]


def test_what_is_in_use_when_all_is_closed_is_closed_after_it() -> None:
    things = Things()
    shared = things.shared()
    with shared.use():
        shared.close()
        assert things.closed == []
    assert things.closed == [1]


def test_what_cannot_be_opened_is_tried_again() -> None:
    answers: Iterator[OSError | int] = iter([OSError(), 7])

    def opening() -> int:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    shared = Shared(opening, lambda _: None)
    with pytest.raises(OSError), shared.use():
        pass
    with shared.use() as thing:
        assert thing == 7
