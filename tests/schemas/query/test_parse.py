from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import QueryError
from schemas.query.origin import MOST_FAULTS, Origin
from schemas.query.parse import parse
from schemas.query.tree import And, Attribute, ConceptName, Everything, InField, Near, Node, Not, Or, Term
from schemas.query.words import parse_alias

CONCEPTS = ("kosovo", "r1244", "kosovo-north")


def shape(node: Node) -> object:
    """The tree without what its author wrote."""
    match node:
        case Term():
            return f"{{{node.exact}}}" if node.exact else node.pattern
        case ConceptName():
            return f"<{node.name}>"
        case Near():
            return (shape(node.left), f"{'O' * node.ordered}NEAR/{node.distance}", shape(node.right))
        case InField():
            return (node.field, shape(node.node))
        case Attribute():
            return f"{node.name}={node.value}"
        case And() | Or():
            return [type(node).__name__.upper(), *map(shape, node.nodes)]
        case Not():
            return ("NOT", shape(node.node))
        case Everything():
            return "*"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("banjska", "banjska"),
        ("Бањска", "banjska"),
        ("kosovo", "<kosovo>"),
        ("Kosovo", "<kosovo>"),
        ('"Kosovo"', "kosovo"),
        ("kosovo-north", "<kosovo-north>"),
        ("S/RES/1244", "s res 1244"),
        ("O'Brien", "o brien"),
        ("*", "*"),
        ("a AND b OR c AND d", ["OR", ["AND", "a", "b"], ["AND", "c", "d"]]),
        ("a AND (b OR c)", ["AND", "a", ["OR", "b", "c"]]),
        ("a AND b AND (c AND d)", ["AND", "a", "b", "c", "d"]),
        ("a AND NOT b", ["AND", "a", ("NOT", "b")]),
        ("a NOT b", ["AND", "a", ("NOT", "b")]),
        ("NOT NOT a", "a"),
        ("NOT (a OR b)", ("NOT", ["OR", "a", "b"])),
        ("a NEAR/5 b AND c", ["AND", ("a", "NEAR/5", "b"), "c"]),
        ("a NEAR/5 b ONEAR/0 c", (("a", "NEAR/5", "b"), "ONEAR/0", "c")),
        ("(a OR kosovo) NEAR/50 title:b", (["OR", "a", "<kosovo>"], "NEAR/50", ("title", "b"))),
        ("kosov* AND x", ["AND", "kosov*", "x"]),
        ('"rezolucij* br. 1244"', "rezolucij* br 1244"),
        ("코소*", "코소*"),
        ("“curled quotes”", "curled quotes"),
        ("{NATO}", "{NATO}"),
        ("{Google+}", "{Google+}"),
        ("title:kosovo", ("title", "<kosovo>")),
        ('title: "a b"', ("title", "a b")),
        ("body:(a OR b)", ("body", ["OR", "a", "b"])),
        ("lang:sr AND x", ["AND", "lang=sr", "x"]),
        ("lang:=sr-Latn", "lang==sr-Latn"),
        ("lang:(sr OR sq)", ["OR", "lang=sr", "lang=sq"]),
        ("source:sport.example", "source=sport.example"),
        ("source:https://x.example/rss", "source=https://x.example/rss"),
        ('source:"BBC News"', "source=BBC News"),
        ("author:Ana NOT country:RS", ["AND", "author=Ana", ("NOT", "country=RS")]),
        ("10:30 AND x", ["AND", "10 30", "x"]),
    ],
)
def test_trees(expression: str, expected: object) -> None:
    assert shape(parse(expression, CONCEPTS)) == expected


GOLDEN: list[tuple[str, list[str], str]] = [
    (
        "resolution 1244",
        ["1:12 no operator before '1244'", 'did you mean "resolution 1244" or resolution AND 1244?'],
        "",
    ),
    ("a b c", ["1:3 no operator before 'b'", 'did you mean "a b c" or a AND b AND c?'], ""),
    ("kosovo banjska", ["1:8 no operator before 'banjska'", "did you mean kosovo AND banjska?"], ""),
    ("(a) (b)", ["1:5 no operator before '('", "join them with AND, OR or NEAR/n"], ""),
    ("a and b", ["1:3 operators are written in capitals: AND", 'to search for the word itself, write "and"'], ""),
    ("a or b", ["1:3 operators are written in capitals: OR", 'to search for the word itself, write "or"'], ""),
    ("a AND not b", ["1:7 operators are written in capitals: NOT", 'to search for the word itself, write "not"'], ""),
    ("a NAER/5 b", ["1:3 unknown operator 'NAER/5', did you mean 'NEAR/5'?", ""], ""),
    ("a near/5 b", ["1:3 unknown operator 'near/5', did you mean 'NEAR/5'?", ""], ""),
    ("a NEAR b", ["1:3 'NEAR' does not say how many words may stand between", "write NEAR/10"], ""),
    ("a ONEAR/ b", ["1:3 'ONEAR/' does not say how many words may stand between", "write ONEAR/10"], ""),
    (
        "a NEAR/9999999 b",
        ["1:3 NEAR/9999999 is too far: at most 100 words may stand between", "use AND"],
        "",
    ),
    ("a NEAR/500 b", ["1:3 NEAR/500 is too far: at most 100 words may stand between", "use AND"], ""),
    ("a ADN b", ["1:3 unknown operator 'ADN', did you mean 'AND'?", 'to search for the word itself, write "ADN"'], ""),
    ("a -b", ["1:3 no operator before '-b'", 'did you mean "a -b" or a AND -b?'], "1:3 unknown operator '-' in '-b'"),
    (
        "kosvo",
        ["1:1 unknown concept 'kosvo', did you mean 'kosovo'?", 'to search for the word itself, write "kosvo"'],
        "",
    ),
    ("no_such", ["1:1 unknown concept 'no_such'", 'to search for the word itself, write "no_such"'], ""),
    ("(a OR b", ["1:1 this ( is never closed", "add ) where the group ends"], ""),
    ("a OR b)", ["1:7 this ) closes nothing", ""], ""),
    ('x AND "a b', ["1:7 this quote is never closed", 'add " where the phrase ends'], ""),
    ("{NATO", ["1:1 this { is never closed", "add } where the exact form ends"], ""),
    ("a AND", ["1:6 something to look for is missing after 'AND', before the end", ""], ""),
    ("OR a", ["1:1 something to look for is missing, before 'OR'", ""], ""),
    ("a AND ()", ["1:8 something to look for is missing, before ')'", ""], ""),
    ("", ["1:1 the query is empty", "`*` finds everything"], ""),
    ("kos*", ["1:4 'kos*' is too short a beginning", "`*` needs at least 4 letters before it"], ""),
    ("ko*ovo", ["1:3 `*` cannot stand here in 'ko*ovo'", "`*` stands at the end of a word only: kosov*"], ""),
    ('"a kos* b"', ["1:7 'kos*' is too short a beginning", "`*` needs at least 4 letters before it"], ""),
    (
        "科索沃*",
        ["1:4 `*` does nothing in '科索沃*'", "characters of this script match inside longer words anyway"],
        "",
    ),
    ("kosov?", ["1:6 '?' is no wildcard", "`*` at the end of a word is the only one"], ""),
    ("a AND +++", ["1:7 '+++' has no letter or digit to look for", ""], ""),
    ("lang:serbian", ["1:6 'serbian' is not a language tag", "such as lang:sr, lang:sr-Latn or lang:=sr"], ""),
    ("source:", ["1:8 source: needs a value", ""], ""),
    (
        "a NEAR/3 (b AND c)",
        ["1:10 NEAR/3 cannot take 'b AND c'", "put words, phrases, concepts, or (a OR b) beside it"],
        "",
    ),
    (
        "lang:sr NEAR/3 b",
        ["1:1 NEAR/3 cannot take 'lang:sr'", "put words, phrases, concepts, or (a OR b) beside it"],
        "",
    ),
    ("title:title:a", ["1:7 a field inside title:", "join them with AND"], ""),
]


@pytest.mark.parametrize("case", GOLDEN, ids=[expression for expression, _, _ in GOLDEN])
def test_faults(case: tuple[str, list[str], str]) -> None:
    expression, (message, hint), second = case
    with pytest.raises(QueryError) as caught:
        parse(expression, CONCEPTS)
    found = [f"{one.line}:{one.column} {one.message}" for one in caught.value.problems]
    assert found == [message, *filter(None, [second])]
    assert caught.value.problems[0].hint == hint


def test_all_faults_at_once_with_a_caret_each() -> None:
    with pytest.raises(QueryError) as caught:
        parse("titel:x AND\nkos* NAER/5 b)")
    assert str(caught.value) == (
        "query:1:1 unknown field 'titel:', did you mean 'title:'?\n"
        "    titel:x AND\n"
        "    ^\n"
        '    fields are title:, body:, lang:, source:, country:, author:; to search for the words, write "titel:x"\n'
        "query:2:4 'kos*' is too short a beginning\n"
        "    kos* NAER/5 b)\n"
        "       ^\n"
        "    `*` needs at least 4 letters before it\n"
        "query:2:6 unknown operator 'NAER/5', did you mean 'NEAR/5'?\n"
        "    kos* NAER/5 b)\n"
        "         ^\n"
        "query:2:14 this ) closes nothing\n"
        "    kos* NAER/5 b)\n"
        "                 ^"
    )


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("NOT a", "NOT a"),
        ("*", "*"),
        ("a OR NOT b", "NOT b"),
        ("a OR * AND NOT b", "*"),
        ("NOT a AND NOT b", "NOT a"),
        ("NOT (a AND b)", "NOT (a AND b)"),
        ("(a OR NOT b) AND NOT c", "NOT b"),
        ("a OR NOT (NOT b AND c)", "NOT (NOT b AND c)"),
    ],
)
def test_what_holds_for_almost_everything_is_refused_in_lists(expression: str, part: str) -> None:
    parse(expression)
    with pytest.raises(QueryError, match="alone holds for almost every article") as caught:
        parse(expression, bounded=True)
    assert caught.value.problems[0].message.startswith(repr(part))


@pytest.mark.parametrize("expression", ["a AND NOT b", "a NOT b", "NOT (NOT a OR b)", "lang:sr", "(a OR NOT b) AND c"])
def test_what_is_bounded_passes(expression: str) -> None:
    parse(expression, bounded=True)


@pytest.mark.parametrize("opening", ["(", "title:(", "NOT (", "title:", "NOT ", "a AND ("])
def test_deep_nesting_is_an_error_not_a_crash(opening: str) -> None:
    deep = opening * 10_000 + "a" + ")" * (10_000 * opening.count("("))
    if opening == "NOT ":
        assert shape(parse(deep)) == "a"
        return
    with pytest.raises(QueryError):
        parse(deep)


def test_ten_thousand_alternatives_parse() -> None:
    tree = parse(" OR ".join(f"word{number}" for number in range(10_000)))
    assert isinstance(tree, Or)
    assert len(tree.nodes) == 10_000


PIECES = [*'ab()"{}*:/ \n?-_科', "AND", " OR ", " NOT ", " NEAR/2 ", " NEAR", "title:", "lang:", "near/", "and "]


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
@settings(max_examples=300)
def test_any_text_parses_or_says_where_it_does_not(text: str) -> None:
    try:
        parse(text, ("ab",), bounded=True)
    except QueryError as error:
        lines = text.split("\n")
        for problem in error.problems:
            assert 1 <= problem.line <= len(lines)
            assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1


@pytest.mark.parametrize(
    ("alias", "expected"),
    [
        ("Kosovo", "kosovo"),
        ("rezolucij* br. 1244", "rezolucij* br 1244"),
        ("резолюци* ONEAR/4 1244", ("rezoljuci*", "ONEAR/4", "1244")),
        ("a NEAR/3 b ONEAR/1 c d", (("a", "NEAR/3", "b"), "ONEAR/1", "c d")),
        ("{NATO} NEAR/2 Kosovo", ("{NATO}", "NEAR/2", "kosovo")),
        ("{NATO}", "{NATO}"),
        ("search and rescue", "search and rescue"),
        ('"Kosovo Polje"', "kosovo polje"),
        ("科索沃", "科 索 沃"),
    ],
)
def test_aliases(alias: str, expected: object) -> None:
    assert shape(parse_alias(alias)) == expected


@pytest.mark.parametrize(
    ("alias", "message"),
    [
        ("a OR b", "1:3 OR has no meaning in an alias"),
        ("a NEAR b", "1:3 'NEAR' does not say how many words may stand between"),
        ("a NEAR/101 b", "1:3 NEAR/101 is too far: at most 100 words may stand between"),
        ("a ONEAR/3", "something to look for is missing beside ONEAR/3"),
        ("kos*", "1:4 'kos*' is too short a beginning"),
        ("{NATO", "1:1 this { is never closed"),
        ("!!!", "1:1 '!!!' has no letter or digit to look for"),
    ],
)
def test_alias_faults(alias: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_alias(alias)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "start", "value", "offset", "place"),
    [
        ("q: 'it''s x'", 3, "it's x", 5, (1, 11)),
        ('q: "a\\tb NAER"', 3, "a\tb NAER", 4, (1, 10)),
        ("q: >\n  first\n  second", 3, "first second", 6, (3, 3)),
        ("q: |\n  first\n  second", 3, "first\nsecond", 8, (3, 5)),
    ],
)
def test_faults_find_their_place_in_a_file(
    text: str, start: int, value: str, offset: int, place: tuple[int, int]
) -> None:
    problem = Origin("f.yaml", text, start, value).problem(offset, "here")
    assert (problem.line, problem.column) == place


@pytest.mark.parametrize(
    "piece",
    ["NEAR/1 ", "NEAR ", "and ", "x and and ", "AND OR ", "a:", "title:", "lang:(", "-a ", "x ) y ", "} ", '"a'],
)
def test_faults_without_end_are_cut_short(piece: str) -> None:
    before = time.process_time()
    with pytest.raises(QueryError) as caught:
        parse(f"a {piece * 100_000}")
    assert time.process_time() - before < 3
    assert len(caught.value.problems) <= MOST_FAULTS
    assert max(len(problem.message) + len(problem.hint) for problem in caught.value.problems) < 1_000


def test_near_in_a_row_has_a_limit() -> None:
    assert isinstance(parse(" NEAR/3 ".join(["a"] * 51)), Near)
    with pytest.raises(QueryError, match=r"query:1:504 more than 50 NEAR in a row"):
        parse(" NEAR/3 ".join(["ab"] * 400))
    with pytest.raises(QueryError, match="more than 20 NEAR in one form"):
        parse_alias(" NEAR/3 ".join(["a"] * 22))
