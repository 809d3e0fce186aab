"""Indexing into Elasticsearch through our index, against bare `helpers.streaming_bulk` of the same documents.

    python -m benchmarks.index_bulk [--articles N] [--batch N] [--url URL]

Ours: `ElasticsearchIndex.apply` of articles, as the pipeline hands them over: asks what is stored of each, merges, folds
the words, makes the JSON, writes by compare-and-set and looks at every item of the answer. Rival: the official client's
`helpers.streaming_bulk` of the finished documents (folded words and all, made beforehand, not timed), `create` under the
same ids, retries off. Both write the same documents into an index of the same template, one shard, no copy; they take
turns batch by batch, the first of the two alternating, so that both see the same server and the same machine.
Without `--url` a node of its own is started, as for tests.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from elasticsearch import Elasticsearch, helpers

from benchmarks.corpus import items
from benchmarks.results import Result, options, record
from connectors.index import documents
from connectors.index.client import connect
from connectors.index.elasticsearch import ElasticsearchIndex, ElasticsearchServer
from connectors.index.templates import set_up
from schemas.article import Article, of_item
from schemas.elasticsearch.templates import IndexTerms
from tests.samples import content

FLOOR = 0.8
_WARMING = 4
"""Batches at the start that do not count: the server compiles."""


class Spent(msgspec.Struct):
    """Seconds of one side, batch by batch."""

    wall: list[float] = []
    cpu: list[float] = []


def main() -> None:
    """Measure and write the results; exit 1 below the floor."""
    parser = options(__doc__)
    parser.add_argument("--articles", type=int, default=12_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--url", default="", help="a node without logins, instead of one of its own")
    chosen = parser.parse_args()
    with _node(chosen.url) as url:
        spent, made = measured(url, chosen.articles, chosen.batch)
    counted = chosen.articles - _WARMING * chosen.batch
    rates = {name: counted / sum(one.wall[_WARMING:]) for name, one in spent.items()}
    cpu = {name: sum(one.cpu[_WARMING:]) / counted * 1e6 for name, one in spent.items()}
    share, median = shares(spent)
    size = sum(len(documents.of_article(one)) for one in made) // len(made)
    record(
        Result(
            "indexing against bare `streaming_bulk`",
            f"{share:.2f} x its rate ({median:.2f} in the median batch)",
            f"{counted:,} articles of {size:,} bytes in batches of {chosen.batch}, alternating, one client and one node"
            f" on the same cores; floor {FLOOR}",
        ),
        Result(
            "indexing, documents a second",
            f"{rates['ours']:,.0f} merged by compare-and-set; {rates['bare']:,.0f} bare",
            f"client CPU {cpu['ours']:,.0f} us a document, folding and merging included; bare {cpu['bare']:,.0f} us",
        ),
    )
    if share < FLOOR:
        raise SystemExit(1)


def measured(url: str, count: int, size: int) -> tuple[dict[str, Spent], Sequence[Article]]:
    """What both sides spent on the same `count` articles in batches of `size`, and these."""
    made = [of_item(one, content(one, language=one.language)) for one in items(count)]
    batches = [made[first : first + size] for first in range(0, count, size)]
    with _prepared(url) as ours, _prepared(url) as bare:
        return _take_turns(ours, bare, batches), made


def shares(spent: dict[str, Spent]) -> tuple[float, float]:
    """Our rate in parts of the rival's: over all batches, and in the median one, which one pause of the server leaves."""
    ours, bare = (spent[name].wall[_WARMING:] for name in ("ours", "bare"))
    return sum(bare) / sum(ours), statistics.median(theirs / own for own, theirs in zip(ours, bare, strict=True))


def _take_turns(
    ours: ElasticsearchServer, bare: ElasticsearchServer, batches: Sequence[Sequence[Article]]
) -> dict[str, Spent]:
    index, client = ElasticsearchIndex(ours), Elasticsearch(list(bare.urls), request_timeout=bare.timeout)
    spent = {"ours": Spent([], []), "bare": Spent([], [])}
    for number, batch in enumerate(batches):
        actions = [_action(one, bare.alias("articles")) for one in batch]
        turns: list[tuple[str, Callable[[], None]]] = [
            ("ours", lambda batch=batch: index.apply(batch, [])),  # type: ignore[misc]
            ("bare", lambda actions=actions: _stream(client, actions)),  # type: ignore[misc]
        ]
        for name, turn in turns if number % 2 else reversed(turns):
            wall, cpu = time.perf_counter(), time.process_time()
            turn()
            spent[name].wall.append(time.perf_counter() - wall)
            spent[name].cpu.append(time.process_time() - cpu)
    index.settle()
    client.indices.refresh(index=bare.alias("articles"))
    written = {index.count(), int(client.count(index=bare.alias("articles"))["count"])}
    assert written == {sum(map(len, batches))}, written
    index.close()
    client.close()
    return spent


def _action(article: Article, alias: str) -> dict[str, Any]:
    source = json.loads(documents.of_article(article))
    return {"_op_type": "create", "_index": alias, "_id": article.article_id, "_source": source}


def _stream(client: Elasticsearch, actions: Sequence[dict[str, Any]]) -> None:
    for _ in helpers.streaming_bulk(client, actions, chunk_size=len(actions)):
        pass


@contextmanager
def _node(url: str) -> Iterator[str]:
    if url:
        yield url
        return
    from tests.servers.elasticsearch import start_elasticsearch

    with tempfile.TemporaryDirectory() as folder:
        node = start_elasticsearch(Path(folder))
        yield node.url
        assert node.process is not None
        node.process.stop()


@contextmanager
def _prepared(url: str) -> Iterator[ElasticsearchServer]:
    server = ElasticsearchServer(urls=(url,), prefix=f"bench-{uuid.uuid4().hex[:8]}")
    set_up(server, IndexTerms(replicas=0))
    yield server
    client = connect(server)
    client.indices.delete(index=f"{server.prefix}-*")
    client.indices.delete_index_template(name=f"{server.prefix}-*")
    client.cluster.delete_component_template(name=[f"{server.prefix}-fold", f"{server.prefix}-stems"])
    client.close()


if __name__ == "__main__":
    main()
