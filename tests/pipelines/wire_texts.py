"""Ten thousand short articles to search in: the texts of this repository recombined, with every trap of folding in them."""

from __future__ import annotations

import functools
import json
import random
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from schemas.article import Article, Content, of_item
from schemas.item import FeedItem, Outlet
from schemas.query.languages import macro_of, script_of
from tests.samples import NOON, content, item
from wirewatch.wiring import packaged

Seen = tuple[FeedItem, Content]
_QUALITY = Path(__file__).parents[1] / "quality" / "language.jsonl"

TRAPS = (
    *(
        "Koso\u00advo i Banj\u00adska",
        "Ko\u200bso\u200cvo",
        "\ufeffKosovo",
        "K\u2060osovo",
        "Kosovo\u00a0Polje",
        "ＫＯＳＯＶＯ １２４４",
    ),
    # Letters of two scripts in one word.
    *("Koѕovo i Bаnjska", "Рristina", "UNSСR 1244", "Κosovo Polje"),
    *(
        "snake_case_name",
        "_Kosovo_",
        "Kosova'da yeni karar",
        "l’accord d‘hier",
        "rock'n'roll",
        "S/RES/1244 (1999)",
        "n° 1244",
        "№ 1244",
    ),
    *(
        "第1244号决议 科索沃",
        "科索沃北部的紧张局势",
        "コソボ北部でハ\u3099ス",
        "ﾊﾞﾝｺｸの件",
        "バンコク",
        "ガス と か\u3099す",
        "人々々",
        "〆切",
    ),
    *("การประชุมที่กรุงเทพ", "ไทยรัฐ ๑๒๔๔", "ລາວ ໑໒", "ខ្មែរ ១២៤៤", "မြန်မာ ၁၂၄၄", "코소보에서 회의", "코소보 한국"),
    *(
        "قَرَارُ مَجْلِسِ الأَمْنِ ١٢٤٤",
        "قرار مجلس الأمن",
        "كـــوسوفو",
        "وكوسوفو",
        "قطعنامه ۱۲۴۴",
        "שָׁלוֹם עֲלֵיכֶם",
        "שלום בקוסובו",
        "ירושלים׳",
    ),
    *(
        "𝐊𝐨𝐬𝐨𝐯𝐨 𝟏𝟐𝟒𝟒",
        "𐐀𐐁𐐂 𐐨𐐩𐐪",
        "😀Kosovo😀",
        "🇽🇰 Prishtinë",
        "𠀋𠮷野家",
        "𞤀𞤁𞤂",
        "a\U00010ffffb",
        "x\ue000y",
        "p\u0378q",
    ),
    *(
        "कोसोवो में १२४४",
        "কোসোভো ১২৪৪",
        "கொசோவோ",
        "ಕೊಸೊವೊ",
        "ትግራይ ቋንቋ",
        "ქართული ენა",
        "Հայաստան և",
        "Ελλάδα ΚΟΣΣΥΦΟΠΕΔΙΟ Κόσοβο",
    ),
    *(
        "Straße STRASSE strasse",
        "İstanbul ISTANBUL ıssız",
        "Đoković Ђоковић Djokovic",
        "ﬁnance ﬂow",
        "ǆungla Ǆ",
        "ﬆ ĳs",
        "½ ² ™ ℃ Ⅷ",
    ),
    *(
        "nul\x00inside",
        "tab\tand\nline\r\nends\x0b\x0c",
        "\x1c\x1d\x1e\x1f\x85",
        "\u200eleft\u200fright\u202a",
        '“quoted” „words‟ "plain"',
        "{braces} [and] (more)",
    ),
    *(
        "e\u0301te\u0301 cafe\u0301 naïve",
        "a\u0308\u0323b",
        "\u0301start",
        "Z\u0351a\u036bl\u0343g\u032bo",
        "ʼn ŉ",
        "Å Å",
        "ḍ̇ ḍ̇",
        "한글",
    ),
    *(
        "AND OR NOT NEAR",
        "and or not near",
        "title body lang",
        "colon:word a:b",
        "star* *",
        "minus -word",
        "C++ C# .NET",
        "AT&T",
        "1,244.5 1’244",
    ),
    *(
        "Коѕово Рristina UNSСR",
        "Kоsоvо",
        "Казань я ю щ ъ ь",
        "Ќ ѓ џ њ љ",
        "ﷺ ﷲ",
        "ｱｲｳ ｶﾞｷﾞ",
        "ㇰㇱ",
        "㋿ ㍻ ㌔",
        "⑫ ⒓ ㈱",
    ),
)
"""What has split, joined or hidden words somewhere before."""
LONG = ("w" * 700, "слово" * 120, "long" * 9_000, "x" * 32_768 + "tail", "x" * 32_768 + "other", "ab" * 20_000 + " end")
"""Words longer than any index wants to keep."""
SPLIT = (("Resolution", "1244 adopted"), ("Kosovo", "Polje"), ("第12", "44号"), ("NATO", "summit"))
"""What stands at the end of one field and goes on at the beginning of the next is no phrase."""
OUTLETS = tuple(
    Outlet(name=name, country=country)
    for name, country in (
        *(("Harbour Wire", "GB"), ("Гласник долине", "RS"), ("Dnevni most", "RS"), ("Lajmi i Lumit", "XK")),
        *(
            ("Озёрный телеграф", "RU"),
            ("Nordufer-Depesche", "DE"),
            ("朝のニュース", "JP"),
            ("", ""),
            ("Le Pont d’Arve", "CH"),
        ),
    )
)
AUTHORS = ("Ana Marković", "Марко Петровић", "J. O'Neil", "Energy desk", "李明", "محمد علي", "Çiğdem Ağa")


@cache
def sentences() -> tuple[tuple[str, str], ...]:
    """(language tag, text): every sentence of the sample wire and of the quality set."""
    wire = yaml.safe_load(Path(packaged("sample_wire.yaml")).read_text("utf-8"))["items"]
    found = []
    for entry in wire:
        text = re.sub(r"<[^>]*>", " ", " ".join(str(entry.get(key, "")) for key in ("title", "summary", "body")))
        found += [(str(entry["language"]), part.strip()) for part in re.split(r"(?<=[.!?])\s+", text) if part.strip()]
    found += [(one["tag"], one["text"]) for one in map(json.loads, _QUALITY.read_text("utf-8").splitlines())]
    return tuple(dict.fromkeys(found))


def items(count: int, seed: int) -> list[tuple[Seen, ...]]:
    """`count` articles, each as the feeds brought it: of ten, one was edited and one came in two feeds, in other words."""
    choose = random.Random(seed)
    return [_items(number, choose) for number in range(count)]


def sightings(count: int, seed: int) -> list[tuple[Article, ...]]:
    """The same as the index is given them."""
    return [tuple(of_item(*seen) for seen in same) for same in items(count, seed)]


def articles(count: int, seed: int) -> list[Article]:
    """The same articles whole."""
    return [functools.reduce(Article.merge, seen) for seen in sightings(count, seed)]


def _items(number: int, choose: random.Random) -> tuple[Seen, ...]:
    first = _seen(number, choose, hours=0)
    chance = choose.random()
    if chance < 0.1:
        return (first, _seen(number, choose, hours=5, feed_url=first[0].feed_url, op="update"))
    if chance < 0.2:
        return (first, _seen(number, choose, hours=-5, feed_url="https://second.example/atom"))
    return (first,)


def _seen(number: int, choose: random.Random, *, hours: int, **more: Any) -> Seen:
    tag, first = choose.choice(sentences())
    fields = [first, "", ""]
    for field in (1, 2):
        fields[field] = " ".join(_parts(choose))
    if choose.random() < 0.05:
        fields[choose.randrange(3)] = ""
    if choose.random() < 0.05:
        end, beginning = choose.choice(SPLIT)
        fields[0], fields[1] = f"{fields[0]} {end}", f"{beginning} {fields[1]}"
    if choose.random() < 0.002:
        fields[2] = f"{fields[2]} {choose.choice(LONG)}"
    tag = tag if choose.random() < 0.9 else "und"
    one = item(
        number,
        title=fields[0],
        summary=fields[1],
        body=fields[2],
        url=f"https://www.outlet.example/news/{number}",
        source=choose.choice(OUTLETS),
        authors=tuple(choose.sample(AUTHORS, choose.choice((0, 0, 1, 2)))),
        # Four at a time share a moment: what decides between them is the article id.
        seen_at=NOON + timedelta(hours=hours, seconds=number // 4),
        **{"feed_url": f"https://feeds.outlet-{choose.randrange(6)}.example/rss", **more},
    )
    return one, content(one, language=tag, macro=macro_of(tag), script=script_of(tag))


def _parts(choose: random.Random) -> Iterator[str]:
    for _ in range(choose.choice((0, 1, 1, 2))):
        yield choose.choice(sentences())[1] if choose.random() < 0.8 else choose.choice(TRAPS)
    if choose.random() < 0.25:
        yield choose.choice(TRAPS)


def in_order(found: list[Article]) -> list[Article]:
    """Newest first, ties by article id, as every index lists them."""
    return sorted(found, key=lambda one: (one.seen_at, one.article_id), reverse=True)
