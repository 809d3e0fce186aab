from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.feeds.documents.encoding import decode

SERBIAN = "Влада усвојила одлуку о изборима у Приштини и на северу Косова после дуге седнице"
SERBIAN_LATIN = "Četiri policajca povređena u Žvečanu, saopštila je policija; građani se sašli na trgu"
ALBANIAN = "Qeveria e Kosovës vendosi për zgjedhjet; kryetari i komunës së Mitrovicës është dorëhequr në orën nëntë"
RUSSIAN = "Правительство приняло решение о выборах на севере края после долгого заседания в столице"
CHINESE = "科索沃政府周日宣布提前举行选举，北部四个城市的市长已经辞职，欧洲联盟表示欢迎这一决定。"


def document(text: str, encoding: str, declared: str = "", language: str = "") -> bytes:
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else "<?xml version='1.0'?>"
    tagged = f"<language>{language}</language>" if language else ""
    return f"{head}<rss><channel>{tagged}<item><title>{text}</title></item></channel></rss>".encode(encoding)


SAMPLES = [
    (SERBIAN, "cp1251", "sr"),
    (SERBIAN_LATIN, "cp1250", "sr"),
    (SERBIAN_LATIN, "iso-8859-2", "hr"),
    (ALBANIAN, "iso-8859-1", "sq"),
    (ALBANIAN, "cp1252", "sq"),
    (RUSSIAN, "koi8-r", "ru"),
    (RUSSIAN, "cp1251", "ru"),
    (CHINESE, "gb18030", "zh"),
]


@pytest.mark.parametrize(("text", "encoding", "_language"), SAMPLES)
def test_a_true_declaration_is_followed(text: str, encoding: str, _language: str) -> None:
    assert text in decode(document(text, encoding, encoding)).text
    assert text in decode(document(text, encoding), f"text/xml; charset={encoding}").text


@pytest.mark.parametrize(("text", "encoding", "language"), SAMPLES)
@pytest.mark.parametrize("declared", ["", "utf-8"])
def test_no_or_a_false_declaration_is_made_up_for(text: str, encoding: str, language: str, declared: str) -> None:
    assert text in decode(document(text, encoding, declared), language=language).text


def test_the_language_in_the_document_helps_too() -> None:
    assert ALBANIAN in decode(document(ALBANIAN, "iso-8859-1", language="sq")).text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_marks_and_wide_encodings(encoding: str) -> None:
    decoded = decode(document(SERBIAN, encoding, "windows-1251"))
    assert decoded.text.startswith("<rss>")
    assert SERBIAN in decoded.text


def test_utf_8_wins_over_every_label() -> None:
    assert SERBIAN in decode(document(SERBIAN, "utf-8", "iso-8859-2"), "text/xml; charset=us-ascii").text


def test_a_few_bad_bytes_leave_the_rest_utf_8() -> None:
    body = document(SERBIAN * 40, "utf-8").replace(b"</title>", b"\xe8</title>")
    decoded = decode(body)
    assert (decoded.encoding, decoded.bad) == ("utf-8", 1)
    assert SERBIAN in decoded.text


def test_a_character_cut_at_the_end_changes_nothing() -> None:
    body = document(SERBIAN, "utf-8")
    cut = body[: body.index("с".encode()) + 1]
    assert "Влада у" in decode(cut).text
    assert decode(cut).encoding == "utf-8"


@pytest.mark.parametrize("label", ["rot13", "zlib", "no-such-thing", "idna", "undefined", "unicode_escape", "hex"])
def test_labels_that_are_no_encoding_are_passed_over(label: str) -> None:
    assert ALBANIAN in decode(document(ALBANIAN, "cp1252", label), language="sq").text


@given(st.binary(max_size=300), st.sampled_from(["", "text/xml; charset=koi8-r", "text/xml; charset=utf-16"]))
def test_any_bytes_give_text(body: bytes, content_type: str) -> None:
    for mark in (b"", codecs.BOM_UTF16_LE, b"<?xml encoding='utf-7'?>"):
        decode(mark + body, content_type)
