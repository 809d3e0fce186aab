from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.index.embedded import EmbeddedIndex
from schemas.time import now
from tests.product import wirewatch
from tests.samples import article, hit

TITLES = ("Kosovo today", "Косово данас", "Kosovar premier", "Sport", "Kosovar again")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    index = EmbeddedIndex(folder / "index.sqlite3")
    moment = now()
    made = [
        article(number, title=title, seen_at=moment - timedelta(hours=number)) for number, title in enumerate(TITLES)
    ]
    index.apply([*made, article(9, title="Old news of Kosovo", seen_at=moment - timedelta(days=20))], [])
    index.put([hit(2, story_id=made[0].article_id)], [])
    index.close()
    return folder


@pytest.fixture
def in_force(tmp_path: Path) -> Path:
    config = tmp_path / "wirewatch.toml"
    config.write_text('[watchlists]\npaths = ["lists"]\n', "utf-8")
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "a.yaml").write_text(
        "lists:\n- {id: k, name: Kosovo, query: kosovo}\n- {id: s, name: Sport, query: sport}\n", "utf-8"
    )
    return config


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder / name


def previews(*words: str | Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in wirewatch("watch", "preview", "--json", *words).stdout.splitlines()]


def test_what_the_lists_in_force_would_have_done(data: Path, in_force: Path) -> None:
    said = wirewatch("watch", "preview", "--data", data, "--config", in_force).stdout
    assert "k  Kosovo  would have fired 2 times in 2 stories since" in said
    assert "s  Sport  would have fired 1 time in 1 story since" in said
    assert "Outlet: Косово данас  https://outlet.example/1  (Косово)" in said
    assert "Old news" not in said
    assert "gained" not in said
    (whole, _, _, _) = previews("--data", data, "--config", in_force, "--since", "30d")
    assert (whole["articles"], whole["before"], whole["gained"], whole["lost"]) == (3, 3, 0, 0)


def test_a_draft_against_the_lists_in_force(data: Path, in_force: Path, tmp_path: Path) -> None:
    draft = written(tmp_path, "draft.yaml", "{id: k, name: Kosovo, query: 'kosovar OR today'}\n")
    before = {path: path.read_bytes() for path in data.iterdir()}
    done = wirewatch("watch", "preview", draft, "--data", data, "--config", in_force)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("k  Kosovo  changed: would have fired 3 times in 2 stories since ")
    assert lines[1] == "  before    2: 1 kept, 2 gained, 1 lost"
    assert "left as they are: s" in done.stderr
    said = done.stdout
    assert said.index("gained    2 articles, 1 story") < said.index("Kosovar again") < said.index("lost      1 article")
    (whole, query) = previews(draft, "--data", data, "--config", in_force)
    assert (whole["query"], query["query"]) == ("", "main")
    assert [one["title"] for one in whole["gained_samples"]] == ["Kosovar premier", "Kosovar again"]
    assert [one["found"] for one in whole["lost_samples"]] == [["Косово"]]
    assert whole["languages"] == {"sr-Latn": 3}
    # Read-only to the last byte, but for what readers of SQLite keep beside the file.
    assert {path: path.read_bytes() for path in before} == before


def test_against_names_both_sides(data: Path, in_force: Path, tmp_path: Path) -> None:
    new = written(tmp_path, "new.yaml", "{id: k, query: kosovar}\n")
    old = written(tmp_path, "old.yaml", "lists: [{id: k, query: kosovo}, {id: x, query: sport}]\n")
    found = previews(new, "--against", old, "--data", data, "--config", in_force, "--limit", "0")
    assert [(one["watchlist"], one["change"], one["articles"], one["before"]) for one in found if not one["query"]] == [
        ("k", "changed", 2, 2),
        ("x", "gone", 0, 1),
    ]
    same = previews(new, "--against", new, "--data", data, "--config", in_force)
    assert {(one["change"], one["gained"]) for one in same} == {("same", 0)}
    assert len(previews(new, "--against", old, "--data", data, "--config", in_force, "--limit", "1")) == 1


def test_what_stands_in_the_way_is_said(data: Path, in_force: Path, tmp_path: Path) -> None:
    broken = written(tmp_path, "broken.yaml", "id: b\nquery: x NAER/5 y\n")
    for words in ((broken,), (in_force.parent / "lists", "--against", broken)):
        done = wirewatch("watch", "preview", *words, "--data", data, "--config", in_force, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert "broken.yaml:2:10 unknown operator 'NAER/5'" in done.stderr
    nowhere = wirewatch("watch", "preview", "--data", tmp_path / "none", "--config", in_force, check=False)
    assert (nowhere.returncode, nowhere.stdout) == (1, "")
    assert "no data here yet" in nowhere.stderr
    assert not (tmp_path / "none").exists()


def test_without_articles_it_says_so(in_force: Path, tmp_path: Path) -> None:
    EmbeddedIndex(tmp_path / "empty" / "index.sqlite3").close()
    done = wirewatch("watch", "preview", "--data", tmp_path / "empty", "--config", in_force)
    assert "no articles are stored here yet" in done.stderr
    assert "k  Kosovo  would have fired 0 times in 0 stories" in done.stdout
