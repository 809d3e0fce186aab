"""What `/metrics` says: counters and gauges of this process, in the Prometheus text format.

A function for each part, so that a process shows what it runs and nothing else.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from schemas.errors import StoreError
from schemas.health import verdicts
from wirewatch import metric_names as names
from wirewatch.metric_names import Labels, Metric, MetricName

if TYPE_CHECKING:
    from alerts.counters import DeskCounters
    from alerts.ledger import LedgerReader
    from connectors.feeds.poller import Poller
    from connectors.interfaces import FeedStates, Log, Search, Topic
    from connectors.log.counters import KafkaCounters
    from pipelines.matching.reload import Watched
    from pipelines.run import Counters
    from schemas.feed import FeedSource

_PATIENCE = 3.0
"""Seconds a scrape waits for a server; scrapers themselves give up after ten."""


def render(metrics: Iterable[Metric]) -> str:
    """The text exposition format, version 0.0.4. Figures of one metric from several parts stand together."""
    together: dict[MetricName, dict[Labels, float]] = {}
    for metric in metrics:
        together.setdefault(metric.name, {}).update(metric.values)
    lines: list[str] = []
    for name, values in together.items():
        lines += [f"# HELP {name.name} {name.help}", f"# TYPE {name.name} {name.kind}"]
        for labels, value in sorted(values.items()):
            inner = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
            lines.append(f"{name.name}{{{inner}}} {value:.15g}" if inner else f"{name.name} {value:.15g}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def of_feeds(sources: Sequence[FeedSource], stored: FeedStates, poller: Poller) -> list[Metric]:
    """How the feeds are doing, and what hubs have brought."""
    states = list(stored.states())
    late = sorted(state.last_fetch.late for state in states if state.last_fetch)
    doing = verdicts(sources, states)
    hubs = poller.subscriptions.counters
    return [
        names.FEEDS.by(Counter(state.last_fetch.status.value for state in states if state.last_fetch)),
        names.FEEDS_HEALTH.by(Counter(one.status for one in doing)),
        names.FEEDS_NEED_PERSON.of(sum(one.needs_person for one in doing)),
        names.POLL_LATE.by({str(part): late[int(part * (len(late) - 1))] for part in (0.5, 0.99, 1.0)} if late else {}),
        names.FEEDS_CONFIGURED.of(len(sources)),
        names.WEBSUB_DELIVERIES.of(hubs.deliveries_total),
        names.WEBSUB_UNSIGNED.of(hubs.unsigned_total),
        names.WEBSUB_POSTPONED.of(hubs.postponed_total),
    ]


def of_lists(watched: Watched) -> list[Metric]:
    """Whether the watchlist files are well."""
    return [names.WATCHLIST_FAULTS.of(len(watched.problems))]


def of_graph(done: Counters | None) -> list[Metric]:
    """What the graph has done; None before it is ready."""
    return [
        names.RECORDS.of(done.records_total if done else 0),
        names.BATCHES.of(done.batches_total if done else 0),
        names.HALVINGS.of(done.halvings_total if done else 0),
        names.DEAD_LETTERS.of(done.dead_letters_total if done else 0),
    ]


def of_log(log: Log) -> list[Metric]:
    """How much the log holds. Raises `StoreError`."""
    return [names.ITEMS.of(_end(log, "items")), names.DEAD_LETTER_RECORDS.of(_end(log, "deadletters"))]


def of_lag(readers: Mapping[str, int]) -> list[Metric]:
    """What each reader has still to process."""
    return [names.LAG.by(readers)]


def of_kafka(met: KafkaCounters) -> list[Metric]:
    """What reading and writing Kafka has met."""
    return [
        names.KAFKA_COMMITS_REFUSED.of(met.commits_refused_total),
        names.KAFKA_REBALANCES.of(met.rebalances_total),
        names.KAFKA_POSITIONS_LOST.of(met.positions_lost_total),
        names.KAFKA_RECORDS_LOST.of(met.records_lost_total),
        names.KAFKA_ITEMS_CUT.of(met.items_cut_total),
        names.KAFKA_LETTERS_CUT.of(met.letters_cut_total),
        names.KAFKA_AWAY.of(met.away_total),
    ]


def of_index(index: Search) -> list[Metric]:
    """How much the index holds. Raises `StoreError`."""
    return [names.ARTICLES.of(index.count())]


def of_desk(ledger: LedgerReader, told: DeskCounters) -> list[Metric]:
    """What the desk has told."""
    return [
        names.ALERTS.by(ledger.counts()),
        names.ALERTS_SENT.of(told.sent_total),
        names.ALERTS_POSTPONED.of(told.postponed_total),
        names.ALERTS_FAILED.of(told.failed_total),
        names.ALERTS_INTERRUPTED.of(told.interrupted_total),
        names.ALERT_SECONDS.of(told.delivery_seconds_sum),
        names.DESK_LOST.of(told.lost_total),
        names.COPIES_LOST.of(told.copies_lost_total),
        names.COPIES_REFUSED.of(told.copies_refused_total),
        names.DESK_WAITS.of(told.waits_total),
    ]


class Asked:
    """Figures that a server has to be asked for, in a thread of its own: one that is away holds up no scrape.

    Safe from several threads; at most one question is under way.
    """

    def __init__(self, server: str, ask: Callable[[], list[Metric]], patience: float = _PATIENCE) -> None:
        self._server = server
        self._ask = ask
        self._patience = patience
        self._lock = threading.Lock()
        self._under_way: Future[list[Metric]] | None = None

    def metrics(self) -> list[Metric]:
        """The figures of this moment, and that the server is up; only that it is not, when it does not answer."""
        with self._lock:
            if self._under_way is None or self._under_way.done():
                self._under_way = Future()
                # A daemon: a question that is never answered must not hold up the end of the process.
                threading.Thread(target=self._answer, args=(self._under_way,), daemon=True).start()
            asked = self._under_way
        try:
            found = asked.result(self._patience)
        except (TimeoutError, StoreError):
            return [names.SERVER_UP.by({self._server: 0})]
        return [*found, names.SERVER_UP.by({self._server: 1})]

    def _answer(self, asked: Future[list[Metric]]) -> None:
        try:
            asked.set_result(self._ask())
        except BaseException as error:  # noqa: BLE001 raised where it is waited for
            asked.set_exception(error)


def _end(log: Log, topic: Topic) -> int:
    return sum(log.ends(topic).values())
