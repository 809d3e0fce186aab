"""The floors under what `benchmarks.feeds_parse` measures; CPU time, so that a busy machine changes little."""

from __future__ import annotations

import pytest

from benchmarks.feeds_parse import made_documents, measured_round


@pytest.mark.slow
def test_the_parse_path_stays_well_under_feedparsers_cost() -> None:
    rounds = [measured_round(made_documents()[:20]) for _ in range(3)]
    assert min(first / rival for rival, first, _ in rounds) <= 0.6
    assert min(again / first for _, first, again in rounds) <= 0.02
