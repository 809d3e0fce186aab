"""A minute of the polling proof; the whole of it runs for an hour, see tests/faults/polling."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.polling.__main__ import plan_of, report, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_killed_poller_of_faulty_feeds_loses_no_item_and_gives_none_two_names(tmp_path: Path) -> None:
    plan = plan_of(seed=1244, feeds=60, seconds=60)
    result = run(plan, tmp_path)
    said = report(plan, result)
    assert not result.count.wrong, said
    # Else nothing was put to the test.
    assert result.kills >= 3, said
    assert result.count.figures["documents shown and taken"] > 300, said
    assert result.count.figures["entries shown"] > 2_000, said
