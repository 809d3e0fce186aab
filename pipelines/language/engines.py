"""The statistical engines behind one small Protocol. Loading one takes about a second, so it happens once, on first use.

Both are deterministic: py3langid by nature, langdetect because its random source is seeded before each text. Neither
needs the network; the models lie in their packages.
"""

from __future__ import annotations

import json
import math
import threading
from importlib import import_module, resources
from typing import TYPE_CHECKING, Any, Protocol

from schemas.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

ENGINES = ("hybrid", "py3langid", "langdetect")
"""What can be selected; `hybrid` is script first, then letters, then py3langid, then the South Slavic variants."""

Ranking = tuple[tuple[str, float], ...]
"""Language codes with their probabilities, most probable first."""


class Engine(Protocol):
    """Ranks languages by the letters of a text. Safe from several threads once made."""

    name: str

    def rank(self, text: str, languages: AbstractSet[str]) -> Ranking:
        """Those of `languages` the engine knows, most probable first, probabilities summing to one at most.

        No `languages` means all it knows. Empty when the text gives it nothing to go by.
        """


class Py3langid:
    """py3langid: naive Bayes over byte n-grams, the best single engine measured for news headlines."""

    name = "py3langid"

    def __init__(self) -> None:
        model = import_module("py3langid.langid")
        # Raw scores, so that a restricted set of languages is normalised within itself and nothing underflows.
        self._identifier: Any = model.LanguageIdentifier.from_model_file(model.MODEL_FILE)

    def rank(self, text: str, languages: AbstractSet[str] = frozenset()) -> Ranking:
        """See `Engine`."""
        if text.isupper():
            text = text.lower()
        scored = [(code, score) for code, score in self._identifier.rank(text) if not languages or code in languages]
        if not scored or scored[0][1] == scored[-1][1]:
            return ()
        # The model's own calibration: the temperature grows with the square root of the bytes.
        temperature = math.sqrt(len(text.encode("utf-8", "surrogatepass")) or 1)
        best = scored[0][1]
        weights = [(code, math.exp((score - best) / temperature)) for code, score in scored]
        total = math.fsum(weight for _, weight in weights)
        return tuple((code, weight / total) for code, weight in weights)


class Langdetect:
    """langdetect, seeded: the second opinion. It knows neither Serbian nor Bosnian."""

    name = "langdetect"

    def __init__(self) -> None:
        factory_module = import_module("langdetect.detector_factory")
        self._error: type[Exception] = import_module("langdetect.lang_detect_exception").LangDetectException
        folder = resources.files("langdetect") / "profiles"
        # In order of name: the package itself takes the order the file system happens to have.
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_file() and not entry.name.startswith("."))
        self._factory: Any = factory_module.DetectorFactory()
        self._factory.set_seed(0)
        self._factory.load_json_profile([(folder / name).read_text("utf-8") for name in names])
        self.languages = frozenset(json.loads((folder / name).read_text("utf-8"))["name"] for name in names)

    def rank(self, text: str, languages: AbstractSet[str] = frozenset()) -> Ranking:
        """See `Engine`."""
        known = self.languages & languages if languages else self.languages
        if not known:
            return ()
        detector = self._factory.create()
        detector.set_prior_map(dict.fromkeys(sorted(known), 1.0))
        detector.append(text)
        try:
            found = detector.get_probabilities()
        except self._error:
            return ()
        return tuple((guess.lang, float(guess.prob)) for guess in found)


_loaded: dict[str, Engine] = {}
_loading = threading.Lock()


def engine_of(name: str) -> Engine:
    """The engine behind one of `ENGINES`, loaded on the first call; safe from several threads.

    Raises `SettingsError` for any other name.
    """
    if name not in ENGINES:
        raise SettingsError(f"no such language engine; there are {', '.join(ENGINES)}", subject=name)
    wanted = "langdetect" if name == "langdetect" else "py3langid"
    engine = _loaded.get(wanted)
    if engine is None:
        with _loading:
            engine = _loaded.get(wanted)
            if engine is None:
                engine = _loaded[wanted] = Langdetect() if wanted == "langdetect" else Py3langid()
    return engine
