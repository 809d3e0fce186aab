"""Every field that Kibana is told of exists in our indices, with a type that fits what is done with it."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import Any, get_args, get_type_hints
from urllib.parse import unquote

import pytest

from connectors.interfaces import HitFilter
from dashboard.discover import Discover
from dashboard.kql import kql
from schemas.alert import AlertState
from schemas.deadletter import DeadLetter
from schemas.elasticsearch.fields import Kind, fields
from schemas.elasticsearch.templates import KINDS, alias_of
from schemas.feed import FeedStatus
from tests.deploy.kibana_file import CONTROLS, SEARCHES, VIEWS, clause, layers, source_of

NUMBERS = {"long", "integer", "float", "double"}
VALUES: dict[tuple[str, str], set[str]] = {
    ("fetches", "status"): {str(status) for status in FeedStatus},
    ("alerts", "state"): set(get_args(AlertState)),
    ("deadletters", "status"): set(get_args(get_type_hints(DeadLetter)["status"])),
}
"""Index and field -> all it can be, where the file names values."""


def flat(tree: dict[str, Any], before: str = "") -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, field in tree.items():
        if "properties" in field:
            found |= flat(field["properties"], f"{before}{name}.")
        else:
            found[before + name] = field
        found |= flat(field.get("fields", {}), f"{before}{name}.")
    return found


FIELDS = {kind: flat(fields(kind)) for kind in KINDS}


def kind_of(view: str) -> Kind:
    (kind,) = (kind for kind in KINDS if alias_of("wirewatch", kind) == view)
    return kind


def type_of(kind: Kind, field: str) -> str:
    assert field in FIELDS[kind], f"there is no {field} in {kind}"
    return str(FIELDS[kind][field]["type"])


def aggregated(kind: Kind, field: str) -> str:
    """The type of a field that Lens can use: it offers those with doc values only."""
    found = type_of(kind, field)
    assert found in {"keyword", "date", "boolean", *NUMBERS}, f"{field} of {kind} is {found}"
    assert FIELDS[kind][field].get("doc_values", True), f"{field} of {kind} has no doc values"
    return found


def check_filter(kind: Kind, kql: str) -> None:
    asked = clause(kql)
    assert aggregated(kind, asked.field) in {"keyword", "boolean"}
    check_values(kind, asked.field, asked.values)


def check_values(kind: Kind, field: str, values: tuple[str, ...] | list[str]) -> None:
    if values:
        assert set(values) <= VALUES[kind, field], f"{field} of {kind} is never {set(values) - VALUES[kind, field]}"


def test_every_data_view_is_of_an_index_and_its_time() -> None:
    assert sorted(map(kind_of, VIEWS)) == sorted(KINDS)
    for name, view in VIEWS.items():
        assert view["attributes"]["title"] == name
        assert type_of(kind_of(name), view["attributes"]["timeFieldName"]) == "date"


def test_formats_fit_their_fields() -> None:
    for name, view in VIEWS.items():
        for field, shown in json.loads(view["attributes"]["fieldFormatMap"]).items():
            found = aggregated(kind_of(name), field)
            assert found in ({"keyword"} if shown["id"] == "url" else NUMBERS), f"{name} {field}"


def test_what_is_hidden_is_there() -> None:
    for name, view in VIEWS.items():
        for hidden in json.loads(view["attributes"]["sourceFilters"]):
            assert any(fnmatchcase(field, hidden["value"]) for field in FIELDS[kind_of(name)]), hidden


@pytest.mark.parametrize("layer", layers(), ids=lambda layer: layer.panel)
def test_every_column_of_a_chart_is_of_a_field_that_can_do_it(layer: Any) -> None:
    kind = kind_of(layer.view)
    for column in layer.columns.values():
        if "filter" in column:
            check_filter(kind, column["filter"]["query"])
        if column["operationType"] == "count":
            assert column["sourceField"] == "___records___"
            continue
        field, params = column["sourceField"], column["params"]
        found = aggregated(kind, field)
        match column["operationType"]:
            case "date_histogram" | "max":
                assert (found, column["dataType"]) == ("date", "date")
            case "terms":
                assert (found, column["dataType"]) == ("keyword", "string")
                check_values(kind, field, params["include"])
                check_values(kind, field, params["exclude"])
            case "percentile":
                assert (found in NUMBERS, column["dataType"]) == (True, "number")
            case "last_value":
                assert (found, column["dataType"]) == ("keyword", "string")
                assert type_of(kind, params["sortField"]) == "date"
            case "unique_count":
                assert (found, column["dataType"]) == ("keyword", "number")
            case other:
                pytest.fail(f"unknown operation {other}")


def test_controls_are_of_words_in_hits() -> None:
    assert {aggregated("hits", control["explicitInput"]["fieldName"]) for control in CONTROLS.values()} == {"keyword"}


@pytest.mark.parametrize("name", SEARCHES)
def test_every_column_of_a_saved_search_exists(name: str) -> None:
    search = SEARCHES[name]
    kind = kind_of(search["references"][0]["id"])
    attributes = search["attributes"]
    for column in attributes["columns"]:
        assert type_of(kind, column) != "object"
    assert set(attributes["grid"]["columns"]) <= set(attributes["columns"])
    assert [aggregated(kind, field) for field, _ in attributes["sort"]] == ["date"]
    if query := source_of(search)["query"]["query"]:
        check_filter(kind, query)


def test_links_of_our_pages_lead_to_a_data_view_with_the_fields_they_ask_for() -> None:
    discover = Discover(url="https://kibana.example", prefix="wirewatch")
    everything = "lang:sr AND source:B92 AND country:RS AND author:ana AND title:kosovo AND body:banjska"
    asked = {
        "hits": unquote(discover.hits(HitFilter(article_id="a", watchlist="b", language="sr"))),
        "articles": unquote(discover.articles(kql(everything).query)),
    }
    for kind, address in asked.items():
        (view,) = re.findall(r"dataViewId:'([^']+)'", address)
        assert kind_of(view) == kind
        fields_asked = re.findall(r"([a-z_.]+): ", address)
        assert len(set(fields_asked)) >= 3
        assert {type_of(kind_of(view), field) for field in fields_asked} <= {"keyword", "text"}


def test_a_field_that_is_not_there_or_cannot_do_it_is_found() -> None:
    with pytest.raises(AssertionError, match=r"there is no titel in hits"):
        type_of("hits", "titel")
    with pytest.raises(AssertionError, match=r"title of hits is text"):
        aggregated("hits", "title")
    with pytest.raises(AssertionError, match=r"is never \{'workin'\}"):
        check_filter("fetches", 'status: ("workin" or "empty")')
