from __future__ import annotations

import pytest

from pipelines.language import cyrillic
from pipelines.language.engines import Ranking


class Fixed:
    """An engine with one opinion, and a memory of what it was asked."""

    name = "fixed"

    def __init__(self, opinion: Ranking = ()) -> None:
        self.opinion = opinion
        self.asked: list[frozenset[str]] = []

    def rank(self, text: str, languages: object) -> Ranking:
        assert isinstance(languages, frozenset)
        self.asked.append(languages)
        return tuple((code, p) for code, p in self.opinion if code in languages)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ђак", "sr"),
        ("ћуприја", "sr"),
        ("ѓавол", "mk"),
        ("ноќ", "mk"),
        ("ѕвезда", "mk"),
        ("їжак", "uk"),
        ("європа", "uk"),
        ("ґанок", "uk"),
        ("ўрад", "be"),
        ("это выборы и", "ru"),
        ("съёмки", "ru"),
        ("қазақстан үкіметі", "kk"),
    ],
)
def test_letters_prove_a_language_without_asking_anybody(text: str, language: str) -> None:
    engine = Fixed()
    assert cyrillic.rank(text, engine) == (((language, 1.0),), True)
    assert engine.asked == []


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("њива", {"sr", "mk"}),
        ("ягода", {"bg", "ru", "uk", "be"}),
        ("щука", {"bg", "ru", "uk"}),
        ("ъгъл", {"bg", "ru"}),
        ("мир", {"sr", "mk", "bg", "ru", "uk"}),
    ],
)
def test_only_what_the_letters_leave_is_ranked_whatever_the_engine_says(text: str, possible: set[str]) -> None:
    engine = Fixed((("kk", 0.9), ("uk", 0.1)))
    ranking, proven = cyrillic.rank(text, engine)
    assert not proven
    assert len(engine.asked) <= 1
    assert {code for code, _ in ranking} == possible


def test_a_quoted_foreign_name_vetoes_nothing_in_a_long_text() -> None:
    text = "Правительство приняло новые меры, сообщил министр Ђ. " + "Это было важное решение для страны. " * 3
    ranking, _ = cyrillic.rank(text, Fixed())
    assert ranking[0][0] == "ru"


def test_function_words_decide_between_serbian_and_macedonian_where_letters_do_not() -> None:
    undecided = Fixed((("sr", 0.5), ("mk", 0.5)))
    assert cyrillic.rank("они су у граду и нису сами", undecided)[0][0][0] == "sr"
    assert cyrillic.rank("тие се во градот и дека се сами", undecided)[0][0][0] == "mk"


def test_the_hard_sign_without_yery_speaks_for_bulgarian() -> None:
    undecided = Fixed((("bg", 0.5), ("ru", 0.5)))
    assert cyrillic.rank("първият път", undecided)[0][0][0] == "bg"


def test_words_and_endings_that_settle_it_spare_the_engine() -> None:
    engine = Fixed()
    text = "Владата денеска ги усвои мерките за помош на стопанството, изјавија од кабинетот на министерот"
    assert cyrillic.rank(text, engine)[0][0][0] == "mk"
    assert engine.asked == []


def test_a_roman_numeral_in_cyrillic_letters_is_no_ukrainian() -> None:
    assert cyrillic.rank("кралица Елизабет ІІ посети Ирландия", Fixed((("bg", 0.6), ("ru", 0.4))))[0][0][0] == "bg"
    assert cyrillic.rank("ІІ", Fixed())[0][0][0] in {"uk", "be", "kk"}


def test_probabilities_sum_to_one() -> None:
    ranking, _ = cyrillic.rank("мир на града", Fixed((("bg", 0.7), ("ru", 0.2))))
    assert sum(p for _, p in ranking) == pytest.approx(1.0)
    assert [p for _, p in ranking] == sorted((p for _, p in ranking), reverse=True)
