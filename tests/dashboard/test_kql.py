from __future__ import annotations

import pytest

from dashboard.kql import Kql, kql
from schemas.errors import QueryError


@pytest.mark.parametrize(
    ("expression", "query", "otherwise"),
    [
        ("*", "*", ()),
        ("Косово", '"kosovo"', ()),
        ('resolution AND "1244 (1999)"', '("resolution" and "1244 1999")', ()),
        ("kosov* OR banjska NOT lang:ru", '(kosov* or ("banjska" and not macro: "ru"))', ()),
        ("title:banjska", 'title: "banjska"', ()),
        ("body:banjska", '(summary: "banjska" or body: "banjska")', ()),
        ("lang:sr", 'macro: "hbs"', ()),
        ("lang:sr-Cyrl", '(macro: "hbs" and script: "Cyrl")', ()),
        ("lang:=sr", '(language: "sr" or language: sr-*)', ()),
        ("country:xk", 'source.country: "XK"', ()),
        ("kosov* NEAR/10 banjsk*", "(kosov* and banjsk*)", ("kosov* NEAR/10 banjsk*",)),
        ("alpha NOT (beta NEAR/2 gamma)", '("alpha" and *)', ("beta NEAR/2 gamma",)),
        ("{NATO}", '"nato"', ("{NATO}",)),
        ('"resolu* 1244"', '(resolu* and "1244")', ('"resolu* 1244"',)),
        (
            "source:politika.rs",
            '(source.name: "politika.rs" or feed_url: *politika.rs* or url: *politika.rs*)',
            ("source:politika.rs",),
        ),
        ('source:"B \\"92"', None, None),
        ('author:"Ana Petrović"', "(authors: *Ana* and authors: *Petrović*)", ('author:"Ana Petrović"',)),
    ],
)
def test_a_search_is_said_in_the_language_of_kibana(
    expression: str, query: str | None, otherwise: tuple[str, ...] | None
) -> None:
    if query is None or otherwise is None:
        with pytest.raises(QueryError):
            kql(expression)
    else:
        assert kql(expression) == Kql(query, otherwise)
