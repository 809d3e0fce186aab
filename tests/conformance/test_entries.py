"""`wirewatch feeds parse` reads what feedparser reads: the test suites of three parsers, entry by entry.

    python -m tests.conformance.test_entries FOLDER      # any other suite: prints each difference

Documents are compared as files, so an address counts as written.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

from tests.conformance.readers import difference, feedparsers, ours
from tests.conformance.suites import SUITES, documents, unpacked

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LEAST_EQUAL = 0.99
LEAST_ENTRIES = 1_250

Differences = dict[tuple[str, int], str]
"""Document and place of an entry, and the field that differs."""

_SUITE = "feedparser/feedparser-6.0.14/tests"
EXCEPTIONS: dict[tuple[str, int], tuple[str, str]] = {
    (f"{_SUITE}/illformed/rss_incomplete_cdata.xml", 0): (
        "entry", "ends inside its first entry, before one letter of it: refused as cut; feedparser gives an entry of nothing",
    ),
    (f"{_SUITE}/wellformed/sanitize/entry_title_crazy.xml", 0): (
        "title", "what stands inside <script> is no title; feedparser takes the tags away and leaves the program",
    ),
    (f"{_SUITE}/wellformed/sanitize/entry_title_object.xml", 0): (
        "title", "what stands inside <object> is for readers who cannot show it, and this one never ends",
    ),
}  # fmt: skip
"""Document and place of the entry: the field that differs, and why ours is right."""


@pytest.fixture(scope="module")
def suites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(tmp_path_factory.mktemp("suites"))


def test_entries_are_feedparsers_but_for_those_listed(suites: Path, tmp_path: Path) -> None:
    total, differing = compared(suites, tmp_path)
    assert total >= LEAST_ENTRIES
    assert differing == {place: field for place, (field, _) in EXCEPTIONS.items()}
    assert 1 - len(differing) / total >= LEAST_EQUAL


def test_no_document_of_a_suite_is_refused_without_a_reason(suites: Path, tmp_path: Path) -> None:
    assert {path.name for path in suites.iterdir()} == set(SUITES)
    paths = documents(suites)
    found = ours(paths, tmp_path)
    for path in paths:
        status, _, reason = found.refused.get(str(path), "empty: ").partition(": ")
        assert status in {"malformed", "html", "empty"}, path
        assert reason or status == "empty", path


def compared(folder: Path, data: Path) -> tuple[int, Differences]:
    """How many entries feedparser finds below `folder`, and those that we do not give alike."""
    paths = documents(folder)
    found = ours(paths, data)
    total, differing = 0, Differences()
    for path in paths:
        for place, entry in enumerate(feedparsers(path.read_bytes())):
            total += 1
            field = difference(entry, found.entries.get(str(path), ()))
            if field:
                differing[str(path.relative_to(folder)), place] = field
    return total, differing


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        root = Path(sys.argv[1])
        entries, differences = compared(root, Path(folder))
        for (document, number), name in differences.items():
            sys.stdout.write(f"{document} [{number}] {name}\n")
        sys.stdout.write(f"{entries - len(differences)} of {entries} equal\n")
