"""The floor under `benchmarks.feeds_poll`: what the guards of the poll loop may cost."""

from __future__ import annotations

import pytest

from benchmarks.feeds_poll import address, compared, outlets


@pytest.mark.slow
def test_the_poll_loop_costs_little_more_than_its_client_and_far_less_than_httpx() -> None:
    with outlets("--delay", "0.005") as port:
        spent = compared([address(number, port) for number in range(1_000)], rounds=5)
    # The cheapest round of each: what a busy machine adds to a short one says nothing of the code. Measured 1.26, 0.33.
    ours = min(spent["loop"])
    assert ours < 1.45 * min(spent["aiohttp"])
    assert ours < 0.45 * min(spent["httpx"])
