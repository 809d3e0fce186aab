"""Language detection of one text: script first, then letters, then an engine, then variants, then declarations.

    text ──cleaned──> script ──alone?──────────────────────────────────────┐
                        │ Cyrillic: letters rule out, the engine, words ───┤
                        │ Latin: the engine, words, letters ───────────────┼─> language ──hbs?──> variant ──> Detection
                        │ Arabic, Devanagari: the engine ──────────────────┘

A declaration (entry, feed, our source list, what the feed was learned to be written in) never overrides a script or a
sure engine: it decides when the text does not, and inside sr / hr / bs / cnr it is weighed against the words. Below the
least evidence a second engine may confirm the guess; it never changes one.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec

from pipelines.language import cyrillic, latin, second, south_slavic
from pipelines.language.clean import cleaned, uncapitalised
from pipelines.language.detection import NOTHING, Detection, listed, rounded
from pipelines.language.engines import Engine, Ranking, engine_of
from pipelines.language.frame import LETTERS, WORDS, enough, frame
from pipelines.language.hints import NO_HINTS, Hints, declared_languages, variant_weights
from pipelines.language.scripts import ALONE, Writing, only, writing_of
from pipelines.language.tags import ARABIC, DEVANAGARI, LATIN, SOUTH_SLAVIC, declared_tag, macro_of, macro_tag

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

__all__ = ["NOTHING", "NO_HINTS", "Detection", "Hints", "detect", "warm"]

ACCEPT = 0.6
"""Probability from which a language is accepted."""
OVERRULE = 0.7
"""From here on a text too short to be trusted still outweighs a declaration of another language."""
ACCEPT_VARIANT = 0.9
ACCEPT_DECLARED_VARIANT = 0.8
"""Probability from which a variant of `hbs` is accepted, without and with a declaration that agrees."""
DOUBT = 0.3
"""The probability from which what a headline says outside its quotations and names forbids accepting another language."""
ENOUGH, SURE = 240, 0.95
"""Characters read first, and the probability from which the rest is not read for the language (it is for the variant)."""
SCRIPT_WITHIN = 400
"""Characters the script is taken from."""

# One label of the engine, several in ours, and the other way round.
_SAME = {"hr": SOUTH_SLAVIC, "bs": SOUTH_SLAVIC, "sr": SOUTH_SLAVIC, "zh-cn": "zh", "zh-tw": "zh"}
_EAST_ASIAN = frozenset({"Hans", "Hant", "Hani", "Bopo", "Jpan", "Kore"})
_LANGUAGES: dict[str, AbstractSet[str]] = {"Latn": LATIN, "Arab": ARABIC, "Deva": DEVANAGARI}


class _Guess(msgspec.Struct, frozen=True):
    ranking: Ranking
    source: str
    proven: bool


def warm(engine: str = "hybrid") -> None:
    """Load what `detect` needs now, rather than on its first call. Safe in a thread."""
    engine_of(engine)


def detect(text: str, hints: Hints = NO_HINTS, engine: str = "hybrid") -> Detection:
    """The language of `text`; never raises, the same answer every time, safe from several threads.

    `engine` is one of `engines.ENGINES`. Only the first `clean.WINDOW` characters are looked at. With
    another engine than `hybrid` the answer is that engine's alone: no letters, variants or hints.
    """
    evidence = uncapitalised(cleaned(text))
    writing = writing_of(evidence[:SCRIPT_WITHIN])
    if not writing.letters:
        return NOTHING
    if engine != "hybrid":
        return _alone(evidence, writing, engine_of(engine))
    words = only(evidence, writing.script) if writing.share < 1.0 and writing.script not in ALONE else evidence
    return _decided(words or evidence, writing, hints)


def _decided(text: str, writing: Writing, hints: Hints) -> Detection:
    whole = text
    text, guess, doubt = _framed(text, writing)
    macro, probability = guess.ranking[0]
    letters = writing.letters if text is whole else sum(map(str.isalpha, text))
    ample = enough(text, letters, writing.script)
    accepted = guess.proven or (ample and not doubt and probability >= ACCEPT)
    source = guess.source
    if not accepted:
        hinted = _hinted(hints, writing, guess)
        if hinted and (hinted == macro or probability < (ACCEPT if ample else OVERRULE)):
            macro, accepted, source = hinted, True, "hint"
            # No better than the threshold: the text itself did not say so.
            probability = max(dict(guess.ranking).get(hinted, 0.0), ACCEPT)
        elif not ample and second.confirms(text, writing, macro, probability):
            accepted, source = True, "agreement"
    others = _others(guess.ranking, macro, 1.0 - probability) if len(guess.ranking) > 1 else ()
    tag = _written(macro, writing.script)
    if macro != SOUTH_SLAVIC:
        return Detection(
            tag=tag,
            macro=macro,
            script=writing.script,
            confidence=rounded(probability),
            accepted=accepted,
            macro_confidence=rounded(probability),
            macro_accepted=accepted,
            source=source,
            alternatives=listed((_written(code, writing.script), p) for code, p in others),
        )
    weights = variant_weights(hints)
    ranking = _variants(text, writing.script, weights, hints)
    variant, share = ranking[0]
    threshold = ACCEPT_DECLARED_VARIANT if weights.get(variant) else ACCEPT_VARIANT
    rest = [(_variant_tag(code, writing.script), p * probability) for code, p in ranking[1:]]
    rest += [(_written(code, writing.script), p) for code, p in others]
    return Detection(
        tag=_variant_tag(variant, writing.script),
        macro=macro,
        script=writing.script,
        confidence=rounded(share * probability),
        accepted=accepted and share >= threshold,
        variant_confidence=rounded(share),
        macro_confidence=rounded(probability),
        macro_accepted=accepted,
        source=source if source != "engine" or len(ranking) == 1 else "variant",
        alternatives=listed(rest),
    )


def _framed(text: str, writing: Writing) -> tuple[str, _Guess, bool]:
    """What of `text` speaks of its language, the guess by that, and whether another part says otherwise.

    A headline is in the language of its own words, not of the quotation or the foreign names in it.
    """
    guess = _read(text, writing)
    headline = writing.script == "Latn" and len(text) <= ENOUGH
    rest = frame(text, named=guess.ranking[0][1] < SURE) if headline else ""
    if not rest:
        return text, guess, False
    other = _read(rest, writing)
    language, probability = other.ranking[0]
    if language == guess.ranking[0][0]:
        return text, guess, False
    if probability >= ACCEPT and second.worth_asking(rest):
        return rest, other, False
    return text, guess, probability >= DOUBT and enough(rest, sum(map(str.isalpha, rest)), writing.script)


def _read(text: str, writing: Writing) -> _Guess:
    """The language by the beginning of `text`, and by all of it where the beginning leaves a doubt."""
    if len(text) <= ENOUGH:
        return _language(text, writing)
    guess = _language(text[:ENOUGH].rpartition(" ")[0] or text, writing)
    return guess if guess.ranking[0][1] >= SURE else _language(text, writing)


def _language(text: str, writing: Writing) -> _Guess:
    script = writing.script
    alone = ALONE.get(script)
    if alone:
        return _Guess(((alone, writing.share),), "script", proven=True)
    engine = engine_of("hybrid")
    if script == "Cyrl":
        ranking, proven = cyrillic.rank(text, engine)
        return _Guess(_collapsed(ranking), "letters" if proven else "engine", proven)
    languages = _LANGUAGES.get(script)
    opinion = _collapsed(engine.rank(text, languages)) if languages else ()
    # A script known to nobody here, or letters the model has never seen: English is as good a guess as any.
    ranking = opinion or (("en", 0.0),)
    return _Guess(latin.corrected(ranking, text) if script == "Latn" else ranking, "engine", proven=False)


def _collapsed(ranking: Ranking) -> Ranking:
    if all(code not in _SAME for code, _ in ranking):
        return ranking
    summed: dict[str, float] = {}
    for code, probability in ranking:
        macro = _SAME.get(code, code)
        summed[macro] = summed.get(macro, 0.0) + probability
    return tuple(sorted(summed.items(), key=itemgetter(1), reverse=True))


def _hinted(hints: Hints, writing: Writing, guess: _Guess) -> str:
    """The declared language this text can be in, the most trusted first; empty when there is none."""
    if writing.script == "Cyrl":
        possible = frozenset(code for code, _ in guess.ranking)
    else:
        possible = frozenset(_SAME.get(code, code) for code in _LANGUAGES.get(writing.script, ()))
    for macro, script in declared_languages(hints):
        if macro in possible and script in {"", writing.script}:
            return macro
    return ""


def _others(ranking: Ranking, chosen: str, left: float) -> Ranking:
    rest = [(code, probability) for code, probability in ranking if code != chosen]
    whole = sum(probability for _, probability in rest)
    return tuple((code, probability * min(1.0, left / whole)) for code, probability in rest) if whole else ()


def _written(code: str, script: str) -> str:
    if code == "zh" and script in {"Hans", "Hant"}:
        return f"zh-{script}"
    return macro_tag(code, script)


def _variants(text: str, script: str, weights: dict[str, float], hints: Hints) -> Ranking:
    """The variants possible in `script` by probability, which sum to one."""
    if script != "Cyrl":
        return south_slavic.rank(text, weights)
    # Croatian is not written in it; Bosnian and Montenegrin only where our own list says so.
    listed_as = declared_tag(hints.source).partition("-")[0]
    if listed_as not in {"bs", "cnr"}:
        return (("sr", 1.0),)
    ranking = [(code, p) for code, p in south_slavic.rank(text, weights) if code in {"sr", listed_as}]
    whole = sum(p for _, p in ranking)
    return tuple((code, p / whole) for code, p in ranking)


def _variant_tag(code: str, script: str) -> str:
    return f"{code}-{script}" if code == "sr" or script == "Cyrl" else code


def _alone(text: str, writing: Writing, engine: Engine) -> Detection:
    # langdetect splits text at letters and guesses among Chinese, Japanese and Korean; it is never asked about them.
    asked = engine.name != "langdetect" or writing.script not in _EAST_ASIAN
    ranking = engine.rank(text, frozenset()) if asked else ((_written(ALONE[writing.script], writing.script), 1.0),)
    if not ranking:
        ranking = ((ALONE.get(writing.script, "en"), 0.0),)
    tags = [
        ({"zh-cn": "zh-Hans", "zh-tw": "zh-Hant", "sr": f"sr-{writing.script}"}.get(code, code), p)
        for code, p in ranking
    ]
    tag, probability = tags[0]
    macro = macro_of(tag)
    of_macro = sum(p for other, p in tags if macro_of(other) == macro)
    ample = writing.letters >= LETTERS and (len(text.split()) >= WORDS or writing.script in ALONE)
    return Detection(
        tag=tag,
        macro=macro,
        script=writing.script,
        confidence=rounded(probability),
        accepted=ample and probability >= ACCEPT,
        variant_confidence=rounded(probability / of_macro) if of_macro else 1.0,
        macro_confidence=rounded(of_macro),
        macro_accepted=ample and of_macro >= ACCEPT,
        source="engine" if asked else "script",
        alternatives=listed(tags[1:]),
    )
