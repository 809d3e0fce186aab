"""The drawing of docs/architecture.md, enforced: who imports whom, what stays light, what is never done."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

MAY_IMPORT = {
    "schemas": ("schemas",),
    "connectors": ("schemas", "connectors"),
    "pipelines": ("schemas", "connectors.interfaces", "pipelines"),
    "alerts": ("schemas", "connectors.interfaces", "alerts"),
    "dashboard": ("schemas", "connectors.interfaces", "pipelines", "dashboard"),
    "wirewatch": ("schemas", "connectors", "pipelines", "alerts", "dashboard", "wirewatch", "examples"),
    "examples": (),
}
"""Package -> the packages and modules of ours it may import. Nothing imports `wirewatch`."""

FEEDS = {
    "documents": (),
    "items": ("documents",),
    "fetching": ("documents",),
    "polling": ("documents", "items", "fetching"),
    "websub": ("documents", "items", "fetching", "polling"),
    "sources": ("documents", "fetching"),
}
"""Folder of `connectors.feeds` -> its neighbours it may import; poller, listener and settings stand above all."""

BEAM = frozenset(f"pipelines.{name}" for name in ("monitoring", "read", "write", "run", "engine", "worker"))
"""The only modules that import apache_beam; its import alone takes a second."""

INPUT_AND_OUTPUT = frozenset(
    {
        "aiohttp",
        "asyncio",
        "fcntl",
        "http",
        "io",
        "os",
        "pathlib",
        "shutil",
        "smtplib",
        "socket",
        "sqlite3",
        "ssl",
        "subprocess",
        "tempfile",
        "urllib.request",
    }
)
READS_ITS_TABLE = {"schemas.query.fold": frozenset({"pathlib"})}
"""The fold is a table shipped as data beside its module, read once at import."""

HEAVY = (
    "apache_beam",
    "feedparser",
    "py3langid",
    "langdetect",
    "numpy",
    "aiohttp",
    "starlette",
    "uvicorn",
    "pyarrow",
    "kafka",
    "elasticsearch",
)
VAGUE = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "base_impl"})
MOST_LINES = 400


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


PRODUCT = [path for package in MAY_IMPORT for path in files(package)]
EVERYTHING = [*PRODUCT, *files("tests"), *files("tools"), *files("benchmarks")]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path) for path in EVERYTHING}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module imported anywhere in a file, lazily or for types too, with its line."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} relative import"
            module = node.module or ""
            for alias in node.names:
                # `from wirewatch import wiring` imports a module, `from schemas.item import FeedItem` does not.
                inner = f"{module}.{alias.name}"
                yield (inner if inner in MODULES else module), node.lineno


def imported_by_name(path: Path) -> Iterator[tuple[str, int]]:
    """Modules named in a string handed to `import_module`."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).endswith("import_module"):
            name = node.args[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield name.value, node.lineno


@pytest.mark.parametrize("folder", FEEDS)
def test_the_parts_of_feeds_are_layers(folder: str) -> None:
    allowed = tuple(f"connectors.feeds.{name}" for name in (folder, *FEEDS[folder]))
    wrong = [
        f"{where(path, line)} imports {module}"
        for path in files(f"connectors/feeds/{folder}")
        for module, line in imports(path)
        if module.startswith("connectors.feeds") and not within(module, allowed)
    ]
    assert wrong == []


def within(module: str, allowed: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in allowed)


def where(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_go_one_way(package: str) -> None:
    wrong = [
        f"{where(path, line)} imports {module}"
        for path in files(package)
        for module, line in (*imports(path), *imported_by_name(path))
        if module.partition(".")[0] in {*MAY_IMPORT, "tests", "tools", "benchmarks"}
        and not within(module, MAY_IMPORT[package])
    ]
    assert wrong == []


def test_every_package_has_its_rule() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - {"tests", "tools", "benchmarks"} == set(MAY_IMPORT)


def test_only_the_graph_imports_beam() -> None:
    importing = {
        module_of(path)
        for path in PRODUCT
        for module, _ in (*imports(path), *imported_by_name(path))
        if within(module, ("apache_beam",))
    }
    assert importing == BEAM


def test_the_page_and_the_pure_stages_leave_beam_alone() -> None:
    wrong = [
        f"{where(path, line)} imports {module}"
        for path in (*files("dashboard"), *files("pipelines"))
        if module_of(path) not in BEAM
        for module, line in imports(path)
        if module in BEAM
    ]
    assert wrong == []


def test_schemas_do_no_input_or_output() -> None:
    wrong = [
        f"{where(path, line)} imports {module}"
        for path in files("schemas")
        for module, line in imports(path)
        if within(module, tuple(INPUT_AND_OUTPUT - READS_ITS_TABLE.get(module_of(path), frozenset())))
    ]
    wrong += [
        f"{where(path, node.lineno)} opens a file"
        for path in files("schemas")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"open", "print", "input"}
    ]
    assert wrong == []


def loaded_by(program: str) -> set[str]:
    """Top-level modules in memory after `program` ran in a process of its own."""
    report = "\nimport json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    result = subprocess.run(
        [sys.executable, "-c", program + report], cwd=ROOT, capture_output=True, check=True, text=True, timeout=60
    )
    return set(json.loads(result.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "program",
    [
        "import wirewatch.cli",
        "from wirewatch.cli import wirewatch; wirewatch(['--help'], standalone_mode=False)",
        "from wirewatch.cli import wirewatch; wirewatch(['--version'], standalone_mode=False)",
        "import schemas.codec, schemas.query.parse, connectors.interfaces",
    ],
    ids=["import", "help", "version", "schemas"],
)
def test_what_answers_at_once_loads_nothing_heavy(program: str) -> None:
    assert loaded_by(program) & set(HEAVY) == set()


def test_the_probe_sees_what_is_heavy() -> None:
    assert "numpy" in loaded_by("import numpy")


def test_beam_is_loaded_only_to_run_the_graph() -> None:
    modules = ", ".join(
        module
        for module in sorted(MODULES)
        if module.partition(".")[0] in {"schemas", "connectors", "pipelines", "alerts", "dashboard"}
        and module not in BEAM
    )
    assert "apache_beam" not in loaded_by(f"import {modules}")


def test_the_embedded_size_loads_no_client_of_a_server(tmp_path: Path) -> None:
    program = f"""
from wirewatch.settings import load
from wirewatch.station import station
with station(load(environment={{"WIREWATCH_DATA": {str(tmp_path)!r}}}), ()) as opened:
    opened.pipeline().drain(), opened.desk.drain(), opened.poller, opened.archiving(), opened.lag(), opened.index.settle()
"""
    loaded = loaded_by(program)
    assert "apache_beam" in loaded
    assert loaded & {"kafka", "elasticsearch", "elastic_transport"} == set()


@pytest.mark.parametrize("path", EVERYTHING, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_one_noun_of_readable_length(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES
    assert not {path.stem, path.parent.name} & VAGUE


def test_tests_leave_our_own_code_as_it_is() -> None:
    ours = tuple(f"{quote}{package}." for package in MAY_IMPORT for quote in "'\"")
    wrong = []
    for path in files("tests"):
        own = {
            alias.asname or alias.name.partition(".")[0]
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
            if within(getattr(node, "module", None) or alias.name, tuple(MAY_IMPORT))
        }
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called, target = ast.unparse(node.func), ast.unparse(node.args[0])
            patches = called.rpartition(".")[2] in {"patch", "setattr", "delattr"} or ".patch." in f".{called}."
            if patches and (target.startswith(ours) or target.partition(".")[0] in own):
                wrong.append(f"{where(path, node.lineno)} {called}({target}, …)")
    assert wrong == []


def test_tests_mirror_the_folders() -> None:
    missing = {path.parent for path in files("tests")} - {
        path.parent for path in files("tests") if path.name == "__init__.py"
    }
    assert sorted(str(folder.relative_to(ROOT)) for folder in missing) == []


def test_the_path_of_an_item_fits_on_one_screen() -> None:
    graph = tree_of(ROOT / "pipelines" / "monitoring.py")
    expanding = [node for node in ast.walk(graph) if isinstance(node, ast.FunctionDef)]
    assert expanding
    assert max((node.end_lineno or 0) - node.lineno for node in expanding) < 40
