from __future__ import annotations

import math
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from pipelines.language.engines import ENGINES, Engine, engine_of
from pipelines.language.tags import LATIN
from schemas.errors import SettingsError
from tests.quality.gate import HERE
from tests.quality.language import labelled

GERMAN = "Der Bundestag hat am Donnerstag über den Haushalt debattiert"
LOADED = ("py3langid", "langdetect")


@pytest.fixture(params=LOADED)
def engine(request: pytest.FixtureRequest) -> Engine:
    return engine_of(str(request.param))


def test_the_most_probable_comes_first(engine: Engine) -> None:
    ranking = engine.rank(GERMAN, frozenset())
    assert ranking[0][0] == "de"
    assert [p for _, p in ranking] == sorted((p for _, p in ranking), reverse=True)
    assert sum(p for _, p in ranking) <= 1.0 + 1e-9


def test_only_the_languages_asked_for(engine: Engine) -> None:
    ranking = engine.rank(GERMAN, frozenset({"fr", "it"}))
    assert ranking
    assert {code for code, _ in ranking} <= {"fr", "it"}


def test_nothing_to_go_by_is_no_answer(engine: Engine) -> None:
    assert engine.rank("", frozenset()) == ()


def test_languages_it_does_not_know_are_no_answer(engine: Engine) -> None:
    assert engine.rank(GERMAN, frozenset({"tlh"})) == ()


@pytest.mark.parametrize(
    "asked", [frozenset(), LATIN, frozenset({"sr", "mk", "bg", "ru"}), frozenset({"ar", "fa", "ur"})]
)
def test_py3langid_scores_as_the_library_does(asked: frozenset[str]) -> None:
    library = LanguageIdentifier.from_model_file(MODEL_FILE)
    engine = engine_of("py3langid")
    for one in labelled(HERE / "language.jsonl")[::25]:
        raw = {code: score for code, score in library.rank(one.text) if not asked or code in asked}
        ranking = engine.rank(one.text, asked)
        temperature = math.sqrt(len(unicodedata.normalize("NFC", one.text).encode()))
        assert ranking[0][0] == max(raw, key=raw.__getitem__)
        for code, probability in ranking:
            behind = math.log(ranking[0][1] / probability) * temperature
            assert behind == pytest.approx(max(raw.values()) - raw[code], rel=1e-3, abs=0.05)


def test_the_same_text_has_the_same_ranking(engine: Engine) -> None:
    assert engine.rank("Banjska", frozenset()) == engine.rank("Banjska", frozenset())


def test_an_engine_is_loaded_once_even_by_many_threads() -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len({id(engine) for engine in pool.map(engine_of, ["py3langid"] * 16)}) == 1


def test_hybrid_rests_on_py3langid() -> None:
    assert engine_of("hybrid") is engine_of("py3langid")
    assert set(ENGINES) == {"hybrid", *LOADED}


def test_an_unknown_engine_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(
        SettingsError, match="fasttext: no such language engine; there are hybrid, py3langid, langdetect"
    ):
        engine_of("fasttext")
