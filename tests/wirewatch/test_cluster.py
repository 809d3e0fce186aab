"""The options an engine gets, and what is refused before anything is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schemas.errors import SettingsError
from tests.product import wirewatch
from wirewatch.cluster import Engine, beam_options, run_unbounded
from wirewatch.settings import Settings

FLINK = ("--job_endpoint=host:8099", "--environment_type=EXTERNAL", "--environment_config=host:50000")


def named(words: list[str]) -> dict[str, str]:
    return dict(word.removeprefix("--").partition("=")[::2] for word in words)


def test_flink_gets_what_is_not_named() -> None:
    options = named(beam_options("PortableRunner", FLINK))
    assert options["runner"] == "PortableRunner"
    assert options["environment_config"] == "host:50000"
    assert options["fail_on_checkpointing_errors"] == "false"
    assert options["max_bundle_time_mills"] == "100"
    assert "streaming" in options


def test_what_is_named_stays() -> None:
    words = beam_options("PortableRunner", (*FLINK, "--parallelism", "3", "--checkpointing_interval=1000"))
    assert words.count("--parallelism") == 1
    assert not any(word.startswith("--parallelism=") for word in words)
    options = named(words)
    assert options["sdk_worker_parallelism"] == "3"
    assert options["checkpointing_interval"] == "1000"


def test_a_process_environment_starts_the_worker_installed_here() -> None:
    words = beam_options("FlinkRunner", ("--flink_master=host:8081", "--environment_type=PROCESS"))
    command = Path(json.loads(named(words)["environment_config"])["command"])
    assert command.name == "wirewatch-worker"


def test_prism_works_in_this_process_and_knows_nothing_of_flink() -> None:
    options = named(beam_options("PrismRunner", ("--prism_location=/opt/prism",)))
    assert options["environment_type"] == "LOOPBACK"
    assert "checkpointing_interval" not in options


@pytest.mark.parametrize(
    ("runner", "words", "subject"),
    [
        ("DataflowRunner", (), "--runner"),
        ("PortableRunner", (), "--job_endpoint"),
        ("PortableRunner", ("--job_endpoint=host:8099",), "--environment_type"),
        ("PrismRunner", (), "--prism_location"),
    ],
)
def test_what_cannot_work_is_refused(runner: str, words: tuple[str, ...], subject: str) -> None:
    with pytest.raises(SettingsError) as error:
        beam_options(runner, words)
    assert error.value.subject == subject


def test_an_engine_needs_kafka(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"kafka\.servers"):
        run_unbounded(Settings(data=str(tmp_path)), ("hits",), Engine("PortableRunner", FLINK), print)


def test_workers_in_this_process_cannot_be_left(tmp_path: Path) -> None:
    engine = Engine("PrismRunner", ("--prism_location=/opt/prism",), detach=True)
    with pytest.raises(SettingsError, match="--detach"):
        run_unbounded(Settings(data=str(tmp_path)), ("hits",), engine, print)


@pytest.mark.parametrize("words", [("--parallelism=2",), ("--detach",)])
def test_options_for_an_engine_are_unknown_without_one(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = wirewatch("pipeline", "--data", tmp_path, *words, check=False)
    assert done.returncode == 2
    assert words[0].partition("=")[0] in done.stderr
