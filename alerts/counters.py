"""What the desk counts, for metrics. Written by the desk alone; reading without a lock is fine."""

from __future__ import annotations

import msgspec

BUCKETS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0, float("inf"))
"""Upper bounds of the histogram of delivery times, in seconds."""


class DeskCounters(msgspec.Struct, kw_only=True):
    """Since the start of the process."""

    records_total: int = 0
    """Records of `hits` decided."""
    dead_letters_total: int = 0
    sent_total: int = 0
    postponed_total: int = 0
    """Attempts that failed and will be made again."""
    failed_total: int = 0
    interrupted_total: int = 0
    """Alerts handed over again because a process died with them in hand: each may have left a second copy."""
    copied_total: int = 0
    """Records and alerts copied to the index and the log."""
    lost_total: int = 0
    """Records of `hits` that were gone from the log when the desk came to them: nobody was told of what they held."""
    copies_lost_total: int = 0
    """The same where only the copy in the index is missing: they were decided in time."""
    copies_refused_total: int = 0
    """Records and alerts that the index takes for no document; the former are dead letters."""
    waits_total: int = 0
    """Steps in which a log or index was away."""
    delivery_seconds_sum: float = 0.0
    """Seconds from match to the server's answer, over all alerts sent."""
    delivery_seconds_buckets: tuple[int, ...] = (0,) * len(BUCKETS)
    """Alerts sent within each bound of `BUCKETS`, cumulative."""

    def delivered(self, seconds: float) -> None:
        """Count one alert sent `seconds` after its match."""
        self.sent_total += 1
        self.delivery_seconds_sum += seconds
        self.delivery_seconds_buckets = tuple(
            count + (seconds <= bound) for count, bound in zip(self.delivery_seconds_buckets, BUCKETS, strict=True)
        )
