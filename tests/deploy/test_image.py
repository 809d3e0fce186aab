"""What the image holds, and that it needs no more than its data volume to run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.deploy.container import DATA, MOUNTED, PROGRAM, UID, Container
from tests.deploy.dockerfile import ROOT, copied, tracked
from tests.product import records
from tests.samples import item
from tests.wire import rss, serving


def test_everything_the_program_reads_is_installed(program: Path) -> None:
    packages = tuple(f"{source}/" for source, target in copied() if source == target)
    wanted = {path for path in tracked() if path.startswith(packages) and not path.endswith((".md", ".in"))}
    assert sorted(path for path in wanted if not (program / path).exists()) == []


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def run(container: Container, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        container.words(*arguments),
        env=container.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_container_writes_to_its_volume_and_to_memory_only(program: Path, data: Path, tmp_path: Path) -> None:
    container = Container(program, data, tmp_path)
    tried = "import pathlib, sys; pathlib.Path(sys.argv[1], 'x').write_text('x')"
    for folder in (PROGRAM, MOUNTED, "/var/tmp", "/etc", str(ROOT)):
        assert "Read-only file system" in run(container, "-c", tried, folder).stderr, folder
    for folder in (DATA, "/tmp"):
        assert run(container, "-c", tried, folder).returncode == 0, folder
    whose = run(container, "-c", "import os, wirewatch; print(os.getuid(), wirewatch.__file__)")
    assert whose.stdout == f"{UID} {PROGRAM}/wirewatch/__init__.py\n"


def test_everything_in_one_process_runs_in_a_container(program: Path, data: Path, tmp_path: Path) -> None:
    container = Container(program, data, tmp_path)
    with serving() as wire:
        wire["/feed"] = rss(item(1, title="Resolution 1244 on Kosovo", body="The council met."))
        feeds = ("--feeds", wire.url("/feed"), "--allow-network", "127.0.0.0/8")
        done = run(container, "-m", "wirewatch", "run", "--once", *feeds)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Read-only" not in done.stderr
    assert {path.stat().st_uid for path in data.rglob("*")} == {UID}
    assert {one["watchlist"] for one in records("hits", "--data", data)} >= {"kosovo"}
