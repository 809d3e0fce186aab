"""The saved objects as Kibana reads them: what is JSON inside a text taken apart, layers and the names of fields found."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from connectors.savedobjects import PREFIX, saved_objects

Saved = dict[str, Any]
OBJECTS = saved_objects(PREFIX, "https://watch.example")
VIEWS = {saved["id"]: saved for saved in OBJECTS if saved["type"] == "index-pattern"}
SEARCHES = {saved["id"]: saved for saved in OBJECTS if saved["type"] == "search"}
(DASHBOARD,) = (saved for saved in OBJECTS if saved["type"] == "dashboard")
PANELS: dict[str, Saved] = {panel["panelIndex"]: panel for panel in json.loads(DASHBOARD["attributes"]["panelsJSON"])}
CONTROLS: dict[str, Saved] = json.loads(DASHBOARD["attributes"]["controlGroupInput"]["panelsJSON"])


class Layer(msgspec.Struct, frozen=True):
    """One layer of a chart, with the data view it asks."""

    panel: str
    view: str
    columns: dict[str, Saved]
    order: tuple[str, ...]
    shown: Saved
    """The state of the visualization."""
    alone: bool

    @property
    def index(self) -> str:
        """The index without its prefix."""
        return self.view.removeprefix(f"{PREFIX}-")


def layers() -> list[Layer]:
    """Every layer of every chart."""
    return list(_layers())


def _layers() -> Iterator[Layer]:
    for name, panel in PANELS.items():
        if panel["type"] != "lens":
            continue
        attributes = panel["embeddableConfig"]["attributes"]
        views = {one["name"]: one["id"] for one in attributes["references"]}
        for layer, form in attributes["state"]["datasourceStates"]["formBased"]["layers"].items():
            yield Layer(
                panel=name,
                view=views[f"indexpattern-datasource-layer-{layer}"],
                columns=form["columns"],
                order=tuple(form["columnOrder"]),
                shown=attributes["state"]["visualization"],
                alone=form.get("ignoreGlobalFilters", False),
            )


def source_of(search: Saved) -> Saved:
    """The query of a saved search with what belongs to it."""
    source: Saved = json.loads(search["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
    return source


class Clause(msgspec.Struct, frozen=True):
    """`field: value`, `field: (value or value)` or `field: *`, perhaps after `not`: all the KQL that the file uses."""

    field: str
    values: tuple[str, ...]
    """Empty for `*`: the field has a value."""
    negated: bool

    def query(self) -> Saved:
        """The same as Elasticsearch takes it."""
        found: Saved = {"terms": {self.field: list(self.values)}} if self.values else {"exists": {"field": self.field}}
        return {"bool": {"must_not": found}} if self.negated else found


_CLAUSE = re.compile(r'(not )?("?)([\w.@]+)\2: (?:(\*)|"([\w-]+)"|\(("[\w-]+"(?: or "[\w-]+")*)\))')


def clause(kql: str) -> Clause:
    """Parses the KQL of a filter; anything but one clause is an error of the test, which must then learn it."""
    found = _CLAUSE.fullmatch(kql)
    assert found, f"KQL the tests cannot run: {kql}"
    negated, _, field, anything, value, several = found.groups()
    values = () if anything else (value,) if value else tuple(re.findall(r'"([\w-]+)"', several))
    return Clause(field=field, values=values, negated=bool(negated))
