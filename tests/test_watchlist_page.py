"""`docs/watchlists.md` as its reader follows it: the files written, the commands run, what is shown and said compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.interfaces import WatchlistFile
from pipelines.matching import format as written
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.document import Document
from pipelines.matching.inflection.rules import LANGUAGES
from pipelines.matching.load import load_watchlists
from schemas.query.lexemes import FIELDS
from tests.product import environment

PAGE = (Path(__file__).parents[1] / "docs/watchlists.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(block: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with what the page shows under it."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(command, shown) for command, _, shown in (part.partition("\n") for part in parts)]


def same(shown: str, printed: str) -> bool:
    """Whether a command printed what the page shows: broken into lines for its reader, `…` where it is cut short."""
    parts = "".join(shown.split()).split("…")
    return re.fullmatch(".*".join(map(re.escape, parts)), "".join(printed.split())) is not None


def test_comparing_can_fail() -> None:
    assert same('{"a":1,\n "b":…}', '{"a":1,"b":2}')
    assert not same('{"a":1,…}', '{"a":2,"b":3}')
    assert not same("", "warning")


def test_the_tutorial_can_be_followed(tmp_path: Path) -> None:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    ran = 0
    for language, name, block in BLOCK.findall(PAGE):
        if name:
            (tmp_path / name).write_text(block, "utf-8")
        elif language == "console":
            for command, shown in commands(block):
                done = subprocess.run(
                    command,
                    shell=True,
                    cwd=tmp_path,
                    env=environment(PATH=path),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    encoding="utf-8",
                    timeout=60,
                    check=False,
                )
                assert same(shown, done.stdout), f"$ {command}\n{done.stdout}"
                assert done.returncode == ("error:" in shown), f"$ {command}"
                ran += 1
    assert ran > 10
    for file in (tmp_path / "my-lists").glob("*.yaml"):
        assert load_watchlists([WatchlistFile(file.name, file.read_text("utf-8"))])


@pytest.mark.parametrize("keys", [written.FILE_KEYS, written.LIST_KEYS, written.CONCEPT_KEYS, written.INFLECT_KEYS])
def test_every_key_is_on_the_page(keys: dict[str, str]) -> None:
    reference = PAGE.partition("\n# Reference\n")[2]
    missing = [key for key in keys if f"`{key}`" not in reference and f"{key}:" not in reference]
    assert missing == []


def test_every_class_and_choice_is_on_the_page() -> None:
    table = PAGE.partition("\n## Inflection\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if "|" in line]
    named: dict[str, set[str]] = {}
    tags: list[str] = []
    for languages, classes, *_ in rows[2:]:
        tags = re.findall(r"`(\w+)`", languages) or tags
        for tag in tags:
            named.setdefault(tag, set()).update(re.findall(r"`([\w-]+)`", classes))
    assert named == {tag: set(language.classes) for tag, language in LANGUAGES.items()}
    for choice in (*written.SEVERITIES, *written.CASES, *(f"{field}:" for field in FIELDS)):
        assert choice in PAGE


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
        ("Kosova", "Kosova'da", True),
        ("كوسوفو", "كُوسُوفُو", True),
        ("резолюция", "резолуција", False),
        ("UNSCR 1244", "UNSСR 1244", True),
    ],
)
def test_its_forms_do_what_it_says(form: str, text: str, found: bool) -> None:
    yaml = f"version: 1\nlists:\n  - id: x\n    concepts: {{c: {{any: ['{form}']}}}}\n    query: c\n"
    matcher = compile_watchlists(load_watchlists([WatchlistFile("x.yaml", yaml)]))
    assert bool(matcher.match(Document(body=text))) is found
