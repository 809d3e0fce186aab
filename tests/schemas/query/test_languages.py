from __future__ import annotations

import pytest

from schemas.query.languages import is_language, language_matches, language_within, macro_of, script_of


@pytest.mark.parametrize(
    ("wanted", "language", "macro", "script", "expected"),
    [
        ("sr", "sr-Cyrl", "hbs", "Cyrl", True),
        ("sr", "hr", "hbs", "Latn", True),
        ("hr", "sr-Latn", "hbs", "Latn", True),
        ("sr", "cnr", "hbs", "Latn", True),
        ("sr", "sh-Latn", "hbs", "Latn", True),
        ("hbs", "bs", "hbs", "Latn", True),
        ("sr", "sl", "sl", "Latn", False),
        ("sr-Latn", "sr-Latn", "hbs", "Latn", True),
        ("sr-Latn", "sr", "hbs", "Latn", True),
        ("sr-Latn", "sr-Cyrl", "hbs", "Cyrl", False),
        ("sr-Latn", "hr", "hbs", "Latn", False),
        ("sr-Latn", "sh-Latn", "hbs", "Latn", True),
        ("sr-Cyrl", "sh-Latn", "hbs", "Latn", False),
        ("=sr-Latn", "sh-Latn", "hbs", "Latn", False),
        ("zh-Hans", "sh-Latn", "hbs", "Latn", False),
        ("sh-Latn", "hr", "hbs", "Latn", True),
        ("sh-Latn", "sr-Cyrl", "hbs", "Cyrl", False),
        ("=sr", "sr-Cyrl", "hbs", "Cyrl", True),
        ("=sr", "sr", "hbs", "", True),
        ("=sr", "hr", "hbs", "Latn", False),
        ("=sr", "sh-Latn", "hbs", "Latn", False),
        ("SR-latn", "sr-Latn", "hbs", "Latn", True),
        ("en", "en", "en", "Latn", True),
        ("en", "en", "und", "", True),
        ("en-GB", "en", "en", "Latn", True),
        ("zh", "zh-Hant", "zh", "Hant", True),
        ("zh-Hans", "zh-Hant", "zh", "Hant", False),
        ("no", "nb", "no", "Latn", True),
        ("sr", "und", "und", "", False),
        ("sr", "und", "hbs", "Latn", True),
    ],
)
def test_language_matches(wanted: str, language: str, macro: str, script: str, expected: bool) -> None:
    assert language_matches(wanted, language, macro, script) is expected


@pytest.mark.parametrize(
    ("asked", "wanted", "expected"),
    [
        *(("sr-Latn", "sr", True), ("sr-Latn", "hr", True), ("=sr", "sr", True), ("sr-Latn", "sh-Latn", True)),
        *(("sh-Latn", "sh", True), ("sh-Latn", "sh-Latn", True), ("zh-Hant", "zh", True), ("zh-Hant", "zh-Hant", True)),
        # A document in hr is asked for on the left and not on the right.
        *(("sh-Latn", "sr-Latn", False), ("hbs-Latn", "sr-Latn", False), ("sr", "sr-Latn", False)),
        *(("sh-Latn", "sh-Cyrl", False), ("hr", "sr-Latn", False), ("zh", "zh-Hant", False), ("en", "sr", False)),
    ],
)
def test_one_language_within_another(asked: str, wanted: str, expected: bool) -> None:
    assert language_within(asked, wanted) is expected


def test_tags() -> None:
    assert all(map(is_language, ("sr", "=sr", "sr-Latn", "cnr", "zh-Hant-TW", "es-419")))
    assert not any(map(is_language, ("serbian", "", "s", "sr_Latn", "=", "sr-")))
    assert (macro_of("sr-Latn"), macro_of("en-GB"), macro_of("und")) == ("hbs", "en", "und")
    assert (script_of("sr-latn"), script_of("sr"), script_of("en-GB")) == ("Latn", "", "")
