from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import codec, deadletter, item
from schemas.deadletter import RAW_LIMIT, DeadLetter
from tests.samples import NOON
from tests.samples import item as sample

TEXT = st.text(st.characters(codec="utf-8"), max_size=400)


@given(TEXT, TEXT, st.integers(600, 3_000))
@settings(deadline=None)
def test_only_body_and_then_summary_are_cut(summary: str, body: str, most: int) -> None:
    given_ = sample(summary=summary, body=body)
    cut = item.shortened(given_, most)
    bare = msgspec.structs.replace(given_, summary="", body="", truncated=True)
    assert len(codec.encode(cut)) <= max(most, len(codec.encode(bare)))
    assert cut.truncated == (cut != given_)
    assert body.startswith(cut.body)
    assert summary.startswith(cut.summary)
    assert cut.summary == summary or cut.body == ""
    assert msgspec.structs.replace(cut, summary="", body="", truncated=True) == bare


def test_what_fits_is_left_as_it_is() -> None:
    given_ = sample(body="Састанак у Бањској")
    assert item.shortened(given_, len(codec.encode(given_))) is given_


@pytest.mark.parametrize("word", ["Бањска ", "banjska ", '"\\\n\u2028 ', "第1244号决议 ", "😀 "])
def test_little_more_is_cut_than_must_be(word: str) -> None:
    given_ = sample(body=word * 2_000)
    most = len(codec.encode(given_)) // 2
    cut = item.shortened(given_, most)
    assert most - 60 < len(codec.encode(cut)) <= most


def test_an_item_without_text_stays_what_it_is_known_by() -> None:
    given_ = sample(summary="S" * 100, body="B" * 100)
    cut = item.shortened(given_, 10)
    assert (cut.summary, cut.body, cut.title, cut.truncated) == ("", "", given_.title, True)


def test_a_shortened_dead_letter_says_how_long_its_record_was() -> None:
    letter = DeadLetter(
        id="a",
        stage="hits",
        reason="r" * 10_000,
        position="items/1/2",
        headers={"schema": "item/2"},
        raw=b"x" * 100_000,
        length=100_000,
        failed_at=NOON,
    )
    cut = deadletter.shortened(letter)
    assert (len(cut.raw), cut.length, cut.whole, cut.position) == (RAW_LIMIT, 100_000, False, "items/1/2")
    assert len(cut.reason) == 2_000
    assert deadletter.shortened(letter, 0).raw == b""
