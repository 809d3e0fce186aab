from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.deploy.dockerfile import DOCKERFILE, ROOT, copied, environment, instructions, last_stage, sent, tracked


@pytest.fixture(scope="module")
def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def hadolint(file: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("hadolint")
    return subprocess.run([program, file], capture_output=True, text=True, check=False)


def test_the_linter_has_nothing_to_say(tmp_path: Path) -> None:
    done = hadolint(DOCKERFILE)
    assert (done.returncode, done.stdout) == (0, "")
    broken = tmp_path / "Dockerfile"
    broken.write_text(DOCKERFILE.read_text("utf-8").replace("3.13.16-slim-trixie AS", "latest AS"))
    assert "DL3007" in hadolint(broken).stdout


def test_what_is_copied_exists_and_reaches_the_build() -> None:
    sources = [source for source, _ in copied()]
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert [source for source in sources if not sent(source)] == []
    assert "." not in sources


def test_only_what_is_copied_reaches_the_build() -> None:
    wanted = tuple(source if (ROOT / source).is_file() else f"{source}/" for source, _ in copied())
    assert [path for path in filter(sent, tracked()) if not path.startswith(wanted)] == []
    for path in (".git/config", "wirewatch-data/log.sqlite3", "deploy/compose/secrets/x", "schemas/__pycache__/a.pyc"):
        assert not sent(path), path
    assert sent("schemas/query/fold.py")


def test_every_package_is_copied(project: dict[str, dict[str, dict[str, dict[str, dict[str, list[str]]]]]]) -> None:
    packages = {
        name.removesuffix("*").replace(".", "/")
        for name in project["tool"]["setuptools"]["packages"]["find"]["include"]
    }
    assert packages <= {source for source, target in copied() if source == target}


def test_what_is_installed_is_locked_by_hash() -> None:
    installs = [
        part for one in instructions() if one.name == "RUN" for part in one.rest.split("&&") if "install " in part
    ]
    pip = [part.split() for part in installs if part.split()[:2] == ["pip", "install"]]
    assert [words[-1] for words in pip] == ["requirements/build.txt", "requirements/run.txt", "."]
    for words in pip:
        assert "--no-build-isolation" in words
        assert ("--no-deps" if words[-1] == "." else "--require-hashes") in words


def test_every_base_is_one_release() -> None:
    bases = [one.words[0] for one in instructions() if one.name == "FROM"]
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.1[123]\.\d+-slim-\w+", bases[0])


def test_the_image_runs_our_command_as_nobody_in_particular(project: dict[str, dict[str, object]]) -> None:
    words = {one.name: one.words for one in last_stage() if one.name not in {"ENV", "LABEL", "RUN", "COPY"}}
    assert words["USER"] == ["10001:10001"]
    assert words["ENTRYPOINT"] == ["wirewatch"]
    assert "wirewatch" in project["project"]["scripts"]  # type: ignore[operator] # TOML
    assert words["VOLUME"] == ["/data"]
    assert words["WORKDIR"] == ["/etc/wirewatch"]
    values = environment()
    assert values["WIREWATCH_DATA"] == "/data"
    assert values["PYTHONDONTWRITEBYTECODE"] == "1"
    assert values["HOME"] == "/tmp"


def test_the_image_names_its_release(project: dict[str, dict[str, object]]) -> None:
    labels = dict(re.findall(r'([\w.]+)="([^"]*)"', next(one.rest for one in last_stage() if one.name == "LABEL")))
    for key, label in (("name", "title"), ("description",) * 2, ("version",) * 2, ("license", "licenses")):
        assert labels[f"org.opencontainers.image.{label}"] == project["project"][key]
