"""`docs/watchlists.md` as its reader tries it: the lists load, the forms do what the tables say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connectors.interfaces import WatchlistFile
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.document import Document
from pipelines.matching.load import load_watchlists

_PAGE = (Path(__file__).parents[1] / "docs/watchlists.md").read_text("utf-8")


def test_its_lists_load_with_their_examples() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", _PAGE, re.DOTALL)
    assert blocks
    for block in blocks:
        assert load_watchlists([WatchlistFile("page.yaml", block)])


@pytest.mark.parametrize(
    ("form", "text", "found"),
    [
        ("bridge", "The bridge is open", True),
        ("bridge", "The bridges are open", False),
        ("new bridge", "A new bridge", True),
        ("new bridge", "A new wide bridge", False),
        ("new bridg*", "Two new bridges", True),
        ("bridge ONEAR/4 Ibar", "The bridge over the river Ibar", True),
        ("bridge ONEAR/4 Ibar", "The Ibar bridge", False),
        ("bridge NEAR/4 Ibar", "The Ibar bridge", True),
        ("{NATO}", "NATO said", True),
        ("{NATO}", "nato said", False),
        ("Banjska", "у БАЊСКА", True),
        ("Đakovica", "Djakovica, Ђаковица", True),
        ("Resolution 1244", "Resolution\u00a0١٢٤٤", True),
        ("Kosovo", "Ko\u00adso\u200bvo", True),
        ("резолюция", "резолуција", False),
    ],
)
def test_its_forms_do_what_it_says(form: str, text: str, found: bool) -> None:
    yaml = f"version: 1\nlists:\n  - id: x\n    concepts: {{c: {{any: ['{form}']}}}}\n    query: c\n"
    matcher = compile_watchlists(load_watchlists([WatchlistFile("x.yaml", yaml)]))
    assert bool(matcher.match(Document(body=text))) is found
