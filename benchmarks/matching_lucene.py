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

_WARM = 3.0
"""CPU seconds of matching at least before the compiler has done its work."""
_SOURCE = Path(__file__).with_name("lucene")


class Driver:
    """The compiled driver, and the documents as it reads them."""

    def __init__(self, folder: Path, warm: Sequence[Text], measured: Sequence[Text]) -> None:
        """Fetches Lucene with Maven into its own cache, compiles into `folder`. Raises `CalledProcessError`."""
        self.folder = folder
        jars = folder / "jars"
        maven = [
            "mvn",
            "-q",
            "-B",
            "-Dstyle.color=never",
            "-f",
            str(_SOURCE / "pom.xml"),
            f"-Dlucene={VERSION}",
            f"-Djars={jars}",
        ]
        subprocess.run([*maven, "dependency:copy-dependencies"], check=True, capture_output=True, text=True)
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
        print(f"Lucene Monitor not run: {error}\n{error.stdout or ''}")
        return None


class Lucene(System):
    """One running driver. It matches the documents it was started with."""

    def __init__(
        self,
        driver: Driver,
        queries: Sequence[Query],
        *,
        tokenizer: str = "icu",
        passes: int = 1,
        batches: Sequence[int] = (1,),
    ) -> None:
        """`tokenizer` is `icu` or `standard`, which leaves Thai, Lao, Khmer and Burmese in one piece.

        With one pass its presearcher files a query under one term, as it comes; with more, under so many. `batches` are
        numbers of documents a call.
        """
        super().__init__(f"Lucene Monitor, {tokenizer} tokenizer, {passes} pass{'es' if passes > 1 else ''}")
        self._folder = driver.folder
        self._batches = batches
        lines = driver.folder / "queries.tsv"
        terms = [[term for term in (*query.either, query.also, query.never) if term] for query in queries]
        lines.write_text("".join("\t".join(line) + "\n" for line in terms), "utf-8")
        self._process = subprocess.Popen(
            [*driver.command, tokenizer, str(passes), *driver.texts, lines],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        # All queries are known when the first line is there.
        self._answer()

    def warm(self, texts: Sequence[Text]) -> None:
        for batch in self._batches:
            count = len(texts) if batch == 1 else len(texts) // 3
            seconds = 0.0
            while seconds < _WARM:
                seconds += self._ask(f"warm {batch} {count}")

    def run(self, texts: Sequence[Text]) -> float:
        return min(seconds for _, seconds in self.measure(texts))

    def measure(self, texts: Sequence[Text]) -> Iterator[tuple[str, float]]:
        del texts
        for batch in self._batches:
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
