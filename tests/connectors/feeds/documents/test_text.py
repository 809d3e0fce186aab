from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.feeds.documents.text import limited, one_line, plain


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<div>a</div>b<div>c</div>", "a\nb\nc"),
        ("<ul><li>1<li>2</ul>", "1\n2"),
        ("<table><tr><td>1<td>2<tr><td>3</table>", "1 2\n3"),
        ("a<b>b</b>c", "abc"),
        ("<p>x</p><script>alert(1)</script><style>p {}</style><template>t</template>", "x"),
        ("<p>one\n\n   two\t three</p>", "one two three"),
        ("one\ntwo\n\nthree", "one two\nthree"),
        ("<p>&copy; &amp; &lt;b&gt; &#1046;</p>", "© & <b> Ж"),
        ("Tom &amp; Jerry &quot;&#8230;&quot;", 'Tom & Jerry "…"'),
        ("AT&T and &unknown; &copy", "AT&T and &unknown; &copy"),
        ("<p>a\u00a0b\u00adc\u200bd\u200e</p>", "a\u00a0b\u00adc\u200bd\u200e"),
        ("<p>a&nbsp;b&shy;c&zwnj;d</p>", "a\u00a0b\u00adc\u200cd"),
        ("c\u030c", "č"),
        ("<p>bad\ud800 \x00nul\x07</p>", "bad\ufffd nul"),
        ("<!-- hidden -->shown", "shown"),
        ("<p></p><frameset><frame src=x></frameset>still here", "still here"),
        ("", ""),
    ],
)
def test_markup_becomes_the_text_a_reader_sees(markup: str, text: str) -> None:
    assert plain(markup) == text


@pytest.mark.parametrize("title", ["Profit < 3 % & more", "if x < y", "List<String> & co", "1 <2> 3"])
def test_what_only_looks_like_markup_survives(title: str) -> None:
    assert one_line(title) == title


def test_titles_are_one_line() -> None:
    assert one_line("<p>Two</p><p>lines</p>\r\nand\u2028more") == "Two lines and more"


@given(st.text())
def test_text_is_clean_whatever_comes(markup: str) -> None:
    text = plain(markup)
    assert text == unicodedata.normalize("NFC", text)
    assert text == text.strip(" \n")
    assert "  " not in text
    assert not set(text) & set("\0\t\r\f\v\u2028\x85")
    text.encode()


@given(st.text(alphabet=st.sampled_from("<>/&;apdivbr \n\f\"'=!-")))
def test_broken_markup_never_raises(markup: str) -> None:
    plain(f"<p>{markup}</p>")


@pytest.mark.parametrize(
    "hostile",
    [
        "<div>" * 100_000 + "x",
        "<b><i>" * 50_000,
        "<p>" * 100_000,
        "<" * 400_000,
        "<p " * 200_000,
        "<!--" * 100_000,
        "<script>" * 50_000,
        "&" * 400_000,
        "&#x41;" * 100_000,
    ],
    ids=lambda text: text[:12],
)
def test_hostile_markup_takes_no_time(hostile: str) -> None:
    began = time.perf_counter()
    plain(f"<p>{hostile}</p>")
    assert time.perf_counter() - began < 3


def test_limits_count_bytes_and_keep_characters_whole() -> None:
    assert limited("жж", 4) == ("жж", False)
    assert limited("жжж", 5) == ("жж", True)
    assert limited("abc", 1024) == ("abc", False)


@given(st.text(), st.integers(0, 40))
def test_a_limited_text_is_a_beginning_that_fits(text: str, most: int) -> None:
    kept, cut = limited(text, most)
    assert len(kept.encode()) <= most
    assert text.startswith(kept)
    assert cut == (len(text.encode()) > most)
