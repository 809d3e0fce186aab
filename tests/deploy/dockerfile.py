"""The Dockerfile and its ignore file, taken apart."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"


class Instruction(msgspec.Struct, frozen=True):
    """One instruction and the stage it stands in."""

    stage: int
    name: str
    rest: str

    @property
    def words(self) -> list[str]:
        """What follows the name: of a JSON array its elements, else words as a shell takes them."""
        if self.rest.startswith("["):
            return list(map(str, json.loads(self.rest)))
        return shlex.split(self.rest)


def instructions() -> list[Instruction]:
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text("utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    found: list[Instruction] = []
    stage = -1
    for line in filter(str.strip, text.splitlines()):
        name, _, rest = line.strip().partition(" ")
        stage += name == "FROM"
        found.append(Instruction(stage, name, rest.strip()))
    return found


def last_stage() -> list[Instruction]:
    every = instructions()
    return [one for one in every if one.stage == every[-1].stage]


def environment() -> dict[str, str]:
    """What the image sets in the environment."""
    pairs = (word.partition("=") for one in last_stage() if one.name == "ENV" for word in one.words)
    return {name: value for name, _, value in pairs}


def copied() -> Iterator[tuple[str, str]]:
    """Every path of the repository that goes into the image, with the folder of the build it goes to."""
    for one in instructions():
        words = [word for word in one.words if not word.startswith("--")] if one.name == "COPY" else []
        if words and "--from=" not in one.rest:
            for source in words[:-1]:
                yield source, words[-1]


def tracked() -> list[str]:
    """Every path of the repository."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return listed.splitlines()


def sent(path: str) -> bool:
    """Whether the ignore file lets `path` into the build, the last rule that fits deciding."""
    lines = Path(f"{DOCKERFILE}.dockerignore").read_text("utf-8").splitlines()
    parts = path.split("/")
    above = ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
    sending = True
    for rule in filter(None, (line.partition("#")[0].strip() for line in lines)):
        pattern = rule.removeprefix("!")
        if pattern.startswith("**/"):
            fits = any(fnmatch.fnmatch(part, pattern.removeprefix("**/")) for part in parts)
        else:
            # As in Docker, `*` does not cross a slash, and a rule about a folder is one about all in it.
            fits = any(fnmatch.fnmatch(one, pattern) and one.count("/") == pattern.count("/") for one in above)
        if fits:
            sending = rule.startswith("!")
    return sending
