"""`wirewatch ingest` through the real command line: files, pipes that stay open, beside a running wirewatch."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest

from schemas import codec
from schemas.time import now
from tests.end_to_end.test_process import running, until
from tests.product import LOOPBACK, arguments, environment, mails, records, wirewatch
from tests.samples import item
from tests.wire import rss, serving

FEED = "https://collector.example/feed"
SCHEMA = Path(__file__).resolve().parents[2] / "schemas" / "json" / "ingest.json"


def line(number: int, **more: Any) -> dict[str, Any]:
    return {"url": f"https://a.example/{number}", "title": f"Kosovo item {number}", **more}


def written(path: Path, *lines: dict[str, Any] | str) -> Path:
    path.write_text("".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in lines))
    return path


@pytest.mark.slow
def test_pushed_items_are_searched_matched_and_told_like_polled_ones(tmp_path: Path) -> None:
    data, file = tmp_path / "data", written(tmp_path / "in.jsonl", line(1), line(2, published="2020-01-01"))
    done = wirewatch("ingest", file, "--feed", FEED, "--data", data)
    assert done.stdout == f"{file}: 2 new, 0 changed, 0 unchanged, 0 set aside\n"
    assert {one["title"] for one in records("search", "*", "--data", data)} == {"Kosovo item 1", "Kosovo item 2"}
    assert {(one["watchlist"], one["feed_url"]) for one in records("hits", "--data", data)} == {("kosovo", FEED)}
    # What was published long ago is found, and alerts nobody.
    (mail,) = mails(data)
    assert "Kosovo item 1" in str(make_header(decode_header(mail["Subject"])))
    wirewatch("ingest", file, "--feed", FEED, "--data", data)
    assert len(mails(data)) == 1


def test_good_lines_are_in_and_bad_ones_are_told_set_aside_and_replayed(tmp_path: Path) -> None:
    data = ("--data", tmp_path / "data")
    config = tmp_path / "wirewatch.toml"
    config.write_text(f'data = "data"\n[feeds]\nsources = ["{FEED}"]\n')
    file = written(tmp_path / "in.jsonl", line(1, feed_url=FEED), "no json", "", line(2, source="Later"))
    done = wirewatch("ingest", file, "--no-process", "--json", *data, check=False)
    assert done.returncode == 1
    receipts = [json.loads(one) for one in done.stdout.splitlines()]
    assert [(one["file"], one["line"], one["status"]) for one in receipts] == [
        (str(file), 1, "new"), (str(file), 2, "bad"), (str(file), 4, "bad"),
    ]  # fmt: skip
    assert f"{file}:2: is no JSON object" in done.stderr
    assert f"{file}:4: no listed source is called 'Later'; give the feed_url, or list it" in done.stderr
    letters = records("deadletters", "list", *data)
    assert {one["stage"] for one in letters} == {"ingest"}
    named = next(one for one in letters if "Later" in one["reason"])
    shown = wirewatch("deadletters", "show", named["id"], "--raw", *data).stdout
    assert json.loads(shown) == line(2, source="Later")
    (tmp_path / "data" / "feeds.toml").write_text('[[feeds]]\nurl = "https://later.example/rss"\nname = "Later"\n')
    told = wirewatch("deadletters", "replay", "--all", *data).stdout
    assert f"{named['id']}  new" in told
    assert "  failed again: is no JSON object" in told
    assert [one["reason"] for one in records("deadletters", "list", *data)] == [
        next(one["reason"] for one in letters if one is not named)
    ]
    assert {one["feed_url"] for one in records("search", "*", *data)} == {FEED, "https://later.example/rss"}


def test_a_pipe_that_stays_open_is_served_within_a_second_or_so(tmp_path: Path) -> None:
    process = subprocess.Popen(
        arguments("ingest", "-", "--feed", FEED, "--json", "--no-process", "--data", tmp_path / "data"),
        env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        waits = []
        for number in range(1, 4):
            process.stdin.write(json.dumps(line(number)) + "\n")
            process.stdin.flush()
            began = time.monotonic()
            assert json.loads(process.stdout.readline())["status"] == "new"
            waits.append(time.monotonic() - began)
        # The first includes the start of the program.
        assert max(waits[1:]) < 1.5
        process.stdin.close()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.stdout.close()
        process.wait(30)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_was_written_into_the_pipe_is_in_when_somebody_ends_it(tmp_path: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        arguments("ingest", "-", "--feed", FEED, "--json", "--no-process", "--data", tmp_path / "data"),
        env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(line(1)) + "\n")
    process.stdin.flush()
    process.stdout.readline()
    process.stdin.write("".join(json.dumps(line(which)) + "\n" for which in range(2, 100)))
    process.stdin.flush()
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert len(out.splitlines()) == 98


def test_what_was_acknowledged_survives_a_kill_and_the_rest_comes_with_the_second_push(tmp_path: Path) -> None:
    data, file = tmp_path / "data", written(tmp_path / "in.jsonl", *(line(number) for number in range(20_000)))
    command = ("ingest", file, "--feed", FEED, "--json", "--no-process", "--data", data)
    process = subprocess.Popen(arguments(*command), env=environment(), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    acknowledged = {json.loads(process.stdout.readline())["item_id"] for _ in range(1000)}
    process.kill()
    rest, _ = process.communicate()
    acknowledged |= {json.loads(one)["item_id"] for one in rest.splitlines()[:-1]}
    receipts = [json.loads(one) for one in wirewatch(*command).stdout.splitlines()]
    assert {one["item_id"] for one in receipts} >= acknowledged
    before = {one["item_id"] for one in receipts if one["status"] == "unchanged"}
    assert acknowledged <= before | {one["item_id"] for one in receipts if one["status"] == "new"}
    # One batch at most is on the log and not in the memory: it is there twice, under the same ids.
    assert len(acknowledged - before) <= 500
    assert len({one["item_id"] for one in receipts}) == 20_000
    assert {one["status"] for one in receipts} == {"new", "unchanged"}


def test_how_it_is_used_wrongly(tmp_path: Path) -> None:
    data = ("--data", tmp_path / "data")
    file = written(tmp_path / "in.jsonl", line(1))
    done = wirewatch("ingest", file, "--feed", "Nobody", *data, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--feed: no listed source is called 'Nobody'" in done.stderr
    done = wirewatch("ingest", tmp_path / "none", *data, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        f"error: {tmp_path / 'none'}: cannot be read: No such file or directory\n",
    )
    assert wirewatch("ingest", tmp_path, *data, check=False).returncode == 1
    assert wirewatch("ingest", *data, given="").stdout == "-: 0 new, 0 changed, 0 unchanged, 0 set aside\n"


@pytest.mark.slow
def test_a_running_wirewatch_processes_what_several_tools_push_meanwhile(tmp_path: Path) -> None:
    data = ("--data", tmp_path / "data")
    with serving() as wire:
        wire["/a.rss"] = rss(item(1, title="polled", published_at=now()))
        with running("run", "--feeds", wire.url("/a.rss"), *LOOPBACK, *data):
            pushing = [
                subprocess.Popen(
                    arguments("ingest", written(tmp_path / f"{first}", *(line(first + n) for n in range(300))),
                              "--feed", wire.url("/a.rss"), *data),
                    env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                )
                for first in (1000, 2000, 3000)
            ]  # fmt: skip
            for process in pushing:
                out, err = process.communicate(timeout=60)
                assert process.returncode == 0, err
                assert "300 new" in out
            until(lambda: len(records("search", "*", "--limit", "0", *data)) == 901)
            assert records("search", "polled", *data)


def test_the_published_schema_takes_what_is_taken(tmp_path: Path) -> None:
    schema = json.loads(SCHEMA.read_text())
    # fastjsonschema would fetch what a relative name refers to.
    del schema["$id"]
    fits: Callable[[Any], Any] = fastjsonschema.compile(schema)
    good = [
        line(1), line(2, feed_url=FEED, published_at=1795345200), json.loads(codec.encode(item())),
        {"native_id": "x", "body": "b", "source": {"name": "Koha"}, "authors": "Ana", "summary": None},
    ]  # fmt: skip
    bad = [{"url": "https://a.example"}, {"title": "t"}, line(3, title=5), [line(4)], line(5, history="no")]
    for one in good:
        fits(one)
    for one in bad:
        with pytest.raises(fastjsonschema.JsonSchemaException):
            fits(one)
    file = written(tmp_path / "in", *good, *map(json.dumps, bad))
    done = wirewatch("ingest", file, "--feed", FEED, "--no-process", "--json", "--data", tmp_path / "data", check=False)
    receipts = [json.loads(one)["status"] for one in done.stdout.splitlines()]
    assert receipts == ["new"] * len(good) + ["bad"] * len(bad)
