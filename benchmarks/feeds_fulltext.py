"""The text of web pages: CPU for each beside trafilatura called as its manual shows it, and what is lost between the two.

    python -m benchmarks.feeds_fulltext FOLDER [--most N] [--rounds N]

FOLDER holds HTML pages; they are not part of this repository: the test folder of trafilatura is a good source. Both
read the same bytes, in turn; ours decodes them, guards, extracts and tidies, in this process instead of a worker.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import trafilatura

from benchmarks.results import Result, options, record
from connectors.feeds.documents.document import PAGE, ParseRequest
from connectors.feeds.documents.page import read_page
from schemas.query.fold import fold_words
from schemas.time import now

_LARGEST = 5_000_000


def main() -> None:
    """Measure and write the results."""
    parser = options(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=200, help="pages read at most")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    files = sorted(file for file in chosen.folder.rglob("*") if file.is_file() and file.stat().st_size < _LARGEST)
    pages = [file.read_bytes() for file in files[: chosen.most]]
    rivals: dict[str, Callable[[bytes], object]] = {
        "ours": _ours,
        "trafilatura, fast": lambda page: trafilatura.extract(page, fast=True),
        "trafilatura": trafilatura.extract,
        "trafilatura with metadata": lambda page: trafilatura.extract(page, with_metadata=True),
    }
    _timed(_ours, pages[:10])
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(chosen.rounds):
        for name, run in rivals.items():
            seconds[name].append(_timed(run, pages))
    each = {name: statistics.median(taken) / len(pages) for name, taken in seconds.items()}
    others = ", ".join(f"{name} {cost * 1e3:.1f} ms" for name, cost in each.items() if name != "ours")
    figure = f"{each['ours'] * 1e3:.1f} ms, {each['ours'] / each['trafilatura']:.2f} x trafilatura"
    how = f"{others}; {len(pages)} pages of {sum(map(len, pages)) / len(pages) / 1024:.0f} KiB"
    record(
        Result("text of a page, CPU", figure, f"{how}; median of {chosen.rounds} rounds"),
        Result(
            "words of trafilatura in our text of a page", f"{_kept(pages):.4f}", f"{len(pages)} pages, without comments"
        ),
    )


def _ours(page: bytes) -> str:
    found, _ = read_page(ParseRequest(body=page, content_type="text/html", now=now(), form=PAGE))
    return found.entries[0].body if found is not None else ""


def _kept(pages: Sequence[bytes]) -> float:
    wanted = found = 0
    for page in pages:
        theirs = set(fold_words(trafilatura.extract(page, fast=True, include_comments=False) or ""))
        wanted += len(theirs)
        found += len(theirs & set(fold_words(_ours(page))))
    return found / max(1, wanted)


def _timed(run: Callable[[bytes], object], pages: Sequence[bytes]) -> float:
    began = time.process_time()
    for page in pages:
        run(page)
    return time.process_time() - began


if __name__ == "__main__":
    main()
