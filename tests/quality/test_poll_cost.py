"""The floor under `benchmarks.feeds_poll`: what the guards of the poll loop may cost."""

from __future__ import annotations

import pytest

from benchmarks.feeds_poll import address, compared, outlets, ratio


@pytest.mark.slow
def test_the_poll_loop_costs_little_more_than_its_client_and_far_less_than_httpx() -> None:
    with outlets("--delay", "0.005") as port:
        spent = compared([address(number, port) for number in range(1_000)], rounds=5)
    # 1.26 and 0.33 when measured; the first leaves room for a busy machine, where short runs differ by a tenth.
    assert ratio(spent, "aiohttp") < 1.45
    assert ratio(spent, "httpx") < 0.45
