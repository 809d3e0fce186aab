"""Makes `pipelines/language/{cyrillic,south_slavic}_grams.json` from the language models lingua publishes.

    cargo vendor crates          # in a project that names the nine lingua-*-language-model crates, version 1.1.0
    pip install brotli
    python -m tools.language_grams crates

Those crates (Apache-2.0) hold how often a letter follows up to four others in a language. From them come, for each
group of near languages, the runs of letters that tell them apart, each with one number for each language: how much more
probable its last letter is there than on the average of the group, as a natural logarithm. A run that says the same
as its own ending is left out, so is one too rare to matter, and so are names of places of the region: the same events
are reported in all these languages.

lingua knows Serbian in Cyrillic; its runs are respelt in Latin letters, a letter for `љ њ џ` becoming two.
"""

from __future__ import annotations

import json
import math
import sys
from collections import defaultdict
from functools import cache
from importlib import import_module
from pathlib import Path

_TARGET = Path(__file__).parents[1] / "pipelines" / "language"
_VERSION = "1.1.0"
_NAMES = {
    "sr": "serbian", "hr": "croatian", "bs": "bosnian", "sl": "slovene", "mk": "macedonian", "bg": "bulgarian",
    "ru": "russian", "uk": "ukrainian", "be": "belarusian",
}  # fmt: skip
_ORDERS = ("unigrams", "bigrams", "trigrams", "quadrigrams", "fivegrams")
_LATIN = {
    **dict(zip("абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš", strict=True)),
    "љ": "lj",
    "њ": "nj",
    "џ": "dž",
}
_LETTERS = {
    "south_slavic": frozenset("".join(_LATIN.values())),
    "cyrillic": frozenset("абвгґдђѓеёєжзѕиіїйјклљмнњопрстћќуўфхцчџшщъыьэюя"),
}
_GROUPS = {"south_slavic": ("sr", "hr", "bs", "sl"), "cyrillic": ("sr", "mk", "bg", "ru", "uk", "be")}
_PLACES = [
    "srbij",
    "srpsk",
    "srbin",
    "srbim",
    "beograd",
    "vojvodin",
    "novisad",
    "hrvat",
    "zagreb",
    "splits",
    "splitu",
    "rijeck",
    "osijek",
    "istars",
    "istri",
    "dalmac",
    "dalmat",
    "bosn",
    "bosan",
    "hercego",
    "sarajev",
    "banjal",
    "banjoj",
    "mostar",
    "tuzl",
    "zenic",
    "kosov",
    "prištin",
    "crnogor",
    "crnojgor",
    "podgoric",
    "jugoslav",
    "sloven",
    "ljubljan",
    "maribor",
    "makedon",
    "alban",
    "србиј",
    "српск",
    "србин",
    "београд",
    "војводин",
    "хрват",
    "загреб",
    "босн",
    "босан",
    "херцего",
    "сарајев",
    "косов",
    "приштин",
    "црногор",
    "подгориц",
    "македон",
    "словен",
    "албан",
    "скопј",
    "българ",
    "софи",
    "росси",
    "россий",
    "москв",
    "москов",
    "росій",
    "украин",
    "україн",
    "київ",
    "киев",
    "беларус",
    "мінск",
    "минск",
]
_SAMPLE = 5e6
"""Letters the frequencies are taken to rest on; lingua does not say, and the result hardly depends on it."""
_BACKOFF = 4.0
_LEAST = {"south_slavic": 5e-6, "cyrillic": 50e-6}
"""How much a run must add to the expected score of a letter of text to be kept."""
_STEP, _MOST = 0.1, 31
"""A value is stored as a number of steps, in one printable character: `0` is 32 steps below `P`, which is none."""


def main() -> None:
    """Write both tables and say how large they are."""
    crates = Path(sys.argv[1])
    for group, languages in _GROUPS.items():
        models = {code: _model(crates, code) for code in languages}
        if group == "south_slavic":
            models["sr"] = _respelt(models["sr"])
        models = {code: _normal(model, _LETTERS[group]) for code, model in models.items()}
        grams = _telling(models, _LEAST[group])
        table = {
            "source": f"lingua-*-language-model {_VERSION}, Apache-2.0; made by tools/language_grams.py",
            "languages": list(languages),
            "grams": dict(sorted(grams.items())),
        }
        target = _TARGET / f"{group}_grams.json"
        target.write_text(json.dumps(table, ensure_ascii=False, indent=0, separators=(",", ":")) + "\n", "utf-8")
        print(f"{target.name}: {len(grams):,} runs of letters, {target.stat().st_size:,} bytes")


def _model(crates: Path, code: str) -> dict[str, float]:
    """The probability of each run of letters of a language within running text."""
    decompress = import_module("brotli").decompress
    found: dict[str, float] = {}
    for order in _ORDERS:
        [file] = crates.glob(f"lingua-{_NAMES[code]}-language-model*{_VERSION}*/models/{order}.json.br")
        for fraction, runs in json.loads(decompress(file.read_bytes()))["ngrams"].items():
            times, of = map(int, fraction.split("/"))
            for run in runs.split(" "):
                # The files say how probable the last letter is after the others.
                found[run] = times / of * (found.get(run[:-1], 0.0) if len(run) > 1 else 1.0)
    return found


def _respelt(model: dict[str, float]) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for run, probability in model.items():
        if not all(letter in _LATIN for letter in run):
            continue
        parts = [_LATIN[letter] for letter in run]
        latin = "".join(parts)
        # A run of Latin letters may begin in the middle of a two-letter sound, and end in the middle of another.
        for first in range(len(parts[0])):
            for last in range(len(parts[-1])):
                end = len(latin) - last
                if first < end and end - first <= len(_ORDERS):
                    found[latin[first:end]] += probability
    return found


def _normal(model: dict[str, float], letters: frozenset[str]) -> dict[str, float]:
    kept = {run: probability for run, probability in model.items() if letters.issuperset(run)}
    whole = math.fsum(probability for run, probability in kept.items() if len(run) == 1)
    return {run: probability / whole for run, probability in kept.items()}


def _telling(models: dict[str, dict[str, float]], least: float) -> dict[str, str]:
    @cache
    def conditional(code: str, run: str) -> float:
        model = models[code]
        if len(run) == 1:
            return max(model.get(run, 0.0), 1e-7)
        times, of = model.get(run, 0.0) * _SAMPLE, model.get(run[:-1], 0.0) * _SAMPLE
        return (times + _BACKOFF * conditional(code, run[1:])) / (max(of, times) + _BACKOFF)

    def values(run: str) -> tuple[int, ...]:
        logs = [math.log(conditional(code, run)) for code in models]
        middle = math.fsum(logs) / len(logs)
        return tuple(max(-_MOST, min(_MOST, round((one - middle) / _STEP))) for one in logs)

    silent = {
        place[start : start + length]
        for place in _PLACES
        for length in (4, 5)
        for start in range(len(place) - length + 1)
    }
    none = (0,) * len(models)
    kept: dict[str, tuple[int, ...]] = {}
    frequency: dict[str, float] = defaultdict(float)
    for model in models.values():
        for run, probability in model.items():
            frequency[run] = max(frequency[run], probability)
    for run in sorted(frequency, key=lambda one: (len(one), one)):
        ending = run[1:]
        while ending and ending not in kept:
            ending = ending[1:]
        without = kept.get(ending, none)
        own = none if run in silent else values(run)
        gain = _STEP * max(abs(one - other) for one, other in zip(own, without, strict=True))
        if frequency[run] * gain > least or (run in silent and own != without):
            kept[run] = own
    return {run: "".join(chr(ord("P") + step) for step in steps) for run, steps in kept.items()}


if __name__ == "__main__":
    main()
