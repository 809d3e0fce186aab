from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest

from connectors.index.embedded import EmbeddedIndex
from tests.product import wirewatch
from tests.samples import article

BROKEN = "id: broken\nquery: x NAER/5 y\nseverity: urgent\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.yaml").write_text(
        "lists:\n- {id: a, name: List A, query: Kosovo NOT sport}\n- {id: b, severity: low, queries: {one: x, two: y}}\n",
        "utf-8",
    )
    return tmp_path


def test_check_says_one_line_for_each_list(folder: Path) -> None:
    done = wirewatch("watch", "check", folder)
    assert done.stdout.splitlines() == [
        "a  List A  normal  1 query, 0 concepts, 0 forms, 0 examples",
        "b  b  low  2 queries, 0 concepts, 0 forms, 0 examples",
    ]
    assert done.stderr == ""


def test_check_says_everything_that_is_wrong(folder: Path) -> None:
    (folder / "b.yaml").write_text(BROKEN, "utf-8")
    done = wirewatch("watch", "check", folder, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "b.yaml:2:10 unknown operator 'NAER/5', did you mean 'NEAR/5'?" in done.stderr
    assert "    query: x NAER/5 y\n             ^\n" in done.stderr
    assert "b.yaml:3:11 unknown severity 'urgent'" in done.stderr
    assert "Traceback" not in done.stderr


LINTED = """\
id: a
concepts:
  k: {any: ['kosov*']}
  unused: {any: [Mitrovica]}
query: k
"""


def test_check_warns_of_what_is_probably_not_meant(folder: Path, tmp_path: Path) -> None:
    (folder / "a.yaml").write_text(LINTED, "utf-8")
    done = wirewatch("watch", "check", folder, "--data", tmp_path / "none")
    assert done.returncode == 0
    assert done.stdout == "a  a  normal  1 query, 2 concepts, 2 forms, 0 examples\n"
    first, *_ = lines = done.stderr.splitlines()
    assert first.endswith(
        "a.yaml:3:14 warning: 'kosov*' finds every word that begins so, kosovac, kosovica, kosovski among them"
    )
    assert lines[1:3] == ["      k: {any: ['kosov*']}", "                 ^"]
    assert any("a.yaml:4:11 warning: no query uses the concept 'unused'" in line for line in lines)


def test_check_prints_objects(folder: Path, tmp_path: Path) -> None:
    (folder / "a.yaml").write_text(LINTED, "utf-8")
    done = wirewatch("watch", "check", folder, "--json", "--data", tmp_path / "none")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.stderr == ""
    assert [(one["line"], one["column"], one["level"]) for one in found][:2] == [(3, 14, "warning"), (4, 11, "warning")]
    assert all(list(one) == ["file", "line", "column", "level", "message", "hint"] for one in found)
    (folder / "b.yaml").write_text(BROKEN, "utf-8")
    done = wirewatch("watch", "check", folder, "--json", check=False)
    assert done.returncode == 1
    assert [json.loads(line)["level"] for line in done.stdout.splitlines()] == ["error", "error"]
    assert done.stderr == ""


def test_check_counts_on_the_articles_at_hand(folder: Path, tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path / "index.sqlite3")
    index.apply([article(1, title="kosovski premijer"), article(2, title="Kosovac")], [])
    index.close()
    (folder / "a.yaml").write_text(LINTED, "utf-8")
    done = wirewatch("watch", "check", folder / "a.yaml", "--data", tmp_path)
    assert "info: 'kosov*' is in 2 of 2 stored articles: kosovac 1, kosovski 1" in done.stderr


def test_a_damaged_index_is_no_fault_of_the_lists(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "index.sqlite3").touch()
    done = wirewatch("watch", "check", folder / "a.yaml", "--data", tmp_path)
    assert done.stderr.startswith("the forms could not be counted: ")
    assert len(done.stderr.splitlines()) == 1


def test_check_takes_the_lists_that_come_with_wirewatch_by_default(tmp_path: Path) -> None:
    done = wirewatch("watch", "check", "--data", tmp_path / "none")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["banjska", "kosovo", "resolution-1244"]
    assert not (tmp_path / "none").exists()


def test_list(folder: Path) -> None:
    lines = wirewatch("watch", "list", "--json", "--watchlists", folder).stdout.splitlines()
    first, second = map(json.loads, lines)
    assert (first["id"], first["name"], first["severity"], first["concepts"]) == ("a", "List A", "normal", [])
    assert second["queries"] == {"one": "x", "two": "y"}
    assert len(wirewatch("watch", "list", "--limit", "1", "--watchlists", folder).stdout.splitlines()) == 1


def test_explain_prints_one_object_for_every_query(folder: Path, tmp_path: Path) -> None:
    done = wirewatch(
        *("watch", "explain", "--text", "sutra u Косову i x", "--title", "Kosovo", "--language", "sr-Latn"),
        *("--watchlists", folder, "--data", tmp_path / "none"),
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["watchlist"], one["query"], one["matched"]) for one in found] == [
        ("a", "main", True),
        ("b", "one", True),
        ("b", "two", False),
    ]
    assert found[0]["spans"] == [
        {"field": "title", "start": 0, "end": 6, "text": "Kosovo", "concept": "", "alias": "Kosovo"}
    ]
    assert found[1]["spans"][0]["field"] == "body"
    assert {"expression", "matched", "surface", "start", "end", "reason"} <= found[2]["clauses"][0].keys()
    assert found[2]["reason"] == "'y' does not occur"


def test_explain_refuses_what_is_no_language(folder: Path) -> None:
    done = wirewatch("watch", "explain", "--text", "x", "--language", "serbian", "--watchlists", folder, check=False)
    assert done.returncode == 2
    assert "'serbian' is not a language tag" in done.stderr


def test_expand_shows_what_forms_are_folded_to(tmp_path: Path) -> None:
    text = (
        "id: a\nconcepts: {k: {any: [Косово, {stem: Косов, inflect: ru}, 'резолюци* ONEAR/4 1244'], "
        "unless_in: [Kosovo Polje]}}\nquery: k\n"
    )
    (tmp_path / "a.yaml").write_text(text, "utf-8")
    lines = wirewatch("watch", "expand", "--json", "--watchlists", tmp_path).stdout.splitlines()
    found = [json.loads(line) for line in lines]
    plain = {"watchlist": "a", "concept": "k", "inflect": "", "guard": False}
    entry = "{stem: Косов, inflect: ru}"
    assert found[:2] == [
        {"watchlist": "a", "concept": "k", "alias": entry, "written": form, "inflect": "ru", "folded": folded}
        | {"guard": False}
        for form, folded in (("Косово", ["kosovo"]), ("Косова", ["kosova"]))
    ]
    assert [one["written"] for one in found[2:5]] == ["Косову", "Косовом", "Косове"]
    near, guard = "резолюци* ONEAR/4 1244", "Kosovo Polje"
    assert found[5:] == [
        plain | {"alias": near, "written": near, "folded": ["rezoljuci*", "1244"]},
        plain | {"alias": guard, "written": guard, "folded": ["kosovo polje"], "guard": True},
    ]
    shown = wirewatch("watch", "expand", "--watchlists", tmp_path).stdout.splitlines()
    assert shown[1] == "a  k  Косова  ->  kosova  of {stem: Косов, inflect: ru}"
    assert shown[-1] == "a  k  Kosovo Polje  ->  kosovo polje  guard"


def test_schema_prints_the_published_schema() -> None:
    published = Path(str(resources.files("schemas").joinpath("json/watchlist.json"))).read_text("utf-8")
    assert wirewatch("watch", "schema").stdout == published


def test_a_query_that_does_not_parse_is_wrong_usage(tmp_path: Path) -> None:
    done = wirewatch("search", "resolution 1244", "--data", tmp_path, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert 'did you mean "resolution 1244" or resolution AND 1244?' in done.stderr
    assert "               ^" in done.stderr
