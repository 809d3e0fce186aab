"""From the log to the hit and to the index, in each size, at half of what one process can do.

    python -m benchmarks.team_latency [--seconds N] [--rate ITEMS_A_SECOND] [--sizes embedded,team,cluster]

Rivals: the sizes among each other, on the same items at the same rate, servers on the same cores. A hit's delay is between the
times at which its item and its own record were appended; the index's is that of items looked up until they are there. The
default rate is half of the slowest size's in results.md.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from benchmarks.corpus import items, record_of
from benchmarks.results import Result, options, record
from benchmarks.team import clean_environment, servers
from connectors.interfaces import Index, Log, Record, Topic
from schemas import codec
from schemas.errors import StoreError
from schemas.hit import ItemHits
from schemas.item import FeedItem
from tests.servers.elasticsearch import Node
from tests.servers.flink import Flink, start_flink
from tests.servers.kafka import Broker
from tests.servers.prepared import prepared
from wirewatch import wiring
from wirewatch.settings import Settings, load

_EACH = 0.05
_WARM = 0.2
"""Of the items go through first and are not counted."""
_PROBE_EVERY = 0.5
_LONGEST = 300.0


def main() -> None:
    """Measure and write the results."""
    parser = options(__doc__)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--rate", type=float, default=300.0)
    parser.add_argument("--sizes", default="embedded,team,cluster")
    chosen = parser.parse_args()
    made = items(int(chosen.seconds * chosen.rate))
    with servers() as (broker, node):
        for name in chosen.sizes.split(","):
            with _running(name, broker, node) as environment:
                record(_measured(name, environment, made, chosen.rate))


@contextmanager
def _running(name: str, broker: Broker, node: Node) -> Iterator[Mapping[str, str]]:
    """One pipeline of the size `name`, warm; the environment it works in."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {"WIREWATCH_DATA": folder, **(prepared(broker, node) if name != "embedded" else {})}
        command = [sys.executable, "-m", "wirewatch", "pipeline"]
        flink: Flink | None = None
        if name == "cluster":
            flink = start_flink(Path(folder), _worker())
            config = msgspec.json.encode({"command": str(flink.worker)}).decode()
            command += ["--runner", "PortableRunner", f"--job_endpoint={flink.endpoint}"]
            command += ["--environment_type=PROCESS", f"--environment_config={config}"]
        output = (Path(folder) / "pipeline.log").open("ab")
        running = subprocess.Popen(command, env=clean_environment(environment), stdout=output, stderr=output)
        try:
            yield environment
        finally:
            running.terminate()
            running.wait(60)
            output.close()
            if flink is not None:
                flink.stop()


def _worker() -> str:
    return f'cd "{Path.cwd()}" && exec "{sys.executable}" -m wirewatch worker "$@"'


def _measured(name: str, environment: Mapping[str, str], made: list[FeedItem], rate: float) -> Result:
    settings = load(environment=dict(environment))
    log, index = wiring.open_log(settings), _opened(settings)
    try:
        first = int(len(made) * _WARM)
        log.append([record_of(one) for one in made[:10]])
        _until(lambda: index.article(made[9].article_id) is not None, "the first items in the index")
        indexed = _fed(log, index, made[10:], rate, skip=first)
        _until(lambda: index.article(made[-1].article_id) is not None, "the last item in the index")
        delays = _hit_delays(log, {one.article_id for one in made[first:]})
    finally:
        index.close()
        log.close()
    return Result(
        f"delay at {rate:,.0f} items a second, {name}",
        f"hit on the log p50 {_of(delays, 0.5)}, p95 {_of(delays, 0.95)}, p99 {_of(delays, 0.99)} ms",
        f"article in the index p50 {_of(indexed, 0.5)}, p95 {_of(indexed, 0.95)} ms; {len(delays):,} hits, {len(indexed):,} "
        "items looked up; one process, servers on the same cores; Elasticsearch shows it to searches up to a second later",
    )


def _opened(settings: Settings) -> Index:
    deadline = time.monotonic() + _LONGEST
    while True:
        try:
            return wiring.read_index(settings)
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _fed(log: Log, index: Index, made: list[FeedItem], rate: float, *, skip: int) -> list[float]:
    """Append `made` at `rate`; milliseconds until the index had some of them."""
    began = time.monotonic()
    done, delays, next_probe = 0, [], 0.0
    while done < len(made):
        due = min(len(made), int((time.monotonic() - began) * rate) + 1)
        if due > done:
            log.append([record_of(one) for one in made[done:due]])
            probe, done = made[due - 1], due
            if done > skip and time.monotonic() >= next_probe:
                asked = time.monotonic()
                _until(lambda probe=probe: index.article(probe.article_id) is not None, "an item in the index")
                delays.append((time.monotonic() - asked) * 1000)
                next_probe = time.monotonic() + _PROBE_EVERY
        time.sleep(_EACH)
    return delays


def _hit_delays(log: Log, wanted: set[str]) -> list[float]:
    """Milliseconds between an item's record and that of its hits."""
    appended: dict[str, datetime] = {}
    for one in _all(log, "items"):
        appended[one.key] = one.appended_at
    delays = []
    for one in _all(log, "hits"):
        article = codec.decode(one.value, ItemHits, one.headers).article_id
        if article in wanted:
            delays.append((one.appended_at - appended[article]).total_seconds() * 1000)
    return delays


def _all(log: Log, topic: Topic) -> Iterator[Record]:
    places: dict[int, int] = {}
    while records := log.read(topic, places, 5_000):
        for one in records:
            places[one.partition] = one.offset + 1
            yield one


def _until(condition: object, what: str) -> None:
    assert callable(condition)
    deadline = time.monotonic() + _LONGEST
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except StoreError as error:
            if not error.retryable:
                raise
        time.sleep(0.005)
    raise SystemExit(f"not in time: {what}")


def _of(values: list[float], part: float) -> str:
    ordered = sorted(values)
    return f"{ordered[min(len(ordered) - 1, int(part * len(ordered)))]:,.0f}"


if __name__ == "__main__":
    main()
