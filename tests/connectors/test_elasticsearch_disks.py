"""When a server will act on a full disk, worked out from its settings as it gives them."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.index.inspection import left_at, watermarks

GIB = 1024**3


def settings(level: str, **disk: Any) -> dict[str, Any]:
    return {level: {"cluster": {"routing": {"allocation": {"disk": disk}}}}}


DEFAULTS = settings(
    "defaults",
    threshold_enabled="true",
    watermark={
        "flood_stage": "95%", "flood_stage.max_headroom": "100GB", "high": "90%", "high.max_headroom": "150GB",
        "flood_stage.frozen": "95%",
    },
)  # fmt: skip


@pytest.mark.parametrize(
    ("given", "total", "flood", "high"),
    [
        (DEFAULTS, 100 * GIB, 5 * GIB, 10 * GIB),
        # A share of a large disk would be a lot: the headroom is the most.
        (DEFAULTS, 10_000 * GIB, 100 * GIB, 150 * GIB),
        (DEFAULTS | settings("persistent", watermark={"flood_stage": "97.5%"}), 100 * GIB, 2.5 * GIB, 10 * GIB),
        (
            DEFAULTS
            | settings("persistent", watermark={"flood_stage": "97.5%"})
            | settings("transient", watermark={"flood_stage": "500mb", "high": "1gb"}),
            100 * GIB,
            500 * 1024**2,
            GIB,
        ),
        (
            DEFAULTS | settings("persistent", watermark={"flood_stage.max_headroom": "-1"}),
            10_000 * GIB,
            500 * GIB,
            150 * GIB,
        ),
    ],
)
def test_what_is_left_when_the_server_acts(given: dict[str, Any], total: int, flood: float, high: float) -> None:
    marks = watermarks(given)
    assert marks is not None
    assert left_at(marks, "flood_stage", total) == pytest.approx(flood, abs=1)
    assert left_at(marks, "high", total) == pytest.approx(high, abs=1)


def test_a_server_that_does_not_look_at_disks_has_no_marks() -> None:
    assert watermarks(DEFAULTS | settings("persistent", threshold_enabled="false")) is None
