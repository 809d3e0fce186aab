"""What the documents say is there: settings, commands, targets, links. And nothing of the machine they were written on."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import click
import msgspec
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from tools import command_page, generate
from tools.field_docs import field_docs
from wirewatch import settings as settings_module
from wirewatch.cli import COMMANDS, wirewatch
from wirewatch.cluster import FLINK_DEFAULTS
from wirewatch.sections import Secret
from wirewatch.settings import Settings

ROOT = generate.ROOT
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`wirewatch ([^`]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# Absolute paths into somebody's home or working folder; a path of an address has its host in front.
_MACHINE_PATH = re.compile(rb"(?:(?<![\w.)}>/-])|file://)/(?:home|work|tmp|root|Users)/[\w.-]")
_REGISTRY = re.compile(
    rb"\b(?:pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|crates\.io|proxy\.golang\.org|maven\.org)"
)


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Every file git knows and that is there."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("git: not a clone, or git is not installed")
    files = [ROOT / name for name in listed.decode().split("\0") if name]
    return [file for file in files if file.is_file()]


@pytest.fixture(scope="module")
def documents(tracked: list[Path]) -> dict[str, str]:
    """Every Markdown page by its path."""
    return {str(file.relative_to(ROOT)): file.read_text("utf-8") for file in tracked if file.suffix == ".md"}


def fields() -> Iterator[tuple[str, msgspec.structs.FieldInfo, type[Any]]]:
    """Every setting: its section (empty at the top), field and struct."""
    for field in msgspec.structs.fields(Settings):
        if hasattr(field.type, "__struct_fields__"):
            yield from inner_fields(field.name, field.type)
        else:
            yield "", field, Settings


def inner_fields(section: str, struct: type[Any]) -> Iterator[tuple[str, msgspec.structs.FieldInfo, type[Any]]]:
    for field in msgspec.structs.fields(struct):
        held: Any = get_args(field.type)[1] if get_origin(field.type) is dict else None
        if hasattr(held, "__struct_fields__") and held is not Secret:
            yield from inner_fields(f"{section}.{field.name}.NAME", held)
        else:
            yield section, field, struct


def setting_id(value: object) -> str | None:
    return value.name if isinstance(value, msgspec.structs.FieldInfo) else None


@pytest.mark.parametrize(("section", "field", "struct"), list(fields()), ids=setting_id)
def test_every_setting_is_in_the_docs(section: str, field: msgspec.structs.FieldInfo, struct: type[Any]) -> None:
    page = (ROOT / "docs/configuration.md").read_text("utf-8")
    heading = f"## `[{section}]`" if section else "## At the top of the file"
    table = page.partition(f"{heading}\n")[2].partition("\n## ")[0]
    (row,) = [line for line in table.splitlines() if line.startswith(f"| `{field.name}` |")]
    assert field_docs(struct)[field.name] in row
    if get_origin(field.type) is dict:
        assert "secrets by name" in row
        return
    variable = "_".join(filter(None, ("WIREWATCH", *section.upper().split("."), field.name.upper())))
    assert f"`{variable}`" in row
    assert (field.type is Secret) == ("| secret |" in row)
    settings_module.load(environment={variable: as_text(field.default)})


def as_text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return "" if isinstance(value, Secret) else str(value)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_docs(name: str) -> None:
    page = (ROOT / "docs/commands.md").read_text("utf-8")
    context = click.Context(wirewatch)
    command = wirewatch.get_command(context, name)
    assert command is not None
    assert f"\n### `wirewatch {name}`\n" in page
    for inner in command.commands if isinstance(command, click.Group) else ():
        assert f"\n#### `wirewatch {name} {inner}`\n" in page


def test_every_command_says_what_it_does() -> None:
    for path, text in command_page.helps():
        usage, _, rest = text.partition("\n\n")
        assert usage.startswith(f"Usage: {path}")
        assert rest.startswith("  "), f"{path} has no docstring"


def test_generated_pages_are_current() -> None:
    assert generate.outdated(ROOT, generate.files()) == []


def test_the_changelog_has_a_place_for_what_comes() -> None:
    sections = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert sections[0] == "[Unreleased]"


def shell_lines(text: str) -> Iterator[list[str]]:
    """The commands of fenced shell blocks, as words; of a `console` block, those after the prompt."""
    for language, block in _FENCE.findall(text):
        if language not in {"sh", "bash", "console"}:
            continue
        for line in block.replace("\\\n", " ").splitlines():
            if language == "console" and not line.startswith("$ "):
                continue
            for part in re.split(r"&&|\||;", line.removeprefix("$ ")):
                if words := shlex.split(part, comments=True):
                    yield words


def unknown(words: list[str]) -> str:
    """What in the words after `wirewatch` does not exist; empty when all is there."""
    command: click.Command = wirewatch
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        found = command.get_command(click.Context(command), name) if re.fullmatch(r"[a-z-]+", name) else None
        if found is None:
            return name
        command = found
    context = click.Context(command, **(wirewatch.context_settings))
    options = {name for parameter in command.get_params(context) for name in parameter.opts + parameter.secondary_opts}
    if command.context_settings.get("ignore_unknown_options"):
        # Passed on to Beam, and to a Flink that only a job server could describe.
        options |= {f"--{name}" for name in (*PipelineOptions([]).get_all_options(), *FLINK_DEFAULTS)}
    named = (word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word))
    return next((option for option in named if option not in options), "")


def test_unknown_words_are_found() -> None:
    assert unknown(["run", "--once"]) == unknown(["config", "show", "--data", "x"]) == unknown(["--help"]) == ""
    assert unknown(["rnu"]) == "rnu"
    assert unknown(["config", "shwo"]) == "shwo"
    assert unknown(["run", "--port=1", "--onec"]) == "--onec"
    assert unknown(["pipeline", "--runner=PortableRunner", "--job_endpoint", "x", "--parallelism=2"]) == ""
    assert unknown(["pipeline", "--runner=PortableRunner", "--job_endpiont", "x"]) == "--job_endpiont"
    block = (
        "```console\n$ wirewatch run --once | head  # x\nout\n```\n```sh\nmake a && make b\n```\n```toml\nx = 1\n```\n"
    )
    assert list(shell_lines(block)) == [["wirewatch", "run", "--once"], ["head"], ["make", "a"], ["make", "b"]]


def test_commands_in_documents_exist(documents: dict[str, str]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page, text in documents.items():
        for program, *words in shell_lines(text):
            if Path(program).name == "wirewatch":
                assert not (fault := unknown(words)), f"{page}: wirewatch {' '.join(words)}: no {fault}"
            elif program == "make":
                asked = {word for word in words if "=" not in word and not word.startswith("-")}
                assert asked <= targets, f"{page}: make {' '.join(words)}"
        if page != "CHANGELOG.md":  # it also tells of what was removed
            for words in map(str.split, _INLINE.findall(_FENCE.sub("", text))):
                assert not (fault := unknown(words)), f"{page}: `wirewatch {' '.join(words)}`: no {fault}"


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(_FENCE.sub("", text)))
    return {heading.strip().replace(" ", "-") for heading in plain}


def test_links_lead_somewhere(documents: dict[str, str]) -> None:
    for page, text in documents.items():
        for link in _LINK.findall(_FENCE.sub("", text)):
            if re.match(r"[a-z]+:", link):
                continue
            name, _, anchor = link.partition("#")
            target = (ROOT / page).parent / name if name else ROOT / page
            assert target.exists(), f"{page}: {link}"
            assert not anchor or anchor in anchors(target.read_text("utf-8")), f"{page}: {link}"


def test_machine_paths_and_registries_are_recognised() -> None:
    for text in ("/ho" + "me/anna/x", "cd /wo" + "rk/main", '"/tm' + 'p/x"', "file:///Us" + "ers/x"):
        assert _MACHINE_PATH.search(text.encode()), text
    for text in ("https://outlet.example/home/feed", "../work/notes", "{root}/tmp/x", "/homepage/x"):
        assert not _MACHINE_PATH.search(text.encode()), text
    assert _REGISTRY.search(b"https://py" + b"pi.org/simple")


@pytest.mark.parametrize("pattern", [_MACHINE_PATH, _REGISTRY], ids=["machine path", "registry"])
def test_no_file_names_a_machine(pattern: re.Pattern[bytes], tracked: list[Path]) -> None:
    found = {str(file.relative_to(ROOT)): match[0] for file in tracked if (match := pattern.search(file.read_bytes()))}
    assert found == {}
