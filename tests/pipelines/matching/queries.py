"""Hypothesis strategies: documents, lists and queries over few words, so that they meet often."""

from __future__ import annotations

from hypothesis import strategies as st

from pipelines.matching.document import Document
from schemas.watchlist import Concept, Watchlist

# The same few folded words in many written forms, with the traps of each script.
WORDS = (
    *("kosovo", "Kosovo", "КОСОВО", "Kosovë", "Koso\u00advo", "kosovska", "Kosovska", "Kosove\u0308", "kosovoj"),
    *("resolution", "Resolution", "1244", "١٢٤٤", "12440", "polje", "Polje", "NATO", "nato", "Nato", "Казань", "ъ"),
    *(
        "科",
        "索",
        "沃",
        "科索沃",
        "バ",
        "ハ\u3099",
        "ﾊﾞ",
        "ไท",
        "코소보",
        "코소보에서",
        "a",
        "b",
        "½",
        "№",
        "😀",
        "_",
        "𝐊osovo",
        "Koѕovo",
        "Kоsovska",
        "resolutiоn",
        "NАTO",
    ),
)
# Drawn far more often: what terms and aliases are made of.
COMMON = (
    "kosovo",
    "Kosovo",
    "Kosovo Polje",
    "kosovo polje",
    "a b",
    "b",
    "a",
    "kosovska",
    "resolution 1244",
    "NATO",
    "科索沃",
)
SEPARATORS = (" ", " ", " ", ", ", "-", "\u00a0", "_", "", "\x00", "\n", " – ", "'", "\u200b")
TERMS = (
    *("kosovo", "косово", "kosovska", '"kosovo polje"', '"Kosovo kosovo"', '"a b"', '"b a b"', "resolution", "1244"),
    *('"resolution 1244"', '"resolut* 1244"', "kosov*", "kosovo*", '"kosov* kosov*"', '"a kosov* b"', "resolution*"),
    *("科索沃", "科", '"索 沃"', "バ", "코소*", "ท", "{NATO}", "{Kosovo}", "nato", "казань", "a", "b", '"1 2"', "no"),
)
ALIASES = (
    *(
        "Kosovo",
        "kosovo",
        "Kosovë",
        "kosovsk*",
        "Kosovo Polje",
        "科索沃",
        "{NATO}",
        "a b",
        "b",
        "resolut* ONEAR/2 1244",
    ),
    *(
        "kosov* NEAR/1 polje",
        "resolution 1244",
        "Resolution 1244",
        "kosovo ONEAR/3 kosovo",
        "kosovo polje",
        "バ",
        "kosov*",
        "1244",
    ),
)
GUARDS = ("Kosovo Polje", "a kosovo", "kosov* ONEAR/2 b", "resolution 1244", "NATO kosovo", "b a b")
NAMES = ("place", "thing")


def _text(min_size: int = 0) -> st.SearchStrategy[str]:
    # Chosen by weight, not by st.one_of: that would draw the rare words as often as the common ones.
    pair = st.tuples(st.sampled_from(COMMON * 8 + WORDS), st.sampled_from((" ",) * 12 + SEPARATORS))
    return st.lists(pair, min_size=min_size, max_size=14).map(
        lambda pairs: "".join(word + separator for word, separator in pairs)
    )


def documents() -> st.SearchStrategy[Document]:
    return st.builds(Document, title=_text(), summary=st.one_of(st.just(""), _text()), body=_text(4))


def _positional() -> st.SearchStrategy[str]:
    leaf = st.sampled_from(TERMS + NAMES * len(TERMS))

    def extend(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        near = st.sampled_from((" NEAR/0 ", " NEAR/1 ", " NEAR/4 ", " ONEAR/0 ", " ONEAR/3 "))
        return st.one_of(
            st.builds("({}{}{})".format, inner, near, inner),
            st.builds("({} OR {})".format, inner, inner),
            st.builds("{}({})".format, st.sampled_from(("title:", "body:")), inner),
        )

    return st.recursive(leaf, extend, max_leaves=4)


def expressions() -> st.SearchStrategy[str]:
    def extend(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.builds("({} AND {})".format, inner, inner),
            st.builds("({} OR {})".format, inner, inner),
            st.builds("({} AND NOT {})".format, inner, inner),
            st.builds("{}({})".format, st.sampled_from(("title:", "body:")), inner),
        )

    return st.one_of(st.recursive(_positional(), extend, max_leaves=4), _positional().map("NOT {}".format))


def watchlists() -> st.SearchStrategy[Watchlist]:
    aliases = st.lists(st.sampled_from(ALIASES), min_size=1, max_size=5, unique=True).map(tuple)
    guards = st.lists(st.sampled_from(GUARDS), max_size=2, unique=True).map(tuple)

    def concept(name: str) -> st.SearchStrategy[Concept]:
        case = st.sampled_from(("", "initial-capital"))
        return st.builds(Concept, name=st.just(name), any=aliases, unless_in=guards, case=case)

    return st.builds(
        lambda place, thing, expression: Watchlist(
            id="list", name="List", concepts=(place, thing), queries={"main": expression}
        ),
        concept("place"),
        concept("thing"),
        expressions(),
    )
