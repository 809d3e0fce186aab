"""The matcher against the slow and obvious one, on generated lists and documents."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from pipelines.matching.compile import compile_watchlists
from pipelines.matching.document import Document
from pipelines.matching.explain import explain
from pipelines.search import candidates
from schemas.query.fold import fold_words
from schemas.query.parse import parse
from schemas.watchlist import Watchlist
from tests.pipelines.matching.generated import document, watchlist
from tests.pipelines.matching.queries import documents, expressions, watchlists
from tests.pipelines.matching.reference import Reference

_SLOW = [HealthCheck.too_slow]


@given(watchlists(), documents())
@settings(max_examples=500, deadline=None, suppress_health_check=_SLOW)
def test_the_matcher_agrees_with_the_reference(watchlist: Watchlist, document: Document) -> None:
    matches = compile_watchlists((watchlist,), bounded=False).match(document)
    expected = Reference(watchlist, document).match()
    assert [match.spans for match in matches] == ([] if expected is None else [expected])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_matcher_agrees_with_the_reference_in_a_hundred_thousand_cases() -> None:
    choose = Random(1244)
    held = 0
    for _ in range(10_000):
        one = watchlist(choose)
        matcher = compile_watchlists((one,), bounded=False)
        for case in [document(choose) for _ in range(10)]:
            expected = Reference(one, case).match()
            held += expected is not None
            found = [match.spans for match in matcher.match(case)]
            assert found == ([] if expected is None else [expected]), (one, case)
    # Cases that all fail, or all hold, would say little.
    assert 20_000 < held < 80_000


@given(watchlists(), documents())
@settings(max_examples=200, deadline=None, suppress_health_check=_SLOW)
def test_explain_agrees_with_the_matcher(watchlist: Watchlist, document: Document) -> None:
    matcher = compile_watchlists((watchlist,), bounded=False)
    (explanation,) = explain(matcher, document)
    matches = matcher.match(document)
    assert explanation.matched == bool(matches)
    assert explanation.spans == (matches[0].spans if matches else ())
    assert bool(explanation.reason) is not explanation.matched
    for clause in explanation.clauses:
        assert clause.reason
        assert (clause.start is None) == (clause.surface == "") == (clause.field == "")
        if clause.start is not None:
            assert getattr(document, clause.field)[clause.start : clause.end] == clause.surface


@given(watchlists(), documents())
@settings(max_examples=200, deadline=None, suppress_health_check=_SLOW)
def test_every_span_cuts_its_text_out_of_the_original(watchlist: Watchlist, document: Document) -> None:
    for match in compile_watchlists((watchlist,), bounded=False).match(document):
        assert len(set(match.spans)) == len(match.spans)
        for span in match.spans:
            assert getattr(document, span.field)[span.start : span.end] == span.text
            assert span.text.strip() == span.text


@given(expressions().filter(lambda one: "place" not in one and "thing" not in one), documents())
@settings(max_examples=300, deadline=None, suppress_health_check=_SLOW)
def test_candidates_are_a_superset(expression: str, document: Document) -> None:
    lists = (Watchlist(id="search", name="", queries={"main": expression}),)
    if not compile_watchlists(lists, bounded=False).match(document):
        return
    wanted = candidates(parse(expression))
    fields = [fold_words(text) for text in (document.title, document.summary, document.body)]
    assert not wanted.any_of or any(
        all(any(_has(words, phrase) for words in fields) for phrase in conjunction) for conjunction in wanted.any_of
    )


def _has(words: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    return any(
        all(
            word.startswith(part[:-1]) if part.endswith("*") else word == part
            for part, word in zip(phrase, words[start:], strict=False)
        )
        for start in range(len(words) - len(phrase) + 1)
    )
