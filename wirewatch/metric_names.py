"""Every metric wirewatch shows, by the part that shows it. `docs/metrics.md` is written from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from schemas.alert import AlertState

Labels = tuple[tuple[str, str], ...]
"""Names and values of the labels of one figure."""


class Metric(msgspec.Struct, frozen=True):
    """One metric with a value for each combination of its label values (bounded sets only)."""

    name: MetricName
    values: Mapping[Labels, float]


class MetricName(msgspec.Struct, frozen=True):
    """What a metric is called and what it tells."""

    name: str
    """Ends in `_total` for a counter, in its unit for a gauge."""
    help: str
    label: str = ""
    """The label its figures are told apart by; empty: it is one figure."""

    @property
    def kind(self) -> Literal["counter", "gauge"]:
        """Its type in the exposition format."""
        return "counter" if self.name.endswith("_total") else "gauge"

    def of(self, value: float) -> Metric:
        """Its one figure."""
        return Metric(self, {(): value})

    def by(self, values: Mapping[str, float] | Mapping[AlertState, int]) -> Metric:
        """Its figures by the value of its label."""
        return Metric(self, {((self.label, key),): value for key, value in values.items()})


FEEDS = MetricName("wirewatch_feeds", "Feeds by the outcome of their last poll.", "status")
FEEDS_HEALTH = MetricName(
    "wirewatch_feeds_health", "Feeds by how they are doing, see `wirewatch feeds health`.", "status"
)
FEEDS_NEED_PERSON = MetricName("wirewatch_feeds_need_person", "Feeds a person has to look at.")
FEEDS_CONFIGURED = MetricName("wirewatch_feeds_configured", "Feeds this process polls.")
POLL_LATE = MetricName(
    "wirewatch_poll_late_seconds", "Seconds by which the last poll of each feed began after it was due.", "quantile"
)
WEBSUB_DELIVERIES = MetricName("wirewatch_websub_deliveries_total", "Deliveries of WebSub hubs taken.")
WEBSUB_UNSIGNED = MetricName("wirewatch_websub_unsigned_total", "Deliveries dropped for a missing or wrong signature.")
WEBSUB_POSTPONED = MetricName("wirewatch_websub_postponed_total", "Deliveries hubs were asked to repeat.")
WATCHLIST_FAULTS = MetricName(
    "wirewatch_watchlist_faults",
    "Faults in the edited watchlist files; while there is one, the last good lists stay in force.",
)
RECORDS = MetricName("wirewatch_records_total", "Records the graph has committed.")
BATCHES = MetricName("wirewatch_batches_total", "Batches the graph has committed.")
HALVINGS = MetricName("wirewatch_halvings_total", "Batches run again in halves.")
DEAD_LETTERS = MetricName("wirewatch_dead_letters_total", "Records the graph has set aside.")
ITEMS = MetricName("wirewatch_items", "Items in the log.")
DEAD_LETTER_RECORDS = MetricName("wirewatch_dead_letter_records", "States of dead letters in the log.")
LAG = MetricName("wirewatch_lag_records", "Records a reader has still to process.", "reader")
ARTICLES = MetricName("wirewatch_articles", "Articles in the index.")
ALERTS = MetricName("wirewatch_alerts", "Alerts by state.", "state")
ALERTS_SENT = MetricName("wirewatch_alerts_sent_total", "Alerts the desk has sent.")
ALERTS_POSTPONED = MetricName("wirewatch_alerts_postponed_total", "Deliveries to be tried again.")
ALERTS_FAILED = MetricName("wirewatch_alerts_failed_total", "Alerts refused for good.")
ALERTS_INTERRUPTED = MetricName("wirewatch_alerts_interrupted_total", "Mails that may have left twice.")
ALERT_SECONDS = MetricName("wirewatch_alert_seconds_total", "Seconds from match to delivery, summed.")
DESK_LOST = MetricName(
    "wirewatch_desk_lost_total",
    "Records of hits that were gone from the log before the desk came to them. Alarm on it.",
)
COPIES_LOST = MetricName(
    "wirewatch_copies_lost_total", "Records of hits decided, but gone from the log before they were in the index."
)
COPIES_REFUSED = MetricName(
    "wirewatch_copies_refused_total", "Records of hits and alerts that the index took for no document."
)
DESK_WAITS = MetricName("wirewatch_desk_waits_total", "Rounds of the desk in which the log or the index was away.")
KAFKA_COMMITS_REFUSED = MetricName(
    "wirewatch_kafka_commits_refused_total",
    "Commits refused because a rebalance had given the partitions away; the records are processed again there.",
)
KAFKA_REBALANCES = MetricName(
    "wirewatch_kafka_rebalances_total", "Times the partitions of a group were shared out anew, as seen by this process."
)
KAFKA_POSITIONS_LOST = MetricName(
    "wirewatch_kafka_positions_lost_total", "Reading places whose records Kafka no longer kept. Alarm on it."
)
KAFKA_RECORDS_LOST = MetricName(
    "wirewatch_kafka_records_lost_total", "Records that Kafka dropped by their age before they were read. Alarm on it."
)
KAFKA_ITEMS_CUT = MetricName(
    "wirewatch_kafka_items_cut_total", "Items whose text was cut to the longest record the brokers take."
)
KAFKA_LETTERS_CUT = MetricName(
    "wirewatch_kafka_letters_cut_total", "Dead letters whose record was cut to the longest record the brokers take."
)
KAFKA_AWAY = MetricName("wirewatch_kafka_away_total", "Times the brokers went away while a group was read.")
SERVER_UP = MetricName(
    "wirewatch_server_up", "1 when the server answered this time, 0 when it did not within three seconds.", "server"
)

CATALOGUE: dict[str, tuple[MetricName, ...]] = {
    "Polling": (
        FEEDS,
        FEEDS_HEALTH,
        FEEDS_NEED_PERSON,
        FEEDS_CONFIGURED,
        POLL_LATE,
        WEBSUB_DELIVERIES,
        WEBSUB_UNSIGNED,
        WEBSUB_POSTPONED,
    ),
    "The graph": (RECORDS, BATCHES, HALVINGS, DEAD_LETTERS, WATCHLIST_FAULTS),
    "The log": (ITEMS, DEAD_LETTER_RECORDS, LAG),
    "The index": (ARTICLES,),
    "The desk": (
        ALERTS,
        ALERTS_SENT,
        ALERTS_POSTPONED,
        ALERTS_FAILED,
        ALERTS_INTERRUPTED,
        ALERT_SECONDS,
        DESK_LOST,
        COPIES_LOST,
        COPIES_REFUSED,
        DESK_WAITS,
    ),
    "Kafka": (
        KAFKA_COMMITS_REFUSED,
        KAFKA_REBALANCES,
        KAFKA_POSITIONS_LOST,
        KAFKA_RECORDS_LOST,
        KAFKA_ITEMS_CUT,
        KAFKA_LETTERS_CUT,
        KAFKA_AWAY,
    ),
    "Servers": (SERVER_UP,),
}
"""Each metric under the part it belongs to; a process shows those of the parts it runs."""
