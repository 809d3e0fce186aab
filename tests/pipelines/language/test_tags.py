from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.language.tags import declared_tag, macro_of, macro_tag, primary_of
from schemas.query.languages import is_language


@pytest.mark.parametrize(
    "tag", ["sr", "sr-Cyrl", "sr-Latn-RS", "hr", "hr-HR", "bs", "cnr", "sh-Latn", "hrv", "srp", "SR"]
)
def test_south_slavic_tags_share_a_macro_language(tag: str) -> None:
    assert macro_of(tag) == "hbs"


@pytest.mark.parametrize(
    ("tag", "macro"),
    [
        ("en-US", "en"),
        ("zh-Hant", "zh"),
        ("cmn", "zh"),
        ("nb", "no"),
        ("sq-XK", "sq"),
        ("alb", "sq"),
        ("mk", "mk"),
        ("", "und"),
        ("?", "und"),
    ],
)
def test_other_languages_are_their_own(tag: str, macro: str) -> None:
    assert macro_of(tag) == macro


@pytest.mark.parametrize(
    ("declared", "tag"),
    [
        ("sr", "sr"),
        ("sr-RS", "sr"),
        ("sr_RS@latin", "sr-Latn"),
        ("sr_RS@cyrillic", "sr-Cyrl"),
        ("sr-latn-rs", "sr-Latn"),
        ("SRP", "sr"),
        ("hrv", "hr"),
        (" en-us ", "en"),
        ("en_US.UTF-8", "en"),
        ("zh-TW", "zh-Hant"),
        ("zh-CN", "zh-Hans"),
        ("iw", "he"),
        ("ger", "de"),
        ("und", ""),
        ("mul", ""),
        ("", ""),
        ("English", ""),
        ("-", ""),
        ("x-default", ""),
        ("de, en", "de"),
    ],
)
def test_what_feeds_declare(declared: str, tag: str) -> None:
    assert declared_tag(declared) == tag


@given(st.text(max_size=20))
@settings(deadline=None)
def test_a_declared_tag_is_a_tag_or_nothing(declared: str) -> None:
    tag = declared_tag(declared)
    assert tag == "" or is_language(tag)
    assert declared_tag(tag) == tag
    assert primary_of(declared).isascii()


def test_the_macro_language_as_a_tag() -> None:
    assert macro_tag("hbs", "Latn") == "sh-Latn"
    assert macro_tag("hbs", "") == "hbs"
    assert macro_tag("sq", "Latn") == "sq"
