from __future__ import annotations

import pytest

from pipelines.matching.compile import compile_watchlists
from pipelines.matching.document import Document
from pipelines.matching.inflection.rules import CLASSES, LANGUAGES, InflectionError, inflected
from schemas.query.fold import folded_text
from schemas.query.words import parse_alias
from schemas.watchlist import Concept, Watchlist


@pytest.mark.parametrize(
    ("stem", "language", "kind", "fleeting", "expected"),
    [
        ("Kosov", "sr", "", "", "Kosovo Kosova Kosove Kosovu Kosovom Kosovoj"),
        ("Косов", "hr", "", "", "Косово Косова Косове Косову Косовом Косовој"),
        ("Banjsk", "bs", "", "", "Banjsko Banjska Banjske Banjsku Banjskom Banjskoj"),
        ("Banjsk", "sr", "feminine-adjective", "", "Banjska Banjske Banjskoj Banjsku Banjskom"),
        ("Kosov", "sr", "neuter", "", "Kosovo Kosova Kosovu Kosovom Kosovima"),
        ("polj", "sr", "neuter", "", "polje polja polju poljem poljima"),
        ("pism", "sr", "neuter", "pisam", "pismo pisma pismu pismom pismima pisama"),
        (
            *("rezolucij", "sr", "", ""),
            "rezolucija rezolucije rezoluciji rezoluciju rezolucijo rezolucijom rezolucijama",
        ),
        ("Amerik", "sr", "feminine", "", "Amerika Amerike Americi Ameriki Ameriku Ameriko Amerikom Amerikama"),
        ("Beograd", "sr", "masculine", "", "Beograd Beograda Beogradu Beogradom Beograde Beogradi Beogradima"),
        ("junak", "sr", "masculine", "", "junak junaka junaku junakom junake junaci junacima junače"),
        (
            *("Kosovc", "sr", "masculine", "Kosovac"),
            "Kosovca Kosovcu Kosovcem Kosovcom Kosovce Kosovci Kosovcima Kosovče Kosovac Kosovaca",
        ),
        (
            *("most", "sr", "masculine", ""),
            "most mosta mostu mostom moste mosti mostima mostovi mostova mostove mostovima",
        ),
        (
            *("kosovsk", "sr", "adjective", ""),
            (
                "kosovski kosovskog kosovskoga kosovskom kosovskome kosovskomu kosovskim kosovska kosovske kosovskoj "
                "kosovsku kosovsko kosovskih kosovskima"
            ),
        ),
        ("Косов", "ru", "", "", "Косово Косова Косову Косовом Косове"),
        (
            *("резолюци", "ru", "", ""),
            "резолюция резолюции резолюцию резолюцией резолюциею резолюций резолюциям резолюциями резолюциях",
        ),
        ("соглашени", "ru", "neuter-soft", "", "соглашение соглашения соглашению соглашением соглашении соглашений"),
        (
            *("городк", "ru", "masculine", "городок"),
            "городка городку городком городке городки городков городкам городками городках городок",
        ),
        ("Баньск", "ru", "feminine-adjective", "", "Баньская Баньской Баньскую Баньскою"),
        (
            *("косовск", "ru", "adjective", ""),
            (
                "косовский косовской косовского косовскому косовским косовском косовская косовскую косовскою косовское "
                "косовские косовских косовскими"
            ),
        ),
        ("Kosov", "sq", "", "", "Kosovë Kosova Kosove Kosovës Kosovën"),
        ("Banjsk", "sq", "", "", "Banjskë Banjska Banjske Banjskës Banjskën"),
        ("Shqipëri", "sq", "", "", "Shqipëri Shqipëria Shqipërie Shqipërisë Shqipërinë"),
        ("Zveçan", "sq", "masculine", "", "Zveçan Zveçani Zveçanit Zveçanin"),
        ("park", "sq", "masculine", "", "park parku parkut parkun"),
        ("Ibr", "sq", "masculine", "Ibër", "Ibër Ibri Ibrit Ibrin"),
        (
            "الصرب",
            "ar",
            "",
            "",
            "الصرب والصرب فالصرب بالصرب وبالصرب فبالصرب كالصرب وكالصرب فكالصرب للصرب وللصرب فللصرب",
        ),
        ("SB rezolucij", "sr", "feminine", "", "SB rezolucija SB rezolucije SB rezoluciji"),
    ],
)
def test_forms(stem: str, language: str, kind: str, fleeting: str, expected: str) -> None:
    found = inflected(stem, language, kind, fleeting)
    wanted = expected.split()
    if " " in stem:
        first = stem.split(maxsplit=1)[0]
        wanted = [f"{first} {word}" for word in wanted if word != first]
    # A list cut short here shows the singular alone.
    assert list(found[: len(wanted)]) == wanted
    assert len(found) == len(wanted) or (stem, kind) in {("соглашени", "neuter-soft"), ("SB rezolucij", "feminine")}


def test_other_words_of_the_stem_are_left_out() -> None:
    forms = {folded_text(form) for form in inflected("Kosov", "sr")}
    assert forms == {"kosovo", "kosova", "kosovu", "kosovom", "kosove", "kosovoj"}
    for other in ("Kosovac", "kosovica", "kosovski", "kosovi", "Kosovaca"):
        assert folded_text(other) not in forms


@pytest.mark.parametrize(
    ("stem", "language", "kind", "written", "unwritten"),
    [
        ("قرار", "ar", "", "قرار القرار بالقرار للقرار وللقرار فكالقرار وبقرار لقرار", "لالقرار بلقرار قرارات"),
        ("لجنة", "ar", "", "لجنة اللجنة للجنة وللجنة", "لللجنة"),
        ("كوسوفو", "ar", "name", "كوسوفو وكوسوفو بكوسوفو لكوسوفو ككوسوفو", "الكوسوفو للكوسوفو"),
        ("البانيا", "ar", "name", "لالبانيا وبالبانيا", "للبانيا"),
        ("קוסובו", "he", "name", "קוסובו בקוסובו ושבקוסובו כשמקוסובו", "הקוסובו"),
        ("החלטה", "he", "", "ההחלטה בהחלטה מההחלטה ושהחלטה", "החלטות"),
        ("וינה", "he", "name", "וינה בוינה בווינה", "הוינה"),
    ],
)
def test_particles(stem: str, language: str, kind: str, written: str, unwritten: str) -> None:
    found = set(inflected(stem, language, kind))
    assert set(written.split()) <= found
    assert not set(unwritten.split()) & found


@pytest.mark.parametrize(
    ("stem", "language", "kind", "fleeting", "key", "message"),
    [
        ("Kosov", "pl", "", "", "inflect", "no inflection is known for 'pl'"),
        ("Beograd", "sr", "", "", "stem", "'Beograd' does not say how it is declined"),
        ("Kosovo", "sr", "", "", "stem", "'Kosovo' is no stem"),
        ("Москва", "ru", "", "", "stem", "'Москва' is no stem"),
        ("Kosov*", "sr", "", "", "stem", "'Kosov*' has a wildcard, which a stem cannot have"),
        ("Kosov-", "sr", "", "", "stem", "'Kosov-' ends in a hyphen"),
        (" Kosov", "sr", "", "", "stem", "' Kosov' begins or ends with a space"),
        ("Kosov", "ru", "", "", "stem", "'K' in 'Kosov' is no letter of Russian"),
        ("Косов", "sq", "", "", "stem", "'К' in 'Косов' is no letter of Albanian"),
        ("Баньск", "sr", "", "", "stem", "'ь' in 'Баньск' is no letter of Serbian, Croatian, Bosnian, Montenegrin"),
        ("K", "sr", "", "", "stem", "'K' is too short for a stem"),
        ("Kosov", "sr", "neutre", "", "class", "unknown class 'neutre' for sr, did you mean 'neuter'?"),
        ("Kosov", "sr", "name", "Kosav", "fleeting", "the class 'name' of sr has no fleeting vowel"),
        ("قرار", "ar", "", "قرر", "fleeting", "the class 'noun' of ar has no fleeting vowel"),
    ],
)
def test_faults(*, stem: str, language: str, kind: str, fleeting: str, key: str, message: str) -> None:
    with pytest.raises(InflectionError) as caught:
        inflected(stem, language, kind, fleeting)
    assert (caught.value.key, str(caught.value)) == (key, message)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_class_makes_forms_that_are_words(language: str) -> None:
    stem = {"ru": "косов", "ar": "قرار", "he": "החלטה"}.get(language, "kosov")
    for kind in LANGUAGES[language].classes:
        forms = inflected(stem, language, kind)
        assert len(set(forms)) == len(forms) > 1
        assert all(parse_alias(form) for form in forms)
        assert kind in CLASSES


def test_marks_and_particles_of_arabic_and_hebrew_and_turkish_suffixes_match() -> None:
    concept = Concept(
        name="kosovo",
        any=("Kosova", *inflected("كوسوفو", "ar"), *inflected("קוסובו", "he")),
    )
    matcher = compile_watchlists((Watchlist(id="a", name="a", concepts=(concept,), queries={"main": "kosovo"}),))

    def found(text: str) -> list[str]:
        return [span.text for match in matcher.match(Document(body=text)) for span in match.spans]

    assert found("في كُوسُوفُو اليوم") == ["كُوسُوفُو"]
    assert found("وبكوسوفـو") == ["وبكوسوفـو"]
    assert found("שבְּקוֹסוֹבוֹ") == ["שבְּקוֹסוֹבוֹ"]
    assert found("Kosova'da, Kosova’nın") == ["Kosova", "Kosova"]
    assert found("Kosovada كوسوفي") == []
