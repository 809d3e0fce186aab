"""What `/metrics` says: counters and gauges of this process, in the Prometheus text format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from alerts.copies import DESK
from schemas.health import verdicts
from wirewatch.wiring import PIPELINE

if TYPE_CHECKING:
    from connectors.interfaces import Topic
    from pipelines.run import MicroBatches
    from schemas.alert import AlertState
    from wirewatch.station import Station


class Metric(msgspec.Struct, frozen=True):
    """One metric with a value for each combination of its label values (bounded sets only)."""

    name: str
    """Ends in `_total` for a counter, in its unit for a gauge."""
    help: str
    values: Mapping[tuple[tuple[str, str], ...], float]


def simple(name: str, text: str, value: float) -> Metric:
    """A metric without labels."""
    return Metric(name, text, {(): value})


def labelled(name: str, text: str, label: str, values: Mapping[str, float] | Mapping[AlertState, int]) -> Metric:
    """A metric with one label."""
    return Metric(name, text, {((label, key),): value for key, value in values.items()})


def render(metrics: Iterable[Metric]) -> str:
    """The text exposition format, version 0.0.4."""
    lines: list[str] = []
    for metric in metrics:
        kind = "counter" if metric.name.endswith("_total") else "gauge"
        lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {kind}"]
        for labels, value in sorted(metric.values.items()):
            inner = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
            lines.append(f"{metric.name}{{{inner}}} {value:.15g}" if inner else f"{metric.name} {value:.15g}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def of_station(station: Station, pipeline: MicroBatches | None) -> list[Metric]:
    """What a running station has done since its start, and how things stand."""
    states = list(station.states.states())
    polled = Counter(state.last_fetch.status.value for state in states if state.last_fetch)
    late = sorted(state.last_fetch.late for state in states if state.last_fetch)
    doing = verdicts(station.sources, states)
    done = pipeline.counters if pipeline else None
    told = station.desk.counters
    places = station.places
    hubs = station.poller.subscriptions.counters
    return [
        labelled("wirewatch_feeds", "Feeds by the outcome of their last poll.", "status", polled),
        labelled(
            "wirewatch_feeds_health",
            "Feeds by how they are doing, see `wirewatch feeds health`.",
            "status",
            Counter(one.status for one in doing),
        ),
        simple("wirewatch_feeds_need_person", "Feeds a person has to look at.", sum(one.needs_person for one in doing)),
        labelled(
            "wirewatch_poll_late_seconds",
            "Seconds by which the last poll of each feed began after it was due.",
            "quantile",
            {str(part): late[int(part * (len(late) - 1))] for part in (0.5, 0.99, 1.0)} if late else {},
        ),
        simple("wirewatch_feeds_configured", "Feeds this process polls.", len(station.sources)),
        simple(
            "wirewatch_watchlist_faults",
            "Faults in the edited watchlist files; while there is one, the last good lists stay in force.",
            len(station.watched.problems),
        ),
        simple("wirewatch_records_total", "Records the graph has committed.", done.records_total if done else 0),
        simple("wirewatch_batches_total", "Batches the graph has committed.", done.batches_total if done else 0),
        simple("wirewatch_halvings_total", "Batches run again in halves.", done.halvings_total if done else 0),
        simple("wirewatch_items", "Items in the log.", _end(station, "items")),
        simple("wirewatch_dead_letter_records", "States of dead letters in the log.", _end(station, "deadletters")),
        labelled(
            "wirewatch_lag_records",
            "Records a reader has still to process.",
            "reader",
            {
                "pipeline": _end(station, "items") - sum(places.positions(PIPELINE).values()) if places else 0,
                "desk": _end(station, "hits") - sum(station.ledger.positions(DESK).values()),
            },
        ),
        simple("wirewatch_articles", "Articles in the index.", station.index.count()),
        simple("wirewatch_websub_deliveries_total", "Deliveries of WebSub hubs taken.", hubs.deliveries_total),
        simple(
            "wirewatch_websub_unsigned_total",
            "Deliveries dropped for a missing or wrong signature.",
            hubs.unsigned_total,
        ),
        simple("wirewatch_websub_postponed_total", "Deliveries hubs were asked to repeat.", hubs.postponed_total),
        labelled("wirewatch_alerts", "Alerts by state.", "state", station.ledger.counts()),
        simple("wirewatch_alerts_sent_total", "Alerts the desk has sent.", told.sent_total),
        simple("wirewatch_alerts_postponed_total", "Deliveries to be tried again.", told.postponed_total),
        simple("wirewatch_alerts_failed_total", "Alerts refused for good.", told.failed_total),
        simple("wirewatch_alerts_interrupted_total", "Mails that may have left twice.", told.interrupted_total),
        simple("wirewatch_alert_seconds_total", "Seconds from match to delivery, summed.", told.delivery_seconds_sum),
    ]


def _end(station: Station, topic: Topic) -> int:
    return sum(station.log.ends(topic).values())
