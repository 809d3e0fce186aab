"""The first minutes of a new user: from a clone, and from the start of the demo, to a hit in a real browser.

    python -m benchmarks.first_hit [--rounds N] [--clone]

The browser is Debian's chromium, open before the clock starts; the clock runs from the start of the process (or of
`git clone`) until a marked word is visible on the page. Absolute seconds: no rival starts a whole monitor.
"""

from __future__ import annotations

import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Error, Page, sync_playwright

from benchmarks.results import Result, options, record

_LONGEST = 120.0


def main() -> None:
    """Measure and write the results."""
    parser = options(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clone", action="store_true", help="also from `git clone` on; downloads every requirement")
    chosen = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        rounds = [_from_start(page) for _ in range(chosen.rounds + 1)][1:]
        shown = ", ".join(f"{seconds:.1f}" for seconds in sorted(rounds))
        results = [
            Result(
                "demo: process start to a hit in the browser",
                f"{statistics.median(rounds):.1f} s (median of {len(rounds)}: {shown})",
                "warm file cache, page open in chromium, reloaded until it answers",
            )
        ]
        if chosen.clone:
            results.append(_from_clone(page))
        browser.close()
    record(*results)


def _from_start(page: Page) -> float:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "wirewatch", "demo", "--data", folder]
        return _until_hit(page, command, Path.cwd())


def _from_clone(page: Page) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "wirewatch"
        started = time.monotonic()
        subprocess.run(["git", "clone", "--quiet", Path.cwd(), tree], check=True)
        subprocess.run(["make", "install"], cwd=tree, check=True, stdout=subprocess.DEVNULL)
        installed = time.monotonic() - started
        hit = _until_hit(page, [str(tree / ".venv/bin/wirewatch"), "demo", "--data", f"{folder}/data"], tree)
    return Result(
        "clone to first hit in the browser",
        f"{installed + hit:.0f} s, of which {installed:.0f} s clone and `make install`",
        "requirements from the package registry, cold file cache of the new environment",
    )


def _until_hit(page: Page, command: list[str], folder: Path) -> float:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.monotonic()
    process = subprocess.Popen(
        [*command, "--port", str(port)], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while time.monotonic() - started < _LONGEST:
            try:
                if not page.url.startswith(f"http://127.0.0.1:{port}/"):
                    page.goto(f"http://127.0.0.1:{port}/")
                page.wait_for_selector("mark", timeout=2000)
            except Error:
                time.sleep(0.05)
                continue
            return time.monotonic() - started
        message = "no hit was shown"
        raise TimeoutError(message)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        page.goto("about:blank")


if __name__ == "__main__":
    main()
