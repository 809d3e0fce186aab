from __future__ import annotations

import io
import logging
import shutil
import sys
from pathlib import Path

import pytest

from connectors.watchlists import WatchlistPaths
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.document import Document
from pipelines.matching.load import load_watchlists
from pipelines.matching.parts import assembled
from pipelines.matching.recompile import messages
from pipelines.matching.reload import Watched
from schemas.errors import WatchlistError


def lists(watched: Watched) -> list[str]:
    return [one.id for one in watched.settle(30).watchlists]


def test_edits_take_effect_and_broken_ones_do_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    one = tmp_path / "one.yaml"
    one.write_text("id: one\nquery: alpha", "utf-8")
    watched = Watched(WatchlistPaths((tmp_path,)))
    first = watched.current()
    assert watched.current() is first

    (tmp_path / "two.yaml").write_text("id: two\nquery: beta", "utf-8")
    assert lists(watched) == ["one", "two"]
    assert watched.current().match(Document(body="beta"))

    good = watched.current()
    one.write_text("id: one\nquery: alpha beta", "utf-8")
    assert watched.settle(30) is good
    assert watched.settle(30) is good
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "one.yaml:2:14" in str(errors[0].__dict__["problems"])
    assert [problem.line for problem in watched.problems] == [2]

    one.unlink()
    assert lists(watched) == ["two"]
    assert watched.problems == ()


def test_the_first_load_must_be_good(tmp_path: Path) -> None:
    with pytest.raises(WatchlistError, match="the folder has no watchlist"):
        Watched(WatchlistPaths((tmp_path,)))
    (tmp_path / "one.yaml").write_text("id: one", "utf-8")
    with pytest.raises(WatchlistError, match="no `query`"):
        Watched(WatchlistPaths((tmp_path,)))


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"id: a\nname: \xe9")
    with pytest.raises(WatchlistError) as caught:
        WatchlistPaths((tmp_path / "latin.yaml", tmp_path / "missing.yaml")).read()
    found = [(Path(one.file).name, one.line, one.column) for one in caught.value.problems]
    assert found == [("latin.yaml", 2, 7), ("missing.yaml", 1, 1)]


def test_files_are_read_in_order_and_once(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", ".a.yaml.swp", ".hidden.yaml", "notes.txt"):
        (tmp_path / name).write_text(name, "utf-8")
    files = WatchlistPaths((tmp_path / "b.yaml", tmp_path)).read()
    assert [Path(file.name).name for file in files] == ["b.yaml", "a.yml"]


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfid: a")
    assert WatchlistPaths((tmp_path,)).read()[0].text == "id: a"


def test_matching_goes_on_with_the_old_lists_while_new_ones_load(tmp_path: Path) -> None:
    one = tmp_path / "one.yaml"
    one.write_text("id: one\nquery: alpha", "utf-8")
    watched = Watched(WatchlistPaths((tmp_path,)))
    forms = ", ".join(f"name{number} surname{number}" for number in range(20_000))
    one.write_text(f"id: one\nconcepts: {{names: {{any: [{forms}]}}}}\nquery: names OR beta", "utf-8")
    old = watched.current()
    assert old.match(Document(body="alpha"))
    assert not old.match(Document(body="Name19999 Surname19999"))
    new = watched.settle(60)
    assert [span.alias for match in new.match(Document(body="Name19999 Surname19999")) for span in match.spans] == [
        "name19999 surname19999"
    ]
    assert watched.current() is new


def test_what_a_child_compiled_matches_as_what_is_compiled_here(tmp_path: Path) -> None:
    lists = (tmp_path / "lists.yaml").absolute()
    lists.write_text("id: other\nquery: alpha", "utf-8")
    watched = Watched(WatchlistPaths((lists,)))
    shipped = WatchlistPaths((Path(__file__).parents[3] / "examples/watchlists",)).read()
    text = "\n".join(file.text for file in shipped[:1])
    lists.write_text(text, "utf-8")
    here = compile_watchlists(load_watchlists(WatchlistPaths((lists,)).read()))
    there = watched.settle(60)
    assert there.watchlists == here.watchlists
    for example in here.watchlists[0].examples.match + here.watchlists[0].examples.no_match:
        assert there.match(Document(body=example)) == here.match(Document(body=example))


def test_a_compiled_stream_that_ends_early_is_no_matcher() -> None:
    with pytest.raises(ValueError, match="end early"):
        assembled([])
    with pytest.raises(EOFError):
        list(messages(io.BytesIO(b"")))
    with pytest.raises(EOFError):
        list(messages(io.BytesIO((100).to_bytes(8, "big") + b"short")))


def test_a_compiler_that_died_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = tmp_path / "one.yaml"
    one.write_text("id: one\nquery: alpha", "utf-8")
    watched = Watched(WatchlistPaths((tmp_path,)), retry=0.0)
    one.write_text("id: one\nquery: beta", "utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", shutil.which("false"))
        assert watched.settle(60).match(Document(body="alpha"))
        assert "died" in watched.problems[0].message
    assert watched.settle(60).match(Document(body="beta"))
    assert watched.problems == ()


def test_a_compiler_without_end_does_not_keep_out_the_next_edit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = tmp_path / "stuck"
    stuck.write_text("#!/bin/sh\nexec sleep 600\n", "utf-8")
    stuck.chmod(0o755)
    one = tmp_path / "one.yaml"
    one.write_text("id: one\nquery: alpha", "utf-8")
    watched = Watched(WatchlistPaths((one,)), overtaken=0.0)
    one.write_text("id: one\nquery: stuck", "utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", str(stuck))
        watched.settle(0.5)
    one.write_text("id: one\nquery: beta", "utf-8")
    watched.settle(60)
    assert watched.settle(60).match(Document(body="beta"))
