"""Writes every generated file of the repository.

    python -m tools.generate            write them
    python -m tools.generate --check    exit 1, naming the files that are not what would be written

They are the same on every Python wirewatch runs on. The fold table alone depends on the Unicode data of the running
Python, and `tools.fold_table` leaves it as it is on any other.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools import command_page, configuration_page, fold_table, json_schemas, metrics_page
from tools.kibana import file as kibana_file

ROOT = Path(__file__).resolve().parent.parent


def files() -> dict[str, str]:
    """Text by path of all generated files but the fold table."""
    made = (json_schemas, configuration_page, command_page, metrics_page, kibana_file)
    return {path: text for page in made for path, text in page.files().items()}


def outdated(root: Path, wanted: dict[str, str]) -> list[str]:
    """Paths under `root` whose text is not the wanted one, and schemas of types that are gone."""
    changed = [path for path, text in wanted.items() if not _same(root / path, text)]
    gone = {f"{json_schemas.FOLDER}/{file.name}" for file in (root / json_schemas.FOLDER).glob("*.json")} - set(wanted)
    return sorted({*changed, *gone})


def write(root: Path, wanted: dict[str, str]) -> list[str]:
    """Bring the files under `root` up to date; the paths that changed."""
    changed = outdated(root, wanted)
    for path in changed:
        if path in wanted:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(wanted[path].encode())
        else:
            (root / path).unlink()
    return changed


def _same(file: Path, text: str) -> bool:
    return file.is_file() and file.read_bytes() == text.encode()


def main(arguments: list[str]) -> int:
    """Write or check; the exit code."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m tools.generate [--check]", file=sys.stderr)
        return 2
    fold_table_wrong = fold_table.main(["--check"]) != 0
    if arguments:
        wrong = outdated(ROOT, files())
        for path in wrong:
            print(f"{path} is out of date: run `python -m tools.generate`", file=sys.stderr)
        return 1 if wrong or fold_table_wrong else 0
    for path in write(ROOT, files()):
        print(path)
    return fold_table.main([]) if fold_table_wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
