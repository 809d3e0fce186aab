"""Standard output as shells hand it out: cut off by its reader, full, closed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.product import arguments, environment, wirewatch

LONG = ("watch", "expand", "--limit", "0", "--json")


def redirected(*words: str | Path, to: str) -> subprocess.CompletedProcess[str]:
    script = f'"$@" {to}'
    return subprocess.run(
        ["bash", "-c", script, "bash", *arguments(*words)],
        capture_output=True, text=True, timeout=60, env=environment(), check=False,
    )  # fmt: skip


@pytest.mark.parametrize("words", [LONG, ("watch", "expand", "--limit", "0"), ("detect", "/etc/services")])
def test_a_reader_that_has_seen_enough_is_no_failure(words: tuple[str, ...]) -> None:
    done = redirected(*words, to="| head -1; echo exit ${PIPESTATUS[0]} >&2")
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == "exit 0\n"


def test_a_full_output_is_one_line(tmp_path: Path) -> None:
    done = redirected(*LONG, "--data", tmp_path, to=">/dev/full")
    assert (done.returncode, done.stderr) == (1, "error: output: No space left on device\n")


def test_a_closed_output_takes_what_is_printed_nowhere() -> None:
    done = redirected(*LONG, to=">&-")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_help_of_search_keeps_its_table_of_examples() -> None:
    lines = wirewatch("search", "--help").stdout.splitlines()
    assert "  resolution AND 1244          both words" in lines


@pytest.mark.parametrize("words", [(), ("feeds",)])
def test_a_group_alone_shows_its_help(words: tuple[str, ...]) -> None:
    done = wirewatch(*words, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: ")
