"""The end-to-end cases of the product, written once and run at every size.

A size is its environment, as a user would set it; a wire of feeds is what all sizes read. `STEPS` change the world one
after the other; after each, `Size.documents` is what the product has come to: by content, times and trace ids apart.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from connectors.interfaces import Candidates, HitFilter, NewRecord
from schemas.time import now
from tests.product import arguments, environment
from tests.samples import item
from tests.wire import Wire, rss
from wirewatch import wiring
from wirewatch.deadletters import present
from wirewatch.settings import Settings, load

Documents = dict[str, dict[str, Any]]

POISON = b"\xff\x00 no item"
_MOMENT = now().replace(microsecond=0)
"""When the articles of the wire were published: the same for every size."""
_OURS = frozenset(
    {
        *("seen_at", "first_seen", "last_seen", "updated_at", "matched_at", "created_at", "sent_at"),
        *("next_attempt_at", "failed_at", "trace_id"),
    }
)
"""Keys that say when, or by which way; two runs never agree on them."""
_PUSHED = [
    {"feed_url": "https://pushed.example/feed", "url": "https://pushed.example/1", "title": "Kosovo, pushed in"},
    {"feed_url": "https://pushed.example/feed", "title": "without anything to name it by"},
]
_LATER_LIST = "version: 1\nlists:\n  - id: markets\n    query: market OR markets\n"


class Size:
    """One size: the environment of its commands, its data folder and the wire it reads."""

    def __init__(self, folder: Path, wire: Wire, **servers: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.wire = wire
        self.data = folder / "data"
        self.later = folder / "later.yaml"
        self.later.write_text(_LATER_LIST)
        sources = folder / "sources.toml"
        sources.write_text("".join(f'[[feeds]]\nurl = "{wire.url(path)}"\n' for path in ("/a.rss", "/b.rss", "/html")))
        self.environment = {
            "WIREWATCH_DATA": str(self.data),
            "WIREWATCH_FEEDS_SOURCES": str(sources),
            "WIREWATCH_FEEDS_ALLOW_NETWORKS": "127.0.0.0/8",
            "WIREWATCH_FEEDS_MIN_INTERVAL": "1",
            "WIREWATCH_FEEDS_MAX_INTERVAL": "2",
            **servers,
        }

    @property
    def settings(self) -> Settings:
        """The settings that its commands have."""
        return load(environment=self.environment)

    def command(self, *words: str, given: str = "", code: int = 0) -> str:
        """Run a command to its end; its standard output."""
        done = subprocess.run(
            arguments(*words),
            input=given,
            capture_output=True,
            text=True,
            timeout=180,
            env=environment(**self.environment),
            check=False,
        )
        assert done.returncode == code, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, *words: str, **more: str) -> subprocess.Popen[str]:
        """Start a command that runs until it is stopped. Its log goes to a file of the folder, named by it."""
        with (self.data.parent / f"{'-'.join(words)}.log").open("ab") as log:
            return subprocess.Popen(
                arguments(*words),
                env=environment(**{**self.environment, **more}),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def documents(self) -> Documents:
        """Everything the product has come to, by kind and id."""
        settings = self.settings
        with closing(wiring.read_index(settings)) as index:
            index.settle()
            articles = {one.article_id: one for one in index.candidates(Candidates())}
            versions = {
                version_id: index.version(version_id) for one in articles.values() for version_id in one.versions
            }
            hits = {one.hit_id: one for one in index.newest(HitFilter(), 0)}
            alerts = {one.alert_key: one for one in index.alerts(0)}
        return {
            "articles": {key: _timeless(one) for key, one in articles.items()},
            "versions": {key: _timeless(one) for key, one in versions.items()},
            "hits": {key: _timeless(one) for key, one in hits.items()},
            "alerts": {key: _timeless(one) | {"reason": ""} for key, one in alerts.items()},
            # By what they are: where in the log a record lies, and so its dead letter's id, is each size's own.
            "dead letters": {
                f"{one.stage} {one.raw_hash}": [one.status, one.topic, one.key, one.reason.replace(one.position, "")]
                for one in present(settings).values()
            },
        }


def news(size: Size) -> None:
    """A first poll: several scripts, history, an undated item, a broken feed; lines pushed in, one bad; a poison record."""
    size.wire["/a.rss"] = rss(
        item(1, title="Патрола у Бањској, Косово", published_at=_MOMENT),
        item(2, title="Banjska: nova patrola", published_at=_MOMENT),
        item(3, title="Markets are quiet", published_at=_MOMENT),
        item(4, title="Lajme nga Kosova dhe Banjska", published_at=_MOMENT),
        item(5, title="第1244号决议 科索沃", published_at=_MOMENT),
        item(6, title="Old news of Kosovo", published_at=_MOMENT - timedelta(days=3)),
        item(7, title="Undated news of Kosovo", published_at=None),
        item(8, title="A quiet day", body="Nothing at all happens here.", published_at=_MOMENT),
    )
    size.wire["/b.rss"] = rss(title="Another wire")
    size.wire["/html"] = b"<!doctype html><html><head><title>Hello</title></head><body>No feed</body></html>"
    size.command("ingest", "--no-process", given="".join(f"{json.dumps(line)}\n" for line in _PUSHED), code=1)
    with closing(wiring.open_log(size.settings)) as log:
        log.append([NewRecord(topic="items", key="poison", value=POISON)])


def edits(size: Size) -> None:
    """New words in one feed that make a hit, a second feed with known articles, and one new item."""
    size.wire["/a.rss"] = rss(
        item(8, title="A quiet day", body="Nothing happens, not even in Banjska.", published_at=_MOMENT),
        item(9, title="Резолуција 1244", published_at=_MOMENT),
    )
    size.wire["/b.rss"] = rss(
        item(1, title="Патрола у Бањској, Косово", native_id="other-1", published_at=_MOMENT),
        item(3, title="Markets are quiet", native_id="other-3", published_at=_MOMENT),
        title="Another wire",
    )


def replay(size: Size) -> None:
    """All dead letters once more: they fail again."""
    size.command("deadletters", "replay", "--all")


def rematch(size: Size) -> None:
    """History against a list that came later."""
    size.command("rematch", "--watchlists", str(size.later))


STEPS: Sequence[Callable[[Size], None]] = (news, edits, replay, rematch)
"""The world as it changes. A size with services polls by itself; in one process, the first two need a `run --once`."""


def in_one_process(size: Size) -> list[Documents]:
    """All steps at this size by commands that end; what each came to."""
    came_to = []
    for step in STEPS:
        step(size)
        if step in {news, edits}:
            size.command("run", "--once")
        came_to.append(size.documents())
    return came_to


def differences(found: Documents, wanted: Documents) -> list[str]:
    """How `found` differs, a line each; empty when it does not."""
    lines = []
    for kind in wanted.keys() | found.keys():
        mine, theirs = found.get(kind, {}), wanted.get(kind, {})
        lines += [f"{kind}: {key} is missing: {theirs[key]}" for key in theirs.keys() - mine.keys()]
        lines += [f"{kind}: {key} is too much: {mine[key]}" for key in mine.keys() - theirs.keys()]
        changed = (key for key in mine.keys() & theirs.keys() if mine[key] != theirs[key])
        lines += [f"{kind}: {key} is {mine[key]}, not {theirs[key]}" for key in changed]
    return sorted(lines)


def comes_to(size: Size, wanted: Documents, seconds: float = 90) -> None:
    """Wait until `size` has come to `wanted`, and fail with what is different when it does not."""
    end = time.monotonic() + seconds
    while lines := differences(size.documents(), wanted):
        assert time.monotonic() < end, "\n".join(lines)
        time.sleep(0.5)


def append(size: Size, numbers: Sequence[int], title: str = "Kosovo now") -> None:
    """Put items onto the log as a poller would; each is a hit of the list `kosovo` unless its title says otherwise."""
    with closing(wiring.open_log(size.settings)) as log:
        made = [item(number, title=f"{title} {number}", seen_at=now()) for number in numbers]
        log.append([NewRecord.of("items", one.article_id, one, trace=one.trace_id) for one in made])


def until(true: Callable[[], object], seconds: float = 60) -> None:
    """Wait until `true()`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.2)


def _timeless(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        value = msgspec.to_builtins(value)
    if isinstance(value, Mapping):
        return {key: _timeless(one) for key, one in value.items() if key not in _OURS}
    return [_timeless(one) for one in value] if isinstance(value, list | tuple) else value
