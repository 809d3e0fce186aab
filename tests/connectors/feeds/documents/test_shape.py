from __future__ import annotations

import pytest

from connectors.feeds.documents.shape import without_subset

FEED = "<rss version='2.0'><channel><item><title>&x;</title></item></channel></rss>"


def test_a_plain_entity_stays() -> None:
    text = f'<!DOCTYPE rss [\n<!ENTITY x "Косово">\n<!ENTITY y "[ ]>">\n]>\n{FEED}'
    kept = without_subset(text)
    assert '<!ENTITY x "Косово">' in kept
    assert kept.endswith(FEED)


@pytest.mark.parametrize(
    "subset",
    [
        '<!ENTITY x SYSTEM "file:///etc/passwd">',
        '<!ENTITY x PUBLIC "-//x" "http://inside.example/">',
        "<!ENTITY % x \"<!ENTITY y 'z'>\"> %x;",
        '<!ENTITY x "&#60;script>">',
        '<!ENTITY x "&y;&y;">',
        '<!ENTITY x "<b>markup</b>">',
        f'<!ENTITY x "{"long" * 200}">',
        '<!ATTLIST rss x CDATA "y">',
    ],
)
def test_anything_else_goes(subset: str) -> None:
    assert without_subset(f"<!DOCTYPE rss [\n{subset}\n]>\n{FEED}").strip() == FEED


def test_no_entity_stays_where_their_uses_would_swell_the_document() -> None:
    text = f'<!DOCTYPE rss [\n<!ENTITY x "{"x" * 300}">\n]>\n{"&x;" * 10_000}'
    assert "ENTITY" not in without_subset(text)


def test_a_subset_without_end_takes_the_document_with_it() -> None:
    assert without_subset(f'<?xml version="1.0"?><!DOCTYPE rss [ <!ENTITY x "y"> {FEED}') == '<?xml version="1.0"?>'
