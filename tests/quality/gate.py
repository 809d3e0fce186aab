"""The gate behind measured quality: frozen data, a floor for each figure, and an update that never lowers one silently.

`python -m tests.quality.gate` prints the figures beside their floors; `--update` raises the floors to them and takes
over changed data. A floor goes down only with `--allow-regression REASON`, and the reason stays in the baseline.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click
import msgspec

from tests.quality.language import figures as language_figures

HERE = Path(__file__).parent


class Baseline(msgspec.Struct, frozen=True):
    """What a measurement must not fall under, and on which data."""

    digest: str
    floors: dict[str, float]
    regressions: tuple[str, ...] = ()
    """Why a floor was ever lowered."""


def digest(data: Path) -> str:
    """Hash of the data as it lies there."""
    return hashlib.sha256(data.read_bytes()).hexdigest()


def read(path: Path) -> Baseline:
    """The baseline at `path`; one without floors when there is none yet."""
    return msgspec.json.decode(path.read_bytes(), type=Baseline) if path.exists() else Baseline("", {})


def written(baseline: Baseline) -> bytes:
    """The baseline as its file holds it."""
    return json.dumps(msgspec.to_builtins(baseline), indent=2).encode() + b"\n"


def faults(baseline: Baseline, present: str, figures: Mapping[str, float]) -> list[str]:
    """What is wrong, in words; empty when the gate is open."""
    found = [
        f"{name}: {figures[name]:.4f} is under the floor of {floor:.4f}" if name in figures else f"{name}: not measured"
        for name, floor in baseline.floors.items()
        if figures.get(name, -1.0) < floor
    ]
    found += [f"{name}: measured but has no floor" for name in figures if name not in baseline.floors]
    if baseline.digest != present:
        found.append("the data changed and the baseline did not")
    return found


def updated(baseline: Baseline, present: str, figures: Mapping[str, float], reason: str = "") -> Baseline:
    """The baseline with floors raised to `figures`. Raises `ValueError` when one would fall and no `reason` is given."""
    lower = [
        f"{name} from {floor:.4f} to {figures.get(name, 0.0):.4f}"
        for name, floor in baseline.floors.items()
        if figures.get(name, 0.0) < floor
    ]
    if lower and not reason:
        raise ValueError("refused to lower " + ", ".join(lower))
    kept = baseline.regressions
    return Baseline(present, dict(figures), (*kept, f"{reason}: {', '.join(lower)}") if lower else kept)


GATES: dict[str, tuple[str, str, Callable[[Path], dict[str, float]]]] = {
    "language": ("language.jsonl", "language_baseline.json", language_figures),
}
"""Name -> data, baseline and the measurement."""


@click.command()
@click.option("--update", is_flag=True, help="Raise the floors to the present figures and take over changed data.")
@click.option("--allow-regression", metavar="REASON", default="", help="With --update: floors may fall; say why.")
def main(*, update: bool, allow_regression: str) -> None:
    """Print each figure beside its floor; exit 1 when the gate is shut."""
    shut = False
    for name, (data, baseline, measure) in GATES.items():
        known, present = read(HERE / baseline), digest(HERE / data)
        figures = measure(HERE / data)
        for figure, value in figures.items():
            click.echo(f"{name} {figure}: {value:.4f} (floor {known.floors.get(figure, 0.0):.4f})")
        if update:
            try:
                known = updated(known, present, figures, allow_regression)
            except ValueError as error:
                raise click.ClickException(str(error)) from error
            (HERE / baseline).write_bytes(written(known))
        found = faults(known, present, figures)
        shut = shut or bool(found)
        for fault in found:
            click.echo(f"{name}: {fault}", err=True)
    sys.exit(1 if shut else 0)


if __name__ == "__main__":
    main()
