from __future__ import annotations

from random import Random

import pytest

from pipelines.matching.automaton import AhocorasickRs, Automaton, Daachorse
from pipelines.matching.terms import Terms, automaton_of
from schemas.query.fold import tokens
from tests.pipelines.matching.generated import document

PATTERNS = (
    *("kosovo", "kosovo polje", "polje", "a", "a b", "b a b", "科 索 沃", "科", "バ", "kosov*", "resolut* 1244"),
    *("a kosov* b", "kosov* kosov*", "코소*", "polj*", "1244", "nato", "kosovo kosovo kosovo"),
)


@pytest.mark.parametrize("kind", [Daachorse, AhocorasickRs])
def test_every_engine_finds_what_a_look_at_each_token_finds(kind: type[Automaton]) -> None:
    terms = Terms(PATTERNS, kind=kind)
    choose = Random(7)
    for _ in range(3_000):
        text = tokens(document(choose).body)
        assert terms.find(text) == _looked_up(text.line, text.line_by_look)


def _looked_up(*lines: str | None) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, set[tuple[int, int]]] = {}
    for line in filter(None, lines):
        words = line.split()
        for pattern in PATTERNS:
            parts = pattern.split()
            for first in range(len(words) - len(parts) + 1):
                said = zip(parts, words[first:], strict=False)
                if all(word.startswith(part[:-1]) if part[-1] == "*" else word == part for part, word in said):
                    found.setdefault(pattern, set()).add((first, first + len(parts)))
    return {pattern: sorted(places) for pattern, places in found.items()}


def test_an_automaton_is_read_back_from_its_bytes() -> None:
    data = automaton_of(PATTERNS)
    text = tokens("Kosovo Polje, resolution 1244")
    assert Terms(PATTERNS, data).find(text) == Terms(PATTERNS).find(text)
    assert set(Terms(PATTERNS, data).find(text)) == {
        *("kosovo", "kosovo polje", "polje", "kosov*", "resolut* 1244", "polj*", "1244")
    }


def test_no_patterns_find_nothing() -> None:
    assert Terms(()).find(tokens("Kosovo")) == {}
    assert automaton_of(()) == b""


def test_a_word_in_letters_of_two_scripts_is_found_by_sound_and_by_look() -> None:
    terms = Terms(("kodzovo", "kosovo", "kosovo polje"))
    assert terms.find(tokens("Koѕovo polje, Kosovo")) == {
        "kodzovo": [(0, 1)],
        "kosovo": [(0, 1), (2, 3)],
        "kosovo polje": [(0, 2)],
    }
