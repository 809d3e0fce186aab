"""Names of months in the languages of the press, and zone names: tables for `connectors.feeds.documents.dates`.

Names are looked up folded: lower case, without diacritics. Forms listed are those that stand beside a day: the genitive
where the language has one, the nominative, and the short forms in use.
"""

from __future__ import annotations

import unicodedata

_TABLE = """
en  january jan, february feb, march mar, april apr, may, june jun, july jul, august aug, september sep sept, october oct, november nov, december dec
de  januar jänner, februar feber, märz mär mrz, april, mai, juni, juli, august, september, oktober okt, november, dezember dez
fr  janvier janv, février févr fév, mars, avril avr, mai, juin, juillet juil, août aoû, septembre, octobre, novembre, décembre déc
es  enero ene, febrero, marzo, abril abr, mayo, junio, julio, agosto ago, septiembre setiembre, octubre, noviembre, diciembre dic
it  gennaio gen, febbraio, marzo, aprile, maggio mag, giugno giu, luglio lug, agosto, settembre set, ottobre ott, novembre, dicembre
pt  janeiro, fevereiro fev, março, abril, maio, junho, julho, agosto, setembro, outubro out, novembro, dezembro
nl  januari, februari, maart mrt, april, mei, juni, juli, augustus, september, oktober, november, december
sv  januari, februari, mars, april, maj, juni, juli, augusti, september, oktober, november, december
da  januar, februar, marts, april, maj, juni, juli, august, september, oktober, november, december
no  januar, februar, mars, april, mai, juni, juli, august, september, oktober, november, desember des
fi  tammikuu tammikuuta tammikuun tammi, helmikuu helmikuuta helmikuun helmi, maaliskuu maaliskuuta maaliskuun maalis, huhtikuu huhtikuuta huhtikuun huhti, toukokuu toukokuuta toukokuun touko, kesäkuu kesäkuuta kesäkuun kesä, heinäkuu heinäkuuta heinäkuun heinä, elokuu elokuuta elokuun elo, syyskuu syyskuuta syyskuun syys, lokakuu lokakuuta lokakuun loka, marraskuu marraskuuta marraskuun marras, joulukuu joulukuuta joulukuun joulu
sr  januar januara јануар јануара јан, februar februara фебруар фебруара феб, mart marta март марта мар, april aprila април априла апр, maj maja мај маја, jun juna juni јун јуна јуни, jul jula juli јул јула јули, avgust avgusta avg август августа авг, septembar septembra септембар септембра сеп септ, oktobar oktobra okt октобар октобра окт, novembar novembra новембар новембра нов, decembar decembra децембар децембра дец
bs  januar januara, februar februara, mart marta, april aprila, maj maja, juni juna, juli jula, august augusta, septembar septembra, oktobar oktobra, novembar novembra, decembar decembra
hr  siječanj siječnja sij, veljača veljače velj, ožujak ožujka ožu, travanj travnja tra, svibanj svibnja svi, lipanj lipnja lip, srpanj srpnja srp, kolovoz kolovoza kol, rujan rujna ruj, listopad listopada lis, studeni studenoga studenog stu, prosinac prosinca pro
sl  januar januarja, februar februarja, marec marca, april aprila, maj maja, junij junija, julij julija, avgust avgusta avg, september septembra, oktober oktobra, november novembra, december decembra
mk  јануари, февруари, март, април, мај, јуни, јули, август, септември, октомври, ноември ное, декември дек
bg  януари ян, февруари фев, март, април, май, юни, юли, август, септември, октомври, ноември, декември
sq  janar janari, shkurt shkurti shk, mars marsi, prill prilli pri, maj maji, qershor qershori qer, korrik korriku kor, gusht gushti gush, shtator shtatori sht, tetor tetori tet, nëntor nëntori nën, dhjetor dhjetori dhj
ru  январь января янв, февраль февраля февр, март марта, апрель апреля, май мая, июнь июня июн, июль июля июл, август августа, сентябрь сентября сен сент, октябрь октября, ноябрь ноября ноя нояб, декабрь декабря
uk  січень січня січ, лютий лютого лют, березень березня бер, квітень квітня кві квіт, травень травня тра трав, червень червня чер черв, липень липня лип, серпень серпня сер серп, вересень вересня вер, жовтень жовтня жов жовт, листопад листопада лис, грудень грудня гру груд
pl  styczeń stycznia sty, luty lutego lut, marzec marca, kwiecień kwietnia kwi, maj maja, czerwiec czerwca cze, lipiec lipca lip, sierpień sierpnia sie, wrzesień września wrz, październik października paź, listopad listopada lis, grudzień grudnia gru
cs  leden ledna led, únor února úno, březen března bře, duben dubna dub, květen května kvě, červen června, červenec července, srpen srpna srp, září zář, říjen října říj, listopad listopadu lis, prosinec prosince pro
sk  január januára, február februára, marec marca, apríl apríla, máj mája, jún júna, júl júla, august augusta, september septembra, október októbra, november novembra, december decembra
hu  január, február febr, március márc, április ápr, május máj, június jún, július júl, augusztus, szeptember szept, október, november, december
ro  ianuarie ian, februarie, martie, aprilie, mai, iunie iun, iulie iul, august, septembrie, octombrie, noiembrie noi, decembrie
el  ιανουάριος ιανουαρίου ιαν, φεβρουάριος φεβρουαρίου φεβ, μάρτιος μαρτίου μαρ, απρίλιος απριλίου απρ, μάιος μαΐου μάι, ιούνιος ιουνίου ιουν, ιούλιος ιουλίου ιουλ, αύγουστος αυγούστου αυγ, σεπτέμβριος σεπτεμβρίου σεπ σεπτ, οκτώβριος οκτωβρίου οκτ, νοέμβριος νοεμβρίου νοε, δεκέμβριος δεκεμβρίου δεκ
tr  ocak oca, şubat şub, mart, nisan nis, mayıs, haziran haz, temmuz tem, ağustos ağu, eylül eyl, ekim eki, kasım kas, aralık ara
ar  يناير كانون_الثاني جانفي, فبراير شباط فيفري, مارس آذار, أبريل إبريل نيسان أفريل, مايو أيار ماي, يونيو حزيران جوان, يوليو تموز جويلية يوليوز, أغسطس آب أوت غشت, سبتمبر أيلول شتنبر, أكتوبر تشرين_الأول, نوفمبر تشرين_الثاني نونبر, ديسمبر كانون_الأول دجنبر
fa  ژانویه, فوریه, مارس, آوریل, مه می, ژوئن, ژوئیه جولای, اوت آگوست, سپتامبر, اکتبر, نوامبر, دسامبر
"""  # noqa: RUF001 a language a line; the letters are those of the languages

ZONES = {
    "z": 0, "ut": 0, "gmt": 0, "utc": 0, "wet": 0, "west": 60, "bst": 60, "met": 60, "mez": 60, "cet": 60, "mest": 120,
    "mesz": 120, "cest": 120, "eet": 120, "eest": 180, "msk": 180, "msd": 240, "trt": 180, "sast": 120, "cat": 120,
    "eat": 180, "wat": 60, "pkt": 300, "npt": 345, "wib": 420, "ict": 420, "hkt": 480, "sgt": 480, "awst": 480,
    "jst": 540, "kst": 540, "acst": 570, "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780, "brt": -180, "art": -180,
    "edt": -240, "est": -300, "cdt": -300, "cst": -360, "mdt": -360, "mst": -420, "pdt": -420, "pst": -480,
    "akdt": -480, "akst": -540, "hst": -600,
}  # fmt: skip
"""Zone name -> minutes east of Greenwich. Names that stand for several (`IST`, `AST`) are left out: no date is guessed."""

_NAMES: dict[str, dict[str, int]] = {}


def fold(word: str) -> str:
    """`word` as the tables have it."""
    if word.isascii():
        return word.lower()
    bare = "".join(letter for letter in unicodedata.normalize("NFD", word) if not unicodedata.combining(letter))
    return bare.casefold().replace("ı", "i")  # noqa: RUF001 the letter meant


def month(word: str, language: str = "") -> int:
    """The number of the month called `word`; 0 when it is none, or another one in another language than is known.

    `listopad` is October in Zagreb and November in Prague: such a word counts only with its `language` (BCP 47).
    """
    known = _NAMES.get(fold(word))
    if known is None:
        return 0
    meant = set(known.values())
    if len(meant) == 1:
        return meant.pop()
    primary = language.partition("-")[0].lower()
    return known.get({"bs": "hr", "sh": "hr", "sr": "hr", "sk": "cs"}.get(primary, primary), 0)


def _fill() -> None:
    for line in _TABLE.strip().splitlines():
        language, _, months = line.partition("  ")
        for number, names in enumerate(months.split(","), start=1):
            for name in names.split():
                _NAMES.setdefault(fold(name.replace("_", "")), {})[language] = number


_fill()
