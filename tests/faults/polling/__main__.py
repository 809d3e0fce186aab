"""Run the polling proof: `python -m tests.faults.polling --feeds 500 --minutes 60 --seed 1`."""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tests.faults.polling.audit import Count, audit
from tests.faults.polling.newsroom import Newsroom
from tests.faults.polling.server import host

_LAST_ROUNDS = 8


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One run. Times are seconds; `pace` under 1 makes the feeds change faster."""

    seed: int
    feeds: int
    seconds: float
    interval: float
    deadline: float
    pace: float
    kill_every: float
    """Mean time between two kills of the poller."""
    full_every: float
    """Mean time between two moments at which the log refuses to append, each for a tenth of it."""
    forget: float = 0.2
    """Share of the kills after which the poller's memory is deleted."""


class Result(msgspec.Struct):
    """What a run came to."""

    count: Count
    harms: dict[str, int]
    kills: int
    forgotten: int
    full: int
    cpu: float
    """Seconds of processor time of the poller and its workers."""


def run(plan: Plan, folder: Path) -> Result:
    """Poll, harm, kill, and count, all files in `folder`."""
    chance = random.Random(plan.seed)
    happened: Counter[str] = Counter()
    with _server(plan, folder) as (server, port):
        nowhere = [
            f"http://nowhere-{number}.invalid:{port}/feed/{number}" for number in range(max(1, plan.feeds // 100))
        ]
        urls = [f"http://{host(feed)}:{port}/feed/{feed}" for feed in range(plan.feeds)]
        (folder / "feeds.json").write_text(json.dumps([*urls, *nowhere]))
        cpu = _disturbed(plan, folder, chance, happened)
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write("freeze\n")
        server.stdin.flush()
        assert server.stdout.readline() == "freeze\n"
        for _ in range(_LAST_ROUNDS):
            failed = int(
                subprocess.run(_station(plan, folder, "--once"), capture_output=True, text=True, check=True).stdout
            )
            if failed <= len(nowhere):
                break
        harms = json.loads((folder / "harms.json").read_text())
    rooms = [Newsroom(plan.seed, feed, plan.pace, datetime.now(UTC)) for feed in range(plan.feeds)]
    count = audit(folder, rooms)
    if failed > len(nowhere):
        count.wrong.append(f"{failed - len(nowhere)} feeds could not be read at the end, when no fault was left")
    return Result(
        count=count,
        harms=harms,
        kills=happened["kills"],
        forgotten=happened["forgotten"],
        full=happened["full"],
        cpu=cpu,
    )


def _disturbed(plan: Plan, folder: Path, chance: random.Random, happened: Counter[str]) -> float:
    """Poll until the time is up, killed and refused at random; the processor time it took."""
    cpu, ends = 0.0, time.monotonic() + plan.seconds
    full = folder / "full"
    next_full = time.monotonic() + chance.expovariate(1 / plan.full_every)
    while (now := time.monotonic()) < ends:
        lives_until = min(ends, now + chance.uniform(0.1, 1.9) * plan.kill_every)
        with (folder / "station.log").open("a") as said:
            station = subprocess.Popen(_station(plan, folder), stdout=said, stderr=said)
        try:
            while (now := time.monotonic()) < lives_until:
                if now >= next_full:
                    happened["full"] += not full.exists()
                    full.touch()
                if now >= next_full + plan.full_every / 10:
                    full.unlink()
                    next_full = now + chance.expovariate(1 / plan.full_every)
                if station.poll() is not None:
                    message = f"the poller ended by itself:\n{(folder / 'station.log').read_text()}"
                    raise AssertionError(message)
                time.sleep(0.05)
        finally:
            cpu += _cpu(station.pid)
            station.kill()
            station.wait()
        happened["kills"] += 1
        if chance.random() < plan.forget:
            happened["forgotten"] += 1
            for file in folder.glob("feeds.sqlite3*"):
                file.unlink()
    full.unlink(missing_ok=True)
    return cpu


@contextmanager
def _server(plan: Plan, folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    words = ("--seed", plan.seed, "--feeds", plan.feeds, "--pace", plan.pace, "--deadline", plan.deadline)
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.polling.server", str(folder), *map(str, words)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        yield server, int(server.stdout.readline())
    finally:
        server.communicate()


def _station(plan: Plan, folder: Path, *more: str) -> list[str]:
    words = ("--interval", str(plan.interval), "--deadline", str(plan.deadline), *more)
    return [sys.executable, "-m", "tests.faults.polling.station", str(folder), *words]


def _cpu(pid: int) -> float:
    """Processor time of a process and its children as far as the system tells; 0 where it does not."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().rpartition(") ")
        except OSError:
            continue
        fields = rest.split()
        if int(name.split(" ", 1)[0]) == pid or int(fields[1]) == pid:
            total += sum(int(ticks) for ticks in fields[11:15]) / 100
    return total


def plan_of(seed: int, feeds: int, seconds: float, hurry: float = 0.0) -> Plan:
    """A plan for a run of this length: a short one hurries (0: as it is short), so that as much happens as can."""
    hurry = hurry or min(1.0, max(0.1, seconds / 900))
    return Plan(
        seed=seed, feeds=feeds, seconds=seconds, interval=17 * hurry, deadline=max(3.0, 15 * hurry), pace=hurry,
        kill_every=max(12.0, seconds / 20), full_every=max(15.0, seconds / 12),
    )  # fmt: skip


def report(plan: Plan, result: Result) -> str:
    """The summary, a line for each figure."""
    lines = [
        f"{plan.feeds} feeds for {plan.seconds / 60:g} min, seed {plan.seed}",
        f"poller: {result.kills} times killed, {result.forgotten} times with its memory deleted",
        f"log: {result.full} times full; {result.cpu / plan.seconds:.0%} of a processor",
        *(f"  {number:>9,} {what}" for what, number in sorted(result.count.figures.items())),
        "answers: " + ", ".join(f"{what} {number:,}" for what, number in sorted(result.harms.items())),
        "polls: " + ", ".join(f"{what} {number:,}" for what, number in sorted(result.count.statuses.items())),
        *result.count.wrong[:40],
        f"{len(result.count.wrong)} wrong" if result.count.wrong else "nothing lost, nothing under two names",
    ]
    return "\n".join(lines)


def main() -> int:
    """Read the command line, run, print; 1 when something was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.polling", description=__doc__)
    parser.add_argument("--feeds", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1244)
    parser.add_argument("--hurry", type=float, default=0.0, help="1: a poll of each feed in 17 s; 0.1: ten times that")
    parser.add_argument("--folder", type=Path, help="where the data stays; a temporary folder otherwise")
    options = parser.parse_args()
    plan = plan_of(options.seed, options.feeds, options.minutes * 60, options.hurry)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        result = run(plan, folder)
    sys.stdout.write(report(plan, result) + "\n")
    return 1 if result.count.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
