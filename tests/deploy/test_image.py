"""What the image holds and how it runs, without an engine: the program built from exactly what the Dockerfile copies, in a
mount namespace whose root is read-only, as a user who owns nothing but the data folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.deploy.dockerfile import ROOT, copied, environment, sent
from tests.product import environment as clean_environment
from tests.product import records
from tests.samples import item
from tests.servers.process import absent
from tests.wire import rss, serving

UID = 10001
DATA, PROGRAM = "/mnt", "/srv"
"""Folders that every Linux has, laid over with the data volume and the program."""
CONTAINER = """\
mount --bind "$1" /mnt
mount --bind "$2" /srv
mount -o remount,bind,ro /srv
mount -o remount,bind,ro /
mount -t tmpfs -o mode=1777 tmpfs /tmp
shift 2
cd /srv
# Reading everything stands in for an interpreter that this user could reach; it lets nothing be written.
exec setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs \\
  --inh-caps=-all,+dac_read_search --ambient-caps=+dac_read_search --bounding-set=-all,+dac_read_search -- "$@"
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages as `pip install .` of the Dockerfile installs them."""
    build, made, installed = (tmp_path_factory.mktemp(name) for name in ("build", "made", "installed"))
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    for source, target in copied():
        for path in listed:
            if sent(path) and (path == source or path.startswith(f"{source}/")):
                place = build / (path if target == source else f"{target}/{Path(path).name}")
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / path, place)
    building = f"from setuptools import build_meta; build_meta.build_wheel({str(made)!r})"
    done = subprocess.run([sys.executable, "-c", building], cwd=build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = made.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    return installed


def test_everything_the_program_reads_is_installed(program: Path) -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    packages = tuple(f"{source}/" for source, target in copied() if source == target)
    wanted = {path for path in listed if path.startswith(packages) and not path.endswith((".md", ".in"))}
    assert sorted(path for path in wanted if not (program / path).exists()) == []


def contained(program: Path, data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """One command of the image."""
    if os.getuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        absent("A read-only root", "needs root and mount namespaces")
    os.chown(data, UID, UID)
    told = {**clean_environment(), **environment(), "PATH": os.environ["PATH"], "WIREWATCH_DATA": DATA}
    told["PYTHONPATH"] = PROGRAM
    return subprocess.run(
        ["unshare", "--mount", "sh", "-ec", CONTAINER, "sh", data, program, sys.executable, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=told,
    )


def test_the_container_of_this_test_is_read_only(program: Path, tmp_path: Path) -> None:
    tried = "import pathlib, sys; pathlib.Path(sys.argv[1], 'x').write_text('x')"
    for folder in (PROGRAM, "/var/tmp", "/etc", str(ROOT)):
        assert "Read-only file system" in contained(program, tmp_path, "-c", tried, folder).stderr, folder
    for folder in (DATA, "/tmp"):
        assert contained(program, tmp_path, "-c", tried, folder).returncode == 0, folder
    whose = contained(program, tmp_path, "-c", "import os, wirewatch; print(os.getuid(), wirewatch.__file__)")
    assert whose.stdout == f"{UID} {PROGRAM}/wirewatch/__init__.py\n"


def test_a_run_writes_to_its_volume_and_to_memory_only(program: Path, tmp_path: Path) -> None:
    with serving() as wire:
        wire["/feed"] = rss(item(1, title="Resolution 1244 on Kosovo", body="The council met."))
        done = contained(
            program, tmp_path, "-m", "wirewatch", "run", "--once", "--feeds", wire.url("/feed"),
            "--allow-network", "127.0.0.0/8",
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Read-only" not in done.stderr
    assert {path.stat().st_uid for path in tmp_path.rglob("*")} == {UID}
    assert {one["watchlist"] for one in records("hits", "--data", tmp_path)} >= {"kosovo"}
