from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.feeds.fetching.inflate import BadEncodingError, Inflater, TooLongError


def inflated(encoding: str, body: bytes, limit: int = 1 << 20, step: int = 7) -> bytes:
    inflater = Inflater(encoding, limit)
    parts = [inflater.feed(body[start : start + step]) for start in range(0, len(body), step)]
    return b"".join(parts) + inflater.rest()


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@given(st.binary(max_size=2000), st.integers(1, 50))
def test_every_encoding_round_trips_in_any_pieces(data: bytes, step: int) -> None:
    assert inflated("gzip", gzip.compress(data), step=step) == data
    assert inflated("deflate", zlib.compress(data), step=step) == data
    # What begins like a packed file is one, whatever no header says.
    plain = b"<" + data
    assert inflated("", plain, step=step) == plain


def test_raw_deflate_two_members_and_padding() -> None:
    assert inflated("deflate", raw_deflate(b"<rss/>" * 50)) == b"<rss/>" * 50
    assert inflated("gzip", gzip.compress(b"one ") + gzip.compress(b"two"), step=4096) == b"one two"
    assert inflated("gzip", gzip.compress(b"one") + bytes(20), step=4096) == b"one"


def test_plain_text_under_a_false_label_is_taken_as_it_is() -> None:
    assert inflated("gzip", b"<rss></rss>") == b"<rss></rss>"
    assert inflated("gzip", b"<", step=1) == b"<"


@pytest.mark.parametrize("step", [1, 4096])
def test_a_packed_file_that_no_header_names_is_unpacked(step: int) -> None:
    assert inflated("", gzip.compress(b"<urlset/>"), step=step) == b"<urlset/>"
    with pytest.raises(TooLongError):
        inflated("", gzip.compress(bytes(1001)), limit=1000, step=step)


def test_the_limit_is_exact() -> None:
    assert len(inflated("gzip", gzip.compress(bytes(1000)), limit=1000)) == 1000
    for encoding, body in (
        ("gzip", gzip.compress(bytes(1001))),
        ("", bytes(1001)),
        ("deflate", zlib.compress(bytes(1001))),
    ):
        with pytest.raises(TooLongError):
            inflated(encoding, body, limit=1000)


def test_a_bomb_is_stopped_before_it_unfolds() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    inflater = Inflater("gzip", 1000)
    with pytest.raises(TooLongError):
        inflater.feed(bomb)


def test_what_cannot_be_decoded_is_named() -> None:
    with pytest.raises(BadEncodingError, match="'br'"):
        Inflater("br", 10)
    with pytest.raises(BadEncodingError, match="not valid gzip"):
        inflated("gzip", gzip.compress(b"x" * 100)[:10] + b"\xff" * 50)


@pytest.mark.parametrize("size", [(1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
@pytest.mark.parametrize("step", [50, 1 << 16, 1 << 24])
def test_nothing_stays_behind_at_the_edge_of_a_piece(size: int, step: int) -> None:
    data = (b"a" * 700 + bytes(300)) * (size // 1000 + 1)
    for encoding, body in (("gzip", gzip.compress(data[:size])), ("deflate", raw_deflate(data[:size]))):
        assert inflated(encoding, body, limit=4 << 20, step=step) == data[:size]


def test_a_piece_has_a_bounded_size() -> None:
    body = gzip.compress(bytes(8 << 20))
    assert max(map(len, Inflater("gzip", 16 << 20).pieces(body))) == 1 << 20


def test_a_flood_of_members_ends() -> None:
    with pytest.raises(BadEncodingError, match="more than 1,000 gzip members"):
        inflated("gzip", gzip.compress(b"") * 1_001, step=1 << 16)
