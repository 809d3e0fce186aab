from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from wirewatch.cli import wirewatch

ENGLISH = "Government approves the budget for next year"


def run(*arguments: str, given: bytes | None = None, code: int = 0) -> list[dict[str, Any]]:
    result = CliRunner().invoke(wirewatch, ["detect", *arguments], input=given)
    assert result.exit_code == code, result.output
    return [json.loads(line) for line in result.stdout_bytes.splitlines()] if code == 0 else []


def test_one_object_for_each_line_blank_ones_too() -> None:
    rows = run(given=f"{ENGLISH}\n\n   \r\nВлада је усвојила нови предлог закона о мерама\n".encode())
    assert [row["tag"] for row in rows] == ["en", "und", "und", "sr-Cyrl"]
    assert [row["accepted"] for row in rows] == [True, False, False, True]
    wanted = {"tag", "macro", "script", "confidence", "accepted", "variant_confidence", "source", "alternatives"}
    assert all(wanted <= set(row) for row in rows)


def test_a_last_line_without_its_end_counts() -> None:
    assert len(run(given=ENGLISH.encode())) == 1
    assert run(given=b"") == []


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    rows = run(given=b"\xff\xfe\x00\n" + ENGLISH.encode() + b" \xff\n")
    assert [row["tag"] for row in rows] == ["und", "en"]


def test_only_a_newline_ends_a_line() -> None:
    assert len(run(given="one\x0btwo\x0cthree\x85four\u2028five\rsix\n".encode())) == 1


def test_a_file_and_a_dash(tmp_path: Path) -> None:
    (tmp_path / "texts").write_text(f"{ENGLISH}\n" * 60, "utf-8")
    assert len(run(str(tmp_path / "texts"))) == 60
    assert len(run("-", "--json", given=b"x\n")) == 1


def test_a_limit_stops_early() -> None:
    assert len(run("--limit", "2", given=b"a\nb\nc\n")) == 2


@pytest.mark.parametrize("engine", ["hybrid", "py3langid", "langdetect"])
def test_each_engine_can_be_chosen(engine: str) -> None:
    assert run("--engine", engine, given=ENGLISH.encode())[0]["tag"] == "en"


def test_wrong_usage() -> None:
    run("--engine", "crystal-ball", given=b"", code=2)
    run("no-such-file", code=2)


def test_no_data_folder_is_made(tmp_path: Path) -> None:
    run("--data", str(tmp_path / "data"), given=b"x\n")
    assert list(tmp_path.iterdir()) == []


def test_each_answer_comes_before_the_next_line_is_asked_for() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "wirewatch", "detect"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        for _ in range(2):
            process.stdin.write(ENGLISH.encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["tag"] == "en"
        process.stdin.close()
        assert process.wait(30) == 0
