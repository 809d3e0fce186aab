# ruff: noqa: RUF001 letters of several alphabets are the subject
"""Latin letters: the engine's opinion, corrected by the commonest words and the letters an alphabet does not have.

On a headline the engine often hesitates between neighbours (Slovene and Croatian, Czech and Slovak). A single `tudi`
or `ř` settles what forty characters of n-grams leave open. Both only nudge: a quoted name must not decide.
"""

from __future__ import annotations

import math
import re
from operator import itemgetter
from typing import TYPE_CHECKING

from pipelines.language.grams import grams_of
from pipelines.language.tags import SOUTH_SLAVIC

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.language.engines import Ranking

_VOTE, _MOST_VOTES = 0.9, 4.0
"""What one different common word adds to the log score, and all of them together at most."""
_FOREIGN, _MOST_FOREIGN = 0.7, 2.1
"""What one different letter outside the alphabet takes from it, and all of them together at most."""
_SURE = 0.98
"""From here on nothing is left to correct."""
_FLOOR = 1e-4
"""The probability under which the engine's opinions no longer differ: below it is noise."""

# Function words and verbs of reporting. A word of two languages stands with both, and then decides between neither.
_WORDS = {
    SOUTH_SLAVIC: "je su u i na se za da od sa koji koja koje kako što će bi ili ali kod iz nije nisu biti bio bila nakon"
    " već još samo kao prema između zbog ovo ovaj tako može treba protiv po do ne li mu ga joj jer kad kada oko više"
    " tko ko šta te smo ste sam bez pred nad pod preko dok sve svi",
    "sl": "in je ki so v z s na se za da pri ni tudi kot bo bodo po ali iz od do še že ne bi če pa sta smo kar ko lahko"
    " več med zaradi zelo samo le kako bil bila bilo bili ob pred nad pod ter tem tega jih jim mu ga",
    "cs": "je a v se na že s do za o ve jsou který která které jako ale by byl byla bylo byli pro po od při podle ze z"
    " také už jen jeho její jejich není tak jak co když před mezi až bude nebo však kde ještě si jsem jsme"
    " této těch mají může musí budou kvůli lidí lidé letech roce nyní jste prý kteří kterou kterého více velmi dosud podle",
    "sk": "je a v sa na že s do za o vo sú ktorý ktorá ktoré ako ale by bol bola bolo boli pre po od pri podľa zo z aj už"
    " len jeho jej ich nie tak čo keď pred medzi až bude alebo však kde ešte si som sme"
    " tejto tých majú môže musí budú kvôli ľudí ľudia rokoch rokov teraz ste ktorí ktorou ktorého viac veľmi iba nech síce"
    " pretože preto ktorej či podľa",
    "pl": "i w z na się że do o jest nie to za po od jak oraz przez dla ale który która które są był była było przed być"
    " jego jej ich już tylko także może czy tym tego ze we ma",
    "hu": "a az és hogy nem is egy van volt meg csak már de ha mint azt ez ezt szerint után még lesz vagy amely aki ki el"
    " között miatt lehet minden pedig",
    "ro": "și în de la a cu pe că nu este din care mai pentru un o au fi sunt al ai ale lui fost prin după sau dar se"
    " să cum doar despre într între iar va vor",
    "sq": "dhe në e të i se për me që nga është më një do nuk ka si u janë ai ajo kjo ky por edhe pas kanë ishte tha këtë"
    " mbi deri duke pa prej ndërsa shumë ose",
    "it": "di il la che e per in un una del della non è con si le gli dei delle da al alla nel nella sono come più anche"
    " ha ma lo i su dal dalla ed o questo questa tra se dopo ai",
    "fr": "le la les de des du et en un une est que qui pour dans sur pas plus par au aux avec ce il elle ne se sont"
    " été son sa ses ou mais comme d l cette ces leur nous on a",
    "es": "el la los las de del y en un una que es por con para su se lo al como más no ha sus pero este esta fue son"
    " sobre entre también o ser hay le desde cuando muy sin",
    "pt": "o a os as de do da dos das e em um uma que é por com para não no na nos nas se ao mais como foi são sua seu"
    " ser mas também pelo pela ou está entre sobre já até isso",
    "ca": "el la els les de del dels i en un una que és per amb no es al als més com ha són va seu seva però aquest"
    " aquesta ser o també entre molt fins sobre a",
    "en": "the of and to in a is that for on with as it by at from was are be has have an his he this will not after"
    " says said over who but their its new they were which or about more up out",
    "de": "der die das und in den von zu mit ist im auf für des dem nicht sich ein eine es auch an als nach bei wird aus"
    " sind hat er sie dass einer über war noch wie einen zum zur vom um",
    "nl": "de het een en van in is op te dat met voor die niet zijn aan er om ook als bij naar heeft over uit maar door"
    " wordt nog dan werd hij deze ze worden hebben tot was tegen",
    "sv": "och i att det som en på är av för med den till inte har om ett men var de han sig från så kan när vid under"
    " efter också nu eller ska över vi",
    "da": "og i at det som en på er af for med den til ikke har om et men var de han sig fra så kan når ved under efter"
    " også nu eller skal over vi blev mod være hun",
    "no": "og i at det som en på er av for med den til ikke har om et men var de han seg fra så kan når ved under etter"
    " også nå eller skal over vi ble mot være hun",
    "fi": "ja on ei se että oli hän mutta kun ovat myös kuin sen joka ole olla voi jos tai niin mukaan vain jo sekä"
    " ollut jälkeen mitä tämä",
    "et": "ja on ei et see oli ta kui ka mis aga oma ning kes seda pole või nii selle pärast veel kuid ma saab",
    "tr": "ve bir bu da de için ile ne çok olarak daha olan en gibi kadar sonra değil var ise ama dedi oldu eden mi o"
    " tarafından ancak yeni",
    "az": "və bir bu da də üçün ilə nə çox olaraq daha olan ən kimi qədər sonra deyil var isə amma dedi oldu edən o"
    " tərəfindən ki bildirib",
    "lt": "ir kad yra į su iš tai buvo ne bet kaip apie po dėl nuo prie jau dar tik jis jo savo per už arba kuris būti",
    "lv": "un ir ar ka no uz par bija lai kas ne bet kā pēc arī tā ko vai to jau vēl tikai viņš savu gan pie būt",
    "id": "yang dan di dari untuk dengan pada ini itu tidak dalam akan ke adalah oleh juga sebagai telah ada bisa atau"
    " para mereka karena kata",
    "vi": "và của là có các cho không được trong một với những người này đã khi từ đến ở về để sẽ tại cũng theo",
    "sw": "na ya wa kwa ni katika la za cha kuwa hii huo hiyo kama alisema baada pia watu mwaka",
    "is": "og að í er á sem um til við ekki það en var með fyrir hann af þess hafa eru hún ég þetta frá eftir",
}
# Letters beyond a to z.
_LETTERS = {
    SOUTH_SLAVIC: "čćžšđ", "sl": "čšž", "cs": "áčďéěíňóřšťúůýž", "sk": "áäčďéíĺľňóôŕšťúýž", "pl": "ąćęłńóśźż",
    "hu": "áéíóöőúüű", "ro": "ăâîșțşţ", "sq": "ëç", "it": "àèéìòùî", "fr": "àâæçéèêëîïôœùûüÿ", "es": "áéíñóúü",
    "pt": "áâãàçéêíóôõú", "ca": "àçéèíïóòúü", "en": "", "de": "äöüß", "nl": "éëïóöüè", "sv": "åäöé", "da": "åæøé",
    "no": "åæøéòó", "fi": "åäö", "et": "äõöüšž", "tr": "çğıöşüâîû", "az": "çəğıöşü", "lt": "ąčęėįšųūž",
    "lv": "āčēģīķļņšūž", "id": "", "vi": "", "sw": "", "is": "áðéíóúýþæö",
}  # fmt: skip

_LANGUAGES_OF: dict[str, tuple[str, ...]] = {}
for _code, _listed in _WORDS.items():
    for _word in _listed.split():
        _LANGUAGES_OF[_word] = (*_LANGUAGES_OF.get(_word, ()), _code)
_ALPHABETS = {code: frozenset(letters) for code, letters in _LETTERS.items()}
_ANY = frozenset("".join(_LETTERS.values()))
_PROBABILITY = itemgetter(1)
_WORD = re.compile(r"\w+")
_GRAM_WEIGHT, _MOST_GRAMS = 0.2, 6.0


def corrected(ranking: Ranking, text: str) -> Ranking:
    """`ranking` (macro-languages of a text in Latin letters) after the words and letters of `text` were heard."""
    if ranking[0][1] >= _SURE:
        return ranking
    lower = text.lower()
    scores = dict.fromkeys((code for code, _ in ranking), 0.0)
    words = dict.fromkeys(_WORD.findall(lower))
    for word in words:
        for code in _LANGUAGES_OF.get(word, ()):
            if code in scores:
                scores[code] += _VOTE
    special = _ANY.intersection(lower)
    result: dict[str, float] = {}
    for code, probability in ranking:
        votes = min(_MOST_VOTES, scores[code])
        strange = min(_MOST_FOREIGN, _FOREIGN * len(special - _ALPHABETS.get(code, special)))
        result[code] = max(probability, _FLOOR) * math.exp(votes - strange)
    if max(result.get(SOUTH_SLAVIC, 0.0), result.get("sl", 0.0)) >= max(result.values()):
        result["sl"] = result.get("sl", _FLOOR) * _slovene(words)
    whole = math.fsum(result.values())
    return tuple(sorted([(code, weight / whole) for code, weight in result.items()], key=_PROBABILITY, reverse=True))


def _slovene(words: Iterable[str]) -> float:
    """How many times more probable Slovene is than the nearest South Slavic variant, by runs of letters."""
    sr, hr, bs, sl = grams_of("south_slavic").scores(words)
    return math.exp(max(-_MOST_GRAMS, min(_MOST_GRAMS, _GRAM_WEIGHT * (sl - max(sr, hr, bs)))))
