"""What docs/languages.md claims is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.language import cyrillic, detect, frame, hints, profile, second
from pipelines.language.content import BODY
from pipelines.language.tags import ARABIC, DEVANAGARI, LATIN
from tests.quality.gate import HERE
from tests.quality.language import labelled
from wirewatch.profiles import LEARN_SECONDS

PAGE = (Path(__file__).parents[3] / "docs/languages.md").read_text("utf-8")
FLAT = " ".join(PAGE.split())
EXAMPLES = re.findall(r"^\| (.+?) \| (`[\w-]+`|a guess) \| (`\w+`|a guess) \| (yes|no) \|$", PAGE, re.MULTILINE)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 8


@pytest.mark.parametrize(("text", "tag", "macro", "accepted"), EXAMPLES)
def test_every_example_comes_out_as_the_page_says(text: str, tag: str, macro: str, accepted: str) -> None:
    found = detect.detect(text)
    assert found.accepted == (accepted == "yes")
    assert tag in {"a guess", f"`{found.tag}`"}
    assert macro in {"a guess", f"`{found.macro}`"}


def test_the_languages_are_those_of_the_code() -> None:
    for name, codes in (
        ("Latin", LATIN),
        ("Cyrillic", cyrillic.LANGUAGES),
        ("Arabic", ARABIC),
        ("Devanagari", DEVANAGARI),
    ):
        assert f"{name}: {' '.join(sorted(codes))}." in FLAT


def test_the_figures_are_those_of_the_code() -> None:
    for claim in (
        f"the first {BODY} characters of the body",
        f"accepted from {detect.ACCEPT} on, a variant from {detect.ACCEPT_VARIANT} on",
        f"({detect.ACCEPT_DECLARED_VARIANT} when a hint names the same)",
        f"Under {frame.LETTERS} letters or {frame.WORDS} words",
        f"It reads {detect.ENOUGH} characters",
        f"{hints.SOURCE_WEIGHT:.0f} for our list and for the profile, {hints.DECLARED_WEIGHT:.0f} for entry or feed",
        f"together {hints.MOST_WEIGHT:.0f} at most",
        f"(up to {profile.KEPT}, from {profile.ITEMS} on",
        f"{len(labelled(HERE / 'language.jsonl')):,} texts in this repository",
        f"under {len({one.tag for one in labelled(HERE / 'language.jsonl')})} tags",
    ):
        assert claim in FLAT, claim
    assert hints.PROFILE_WEIGHT == hints.SOURCE_WEIGHT
    assert LEARN_SECONDS == 1800
    assert (second.WORDS, second.LETTERS) == (2, 10)
