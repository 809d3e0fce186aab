"""`wirewatch detect`: the language of each line of text."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, BinaryIO

import click
import msgspec

from pipelines.language.detect import NOTHING, Detection, detect
from pipelines.language.engines import ENGINES
from wirewatch.cli.options import with_settings

if TYPE_CHECKING:
    from wirewatch.settings import Settings


@click.command(short_help="the language of each line of text")
@with_settings
@click.argument("file", type=click.File("rb"), default="-")
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="hybrid",
    show_default=True,
    help="hybrid: script, letters, words, py3langid, South Slavic variants. The others answer alone.",
)
@click.option("--json", "as_json", is_flag=True, help="Accepted for uniformity: the output is always JSON lines.")
@click.option(
    "--limit", metavar="N", default=0, show_default=True, type=click.IntRange(min=0), help="Most lines; 0 = all."
)
def command(settings: Settings, file: BinaryIO, engine: str, as_json: bool, limit: int) -> None:  # noqa: ARG001 options every command takes
    """Print one JSON object for each line of FILE (or standard input): tag, macro, script, confidence, accepted.

    Blank lines are answered too. Every text with a letter gets a best guess; "accepted" is false when it is below the
    threshold. "variant_confidence" is the probability of sr, hr, bs or cnr given that the text is in one of them, else 1.
    No data folder is needed.
    """
    out = sys.stdout.buffer
    for number, line in enumerate(file, start=1):
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        out.write(msgspec.json.encode(_record(detect(text, engine=engine) if text.strip() else NOTHING)) + b"\n")
        # Someone typing, or a program at the other end of two pipes, waits for the answer to this very line.
        out.flush()
        if number == limit:
            break


def _record(found: Detection) -> dict[str, Any]:
    return {
        "tag": found.tag,
        "macro": found.macro,
        "script": found.script,
        "confidence": found.confidence,
        "accepted": found.accepted,
        "variant_confidence": found.variant_confidence,
        "macro_confidence": found.macro_confidence,
        "macro_accepted": found.macro_accepted,
        "source": found.source,
        "alternatives": dict(found.alternatives),
    }
