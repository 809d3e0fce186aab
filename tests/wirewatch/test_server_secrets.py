"""Logins of the servers: read from every place, never shown."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.product import arguments, environment
from wirewatch.sections import Secret
from wirewatch.settings import load, shown

SECRETS = {
    "kafka.password": "kafka-word",
    "elasticsearch.api_key": "index-key",
    "elasticsearch.password": "index-word",
    "kibana.api_key": "kibana-key",
}


def variable(path: str, *, file: bool = False) -> str:
    return f"WIREWATCH_{path.replace('.', '_').upper()}{'_FILE' if file else ''}"


def held(settings: object, path: str) -> object:
    section, _, key = path.partition(".")
    return getattr(getattr(settings, section), key)


@pytest.mark.parametrize("path", SECRETS)
def test_a_secret_comes_from_a_variable_or_a_file_and_is_masked(path: str, tmp_path: Path) -> None:
    word = SECRETS[path]
    kept = tmp_path / "secret"
    kept.write_text(f"{word}\n")
    section, _, key = path.partition(".")
    beside = tmp_path / "wirewatch.toml"
    beside.write_text(f'[{section}]\n{key}_file = "secret"\n')
    for settings in (
        load(None, {variable(path): word}),
        load(None, {variable(path, file=True): str(kept)}),
        load(beside, {}),
        load(beside, {variable(path): word, variable(path, file=True): str(tmp_path / "none")}),
    ):
        assert held(settings, path) == Secret(word)
        assert word not in json.dumps(shown(settings)) + repr(settings)
        assert shown(settings)[section][key] == "***"  # type: ignore[index]


def test_config_show_names_the_servers_and_masks_their_logins(tmp_path: Path) -> None:
    given = {variable(path): word for path, word in SECRETS.items()} | {
        "WIREWATCH_KAFKA_SERVERS": "one.example:9092, two.example:9092",
        "WIREWATCH_KAFKA_SECURITY": "sasl_tls",
        "WIREWATCH_KAFKA_USER": "desk",
        "WIREWATCH_ELASTICSEARCH_URLS": "https://index.example:9200",
        "WIREWATCH_KIBANA_URL": "https://kibana.example",
    }
    done = subprocess.run(
        arguments("config", "show", "--data", tmp_path),
        capture_output=True, text=True, timeout=60, env=environment(**given), check=True,
    )  # fmt: skip
    assert 'servers = ["one.example:9092", "two.example:9092"]' in done.stdout
    assert 'urls = ["https://index.example:9200"]' in done.stdout
    assert not [word for word in SECRETS.values() if word in done.stdout + done.stderr]
