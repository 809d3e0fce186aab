from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.interfaces import WatchlistFile
from connectors.watchlists import WatchlistPaths
from pipelines.matching.load import load_watchlists
from pipelines.matching.yaml_tree import MOST_TEXTS, YamlFile
from schemas.errors import Problem, WatchlistError
from schemas.watchlist import Concept, Examples, Watchlist

FULL = """\
version: 1
lists:
  - id: kosovo-north   # stays
    name: Kosovo north
    severity: high
    recipients: [desk@example.org]
    languages: [sr, no]
    sources: [Some Outlet]
    concepts:
      kosovo: {any: [Kosovo, 1244, "rezolucij* 1244"], unless_in: ["Kosovo Polje"], case: initial-capital}
    queries: {main: 'kosovo AND NOT source:sport.example', near: kosovo NEAR/3 x}
    examples: {match: [u Kosovo], no_match: [Kosovo Polje]}
"""


def load(*texts: str) -> tuple[Watchlist, ...]:
    return load_watchlists(WatchlistFile(f"{number}.yaml", text) for number, text in enumerate(texts, 1))


def faults(*texts: str) -> list[str]:
    with pytest.raises(WatchlistError) as caught:
        load(*texts)
    return [f"{one.file}:{one.line}:{one.column} {one.message}" for one in caught.value.problems]


def test_a_full_list() -> None:
    (found,) = load(FULL)
    assert found == Watchlist(
        id="kosovo-north",
        name="Kosovo north",
        severity="high",
        recipients=("desk@example.org",),
        languages=("sr", "no"),
        sources=("Some Outlet",),
        concepts=(
            Concept(
                name="kosovo",
                any=("Kosovo", "1244", "rezolucij* 1244"),
                unless_in=("Kosovo Polje",),
                case="initial-capital",
            ),
        ),
        queries={"main": "kosovo AND NOT source:sport.example", "near": "kosovo NEAR/3 x"},
        examples=Examples(match=("u Kosovo",), no_match=("Kosovo Polje",)),
        file="1.yaml",
        content_hash=found.content_hash,
    )


def test_the_hash_is_of_the_content() -> None:
    (one,) = load(FULL)
    (same,) = load_watchlists([WatchlistFile("moved.yaml", "# note\n" + FULL.replace("   # stays", ""))])
    (other,) = load(FULL.replace("severity: high", "severity: low"))
    assert one.content_hash == same.content_hash != other.content_hash


def test_a_single_list_at_top_level() -> None:
    (found,) = load("id: a\nquery: x")
    assert (found.id, found.name, found.severity, found.queries) == ("a", "a", "normal", {"main": "x"})


def test_the_lists_that_come_with_wirewatch_load() -> None:
    folder = Path(str(resources.files("examples").joinpath("watchlists")))
    lists = load_watchlists(WatchlistPaths((folder,)).read())
    assert {one.id for one in lists} == {"kosovo", "banjska", "resolution-1244"}
    assert all(one.examples.match and one.examples.no_match and not one.languages for one in lists)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["1:1 the file is empty"]),
        ("[1", ["1:3 not valid YAML: did not find expected ',' or ']'"]),
        ("just text", ["1:1 the list must be a mapping (key: value), not the text 'just text'"]),
        ("version: 2\nlists: []", ["1:10 version '2' of the format is not known", "2:8 `lists` is empty"]),
        ("? [a]\n: c\nid: a\nquery: x", ["1:3 a key of the list must be a word, not a list"]),
        ("id: a\nquery: x\x07", ["2:9 not valid YAML: the control character U+0007"]),
        ('id: a\nquery: "a b" AND c', ["2:14 not valid YAML: did not find expected key"]),
        ("id: a\nquery: x\n---\nid: b\nquery: y", ["3:1 not valid YAML: but found another document"]),
        ("id: a\r\nquery: x NAER/5 y\r\n", ["2:10 unknown operator 'NAER/5', did you mean 'NEAR/5'?"]),
        ("\ufeffid: a\nquery: x NAER/5 y", ["2:10 unknown operator 'NAER/5', did you mean 'NEAR/5'?"]),
        ("id: a\n\tquery: x", ["2:1 not valid YAML: found a tab character that violates indentation"]),
        ("id: a\nquery: x\nId: b", ["3:1 unknown key 'Id' in the list, did you mean 'id'?"]),
        ("id: a\nconcepts: {c: }\nquery: c", ["2:15 the concept 'c' must be a mapping with `any`"]),
        (
            "id: a\nconcepts: {c: {any: [{KiM}, {[a]: b}]}}\nquery: c",
            [
                "2:22 an entry of `any` of the concept 'c' must be a text or {stem: …, inflect: …}",
                "2:29 an entry of `any` of the concept 'c' must be a text or {stem: …, inflect: …}",
            ],
        ),
        (
            "id: a\nconcepts: {c: {any: [a NEAR/4, NEAR/4 b]}}\nquery: c",
            [
                "2:24 something to look for is missing beside NEAR/4",
                "2:32 something to look for is missing beside NEAR/4",
            ],
        ),
        (
            "lists: {id: a}",
            ["1:8 `lists` must be a list, not a mapping (is there a colon that needs quotes around the text?)"],
        ),
        (
            "id: a\nqeury: x",
            ["1:1 the list has no `query`", "2:1 unknown key 'qeury' in the list, did you mean 'query'?"],
        ),
        ("lists:\n- query: x", ["2:3 the list has no `id`"]),
        ("id: Kosovo North\nquery: x", ["1:5 'Kosovo North' cannot be an id"]),
        ("id: a\nid: b\nquery: x", ["2:1 'id' is given twice in the list"]),
        ("id: a\nquery: x\nseverity: urgent", ["3:11 unknown severity 'urgent'"]),
        ("id: a\nquery: x\nlanguages: serbian", ["3:12 `languages` must be a list, not the text 'serbian'"]),
        ("id: a\nquery: x\nlanguages: [serbian]", ["3:13 'serbian' is not a language tag"]),
        ("id: a\nquery: x\nrecipients: [Desk <d@e.org>]", ["3:14 'Desk <d@e.org>' is no mail address"]),
        ("id: a\nquery: x\nqueries: {b: y}", ["1:1 the list has both `query` and `queries`"]),
        ("id: a\nqueries: {}", ["2:10 `queries` is empty"]),
        ("id: a\nquery:", ["2:7 the query 'main' is empty"]),
        ("id: a\nquery: 'x NAER/5 y'", ["2:11 unknown operator 'NAER/5', did you mean 'NEAR/5'?"]),
        ("id: a\nquery: >\n  x AND\n  y z", ["4:5 no operator before 'z'"]),
        ("id: a\nquery: NOT x", ["2:8 'NOT x' alone holds for almost every article"]),
        ("id: a\nquery: '*'", ["2:9 '*' alone holds for almost every article"]),
        (
            "id: a\nconcepts: {kosovo: {any: [x]}}\nquery: kosvo",
            ["3:8 unknown concept 'kosvo', did you mean 'kosovo'?"],
        ),
        ("id: a\nconcepts: {c: {any: [x, kos*]}}\nquery: c", ["2:28 'kos*' is too short a beginning"]),
        ("id: a\nconcepts: {c: {any: [x, x]}}\nquery: c", ["2:25 'x' is twice in `any` of the concept 'c'"]),
        ("id: a\nconcepts: {c: {any: []}}\nquery: c", ["2:15 the concept 'c' has no forms"]),
        ("id: a\nconcepts: {c: [x]}\nquery: c", ["2:15 the concept 'c' must be a mapping with `any`"]),
        (
            "id: a\nconcepts: {c: {any: [x], cases: y}}\nquery: c",
            ["2:26 unknown key 'cases' in the concept 'c', did you mean 'case'?"],
        ),
        ("id: a\nconcepts: {c: {any: [x], case: upper}}\nquery: c", ["2:32 unknown case 'upper'"]),
        (
            "id: a\nconcepts: {c: {any: [Kosovo, Косово, x], unless_in: [kosovo]}}\nquery: c",
            ["2:22 the form 'Kosovo' can never count", "2:30 the form 'Косово' can never count"],
        ),
        (
            "id: a\nconcepts: {c: {any: [new bridge], unless_in: [new brid*]}}\nquery: c",
            ["2:22 the form 'new bridge' can never count"],
        ),
        (
            "id: a\nqueries: {one: x OR y, two: y OR x, three: x}",
            ["2:29 the query 'two' is the same as 'one'"],
        ),
        ("id: a\nquery: x AND y AND NOT x", ["2:8 'x AND y AND NOT x' can never hold"]),
        ("id: a\nquery: x OR NOT y", ["2:13 'NOT y' alone holds for almost every article"]),
        ("id: a\nquery: z OR (x NOT x)", ["2:13 '(x NOT x)' can never hold"]),
        ("id: a\nquery: 'title:(body:x) OR y'", ["2:16 'body:x' can never hold"]),
        ("id: a\nlanguages: [sr]\nquery: x AND lang:en OR y", ["3:14 'lang:en' can never hold"]),
        ("id: a\nconcepts: {and: {any: [x]}}\nquery: x", ["2:17 'and' cannot name a concept"]),
        (
            "id: a\nconcepts: {c: {any: [{stem: x}]}}\nquery: c",
            ["2:22 an entry of `any` of the concept 'c' has no `inflect`"],
        ),
        (
            "id: a\nconcepts: {c: {any: [{inflect: sr}]}}\nquery: c",
            ["2:22 an entry of `any` of the concept 'c' has no `stem`"],
        ),
        (
            "id: a\nconcepts: {c: {any: [{stem: Kosov, inflect: sr, klass: neuter}]}}\nquery: c",
            ["2:49 unknown key 'klass' in an entry of `any` of the concept 'c', did you mean 'class'?"],
        ),
        (
            "id: a\nconcepts: {c: {any: [Kosovo: north]}}\nquery: c",
            ["2:22 an entry of `any` of the concept 'c' must be a text or {stem: …, inflect: …}"],
        ),
        (
            "id: a\nconcepts: {c: {any: [{stem: Kosov, inflect: pl}]}}\nquery: c",
            ["2:45 no inflection is known for 'pl'"],
        ),
        (
            "id: a\nconcepts: {c: {any: [{stem: Kosovo, inflect: sr}]}}\nquery: c",
            ["2:29 'Kosovo' is no stem"],
        ),
        (
            "id: a\nconcepts: {c: {any: [{stem: Beograd, inflect: sr}]}}\nquery: c",
            ["2:29 'Beograd' does not say how it is declined"],
        ),
        (
            "id: a\nconcepts: {c: {any: [x], unless_in: [{stem: Kosov, inflect: sr, class: neutre}]}}\nquery: c",
            ["2:72 unknown class 'neutre' for sr, did you mean 'neuter'?"],
        ),
        (
            "id: a\nconcepts: {c: {any: [{stem: Kosov, inflect: sr}, {stem: Kosov, inflect: sr}]}}\nquery: c",
            ["2:50 {stem: Kosov, inflect: sr} is twice in `any` of the concept 'c'"],
        ),
        (
            "id: a\nconcepts: {c: {any: [{stem: [x], inflect: sr}]}}\nquery: c",
            ["2:29 `stem` must be a text, not a list"],
        ),
        (
            "id: a\nquery: x\nexamples: {match: [y], no_match: ['a x b']}",
            [
                "3:20 the example 'y' does not match",
                "3:35 the example 'a x b' matches 'main' by 'x' (term: x)",
            ],
        ),
    ],
)
def test_faults_say_where(text: str, expected: list[str]) -> None:
    assert faults(text) == [f"1.yaml:{one}" for one in expected]


def test_a_stem_stands_for_its_forms() -> None:
    text = (
        "id: a\nquery: c\n"
        "concepts: {c: {any: [Косово, {stem: Kosov, inflect: sr}, Kosova], unless_in: [{stem: Kosovo polj, inflect: sr, "
        "class: neuter}]}}\n"
    )
    (found,) = load(text)
    (concept,) = found.concepts
    assert concept.any == ("Косово", "Kosovo", "Kosova", "Kosove", "Kosovu", "Kosovom", "Kosovoj")
    assert concept.unless_in == ("Kosovo polje", "Kosovo polja", "Kosovo polju", "Kosovo poljem", "Kosovo poljima")
    assert [entry.written for entry in concept.inflected] == [
        "{stem: Kosov, inflect: sr}",
        "{stem: Kosovo polj, inflect: sr, class: neuter}",
    ]


def test_guards_may_strike_out_forms_of_a_stem() -> None:
    (found,) = load("id: a\nquery: c\nconcepts: {c: {any: [{stem: Kosov, inflect: sr}], unless_in: [Kosovoj]}}")
    assert "Kosovoj" in found.concepts[0].any


def test_all_faults_of_all_files_at_once() -> None:
    found = faults("id: a\nquery: x y\nseverity: no", "id: B\nquery: x", "{")
    assert [one.split(" ")[0] for one in found] == ["1.yaml:2:10", "1.yaml:3:11", "2.yaml:1:5", "3.yaml:1:2"]


def test_an_id_taken_twice_is_refused() -> None:
    assert faults("id: a\nquery: x", "lists:\n- {id: a, query: y}") == ["2.yaml:2:8 the id 'a' is taken in 1.yaml"]


@pytest.mark.timeout(20)
def test_files_made_to_hurt_are_refused() -> None:
    tens = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    bomb = f"a0: &a0 [x]\n{tens}id: a\nquery: x\nrecipients: *a8\n"
    assert any("must be a text, not a list" in one for one in faults(bomb))
    big = ", ".join(f"w{number}" for number in range(2_000))
    concepts = "".join(f"  c{number}: {{any: *all}}\n" for number in range(600))
    many = f"id: a\nquery: x\nconcepts:\n  c: {{any: &all [{big}]}}\n{concepts}"
    assert any("more than 1,000,000 texts" in one for one in faults(many))
    for deep in ("[", "{a: ", "- ", "? "):
        assert any("inside each other" in one for one in faults(deep * 100_000))
    assert any("larger than" in one for one in faults("#" * (16 * 1024 * 1024 + 1)))
    assert any("not valid YAML" in one for one in faults("id: \x00"))


def test_forms_of_stems_count_among_the_texts_of_a_file() -> None:
    reader = YamlFile("a.yaml", "id: a")
    node = reader.root()
    assert node is not None
    assert reader.count(node, MOST_TEXTS)
    assert not reader.count(node, 1)
    assert not reader.count(node, 1)
    assert [problem.message for problem in reader.problems] == ["the file has more than 1,000,000 texts"]


_PIECES = st.sampled_from(
    (
        *(*"{}[]:,'\"*&!#|>~()", "\n", "  ", "- ", "? ", "<<", "*c", "&c", "NEAR/5", " AND ", " NOT ", "title:"),
        *("stem", "any", "\x00", "\ufeff", "\u2028", "\t", "\r", "😀", "ـ", "1244", "null"),
    )
)


@given(st.lists(st.tuples(st.integers(0, len(FULL)), st.integers(0, 6), _PIECES | st.just("")), max_size=6))
def test_any_text_loads_or_says_what_is_wrong(edits: list[tuple[int, int, str]]) -> None:
    text = FULL.replace("any: [Kosovo,", "any: [{stem: Kosov, inflect: sr},")
    for at, cut, piece in edits:
        text = text[:at] + piece + text[at + cut :]
    problems: tuple[Problem, ...] = ()
    try:
        assert load(text)
    except WatchlistError as error:
        problems = error.problems
    assert all(problem.line >= 1 and problem.column >= 1 and problem.message for problem in problems)


def test_objects_of_python_stay_text() -> None:
    (found,) = load('id: a\nquery: x\nname: !!python/object/apply:os.system ["true"]'.replace('["true"]', '"true"'))
    assert found.name == "true"
