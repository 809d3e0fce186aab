"""Lucene Monitor as a rival of `benchmarks.matching`: a Java process that runs `benchmarks/lucene/Matching.java`."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.matching_lists import Query, Text
from benchmarks.matching_systems import Pairs, System

VERSION = "9.11.1"
"""The newest Lucene Monitor for Java 17 whose artifacts Maven Central had complete."""

_ONE_PASS = 1_000
"""Queries for which filing each under one term is fastest; above, each is filed under three."""
_SOURCE = Path(__file__).with_name("lucene")


class Driver:
    """The compiled driver, and the documents as it reads them."""

    def __init__(self, folder: Path, warm: Sequence[Text], measured: Sequence[Text]) -> None:
        """Fetches Lucene with Maven into its own cache, compiles into `folder`. Raises `CalledProcessError`."""
        self.folder = folder
        jars = folder / "jars"
        maven = ["mvn", "-q", "-B", "-f", str(_SOURCE / "pom.xml"), f"-Dlucene={VERSION}", f"-Djars={jars}"]
        subprocess.run([*maven, "dependency:copy-dependencies"], check=True, stdout=subprocess.DEVNULL)
        classes = folder / "classes"
        subprocess.run(["javac", "-cp", f"{jars}/*", "-d", classes, _SOURCE / "Matching.java"], check=True)
        self.command = ["java", "-Xmx6g", "-XX:+UseSerialGC", "-cp", f"{classes}:{jars}/*", "Matching"]
        self.texts = [_packed(warm, folder / "warm"), _packed(measured, folder / "measured")]


def driver_of(folder: Path, warm: Sequence[Text], measured: Sequence[Text]) -> Driver | None:
    """The driver, or None, and a printed line, on a machine that lacks what it takes."""
    missing = [tool for tool in ("java", "javac", "mvn") if shutil.which(tool) is None]
    if missing:
        print(f"Lucene Monitor not run: no {', '.join(missing)} on the path")
        return None
    try:
        return Driver(folder, warm, measured)
    except subprocess.CalledProcessError as error:
        print(f"Lucene Monitor not run: {error}")
        return None


class Lucene(System):
    """One running driver. It matches the documents it was started with, so many of them in one call."""

    def __init__(self, driver: Driver, tokenizer: str, queries: Sequence[Query]) -> None:
        super().__init__(f"Lucene Monitor, {tokenizer} tokenizer")
        self._folder = driver.folder
        lines = driver.folder / "queries.tsv"
        terms = [[term for term in (*query.either, query.also, query.never) if term] for query in queries]
        lines.write_text("".join("\t".join(line) + "\n" for line in terms), "utf-8")
        self._process = subprocess.Popen(
            [*driver.command, tokenizer, "1" if len(queries) <= _ONE_PASS else "3", *driver.texts, lines],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.registered = self._answer()
        """CPU seconds until all queries were known."""

    def warm(self, texts: Sequence[Text]) -> None:
        del texts
        for batch in (1, 100):
            seconds = 0.0
            while seconds < 5:
                seconds += self._ask(f"warm {batch}")

    def run(self, texts: Sequence[Text]) -> float:
        return min(seconds for _, seconds in self.measure(texts))

    def measure(self, texts: Sequence[Text]) -> Iterator[tuple[str, float]]:
        del texts
        for batch in (1, 100):
            yield f"{self.name}, {batch} a call", self._ask(f"match {batch}")

    def pairs(self, texts: Sequence[Text]) -> Pairs:
        del texts
        file = self._folder / "pairs.tsv"
        self._ask(f"pairs {file}")
        return {(int(document), int(query)) for document, query in map(str.split, file.read_text().splitlines())}

    def close(self) -> None:
        self._process.communicate()

    def _ask(self, question: str) -> float:
        assert self._process.stdin
        self._process.stdin.write(f"{question}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> float:
        assert self._process.stdout
        line = self._process.stdout.readline().removeprefix("ready ").split()
        if not line:
            raise SystemExit(f"the Lucene driver ended with {self._process.wait()}")
        return float(line[0])


def _packed(texts: Sequence[Text], file: Path) -> Path:
    with file.open("wb") as target:
        for text in texts:
            raw = text.body.encode()
            target.write(len(raw).to_bytes(4, "big") + raw)
    return file
