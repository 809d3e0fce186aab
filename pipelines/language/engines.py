"""The statistical engines behind one small Protocol. Loading one takes about a second, so it happens once, on first use.

Both are deterministic: py3langid by nature, langdetect because its random source is seeded before each text. Neither
needs the network; the models lie in their packages.
"""

from __future__ import annotations

import json
import math
import threading
import unicodedata
from array import array
from importlib import import_module, resources
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from schemas.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

ENGINES = ("hybrid", "py3langid", "langdetect")
"""What can be selected; `hybrid` is script first, then letters, then py3langid, then the South Slavic variants."""

Ranking = tuple[tuple[str, float], ...]
"""Language codes with their probabilities, most probable first."""


_NEVER = -9.2
"""Languages whose log score is this far under the best one's are left out of a ranking: one in ten thousand."""
_PROBABILITY = itemgetter(1)


class Engine(Protocol):
    """Ranks languages by the letters of a text. Safe from several threads once made."""

    name: str

    def rank(self, text: str, languages: AbstractSet[str]) -> Ranking:
        """Those of `languages` the engine knows, most probable first, probabilities summing to one at most.

        No `languages` means all it knows. Empty when the text gives it nothing to go by.
        """


class Py3langid:
    """py3langid: naive Bayes over byte n-grams, the best single engine measured for news headlines.

    The model is the library's. The sum is made here, over the columns of the languages asked for only, cut out once for
    each set of languages: the library weighs all of its 142 for every text. A test holds both to the same scores.
    """

    name = "py3langid"

    def __init__(self) -> None:
        model = import_module("py3langid.langid")
        identifier = model.LanguageIdentifier.from_model_file(model.MODEL_FILE)
        # Arrays of machine integers: lists of Python ones cost a third more time, all of it waiting for memory.
        rows = array("I", (row << 8 for row in identifier.tk_row))
        self._walk = (identifier.tk_nextmove, rows, array("i", identifier.tk_output))
        self._weights: Any = identifier.nb_ptc
        self._priors: Any = identifier.nb_pc
        self._labels: list[str] = identifier.nb_classes
        self._numpy: Any = import_module("numpy")
        self._cut: dict[AbstractSet[str], _Columns] = {}

    def rank(self, text: str, languages: AbstractSet[str] = frozenset()) -> Ranking:
        """See `Engine`."""
        if text.isupper():
            text = text.lower()
        data = unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")
        columns = self._cut.get(languages) or self._columns(languages)
        visits = self._visits(data) if columns.codes else None
        if not visits:
            return ()
        np = self._numpy
        features = np.fromiter(visits, np.intp, len(visits))
        counts = np.fromiter(visits.values(), np.float32, len(visits))
        # The model's own calibration: the temperature grows with the square root of the bytes.
        scores = np.log1p(counts).dot(columns.weights.take(features, 0))
        scores += columns.priors
        raw: list[float] = scores.tolist()
        for one, other in columns.twins:
            raw[one] = max(raw[one], raw[other])
        best = max(raw)
        scale = 1.0 / math.sqrt(len(data))
        least = best + _NEVER / scale
        weights = [(code, math.exp((score - best) * scale)) for code, score in zip(columns.codes, raw) if score > least]  # noqa: B905 the twins have no code
        whole = math.fsum(weight for _, weight in weights)
        return tuple(sorted([(code, weight / whole) for code, weight in weights], key=_PROBABILITY, reverse=True))

    def _visits(self, data: bytes) -> dict[int, int]:
        """How often each run of bytes the model knows ends in `data`, by one walk through its automaton."""
        moves, rows, outputs = self._walk
        found: dict[int, int] = {}
        state = 0
        for byte in data:
            state = moves[rows[state] + byte]
            feature = outputs[state]
            if feature >= 0:
                found[feature] = found.get(feature, 0) + 1
        return found

    def _columns(self, languages: AbstractSet[str]) -> _Columns:
        asked = [index for index, code in enumerate(self._labels) if not languages or code in languages]
        codes = tuple(dict.fromkeys(self._labels[index] for index in asked))
        # A label that stands twice in the model (Serbian in either script) counts as its better half; that goes last.
        firsts = [self._labels.index(code) for code in codes]
        seconds = [index for index in asked if index not in firsts]
        twins = tuple((codes.index(self._labels[index]), len(codes) + at) for at, index in enumerate(seconds))
        order = firsts + seconds
        # Row after row in memory: a text needs some hundred whole rows.
        weights = self._numpy.ascontiguousarray(self._weights[:, order], dtype=self._numpy.float32)
        found = _Columns(codes, weights, self._priors[order], twins)
        self._cut[frozenset(languages)] = found
        return found


class _Columns(NamedTuple):
    codes: tuple[str, ...]
    weights: Any
    priors: Any
    twins: tuple[tuple[int, int], ...]


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
