"""Language detection of one text: script first, then letters, then an engine, then variants, then declarations.

    text ──cleaned──> script ──alone?──────────────────────────────┐
                        │ Cyrillic: letters rule out, words vote ──┤
                        │ Latin, Arabic, Devanagari: the engine ───┴─> language ──hbs?──> variant ──> Detection

A declaration (entry, feed, our source list) never overrides a script or a sure engine: it decides when the text does
not, and inside sr / hr / bs / cnr it is weighed against the words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pipelines.language import cyrillic, latin, south_slavic
from pipelines.language.clean import cleaned
from pipelines.language.engines import Engine, Ranking, engine_of
from pipelines.language.scripts import ALONE, Writing, only, writing_of
from pipelines.language.tags import ARABIC, DEVANAGARI, LATIN, SOUTH_SLAVIC, UNKNOWN, declared_tag, macro_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

ACCEPT = 0.5
"""Probability from which a language is accepted. There py3langid alone, limited to these languages, was right on 99.5 %
of 40-character news texts it kept; the whole detector's figures are those of `tests/quality/`."""
OVERRULE = 0.7
"""From here on a text too short to be trusted still outweighs a declaration of another language."""
ACCEPT_VARIANT = 0.9
ACCEPT_DECLARED_VARIANT = 0.8
"""Probability from which a variant of `hbs` is accepted, without and with a declaration that agrees."""
LETTERS, WORDS = 20, 3
"""Below this much evidence only a script, a letter or a declaration decides: engines are overconfident on a name."""
SOURCE_WEIGHT, DECLARED_WEIGHT, MOST_WEIGHT = 4.0, 2.0, 5.0
"""What a declaration adds to the log score of a variant: of our source list, of a feed, and of both together."""


class Hints(msgspec.Struct, frozen=True):
    """What others say the language is, as they write it; empty when they say nothing."""

    declared: str = ""
    """By the entry or its feed."""
    source: str = ""
    """By our own source list, which somebody looked after."""


class Detection(msgspec.Struct, frozen=True, kw_only=True):
    """The language of a text."""

    tag: str = UNKNOWN
    """BCP 47: always the best guess; `und` only for a text without letters."""
    macro: str = UNKNOWN
    """`hbs` for sr, hr, bs and cnr, otherwise the language: what watchlists compare."""
    script: str = ""
    """ISO 15924 code of the main script, `Jpan` and `Kore` for the mixtures; empty when unknown."""
    confidence: float = 0.0
    """Probability of `tag`."""
    accepted: bool = False
    """Whether `tag` is above the threshold."""
    macro_confidence: float = 0.0
    macro_accepted: bool = False
    """The same for `macro`, which is often sure when the variant is not."""
    source: str = "none"
    """What decided: `script`, `letters`, `engine`, `variant`, `hint` or `none`."""
    alternatives: tuple[tuple[str, float], ...] = ()
    """Up to three other tags with their probabilities."""


NOTHING = Detection()
"""The answer for a text without letters."""
NO_HINTS = Hints()

# One label of the engine, several in ours, and the other way round.
_SAME = {"hr": SOUTH_SLAVIC, "bs": SOUTH_SLAVIC, "sr": SOUTH_SLAVIC, "zh-cn": "zh", "zh-tw": "zh"}


class _Guess(msgspec.Struct, frozen=True):
    ranking: Ranking
    source: str
    proven: bool


def warm(engine: str = "hybrid") -> None:
    """Load what `detect` needs now, rather than on its first call. Safe in a thread."""
    engine_of(engine)


def detect(text: str, hints: Hints = NO_HINTS, engine: str = "hybrid") -> Detection:
    """The language of `text`; never raises, the same answer every time, safe from several threads.

    `engine` is one of `engines.ENGINES`. Only the first few thousand characters are looked at. With
    another engine than `hybrid` the answer is that engine's alone: no letters, variants or hints.
    """
    evidence = cleaned(text)
    writing = writing_of(evidence)
    if not writing.letters:
        return NOTHING
    if engine != "hybrid":
        return _alone(evidence, writing, engine_of(engine))
    words = only(evidence, writing.script) if writing.share < 1.0 and writing.script not in ALONE else evidence
    return _decided(words or evidence, writing, hints)


def _decided(text: str, writing: Writing, hints: Hints) -> Detection:
    opinion = _opinion(text, writing)
    guess = _language(text, writing, opinion)
    macro, probability = guess.ranking[0]
    enough = writing.letters >= LETTERS and len(text.split()) >= WORDS
    accepted = guess.proven or (enough and probability >= ACCEPT)
    source = guess.source
    if not accepted:
        hinted = _hinted(hints, writing, guess)
        if hinted and (hinted == macro or probability < (ACCEPT if enough else OVERRULE)):
            macro, accepted, source = hinted, True, "hint"
            # No better than the threshold: the text itself did not say so.
            probability = max(dict(guess.ranking).get(hinted, 0.0), ACCEPT)
    others = _others(guess.ranking, macro, 1.0 - probability)
    plain = Detection(
        tag=_written(macro, writing.script),
        macro=macro,
        script=writing.script,
        confidence=_rounded(probability),
        accepted=accepted,
        macro_confidence=_rounded(probability),
        macro_accepted=accepted,
        source=source,
        alternatives=_listed((_written(code, writing.script), p) for code, p in others),
    )
    return _with_variant(plain, text, opinion, hints) if macro == SOUTH_SLAVIC else plain


def _opinion(text: str, writing: Writing) -> Ranking:
    """What the engine says of a text in letters that several languages share."""
    languages = _languages(writing.script)
    return engine_of("hybrid").rank(text, languages) if languages else ()


def _languages(script: str) -> AbstractSet[str]:
    return {"Latn": LATIN, "Arab": ARABIC, "Deva": DEVANAGARI}.get(script, frozenset())


def _language(text: str, writing: Writing, opinion: Ranking) -> _Guess:
    alone = ALONE.get(writing.script)
    if alone:
        return _Guess(((alone, writing.share),), "script", proven=True)
    if writing.script == "Cyrl":
        ranking, proven = cyrillic.rank(text, engine_of("hybrid"))
        return _Guess(_collapsed(ranking), "letters" if proven else "engine", proven)
    # A script known to nobody here, or letters the model has never seen: English is as good a guess as any.
    ranking = _collapsed(opinion) or (("en", 0.0),)
    if writing.script == "Latn":
        ranking = latin.corrected(ranking, text)
    return _Guess(ranking, "engine", proven=False)


def _collapsed(ranking: Ranking) -> Ranking:
    summed: dict[str, float] = {}
    for code, probability in ranking:
        macro = _SAME.get(code, code)
        summed[macro] = summed.get(macro, 0.0) + probability
    return tuple(sorted(summed.items(), key=lambda entry: (-entry[1], entry[0])))


def _hinted(hints: Hints, writing: Writing, guess: _Guess) -> str:
    """The declared language this text can be in, our own list before the feed; empty when there is none."""
    possible = {"Cyrl": frozenset(code for code, _ in guess.ranking)}.get(writing.script, _languages(writing.script))
    possible = frozenset(_SAME.get(code, code) for code in possible)
    for declared in (hints.source, hints.declared):
        tag = declared_tag(declared)
        language, _, script = tag.partition("-")
        macro = macro_of(language)
        if tag and macro in possible and script in {"", writing.script}:
            return macro
    return ""


def _others(ranking: Ranking, chosen: str, left: float) -> Ranking:
    rest = [(code, probability) for code, probability in ranking if code != chosen]
    whole = sum(probability for _, probability in rest)
    return tuple((code, probability * min(1.0, left / whole)) for code, probability in rest) if whole else ()


def _listed(others: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    ordered = sorted(others, key=lambda entry: (-entry[1], entry[0]))[:3]
    return tuple((tag, _rounded(probability)) for tag, probability in ordered if _rounded(probability) > 0)


def _written(code: str, script: str) -> str:
    if code == "zh" and script in {"Hans", "Hant"}:
        return f"zh-{script}"
    if code == SOUTH_SLAVIC:
        return f"sh-{script}"
    return code


def _with_variant(found: Detection, text: str, opinion: Ranking, hints: Hints) -> Detection:
    weights = _declared_variants(hints)
    if found.script == "Cyrl":
        # Croatian is not written in it; Bosnian and Montenegrin only where our own list says so.
        listed = macro_of(hints.source) == SOUTH_SLAVIC and declared_tag(hints.source).partition("-")[0]
        possible = {"sr", listed} - {"hr", "sh", "", False}
    else:
        possible = {"sr", "hr", "bs", "cnr"}
    ranking = [(code, p) for code, p in south_slavic.rank(text, weights) if code in possible]
    whole = sum(p for _, p in ranking)
    variant, probability = ranking[0]
    probability /= whole
    threshold = ACCEPT_DECLARED_VARIANT if weights.get(variant) else ACCEPT_VARIANT
    others = [(_variant_tag(code, found.script), p / whole * found.macro_confidence) for code, p in ranking[1:]]
    return msgspec.structs.replace(
        found,
        tag=_variant_tag(variant, found.script),
        confidence=_rounded(probability * found.macro_confidence),
        accepted=found.macro_accepted and probability >= threshold,
        source=found.source if found.source != "engine" or len(possible) == 1 else "variant",
        alternatives=_listed([*others, *found.alternatives]),
    )


def _declared_variants(hints: Hints) -> dict[str, float]:
    weights: dict[str, float] = {}
    for declared, weight in ((hints.source, SOURCE_WEIGHT), (hints.declared, DECLARED_WEIGHT)):
        code = declared_tag(declared).partition("-")[0]
        if code in south_slavic.VARIANTS:
            weights[code] = min(MOST_WEIGHT, weights.get(code, 0.0) + weight)
    return weights


def _variant_tag(code: str, script: str) -> str:
    return f"{code}-{script}" if code == "sr" or script == "Cyrl" else code


def _alone(text: str, writing: Writing, engine: Engine) -> Detection:
    ranking = engine.rank(text, frozenset())
    if not ranking:
        ranking = ((ALONE.get(writing.script, "en"), 0.0),)
    tags = [
        ({"zh-cn": "zh-Hans", "zh-tw": "zh-Hant", "sr": f"sr-{writing.script}"}.get(code, code), p)
        for code, p in ranking
    ]
    tag, probability = tags[0]
    macro = macro_of(tag)
    of_macro = sum(p for other, p in tags if macro_of(other) == macro)
    enough = writing.letters >= LETTERS and (len(text.split()) >= WORDS or writing.script in ALONE)
    return Detection(
        tag=tag,
        macro=macro,
        script=writing.script,
        confidence=_rounded(probability),
        accepted=enough and probability >= ACCEPT,
        macro_confidence=_rounded(of_macro),
        macro_accepted=enough and of_macro >= ACCEPT,
        source="engine",
        alternatives=_listed(tags[1:]),
    )


def _rounded(probability: float) -> float:
    # Four digits: what is stored must not depend on the processor's last bit.
    return min(1.0, max(0.0, round(probability, 4)))
