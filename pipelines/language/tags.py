"""Language tags as the project writes them: BCP 47, with the script where one language is written in several.

A macro-language gathers tags that one short text cannot tell apart: `hbs` stands for Serbian, Croatian, Bosnian,
Montenegrin and Serbo-Croatian. Watchlists and facets compare macro-languages, so confusing those costs no hit.
"""

from __future__ import annotations

import re

from schemas.query.languages import MACRO

UNKNOWN = "und"
SOUTH_SLAVIC = "hbs"
"""ISO 639-3 for Serbo-Croatian; as a language tag it is written `sh`, because BCP 47 takes the two-letter code."""

LATIN = frozenset(
    "az bs ca cs da de en es et fi fr hr hu id is it lt lv nl no pl pt ro sk sl sq sr sv sw tr vi".split()  # noqa: SIM905 a list one reads
)
"""Languages an engine may answer for a text in Latin letters. Each one more costs its neighbours accuracy on headlines:
with Galician in it, Portuguese loses one text of twelve at 40 characters."""
ARABIC = frozenset({"ar", "fa", "ur"})
DEVANAGARI = frozenset({"hi", "mr", "ne"})

_MACRO = {
    **MACRO,
    **dict.fromkeys(("arb", "arz", "ary"), "ar"),
    **dict.fromkeys(("pes", "prs"), "fa"),
    "wuu": "zh",
}

# What feeds and lists write instead of the two-letter code: ISO 639-2 in both flavours, and codes withdrawn long ago.
_ALIASES = dict(
    pair.split("=")
    for pair in (  # noqa: SIM905 one code a line of quotes would be sixty lines
        "srp=sr scc=sr scr=hr hrv=hr bos=bs hbs=sh mne=cnr sqi=sq alb=sq mkd=mk mac=mk bul=bg rus=ru ukr=uk bel=be "
        "eng=en deu=de ger=de fra=fr fre=fr spa=es ita=it por=pt nld=nl dut=nl pol=pl ces=cs cze=cs slk=sk slo=sk "
        "slv=sl hun=hu ron=ro rum=ro mol=ro mo=ro ell=el gre=el tur=tr ara=ar heb=he iw=he fas=fa per=fa urd=ur "
        "zho=zh chi=zh jpn=ja kor=ko nor=no nob=nb nno=nn swe=sv dan=da fin=fi in=id ind=id vie=vi kat=ka geo=ka "
        "hye=hy arm=hy hin=hi tha=th est=et lav=lv lit=lt cat=ca aze=az kaz=kk"
    ).split()
)
_DECLARED = re.compile(
    r"\s*([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?(?![A-Za-z0-9])(.*)", re.DOTALL
)
_REGION_SCRIPT = {"TW": "Hant", "HK": "Hant", "MO": "Hant", "CN": "Hans", "SG": "Hans"}


def primary_of(tag: str) -> str:
    """The first subtag of `tag`, lower-case, aliases resolved: `sr` of `sr-Cyrl`, `sq` of `alb`; `und` of nothing."""
    found = re.match(r"\s*([A-Za-z]{2,3})(?![A-Za-z0-9])", tag)
    if not found:
        return UNKNOWN
    code = found[1].lower()
    return _ALIASES.get(code, code)


def macro_of(tag: str) -> str:
    """The macro-language of a tag: `hbs` of `sr`, `hr-HR` or `cnr`, otherwise its primary subtag."""
    primary = primary_of(tag)
    return _MACRO.get(primary, primary)


def macro_tag(macro: str, script: str) -> str:
    """The tag of a text of which only the macro-language is sure: `sh-Latn` for `hbs`."""
    return f"sh-{script}" if macro == SOUTH_SLAVIC and script else macro


def declared_tag(declared: str) -> str:
    """What a feed or list declared (`sr_RS@latin`, `zh-TW`, `hrv`) as a language with at most a script.

    Empty when it does not begin like a language tag, or says that it does not know (`und`, `mul`, `zxx`).
    """
    found = _DECLARED.match(declared)
    if not found:
        return ""
    primary, script, region = primary_of(found[1]), (found[2] or "").title(), (found[3] or "").upper()
    if primary in {UNKNOWN, "mul", "zxx", "mis"}:
        return ""
    modifier = found[4].lower()
    if not script and "latin" in modifier:
        script = "Latn"
    elif not script and "cyril" in modifier:
        script = "Cyrl"
    elif not script and primary == "zh":
        script = _REGION_SCRIPT.get(region, "")
    return f"{primary}-{script}" if script else primary
