"""deploy/kibana/wirewatch.ndjson without a Kibana: its keys, what refers to what, and where the panels lie."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest

from connectors.kibana_client import OLDEST
from connectors.savedobjects import FILE, PAGE, PREFIX, ndjson, saved_objects
from tests.deploy.kibana_file import CONTROLS, DASHBOARD, OBJECTS, PANELS, SEARCHES, VIEWS, layers, source_of
from tools.kibana import views

SCHEMA = json.loads((Path(__file__).parent / "saved_object.schema.json").read_text())
NEWEST_IN_8_9 = {"index-pattern": (8, 0, 0), "search": (8, 0, 0), "dashboard": (8, 9, 0)}
"""Type -> the newest form that Kibana 8.9 knows; it refuses what is newer."""
COLUMNS = 48


def fits(part: str = "") -> Callable[[Any], Any]:
    schema = {**SCHEMA["definitions"][part], "definitions": SCHEMA["definitions"]} if part else SCHEMA
    check: Callable[[Any], Any] = fastjsonschema.compile({"$schema": SCHEMA["$schema"], **schema})
    return check


def test_every_line_is_one_object_with_the_keys_kibana_takes() -> None:
    check = fits()
    for line in FILE.read_text("utf-8").splitlines():
        check(json.loads(line))


def test_the_schema_refuses_what_kibana_would() -> None:
    check = fits()
    with pytest.raises(fastjsonschema.JsonSchemaException):
        check({**DASHBOARD, "attributes": {**DASHBOARD["attributes"], "titel": "a slip"}})
    with pytest.raises(fastjsonschema.JsonSchemaException):
        check({**DASHBOARD, "version": "WzEsMV0="})
    for name, slip in (
        ("top-stories", '"isTransposed": false'),
        ("hits", '"emptyAsNull": false'),
        ("polls", '"size": 15'),
    ):
        panel = json.dumps(PANELS[name])
        assert slip in panel
        with pytest.raises(fastjsonschema.JsonSchemaException):
            fits("panel")(json.loads(panel.replace(slip, f'{slip}, "a": "slip"')))


def test_ids_are_fixed_and_used_once() -> None:
    assert max(Counter((saved["type"], saved["id"]) for saved in OBJECTS).values()) == 1
    assert set(VIEWS) == {
        f"wirewatch-{index}" for index in ("articles", "versions", "hits", "alerts", "deadletters", "fetches")
    }
    assert all(view["attributes"]["title"] == name for name, view in VIEWS.items())
    assert DASHBOARD["id"] == "wirewatch-overview"
    assert DASHBOARD["attributes"]["title"] == "wirewatch"


def test_nothing_is_newer_than_the_oldest_kibana_knows() -> None:
    assert OLDEST == (8, 9)
    newer = [
        saved["id"]
        for saved in OBJECTS
        if tuple(map(int, saved["typeMigrationVersion"].split("."))) > NEWEST_IN_8_9[saved["type"]]
    ]
    assert newer == []


def test_panels_and_controls_have_the_keys_kibana_takes() -> None:
    for panel in PANELS.values():
        fits("panel")(panel)
        assert panel["gridData"]["i"] == panel["panelIndex"]
    for name, control in CONTROLS.items():
        fits("control")(control)
        assert control["explicitInput"]["id"] == name
    assert [control["order"] for control in CONTROLS.values()] == list(range(len(CONTROLS)))


def test_every_reference_leads_to_an_object_of_the_file() -> None:
    there = {(saved["type"], saved["id"]) for saved in OBJECTS}
    inner = [
        reference
        for panel in PANELS.values()
        for reference in panel["embeddableConfig"].get("attributes", {}).get("references", [])
    ]
    for reference in itertools.chain(inner, *(saved["references"] for saved in OBJECTS)):
        assert (reference["type"], reference["id"]) in there, reference


def test_the_dashboard_refers_to_exactly_what_its_panels_and_controls_need() -> None:
    needed: dict[str, str | None] = {}
    for name, panel in PANELS.items():
        if "panelRefName" in panel:
            needed[f"{name}:{panel['panelRefName']}"] = None
        for reference in panel["embeddableConfig"].get("attributes", {}).get("references", []):
            needed[f"{name}:{reference['name']}"] = reference["id"]
    for name in CONTROLS:
        needed[f"controlGroup_{name}:optionsListDataView"] = "wirewatch-hits"
    given = {reference["name"]: reference for reference in DASHBOARD["references"]}
    assert set(given) == set(needed)
    assert len(given) == len(DASHBOARD["references"])
    assert all(given[name]["id"] == view for name, view in needed.items() if view)


def test_every_column_is_asked_for_and_shown() -> None:
    drawn = 0
    for layer in layers():
        assert sorted(layer.order) == sorted(layer.columns), layer.panel
        buckets = [layer.columns[name]["isBucketed"] for name in layer.order]
        assert buckets == sorted(buckets, reverse=True), f"{layer.panel}: buckets come first"
        assert sorted(accessors(layer.shown)) == sorted(layer.columns), layer.panel
        for column in layer.columns.values():
            if column["operationType"] == "terms":
                by = column["params"]["orderBy"]["columnId"]
                assert not layer.columns[by]["isBucketed"], layer.panel
                # What Kibana cannot rank by.
                assert layer.columns[by]["operationType"] != "last_value", layer.panel
        drawn += 1
    assert drawn == len(PANELS) - 1


def accessors(shown: dict[str, Any]) -> list[str]:
    """The columns a visualization draws."""
    if "layers" not in shown:
        return [column["columnId"] for column in shown.get("columns", [])] or [shown["metricAccessor"]]
    return [
        name
        for drawn in shown["layers"]
        for name in (drawn["xAccessor"], drawn.get("splitAccessor"), *drawn["accessors"])
        if name
    ]


def test_a_layer_is_named_alike_where_it_is_asked_and_drawn() -> None:
    for panel in PANELS.values():
        if panel["type"] == "lens":
            state = panel["embeddableConfig"]["attributes"]["state"]
            shown = state["visualization"]
            drawn = [one["layerId"] for one in shown["layers"]] if "layers" in shown else [shown["layerId"]]
            assert drawn == list(state["datasourceStates"]["formBased"]["layers"])


def test_what_the_controls_cannot_filter_is_left_alone_by_them() -> None:
    """A filter on a field that an index lacks empties its panels, so only panels of hits are filtered."""
    for layer in layers():
        assert layer.alone == (layer.index != "hits"), layer.panel
    for panel in PANELS.values():
        if panel["type"] == "lens":
            state = panel["embeddableConfig"]["attributes"]["state"]
            # Kibana passes these over in a layer that is left alone.
            assert (state["query"]["query"], state["filters"]) == ("", []), panel["panelIndex"]
        else:
            reference = next(one for one in DASHBOARD["references"] if one["name"].startswith(panel["panelIndex"]))
            assert SEARCHES[reference["id"]]["references"][0]["id"] == "wirewatch-hits"


def test_panels_fill_the_grid_without_lying_on_each_other() -> None:
    taken: Counter[tuple[int, int]] = Counter()
    for panel in PANELS.values():
        place = panel["gridData"]
        assert place["x"] + place["w"] <= COLUMNS
        taken.update(
            itertools.product(range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"]))
        )
    assert max(taken.values()) == 1
    height = max(y for _, y in taken) + 1
    assert len(taken) == height * COLUMNS


def test_a_saved_search_knows_its_data_view() -> None:
    for search in SEARCHES.values():
        source = source_of(search)
        assert [reference["name"] for reference in search["references"]] == [source["indexRefName"]]
        assert (source["query"]["language"], source["filter"]) == ("kuery", [])


def test_another_prefix_renames_everything_and_nothing_else() -> None:
    renamed = saved_objects("press-2", "https://watch.example")
    assert ndjson(renamed).decode().replace("press-2", PREFIX) == ndjson(OBJECTS).decode()
    assert PREFIX not in ndjson(renamed).decode().replace("`wirewatch deadletters replay`", "")
    assert {saved["id"].partition("-")[2] for saved in renamed if saved["type"] == "index-pattern"} == {
        "2-articles", "2-versions", "2-hits", "2-alerts", "2-deadletters", "2-fetches",
    }  # fmt: skip


def test_links_lead_to_the_page_where_it_is() -> None:
    def links(base: str) -> dict[str, str]:
        found = {}
        for saved in saved_objects(PREFIX, base):
            for field, shown in json.loads(saved["attributes"].get("fieldFormatMap", "{}")).items():
                if "urlTemplate" in shown.get("params", {}):
                    found[f"{saved['id']} {field}"] = shown["params"]["urlTemplate"]
        return found

    there = links("https://watch.example/desk/")
    assert there["wirewatch-hits article_id"] == "https://watch.example/desk/articles/{{value}}"
    assert set(there) == {
        "wirewatch-articles article_id",
        "wirewatch-versions article_id",
        "wirewatch-hits article_id",
        "wirewatch-hits story_id",
        "wirewatch-alerts story_id",
        "wirewatch-alerts articles",
    }
    assert links("") == {}
    assert PAGE == views.PAGE
