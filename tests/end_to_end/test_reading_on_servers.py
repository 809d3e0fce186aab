"""Commands that read print the same over Kafka and Elasticsearch as over two files, and need no data folder for it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.feeds.polling.state import SqliteFeedStates
from connectors.interfaces import NewRecord
from schemas.alert import Alert
from schemas.article import of_item, version_of_item
from schemas.deadletter import DeadLetter
from schemas.feed import FeedState, FeedStatus, FetchRecord
from schemas.identity import dead_letter_id, raw_hash
from schemas.time import now
from tests.product import arguments, environment, records, wirewatch
from tests.samples import FEED, NOON, content, hit, item
from tests.servers.elasticsearch import Node
from tests.servers.kafka import Broker
from tests.servers.team import prefix_of_its_own, settings_file
from wirewatch import wiring
from wirewatch.settings import Settings, load

pytestmark = pytest.mark.servers

ARTICLES = 230
"""More than a page of either index."""
TODAY = now().replace(microsecond=0)
LISTS = "version: 1\nlists:\n  - id: place\n    query: kosov* OR Mitrovica\n"


@pytest.fixture(scope="module")
def team(kafka: Broker, elasticsearch: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The settings file of a team with everything in place."""
    folder = tmp_path_factory.mktemp("team")
    (folder / "lists.yaml").write_text(LISTS)
    with prefix_of_its_own(kafka, elasticsearch) as prefix:
        more = '[watchlists]\npaths = ["lists.yaml"]\n[feeds]\nsources = ["feeds.toml"]\n'
        file = settings_file(folder, kafka.servers, elasticsearch.url, prefix, more)
        (folder / "feeds.toml").write_text(f'[[feeds]]\nurl = "{FEED}"\nname = "Outlet"\n')
        wirewatch("setup", "--config", file)
        fill(load(file, {}, {"data": str(folder / "nowhere")}))
        yield file


@pytest.fixture(scope="module")
def alone(team: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The settings file of one analyst with the same records in two files."""
    folder = tmp_path_factory.mktemp("alone")
    for name in ("lists.yaml", "feeds.toml"):
        (folder / name).write_bytes((team.parent / name).read_bytes())
    file = folder / "wirewatch.toml"
    file.write_text('[watchlists]\npaths = ["lists.yaml"]\n[feeds]\nsources = ["feeds.toml"]\n')
    fill(load(file, {}, {"data": str(folder / "data")}))
    return file


def fill(settings: Settings) -> None:
    """Put the records into log and index of `settings`."""
    items = [
        item(number, title=f"Kosovo {number}" if number % 3 else f"Mitrovica, Косово {number}", seen_at=seen(number))
        for number in range(ARTICLES)
    ]
    edited = item(7, title="Kosovo 7, corrected", op="update", seen_at=seen(7) + timedelta(minutes=5))
    hits = [hit(number, watchlist="place", seen_at=seen(number)) for number in range(120)]
    told = [
        Alert(
            alert_key=f"{number:032x}", kind="hit", story_id="s", watchlist="place", recipient="desk@example.org",
            articles=(hits[number].article_id,), hits=(hits[number].hit_id,), title=f"Kosovo {number}", state="sent",
            message_id=f"<{number}@example.org>", created_at=seen(number),
        )
        for number in range(5)
    ]  # fmt: skip
    settings.folder.parent.mkdir(exist_ok=True)
    if not settings.elasticsearch.urls:
        settings.folder.mkdir()
    with closing(wiring.open_index(settings)) as index:
        for some in (items, [edited]):
            index.apply(
                [of_item(one, content(one)) for one in some], [version_of_item(one, content(one)) for one in some]
            )
        index.put(hits, told)
        index.settle()
    with closing(wiring.open_log(settings)) as log:
        log.append([NewRecord.of("deadletters", letter.id, letter) for letter in letters()])
        log.append([NewRecord.of("fetches", poll.feed_url, poll) for poll in polls()])


def seen(number: int) -> Any:
    return TODAY - timedelta(hours=20) + timedelta(minutes=number)


def letters() -> Iterator[DeadLetter]:
    for number in range(60):
        position = f"items/0/{number}"
        raw = b"\xff" * (number + 1)
        letter = DeadLetter(
            id=dead_letter_id(position, "decode"), stage="decode", reason=f"no item: {number}", position=position,
            topic="items", raw=raw, length=len(raw), raw_hash=raw_hash(raw), failed_at=NOON + timedelta(minutes=number),
        )  # fmt: skip
        yield letter
        if number % 2:
            yield DeadLetter(
                **{name: getattr(letter, name) for name in letter.__struct_fields__} | {"status": "replayed"}
            )


def polls() -> Iterator[FetchRecord]:
    for number in range(300):
        url = FEED if number % 3 == 0 else f"https://other{number % 7}.example/rss"
        yield FetchRecord(
            feed_url=url,
            fetched_at=NOON + timedelta(minutes=number),
            status=FeedStatus.WORKING,
            reason=f"poll {number}",
        )


def printed(file: Path, *words: str) -> str:
    folder = file.parent / ("data" if file.parent.name.startswith("alone") else "nowhere")
    done = subprocess.run(
        arguments(*words, "--config", str(file), "--data", str(folder)),
        capture_output=True, text=True, timeout=180, env=environment(), check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), f"{words}: {done.stderr}"
    return done.stdout


ARTICLE = item(7).article_id
LETTER = dead_letter_id("items/0/6", "decode")


@pytest.mark.parametrize(
    "words",
    [
        ("search", "*", "--limit", "0", "--json"),
        ("search", "mitrovica AND косово", "--limit", "0", "--json"),
        ("search", "title:kosovo NOT (kosovo ONEAR/1 7)", "--since", "18h"),
        ("hits", "--limit", "0", "--json"),
        ("hits", "--watchlist", "place", "--language", "sr", "--since", "19h"),
        ("articles", "show", ARTICLE),
        ("articles", "show", ARTICLE, "--version", item(7, title="Kosovo 7").version_id, "--json"),
        ("deadletters", "list", "--limit", "0", "--json"),
        ("deadletters", "list", "--all"),
        ("deadletters", "show", LETTER[:12]),
        ("watch", "preview", "--json", "--since", (TODAY - timedelta(days=1)).isoformat()),
    ],
    ids=" ".join,
)
def test_the_same_is_printed(team: Path, alone: Path, words: tuple[str, ...]) -> None:
    found = printed(team, *words)
    assert found == printed(alone, *words)
    assert found
    assert not (team.parent / "nowhere").exists()


def test_everything_means_everything(team: Path) -> None:
    for words, expected in (
        (("search", "*"), ARTICLES),
        (("hits",), 120),
        (("deadletters", "list", "--all"), 60),
        (("alerts", "list"), 5),
    ):
        assert len(printed(team, *words, "--limit", "0").splitlines()) == expected
    assert len(printed(team, "search", "*").splitlines()) == 50


def test_alerts_are_told_from_the_copies_where_the_ledger_is_elsewhere(team: Path) -> None:
    found = [
        json.loads(line)
        for line in printed(team, "alerts", "list", "--json", "--since", seen(2).isoformat()).splitlines()
    ]
    assert [one["title"] for one in found] == [f"Kosovo {number}" for number in (4, 3, 2)]
    assert printed(team, "alerts", "list", "--limit", "2").count("\n") == 2
    assert printed(team, "alerts", "list", "--since", "60m") == ""


def test_the_last_polls_of_a_feed_come_from_the_log_wherever_it_is(team: Path, alone: Path, tmp_path: Path) -> None:
    for file in (team, alone):
        with closing(SqliteFeedStates(wiring_folder(file, tmp_path) / "feeds.sqlite3")) as states:
            states.save(FeedState(feed_url=FEED, last_fetch=list(polls())[297]), {})
    shown = [
        json.loads(
            wirewatch("feeds", "show", FEED, "--json", "--polls", "40", "--config", file, "--data", folder).stdout
        )
        for file, folder in ((team, tmp_path / "team"), (alone, alone.parent / "data"))
    ]
    assert shown[0] == shown[1]
    assert [one["reason"] for one in shown[0]["polls"]] == [f"poll {number}" for number in range(297, 177, -3)]


def wiring_folder(file: Path, tmp_path: Path) -> Path:
    if file.parent.name.startswith("alone"):
        return file.parent / "data"
    (tmp_path / "team").mkdir()
    return tmp_path / "team"


def test_how_feeds_are_doing_is_told_away_from_the_poller(team: Path, alone: Path) -> None:
    (one,) = records("feeds", "health", "--config", team, "--data", team.parent / "nowhere")
    assert (one["feed_url"], one["status"]) == (FEED, "working")
    assert one["last_ok_at"] == list(polls())[297].fetched_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    shown = json.loads(printed(team, "feeds", "show", FEED, "--json", "--polls", "1"))
    assert (shown["health"]["status"], shown["polls"][0]["reason"]) == ("working", "poll 297")
    assert not (team.parent / "nowhere").exists()
    (unread,) = records("feeds", "health", "--config", alone, "--data", alone.parent / "nowhere")
    assert unread["status"] == "never-polled"
