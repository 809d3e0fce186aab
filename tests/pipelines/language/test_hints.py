from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.language.hints import MOST_WEIGHT, Hints, declared_languages, variant_weights


@pytest.mark.parametrize(
    ("hints", "weights"),
    [
        (Hints(), {}),
        (Hints(declared="sr-RS"), {"sr": 2.0}),
        (Hints(source="hr"), {"hr": 4.0}),
        (Hints(profile="sr-Latn"), {"sr": 4.0}),
        (Hints(source="sr", declared="sr"), {"sr": 5.0}),
        (Hints(source="sr", profile="sr-Latn", declared="sr"), {"sr": 5.0}),
        (Hints(source="bs", declared="hr"), {"bs": 4.0, "hr": 2.0}),
        (Hints(source="en", declared="sh"), {}),
    ],
)
def test_each_hint_weighs_as_measured_and_together_five_at_most(hints: Hints, weights: dict[str, float]) -> None:
    assert variant_weights(hints) == weights


def test_our_list_is_trusted_before_the_profile_and_that_before_the_feed() -> None:
    hints = Hints(declared="en-US", source="sq-XK", profile="sr-Latn")
    assert list(declared_languages(hints)) == [("sq", ""), ("hbs", "Latn"), ("en", "")]


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))
def test_hints_can_be_anything(declared: str, source: str, profile: str) -> None:
    hints = Hints(declared=declared, source=source, profile=profile)
    assert all(0.0 < weight <= MOST_WEIGHT for weight in variant_weights(hints).values())
    assert len(list(declared_languages(hints))) <= 3
