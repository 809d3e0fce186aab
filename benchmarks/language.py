"""Language detection: quality on labelled texts, and speed beside langdetect, py3langid and lingua in the same run.

    python -m benchmarks.language [FOLDER] [--rounds N]
    pip install lingua-language-detector      # the third rival: measured when it can be imported, no dependency of ours

FOLDER holds files of JSON lines `{"tag": …, "text": …}`, one file a domain (`news.jsonl`); it is not part of this
repository. Texts of 28-45, 60-95, 140-260 and 500-700 characters make the four classes, others are left out. Good
sources: the DSL shared tasks, the UD treebanks SET, PUD and their like, lingua's test sentences. What is tuned on one
half must be measured on the other. Without FOLDER only the speed is measured, on the frozen set of tests/quality.

Speed is CPU time: every detector reads the same texts in turn, each round other ones, so that nobody's caches help
more than they do on a stream of news; the median round counts.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.corpus import items
from benchmarks.results import Result, options, record
from pipelines.language import second
from pipelines.language.content import content_of
from pipelines.language.detect import detect, warm
from pipelines.language.profile import ITEMS
from pipelines.language.south_slavic import VARIANTS, evidence
from pipelines.language.tags import SOUTH_SLAVIC, macro_of
from tests.quality.language import CLASSES, WIDE, macro_f1, strictly

_FROZEN = Path(__file__).parents[1] / "tests" / "quality" / "language.jsonl"
_LATIN_VARIANTS = ("sr-Latn", "hr", "bs")
_TEXTS = 120
"""Texts of a round and class; langdetect takes some three milliseconds for each."""
_DRAWS = 300


class Labelled(msgspec.Struct, frozen=True):
    """One text with its language."""

    tag: str
    text: str

    @property
    def length(self) -> str:
        """The class its length falls into; empty between classes."""
        size = len(self.text) * WIDE.get(macro_of(self.tag), 1)
        return next((name for name, (least, most) in CLASSES.items() if least - 2 <= size <= most + 2), "")


def main() -> None:
    """Measure and write the results."""
    parser = options(__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    warm()
    domains = {file.stem: _read(file) for file in sorted(chosen.folder.glob("*.jsonl"))} if chosen.folder else {}
    for domain, texts in domains.items():
        record(*_quality(domain, texts))
    pooled = [result for domain, texts in domains.items() for result in _pooled(domain, texts)]
    texts = [one for listed in domains.values() for one in listed] or _read(_FROZEN)
    record(*pooled, *_second_opinion(texts), *_speeds(texts, chosen.rounds), _stage(chosen.rounds))


def _read(file: Path) -> list[Labelled]:
    found = (msgspec.json.decode(line, type=Labelled) for line in file.read_bytes().splitlines())
    return [one for one in found if one.length]


def _quality(domain: str, texts: Sequence[Labelled]) -> list[Result]:
    answers: dict[str, list[tuple[str, str]]] = {name: [] for name in CLASSES}
    macros: dict[str, list[bool]] = {name: [] for name in CLASSES}
    tags: dict[str, list[bool]] = {name: [] for name in CLASSES}
    variants: dict[str, list[bool]] = {name: [] for name in CLASSES}
    for one in texts:
        found = detect(one.text)
        answers[one.length].append((one.tag, found.tag))
        if found.macro_accepted:
            macros[one.length].append(found.macro == macro_of(one.tag))
        if found.accepted:
            tags[one.length].append(strictly(found.tag) == strictly(one.tag))
            if one.tag in _LATIN_VARIANTS:
                variants[one.length].append(found.tag == one.tag)
    strict = [macro_f1((strictly(tag), strictly(got)) for tag, got in answers[name]) for name in CLASSES]
    merged = [macro_f1((macro_of(tag), macro_of(got)) for tag, got in answers[name]) for name in CLASSES]
    how = f"{len(texts):,} texts of {len({one.tag for one in texts})} tags, at about {', '.join(CLASSES)} characters"
    among = {name: sum(tag in _LATIN_VARIANTS for tag, _ in answers[name]) for name in CLASSES}
    latin = [[got == "sr-Latn" for tag, got in answers[name] if tag == "sr-Latn"] for name in CLASSES]
    results = [
        Result(f"languages told apart, {domain}, sr hr bs separate", _row(strict), f"macro-F1; {how}"),
        Result(f"languages told apart, {domain}, sr hr bs as one", _row(merged), f"macro-F1; {how}"),
        *(
            Result(
                f"{what} accepted, {domain}",
                _row([len(right[name]) / max(1, of[name]) for name in CLASSES]),
                f"of these right {_row([sum(right[name]) / max(1, len(right[name])) for name in CLASSES])}; {how}",
            )
            for what, right, of in (
                ("macro-languages", macros, {name: len(answers[name]) for name in CLASSES}),
                ("tags", tags, {name: len(answers[name]) for name in CLASSES}),
                ("tags of sr, hr, bs in Latin letters", variants, among),
            )
        ),
    ]
    if any(latin):
        found_latin = _row([sum(right) / max(1, len(right)) for right in latin])
        results.append(Result(f"Serbian in Latin letters found, {domain}", found_latin, f"recall; {how}"))
    return results


def _row(figures: Sequence[float]) -> str:
    return " / ".join(f"{figure:.3f}" for figure in figures)


def _pooled(domain: str, texts: Sequence[Labelled]) -> list[Result]:
    """Whether twenty headlines together name the variant; drawn from those of one tag."""
    chance = random.Random(0)
    right = draws = 0
    for tag in _LATIN_VARIANTS:
        scores = [evidence(one.text) for one in texts if one.tag == tag and one.length == "80"]
        for _ in range(_DRAWS if len(scores) >= 2 * ITEMS else 0):
            pooled = [sum(column) for column in zip(*chance.sample(scores, ITEMS), strict=True)]
            right += VARIANTS[pooled.index(max(pooled))] == tag.partition("-")[0]
            draws += 1
    if not draws:
        return []
    how = f"{draws} draws of {ITEMS} texts of 60 to 95 characters, one variant a draw"
    return [Result(f"variant of a feed by {ITEMS} headlines, {domain}", f"{right / draws:.3f}", how)]


def _second_opinion(texts: Sequence[Labelled]) -> list[Result]:
    """How often langdetect is asked about the first two words and about whole texts, what it changes and costs."""
    results = []
    for what, shortened in (("whole texts", False), ("their first two words", True)):
        second.Tally.asked = second.Tally.confirmed = 0
        right = wrong = 0
        seconds = time.process_time()
        for one in texts:
            text = " ".join(one.text.split(" ")[:2]) if shortened else one.text
            found = detect(text)
            if found.source == "agreement":
                right += found.macro == macro_of(one.tag)
                wrong += found.macro != macro_of(one.tag)
        seconds = time.process_time() - seconds
        figure = f"asked {second.Tally.asked / len(texts):.2%}, changes {second.Tally.confirmed / len(texts):.2%}"
        accepted = (
            f"of the {right + wrong:,} answers it lets be accepted {right:,} are right"
            if right + wrong
            else "none accepted"
        )
        how = f"{len(texts):,} texts; {accepted}; {seconds / len(texts) * 1e6:,.0f} µs a text with it"
        results.append(Result(f"second opinion (langdetect) on {what}", figure, how))
    return results


def _speeds(texts: Sequence[Labelled], rounds: int) -> list[Result]:
    detectors: dict[str, Callable[[str], object]] = {"ours": detect, **_rivals(texts)}
    results = []
    for name in ("80", "600"):
        chance = random.Random(name)
        pool = [one.text for one in texts if one.length == name]
        chance.shuffle(pool)
        size = min(_TEXTS, len(pool) // (rounds + 1))
        seconds: dict[str, list[float]] = {detector: [] for detector in detectors}
        for number in range(rounds + 1):
            some = pool[number * size : (number + 1) * size]
            for detector, run in detectors.items():
                seconds[detector].append(_timed(run, some))
        # The first round loads models.
        each = {detector: size / statistics.median(taken[1:]) for detector, taken in seconds.items()}
        rivals = ", ".join(f"{detector} {speed:,.0f}" for detector, speed in each.items() if detector != "ours")
        results.append(
            Result(
                f"language detection, texts per CPU second at {name} characters",
                f"{each['ours']:,.0f}, {each['ours'] / each['py3langid']:.2f} x py3langid",
                f"{rivals}; median of {rounds} interleaved rounds of {size} texts",
            )
        )
    return results


def _timed(run: Callable[[str], object], texts: Sequence[str]) -> float:
    gc.collect()
    start = time.process_time()
    for text in texts:
        run(text)
    return time.process_time() - start


def _rivals(texts: Sequence[Labelled]) -> Mapping[str, Callable[[str], object]]:
    model: Any = import_module("py3langid.langid")
    langid = model.LanguageIdentifier.from_model_file(model.MODEL_FILE, norm_probs=True)
    langdetect: Any = import_module("langdetect")
    langdetect.DetectorFactory.seed = 0

    def by_langdetect(text: str) -> object:
        try:
            return langdetect.detect_langs(text)
        except langdetect.LangDetectException:
            return None

    found: dict[str, Callable[[str], object]] = {"py3langid": langid.classify, "langdetect": by_langdetect}
    try:
        lingua: Any = import_module("lingua")
    except ImportError:
        print("lingua is not installed and not measured: pip install lingua-language-detector")
        return found
    wanted = {macro_of(one.tag) for one in texts} - {SOUTH_SLAVIC} | {"sr", "hr", "bs"}
    known = [one for one in lingua.Language.all() if one.iso_code_639_1.name.lower() in wanted | {"nb"}]
    built = lingua.LanguageDetectorBuilder.from_languages(*known).with_preloaded_language_models().build()
    return {**found, f"lingua ({len(known)} languages)": built.compute_language_confidence_values}


def _stage(rounds: int) -> Result:
    """The whole stage, as the graph calls it."""
    seconds = []
    some = list(items(300 * (rounds + 1)))
    for number in range(rounds + 1):
        mine = some[number * 300 : (number + 1) * 300]
        start = time.process_time()
        for item in mine:
            content_of(item)
        seconds.append((time.process_time() - start) / len(mine))
    length = statistics.mean(len(item.title) + len(item.summary) + len(item.body) for item in some)
    return Result(
        "language stage of the graph",
        f"{statistics.median(seconds[1:]) * 1e6:,.0f} µs CPU an item",
        f"items of some {length:,.0f} characters; median of {rounds} rounds",
    )


if __name__ == "__main__":
    main()
