from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from connectors.log.counters import KafkaCounters
from schemas.errors import StoreError
from schemas.feed import FeedSource, FeedState, FeedStatus, FetchRecord
from wirewatch import metric_names as names
from wirewatch import metrics
from wirewatch.metric_names import CATALOGUE, Metric, MetricName
from wirewatch.process import Process
from wirewatch.services import add_all
from wirewatch.settings import Settings
from wirewatch.station import Station, station

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_a_broken_edit_of_a_watchlist_shows_until_it_is_mended(tmp_path: Path) -> None:
    lists = tmp_path / "lists.yaml"
    lists.write_text("id: one\nquery: alpha", "utf-8")
    plain = Settings()
    watchlists = msgspec.structs.replace(plain.watchlists, paths=(str(lists),))
    settings = msgspec.structs.replace(plain, data=str(tmp_path / "data"), watchlists=watchlists)
    with station(settings, ()) as opened:
        assert faults(opened) == 0
        lists.write_text("id: one\nquery: alpha beta\nseverity: hi", "utf-8")
        opened.watched.settle(30)
        assert faults(opened) == 2
        lists.write_text("id: one\nquery: alpha OR beta", "utf-8")
        opened.watched.settle(30)
        assert faults(opened) == 0


def all_of(opened: Station) -> list[Metric]:
    return add_all(Process(opened.stopping), opened, print).all()


def faults(opened: Station) -> int:
    text = metrics.render(all_of(opened))
    (line,) = [line for line in text.splitlines() if line.startswith("wirewatch_watchlist_faults ")]
    return int(line.split()[1])


def test_how_feeds_are_doing_and_how_late_they_are_polled_is_told(tmp_path: Path) -> None:
    sources = tuple(FeedSource(feed_url=f"https://{name}.example/rss") for name in "abc")
    settings = msgspec.structs.replace(Settings(), data=str(tmp_path / "data"))
    with station(settings, sources) as opened:
        for source, status, late in zip(sources, (FeedStatus.WORKING, FeedStatus.GONE), (2.0, 40.0), strict=False):
            fetch = FetchRecord(feed_url=source.feed_url, fetched_at=NOW, status=status, reason="", late=late)
            gone = int(status is FeedStatus.GONE)
            opened.states.save(FeedState(feed_url=source.feed_url, last_fetch=fetch, failures=gone), {})
        lines = metrics.render(all_of(opened)).splitlines()
    for line in (
        'wirewatch_feeds_health{status="working"} 1', 'wirewatch_feeds_health{status="gone"} 1',
        'wirewatch_feeds_health{status="never-polled"} 1', "wirewatch_feeds_need_person 1",
        'wirewatch_poll_late_seconds{quantile="0.5"} 2', 'wirewatch_poll_late_seconds{quantile="1.0"} 40',
    ):  # fmt: skip
        assert line in lines


def test_every_metric_of_a_run_is_in_the_catalogue_and_the_other_way_round(tmp_path: Path) -> None:
    settings = msgspec.structs.replace(Settings(), data=str(tmp_path / "data"))
    with station(settings, ()) as opened:
        shown = {metric.name for metric in all_of(opened)}
    of_servers = {*CATALOGUE["Servers"], *CATALOGUE["Kafka"]}
    assert shown == {name for names in CATALOGUE.values() for name in names} - of_servers


def test_every_counter_of_kafka_is_shown() -> None:
    counters = KafkaCounters(**{field: at for at, field in enumerate(KafkaCounters.__struct_fields__)})
    shown = {metric.name.name: metric.values[()] for metric in metrics.of_kafka(counters)}
    assert shown == {f"wirewatch_kafka_{field}": at for at, field in enumerate(KafkaCounters.__struct_fields__)}
    assert set(shown) == {name.name for name in CATALOGUE["Kafka"]}


def test_figures_of_one_metric_stand_together_and_are_escaped() -> None:
    name = MetricName("wirewatch_x_total", "X.", "who")
    text = metrics.render([name.by({"b": 1}), names.ITEMS.of(2), name.by({'a"\\\n': 0.5})])
    assert text == (
        "# HELP wirewatch_x_total X.\n# TYPE wirewatch_x_total counter\n"
        'wirewatch_x_total{who="a\\"\\\\\\n"} 0.5\nwirewatch_x_total{who="b"} 1\n'
        "# HELP wirewatch_items Items in the log.\n# TYPE wirewatch_items gauge\nwirewatch_items 2\n"
    )


def test_a_server_that_is_away_holds_up_no_scrape() -> None:
    answer, asked = threading.Event(), threading.Semaphore(0)

    def ask() -> list[Metric]:
        asked.release()
        assert answer.wait(30)
        return [names.ITEMS.of(7)]

    server = metrics.Asked("kafka", ask, patience=0.05)
    down, up = names.SERVER_UP.by({"kafka": 0}), names.SERVER_UP.by({"kafka": 1})
    assert server.metrics() == server.metrics() == [down]
    answer.set()
    assert metrics.Asked("kafka", ask).metrics() == [names.ITEMS.of(7), up]
    # Of the two scrapes while it was away, one had asked.
    assert [asked.acquire(blocking=False) for _ in range(3)] == [True, True, False]


def test_a_server_that_refuses_is_down() -> None:
    def ask() -> list[Metric]:
        message = "connection refused"
        raise StoreError(message, subject="kafka.example:9092", retryable=True)

    assert metrics.Asked("kafka", ask).metrics() == [names.SERVER_UP.by({"kafka": 0})]
