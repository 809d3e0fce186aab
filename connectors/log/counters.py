"""What the Kafka log has met in this process, for `/metrics` and `doctor`."""

from __future__ import annotations

import msgspec


class KafkaCounters(msgspec.Struct):
    """Counts that only grow, shared by the log and the consumers of a process. Several threads may add to them."""

    commits_refused_total: int = 0
    """Commits of batches whose partitions a rebalance had given to another process: they are processed again there."""
    rebalances_total: int = 0
    """Times the partitions of a group were shared out anew, seen by this process."""
    positions_lost_total: int = 0
    """Reading places whose records the log no longer keeps."""
    records_lost_total: int = 0
    """Records between such a place and the oldest one kept: dropped by retention before they were read."""
    items_cut_total: int = 0
    """Items whose text was cut to the limit of the brokers."""
    letters_cut_total: int = 0
    """Dead letters whose record was cut to the limit of the brokers."""
    away_total: int = 0
    """Times the brokers went away while a group was read."""


IN_THIS_PROCESS = KafkaCounters()
"""What log and consumers count into unless they are given other counters."""
