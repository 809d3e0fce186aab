"""Language detection keeps its measured quality."""

from __future__ import annotations

from collections import Counter

import pytest

from pipelines.language.tags import macro_of
from tests.quality.gate import GATES, HERE, Baseline, digest, faults, read, updated, written
from tests.quality.language import CLASSES, WIDE, labelled, macro_f1

DATA, BASELINE, MEASURE = GATES["language"]


def test_no_figure_falls_under_its_floor_and_the_data_is_the_measured_one() -> None:
    assert faults(read(HERE / BASELINE), digest(HERE / DATA), MEASURE(HERE / DATA)) == []


def test_the_set_covers_the_languages_of_the_news_we_read() -> None:
    texts = labelled(HERE / DATA)
    by_tag = Counter((one.tag, one.length) for one in texts)
    tags = [
        "sr-Cyrl",
        "sr-Latn",
        "hr",
        "bs",
        "cnr",
        "sq",
        "mk",
        "bg",
        "ru",
        "uk",
        "be",
        "en",
        "de",
        "fr",
        "es",
        "it",
        "pt",
        "nl",
        "pl",
        "cs",
        "sk",
        "sl",
        "hu",
        "ro",
        "el",
        "tr",
        "ar",
        "he",
        "fa",
        "ur",
    ]
    tags += "zh-Hans zh-Hant ja ko sv da no fi et lt lv ca id vi hi".split()  # noqa: SIM905
    assert {one.tag for one in texts} == set(tags)
    assert min(by_tag[tag, length] for tag in tags for length in CLASSES) >= 5


def test_no_text_is_in_the_set_twice() -> None:
    texts = Counter(one.text for one in labelled(HERE / DATA))
    assert [text for text, times in texts.items() if times > 1] == []


def test_lengths_are_what_they_say_but_of_sentences_written_for_it() -> None:
    for one in labelled(HERE / DATA):
        share = WIDE.get(macro_of(one.tag), 1)
        least, most = (bound // share for bound in CLASSES[one.length])
        assert one.origin == "written" or least <= len(one.text) <= most, one


def test_the_set_stays_small_enough_to_be_carried_along() -> None:
    assert (HERE / DATA).stat().st_size < 2_000_000


@pytest.mark.parametrize(
    ("pairs", "figure"),
    [
        ([("a", "a"), ("b", "b")], 1.0),
        ([("a", "a"), ("a", "b"), ("b", "b")], (2 / 3 + 2 / 3) / 2),
        ([("a", "b"), ("b", "c")], 0.0),
        ([], 0.0),
    ],
)
def test_macro_f1_is_the_mean_over_languages(pairs: list[tuple[str, str]], figure: float) -> None:
    assert macro_f1(pairs) == pytest.approx(figure)


@pytest.fixture
def known() -> Baseline:
    return Baseline("data", {"strict": 0.9, "merged": 0.95})


def test_the_gate_names_a_figure_under_its_floor(known: Baseline) -> None:
    assert faults(known, "data", {"strict": 0.8999, "merged": 0.95}) == ["strict: 0.8999 is under the floor of 0.9000"]


def test_the_gate_sees_a_figure_that_is_gone_or_new(known: Baseline) -> None:
    assert faults(known, "data", {"strict": 0.9, "speed": 1.0}) == [
        "merged: not measured",
        "speed: measured but has no floor",
    ]


def test_the_gate_sees_changed_data(known: Baseline) -> None:
    assert faults(known, "other", known.floors) == ["the data changed and the baseline did not"]


def test_an_update_raises_floors(known: Baseline) -> None:
    assert updated(known, "other", {"strict": 0.91, "merged": 0.95}) == Baseline(
        "other", {"strict": 0.91, "merged": 0.95}
    )


def test_an_update_refuses_to_lower_a_floor(known: Baseline) -> None:
    with pytest.raises(ValueError, match=r"refused to lower merged from 0\.9500 to 0\.9400"):
        updated(known, "data", {"strict": 0.99, "merged": 0.94})


def test_an_update_refuses_to_drop_a_figure(known: Baseline) -> None:
    with pytest.raises(ValueError, match="refused to lower merged"):
        updated(known, "data", {"strict": 0.99})


def test_a_lowered_floor_keeps_its_reason(known: Baseline) -> None:
    lowered = updated(known, "data", {"strict": 0.8, "merged": 0.95}, "harder texts")
    assert lowered.regressions == ("harder texts: strict from 0.9000 to 0.8000",)
    assert lowered.floors["strict"] == 0.8


def test_the_baseline_file_is_what_the_gate_writes() -> None:
    assert (HERE / BASELINE).read_bytes() == written(read(HERE / BASELINE))
