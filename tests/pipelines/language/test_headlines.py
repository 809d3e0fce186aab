"""Headlines as feeds really have them: mixed, shouted, tagged, cut short. The macro-language is what anybody would say."""

from __future__ import annotations

import pytest

from pipelines.language.detect import detect

CLEAR = [
    # Quotations in another language
    ('Trump: "We will not allow this to happen", Vučić odgovorio na pitanja novinara', "hbs"),
    ('Ambasador SAD: "This is unacceptable behaviour", Beograd bez komentara', "hbs"),
    ("Premijer poručio „Kosovo is a key priority for us“ na samitu", "hbs"),
    ('Osmani takohet me Stoltenberg: "NATO remains committed to Kosovo"', "sq"),
    ("„Serbia is ready“: Vučić droht erneut mit Einmarsch", "de"),
    # Prefixes in English, tags, handles, markup
    ("LIVE: Protest ispred skupštine, policija blokirala ulice", "hbs"),
    ("BREAKING NEWS: Uhapšen bivši ministar zbog zloupotrebe položaja", "hbs"),
    ("LIVE BLOG: Napeto na severu, KFOR pojačao patrole", "hbs"),
    ("VIDEO/FOTO Hiljade ljudi na ulicama, saobraćaj potpuno obustavljen", "hbs"),
    ("#protest #beograd Studenti najavili novu blokadu fakulteta @n1info", "hbs"),
    ("RT @n1info: Studenti najavili novu blokadu fakulteta", "hbs"),
    ("LIVE: Kuvendi i Kosovës mban seancë për zgjedhjen e kryetarit", "sq"),
    ("VIDEO – Momenti kur policia arreston të dyshuarin në Prishtinë", "sq"),
    ("LIVE TEXT Alegeri în Republica Moldova: rezultate parțiale", "ro"),
    ("DIRECT. Guerre en Ukraine : Zelensky attendu à Paris", "fr"),
    ("EIL: Schüsse in Nordkosovo – ein Polizist getötet", "de"),
    ("Vlada usvojila mere &ndash; &quot;nema povla&#269;enja&quot;", "hbs"),
    ("Srbija &amp; Kosovo: dijalog u Briselu se nastavlja", "hbs"),
    ("Kurti: Nuk ka dialog pa njohje t&euml; nd&euml;rsjell&euml;", "sq"),
    # Brands, tickers, numbers, emoji
    ("iPhone 17 Pro Max stigao u Srbiju, evo koliko košta", "hbs"),
    ("Apple, Google i Microsoft pred sudom zbog monopola", "hbs"),
    ("NIIS (NIS) akcije pale 5%, BELEX15 u minusu", "hbs"),
    ("$AAPL $TSLA stocks fall as inflation rises", "en"),
    ("🔴 UŽIVO 🔴 Sednica vlade: usvojen rebalans budžeta 💰", "hbs"),
    ("22.11.2026. 12:45 Zemljotres 4,2 stepena po Rihteru", "hbs"),
    # Capitals, no diacritics
    ("OTKRIVENO KO STOJI IZA NAPADA NA NOVINARE", "hbs"),
    ("POLICIA E KOSOVES ARRESTON PESE PERSONA NE VERI", "sq"),
    ("Uzicki sud ponistio presudu, slucaj se vraca na pocetak", "hbs"),
    ("Sta ce biti sa nasom decom ako se ovo nastavi", "hbs"),
    ("Policia e Kosoves arreston pese persona ne veri", "sq"),
    # Cyrillic with Latin in it, and abbreviations
    ("KFOR и EULEX појачали присуство на северу Косова", "hbs"),
    ("Вучић: EU мора да реагује, NATO такође", "hbs"),
    ("Компанија Microsoft отвара центар у Београду", "hbs"),
    ("EU и NATO ја поздравија одлуката на Собранието", "mk"),
    ("ВМРО-ДПМНЕ бара предвремени избори", "mk"),
    ("Компания Apple представила новый iPhone 17 Pro", "ru"),
    ("В РФ оценили слова главы НАТО", "ru"),
    ("ЗСУ відбили атаку на Харківщині", "uk"),
    ("САЩ налагат нови мита", "bg"),
    ("LIVE: Σεισμός στην Κρήτη", "el"),
    ("عاجل: BBC تعلن عن تغييرات", "ar"),
    # Names of the region in other languages
    ("Kosovo police arrest five after Banjska attack", "en"),
    ("Vučić: Serbia will never recognise Kosovo", "en"),
    ("UN Security Council to discuss Resolution 1244 on Kosovo", "en"),
    ("KFOR-Soldaten im Kosovo verletzt", "de"),
    ("Kosovo, scontri tra polizia e manifestanti", "it"),
    ("KFOR: Situata në veri është e qetë", "sq"),
]

SHORT = [
    ("Šta dalje?", "hbs"),
    ("Povređeno petoro", "hbs"),
    ("Zemljotres u Srbiji", "hbs"),
    ("Влада Србије", "hbs"),
    ("Predsednik odgovorio: “We are very concerned about this situation”", "hbs"),
    ("LIVE: Protesters gather in Belgrade", "en"),
    ("Breaking news", "en"),
    ("What happened?", "en"),
    ("Arrestohet ministri", "sq"),
    ("Deprem oldu", "tr"),
    ("Schüsse gefallen", "de"),
    ("Földrengés Szerbiában", "hu"),
    ("Çfarë ndodhi?", "sq"),
]

NOTHING_SAID = [
    *"NATO KFOR Banjska Vučić Reuters Pristina Priština Prishtinë OK #Kosovo BTC/USD Косово".split(),  # noqa: SIM905
    "Kurti Vučić",
    "Aleksandar Vučić",
    "Novak Đoković",
    "Donald Trump",
    "Microsoft Corporation",
    "Banjska, Zvečan, Leposavić",
    "Kurti, Vučić, Osmani, Petković",
    "Manchester United - Real Madrid 2:1",
    "New York Times",
    "EULEX KFOR UNMIK",
    "@n1info @rtsvesti",
    "https://www.example.com/vesti/politika/2026/11/22/naslov",
]

OTHERS_NAMES = [
    "Serbia's Vučić meets Kosovo's Kurti in Brussels",
    "Đoković wins in Paris",
    "Rossiya i Ukraina vedut peregovory v Stambule",
    "НАТО/KFOR: Ситуација на северу стабилна",
]


@pytest.mark.parametrize(("headline", "macro"), CLEAR)
def test_a_headline_is_in_the_language_of_its_own_words(headline: str, macro: str) -> None:
    found = detect(headline)
    assert (found.macro, found.macro_accepted) == (macro, True)


@pytest.mark.parametrize(("headline", "macro"), SHORT)
def test_a_few_words_are_guessed_right(headline: str, macro: str) -> None:
    assert detect(headline).macro == macro


@pytest.mark.parametrize("headline", NOTHING_SAID)
def test_names_addresses_and_abbreviations_alone_are_not_accepted(headline: str) -> None:
    found = detect(headline)
    assert found.tag != "und"
    assert not found.macro_accepted


@pytest.mark.parametrize("headline", OTHERS_NAMES)
def test_what_is_guessed_wrong_is_at_least_not_accepted(headline: str) -> None:
    assert not detect(headline).macro_accepted


def test_the_longer_half_of_two_languages_counts_and_no_variant_is_claimed() -> None:
    found = detect("EN: The Council adopted the decision. SR: Savet je usvojio odluku.")
    assert found.macro in {"en", "hbs"}
    assert not found.accepted
