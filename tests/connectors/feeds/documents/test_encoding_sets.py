"""How many documents in old encodings come out right, whatever their labels say: counted, with floors.

The texts are our own; codecs are those their languages were written in before UTF-8.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from connectors.feeds.documents.encoding import decode


class Sample(NamedTuple):
    language: str
    codec: str
    titles: tuple[str, ...]


_SERBIAN = (
    "Влада усвојила одлуку о изборима на северу", "Полиција саопштила да нема повређених у Звечану",
    "Грађани се окупили испред зграде општине, ђаци остали код куће",
)  # fmt: skip
_LATIN = (
    "Četiri policajca lakše povređena u Žvečanu", "Skupština će o predlogu odlučivati u četvrtak uveče",
    "Šta piše u izveštaju koji je stigao iz Brisela: đaci prvi na spisku",
)  # fmt: skip
_CROATIAN = (
    "Vlada donijela odluku o izvanrednim izborima, oporba najavljuje žalbu", "Više od šest tisuća ljudi na središnjem trgu",
    "Ministar: Očekujemo rješenje već sljedeći tjedan",
)  # fmt: skip
_ALBANIAN = (
    "Qeveria vendosi për zgjedhjet e reja në veri të vendit", "Kryetari i komunës është dorëhequr të hënën në mbrëmje",
    "Çfarë thotë raporti i ri për të drejtat e pakicave",
)  # fmt: skip
_RUSSIAN = (
    "Правительство приняло решение о досрочных выборах", "Жители столицы вышли на улицы после долгого заседания",
    "Что известно о происшествии на границе к этому часу",
)  # fmt: skip
_MACEDONIAN = (
    "Владата донесе одлука за предвремени избори", "Граѓаните излегоа на улиците по долгата седница",
    "Што пишува во извештајот што стигна од Брисел",
)  # fmt: skip
_ARABIC = (
    "الحكومة تعلن موعد الانتخابات في الشمال",
    "الشرطة تقول إنه لا إصابات بين المدنيين",
    "ماذا جاء في التقرير الجديد عن الحدود",
)
_GREEK = (
    "Η κυβέρνηση αποφάσισε πρόωρες εκλογές",
    "Χιλιάδες πολίτες στους δρόμους της πρωτεύουσας",
    "Τι αναφέρει η έκθεση για τα σύνορα",
)
_TURKISH = (
    "Hükümet erken seçim kararı aldı, muhalefet itiraz ediyor",
    "Başkentte binlerce kişi yürüyüşe geçti",
    "İçişleri bakanı: Sınırda durum sakin, güvenlik önlemleri sürüyor",
)
_HUNGARIAN = (
    "A kormány előrehozott választásokról döntött",
    "Több ezren vonultak fel a fővárosban, őrizetbe vettek öt embert",
    "Mit tartalmaz a határról szóló új jelentés",
)
_CHINESE = (
    "政府宣布提前举行选举，反对派表示将提出上诉",
    "数千名市民走上首都街头，警方称无人受伤",
    "关于边境局势的最新报告说了什么",
)
_TRADITIONAL = (
    "政府宣布提前舉行選舉，反對派表示將提出上訴",
    "數千名市民走上首都街頭，警方稱無人受傷",
    "關於邊境局勢的最新報告說了什麼",
)

SAMPLES = (
    Sample("sr", "windows-1251", _SERBIAN), Sample("sr", "iso-8859-5", _SERBIAN), Sample("sr", "windows-1250", _LATIN),
    Sample("sr", "iso-8859-2", _LATIN), Sample("hr", "windows-1250", _CROATIAN), Sample("hr", "iso-8859-2", _CROATIAN),
    Sample("sq", "windows-1252", _ALBANIAN), Sample("sq", "iso-8859-1", _ALBANIAN), Sample("mk", "windows-1251", _MACEDONIAN),
    Sample("ru", "windows-1251", _RUSSIAN), Sample("ru", "koi8-r", _RUSSIAN), Sample("ru", "iso-8859-5", _RUSSIAN),
    Sample("ar", "windows-1256", _ARABIC), Sample("ar", "iso-8859-6", _ARABIC), Sample("el", "windows-1253", _GREEK),
    Sample("el", "iso-8859-7", _GREEK), Sample("tr", "windows-1254", _TURKISH), Sample("tr", "iso-8859-9", _TURKISH),
    Sample("hu", "windows-1250", _HUNGARIAN), Sample("hu", "iso-8859-2", _HUNGARIAN), Sample("zh", "gbk", _CHINESE),
    Sample("zh", "gb18030", _CHINESE), Sample("zh", "gb2312", _CHINESE), Sample("zh-TW", "big5", _TRADITIONAL),
)  # fmt: skip
# As in the evidence: twenty of them are asked without a label, or with a false one. The others have near twins.
UNLABELLED = tuple(sample for sample in SAMPLES if sample.codec not in {"gb2312", "gbk", "iso-8859-9"})[:20]
NEWS = " Agencies report. The story is being updated; photographs and a map follow later today. "


def document(sample: Sample, declared: str) -> bytes:
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else '<?xml version="1.0"?>'
    items = "".join(f"<item><title>{title}</title><description>{NEWS}</description></item>" for title in sample.titles)
    return f"{head}<rss version='2.0'><channel><title>RSS</title>{items}</channel></rss>".encode(sample.codec)


def right(samples: tuple[Sample, ...], declared: str | None, *, told: bool = False) -> list[Sample]:
    """Those of `samples` whose every title comes out; `declared` None is the truth, `told` gives the source's language."""
    return [
        sample
        for sample in samples
        if all(
            f"<title>{title}</title>"
            in decode(
                document(sample, sample.codec if declared is None else declared),
                language=sample.language if told else "",
            ).text
            for title in sample.titles
        )
    ]


def test_true_declarations_are_followed() -> None:
    assert len(SAMPLES) == 24
    assert [sample for sample in SAMPLES if sample not in right(SAMPLES, None)] == []


@pytest.mark.parametrize("declared", ["", "utf-8", "iso-8859-1x"])
def test_without_a_true_declaration_at_most_one_in_twenty_is_wrong(declared: str) -> None:
    assert len(UNLABELLED) == 20
    wrong = [sample for sample in UNLABELLED if sample not in right(UNLABELLED, declared)]
    assert len(wrong) <= 1, [(sample.language, sample.codec) for sample in wrong]


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252", "us-ascii"])
def test_the_label_of_latin_text_is_not_believed_of_other_scripts(declared: str) -> None:
    others = tuple(sample for sample in UNLABELLED if sample.language in {"ru", "mk", "ar", "el", "zh", "zh-TW"})
    assert [sample for sample in others if sample not in right(others, declared)] == []


@pytest.mark.parametrize("declared", ["", "utf-8"])
def test_with_the_language_of_the_source_all_are_right(declared: str) -> None:
    wrong = [sample for sample in SAMPLES if sample not in right(SAMPLES, declared, told=True)]
    assert [(sample.language, sample.codec) for sample in wrong] == []
