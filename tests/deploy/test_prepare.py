from __future__ import annotations

import re
from pathlib import Path

import yaml

from tests.deploy.composition import FOLDER, ROOT, loaded
from tests.deploy.conftest import prepare


def passwords(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in (folder / "secrets").iterdir() if file.name != "kibana.yml"}


def test_the_first_run_makes_all_that_compose_asks_for(prepared: Path) -> None:
    for secret in loaded()["secrets"].values():
        assert (prepared / secret["file"]).is_file()
    assert (prepared / ".env").read_text() == (FOLDER / ".env.example").read_text()
    assert (prepared / "config" / "feeds.opml").read_bytes() == (ROOT / "examples" / "feeds.opml").read_bytes()
    assert {file.name for file in (prepared / "config" / "watchlists").iterdir()} == {
        file.name for file in (ROOT / "examples" / "watchlists").iterdir()
    }


def test_passwords_are_long_and_no_two_are_the_same(prepared: Path) -> None:
    made = passwords(prepared)
    assert made.pop("smtp_password") == ""
    assert len(set(made.values())) == len(made)
    assert [name for name, word in made.items() if not re.fullmatch(r"[A-Za-z0-9]{20,}", word)] == []


def test_kibana_gets_its_password_and_keys(prepared: Path) -> None:
    told = yaml.safe_load((prepared / "secrets" / "kibana.yml").read_text())
    assert told["elasticsearch.password"] == passwords(prepared)["kibana_password"]
    keys = [value for name, value in told.items() if name.endswith("encryptionKey")]
    assert len(set(keys)) == 3
    assert {len(key) for key in keys} == {32}


def test_others_on_the_machine_cannot_read_them_but_containers_can(prepared: Path) -> None:
    assert (prepared / "secrets").stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (prepared / "secrets").iterdir()} == {0o644}
    for path in (prepared / "config", *(prepared / "config").rglob("*")):
        assert path.stat().st_mode & 0o004, path


def test_a_second_run_leaves_all_as_it_is(prepared: Path) -> None:
    before = {file: file.read_bytes() for file in prepared.rglob("*") if file.is_file()}
    assert prepare(prepared.parents[1]) == ""
    assert {file: file.read_bytes() for file in prepared.rglob("*") if file.is_file()} == before


def test_git_keeps_none_of_it(prepared: Path) -> None:
    ignored = {line.strip("/") for line in (FOLDER / ".gitignore").read_text().split() if line.startswith("/")}
    made = {path.name for path in prepared.iterdir()} - {
        path.name for path in FOLDER.iterdir() if path.name not in ignored
    }
    assert made == ignored
