from __future__ import annotations

from datetime import timedelta

from connectors.interfaces import HitFilter
from dashboard.counts import counted
from dashboard.groups import Reason, grouped
from dashboard.marks import Piece
from schemas.hit import Span
from tests.dashboard.newsroom import news
from tests.samples import NOON

TITLE = "Kosovo: shooting in Banjska"


def words(pieces: tuple[Piece, ...]) -> list[str]:
    return [piece.text for piece in pieces if piece.marked]


def test_hits_of_one_article_stand_together_and_their_words_are_marked_once() -> None:
    first = news(1, TITLE, "In Banjska, Kosovo.", words=["Kosovo"])
    other = news(2, "Elsewhere", "Kosovo.", words=["Kosovo"])
    second = news(1, TITLE, "In Banjska, Kosovo.", words=["Banjska"], watchlist="banjska", severity="critical")
    one, two = grouped([first, other, second])
    assert (one.newest.article_id, two.newest.article_id) == (first.article_id, other.article_id)
    assert words(one.title) == ["Kosovo", "Banjska"]
    assert one.severity == "critical"
    (passage,) = one.passages
    assert words(passage.excerpt) == ["Banjska", "Kosovo"]
    assert [line.hit for line in passage.lines] == [first, second]
    assert passage.title == ()


def test_an_edited_article_shows_its_newest_words_and_keeps_the_older_passage() -> None:
    old = news(1, "Kosovo talks", words=["Kosovo"])
    new = news(1, "Kosovo talks fail", words=["Kosovo"], seen_at=NOON + timedelta(hours=1), op="update")
    (group,) = grouped([new, old])
    assert "".join(piece.text for piece in group.title) == "Kosovo talks fail"
    assert ["".join(piece.text for piece in passage.title) for passage in group.passages] == ["", "Kosovo talks"]


def test_each_written_form_is_told_once_under_its_alias() -> None:
    spans = tuple(
        Span("title", at, at + 6, text, "kosovo", alias)
        for at, text, alias in ((0, "Косову", "Косово"), (8, "Kosovo", "Kosovo"), (16, "Косова", "Косово"))
    )
    (group,) = grouped([news(1, "Косову, Kosovo, Косова", spans=(*spans, *spans))])
    assert group.passages[0].lines[0].reasons == (
        Reason("kosovo", "Косово", ("Косову", "Косова")),
        Reason("kosovo", "Kosovo", ("Kosovo",)),
    )


def test_many_written_forms_are_counted_not_listed() -> None:
    spans = tuple(Span("title", at, at + 1, letter, "", letter) for at, letter in enumerate("abcdefgh"))
    (group,) = grouped([news(1, "abcdefgh", spans=spans)])
    line = group.passages[0].lines[0]
    assert (len(line.reasons), line.more) == (6, 2)


def test_counts_say_what_each_choice_would_show() -> None:
    hits = [
        news(1, "a", language="sr-Latn"),
        news(2, "b", language="sr-Cyrl"),
        news(3, "c", language="en", watchlist="banjska"),
        news(4, "d", language="sr-Latn", watchlist="banjska"),
    ]
    counts = counted(hits, HitFilter(watchlist="kosovo", language="sr"))
    assert counts.shown == 2
    assert counts.watchlists == {"kosovo": 2, "banjska": 1}
    assert counts.languages == {"en": 0, "sr": 2, "sr-Cyrl": 1, "sr-Latn": 1}
    assert not counts.at_least
