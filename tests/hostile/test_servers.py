"""Every way a server can hurt a reader costs little memory, ends in time, and has a status and a sentence."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.servers import BOMBS, LIES, SLOW, serving

pytestmark = pytest.mark.slow

DEADLINE = 1.0
PATIENCE = 4.0
GROWTH = 32 * 1024


def met(
    folder: Path, paths: Sequence[str], deadline: float = PATIENCE, scheme: str = "http"
) -> dict[str, dict[str, Any]]:
    """What a poller in a process of its own says of each path."""

    async def run() -> list[dict[str, Any]]:
        async with serving() as port:
            urls = [f"{scheme}://127.0.0.1:{port}/{path}" for path in ("feed", *paths)]
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.hostile.victim", str(folder), str(deadline), *urls,
                stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            out, _ = await process.communicate()
            assert process.returncode == 0
            return [json.loads(line) for line in out.splitlines()]

    return {one["url"].rpartition("/")[2]: one for one in asyncio.run(run())}


@pytest.fixture(scope="module")
def bombed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    return met(tmp_path_factory.mktemp("bombed"), list(BOMBS))


@pytest.fixture(scope="module")
def slowed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    return met(tmp_path_factory.mktemp("slowed"), list(SLOW), DEADLINE)


@pytest.fixture(scope="module")
def lied(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    return met(tmp_path_factory.mktemp("lied"), list(LIES))


@pytest.mark.parametrize("path", BOMBS)
def test_what_does_not_end_is_cut_off(bombed: dict[str, dict[str, Any]], path: str) -> None:
    found = bombed[path]
    assert bombed["feed"]["status"] == "working"
    assert found["status"] in {"too-large", "malformed", "unreachable", "timeout"}, found
    assert found["growth"] <= GROWTH, found
    assert found["seconds"] < PATIENCE + 1, found
    assert len(found["reason"]) < 500


@pytest.mark.parametrize("path", SLOW)
def test_what_is_slow_is_left_at_the_deadline(slowed: dict[str, dict[str, Any]], path: str) -> None:
    found = slowed[path]
    assert (found["status"], slowed["feed"]["status"]) == ("timeout", "working"), found
    assert DEADLINE <= found["seconds"] < DEADLINE + 1
    assert found["growth"] <= GROWTH, found


def test_a_handshake_that_stalls_is_left_at_the_deadline(tmp_path: Path) -> None:
    # What it waits for never comes: a TLS greeting is no request.
    found = met(tmp_path, ["never"], DEADLINE, scheme="https")["never"]
    assert found["status"] == "timeout", found
    assert found["seconds"] < DEADLINE + 1


@pytest.mark.parametrize("path", LIES)
def test_an_answer_that_contradicts_itself_has_a_status(lied: dict[str, dict[str, Any]], path: str) -> None:
    found = lied[path]
    assert found["status"] == (LIES[path][1] or found["status"]) != "timeout", found
    assert found["reason"]
    assert found["growth"] <= GROWTH


@pytest.mark.parametrize("path", ["circle/self", "circle/a", "circle/on", "to/6/!feed"])
def test_redirects_end(tmp_path: Path, path: str) -> None:
    found = met(tmp_path, [path])
    (last,) = [one for one in found.values() if path in one["url"]]
    assert last["status"] == "refused", last
    assert ("in a circle" in last["reason"]) == (path in {"circle/self", "circle/a"})


def test_five_redirects_are_followed(tmp_path: Path) -> None:
    (last,) = [one for one in met(tmp_path, ["to/5/!feed"]).values() if "to/5" in one["url"]]
    assert last["status"] == "working"
