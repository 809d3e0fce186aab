"""Lens charts kept inside a dashboard panel: columns, which Kibana turns into one aggregation, and how they are drawn.

A layer of facts that the controls of the dashboard do not know (feeds, dead letters) sets `alone`: filters on a field that
an index lacks would empty it. Kibana then leaves out the panel's own query too, so such a layer filters in its columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

Column = dict[str, Any]
RECORDS = "___records___"
TIME = "@timestamp"

GOOD, WARNING, BAD = "#54B399", "#D6BF57", "#E7664C"
"""Of Kibana's own palette, so that they pass on its light and its dark ground."""


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """What a panel shows: columns by id in the order they are asked for, and the state of the visualization."""

    kind: str
    view: str
    """Id of the data view."""
    columns: dict[str, Column]
    visualization: dict[str, Any]
    alone: bool = False

    def attributes(self, title: str, layer: str) -> dict[str, Any]:
        """The attributes of the chart as a panel holds them; `layer` names its only layer."""
        form = {
            "columns": self.columns,
            "columnOrder": list(self.columns),
            "incompleteColumns": {},
            **({"ignoreGlobalFilters": True} if self.alone else {}),
        }
        return {
            "title": title,
            "visualizationType": self.kind,
            "type": "lens",
            "references": [self.reference(layer)],
            "state": {
                "visualization": _named(self.visualization, layer),
                "query": {"query": "", "language": "kuery"},
                "filters": [],
                "datasourceStates": {"formBased": {"layers": {layer: form}}},
                "internalReferences": [],
                "adHocDataViews": {},
            },
        }

    def reference(self, layer: str) -> dict[str, str]:
        """What ties the layer to its data view."""
        return {"type": "index-pattern", "id": self.view, "name": f"indexpattern-datasource-layer-{layer}"}


def _named(visualization: dict[str, Any], layer: str) -> dict[str, Any]:
    if "layers" in visualization:
        return {**visualization, "layers": [{"layerId": layer, **drawn} for drawn in visualization["layers"]]}
    return {"layerId": layer, "layerType": "data", **visualization}


# --- columns --------------------------------------------------------------------------------------------------------


def over_time(label: str = "Time") -> Column:
    """One bucket for each stretch of time that the width of the chart gives."""
    params = {"interval": "auto", "includeEmptyRows": True, "dropPartials": False}
    return _bucket(label, "date_histogram", TIME, params)


def top(
    label: str,
    field: str,
    size: int,
    by: str,
    *,
    other: bool = False,
    missing: bool = False,
    only: Sequence[str] = (),
    never: Sequence[str] = (),
) -> Column:
    """The most frequent values of `field`, ranked by column `by`; `only` and `never` name values."""
    params: dict[str, Any] = {
        "size": size,
        "orderBy": {"type": "column", "columnId": by},
        "orderDirection": "desc",
        "otherBucket": other,
        "missingBucket": missing,
        "parentFormat": {"id": "terms"},
        "include": list(only),
        "exclude": list(never),
        "includeIsRegex": False,
        "excludeIsRegex": False,
    }
    return _bucket(label, "terms", field, params)


def count(label: str, where: str = "", *, zero: bool = False) -> Column:
    """Documents; `zero` shows a 0 where there is none, instead of nothing."""
    return _metric(label, "count", RECORDS, where, {"emptyAsNull": not zero})


def different(label: str, field: str, where: str = "") -> Column:
    """How many different values `field` has; above some thousands an estimate."""
    return _metric(label, "unique_count", field, where, {"emptyAsNull": False})


def percentile(label: str, field: str, rank: int) -> Column:
    """The value that `rank` percent of the documents stay under."""
    return _metric(label, "percentile", field, "", {"percentile": rank})


def newest(label: str) -> Column:
    """The time of the newest document."""
    return {**_metric(label, "max", TIME, "", {"emptyAsNull": True}), "dataType": "date"}


def last(label: str, field: str) -> Column:
    """`field` of the newest document that has it."""
    params = {"sortField": TIME, "showArrayValues": True}
    return {**_metric(label, "last_value", field, f'"{field}": *', params), "dataType": "string", "scale": "ordinal"}


def _bucket(label: str, operation: str, field: str, params: dict[str, Any]) -> Column:
    dated = operation == "date_histogram"
    return {
        "label": label,
        "customLabel": True,
        "dataType": "date" if dated else "string",
        "operationType": operation,
        "sourceField": field,
        "isBucketed": True,
        "scale": "interval" if dated else "ordinal",
        "params": params,
    }


def _metric(label: str, operation: str, field: str, where: str, params: dict[str, Any]) -> Column:
    return {
        "label": label,
        "customLabel": True,
        "dataType": "number",
        "operationType": operation,
        "sourceField": field,
        "isBucketed": False,
        "scale": "ratio",
        "params": params,
        **({"filter": {"query": where, "language": "kuery"}} if where else {}),
    }


# --- charts ---------------------------------------------------------------------------------------------------------


def bars(view: str, time: Column, split: Column, value: Column, *, alone: bool = False) -> Chart:
    """Stacked bars over time, one colour a value of `split`."""
    layer = {"accessors": ["value"], "seriesType": "bar_stacked", "xAccessor": "time", "splitAccessor": "split"}
    columns = {"split": split, "time": time, "value": value}
    return Chart(kind="lnsXY", view=view, columns=columns, visualization=_xy("bar_stacked", layer), alone=alone)


def lines(view: str, time: Column, values: dict[str, Column], *, alone: bool = False) -> Chart:
    """One line a value over time."""
    layer = {"accessors": list(values), "seriesType": "line", "xAccessor": "time"}
    visualization = {**_xy("line", layer), "fittingFunction": "Linear", "emphasizeFitting": True}
    return Chart(kind="lnsXY", view=view, columns={"time": time, **values}, visualization=visualization, alone=alone)


def _xy(series: str, layer: dict[str, Any]) -> dict[str, Any]:
    return {
        "preferredSeriesType": series,
        # The title of the panel says what is counted, and time explains itself.
        "axisTitlesVisibilitySettings": {"x": False, "yLeft": False, "yRight": False},
        "legend": {"isVisible": True, "showSingleSeries": True, "position": "bottom", "legendSize": "auto"},
        "valueLabels": "hide",
        "layers": [{"layerType": "data", "position": "top", "showGridlines": False, **layer}],
    }


def table(
    view: str, columns: dict[str, Column], widths: dict[str, int], *, rows: int = 10, alone: bool = False
) -> Chart:
    """A row a bucket. A column has a width, none (it shares what is left), or 0: it is asked for and not shown."""
    shown = [{"columnId": name, "isTransposed": False, **_width(widths.get(name))} for name in columns]
    visualization = {
        "columns": shown,
        "rowHeight": "single",
        "rowHeightLines": 1,
        "paging": {"size": rows, "enabled": True},
    }
    return Chart(kind="lnsDatatable", view=view, columns=columns, visualization=visualization, alone=alone)


def _width(width: int | None) -> dict[str, Any]:
    if width is None:
        return {}
    return {"width": width} if width else {"hidden": True}


def number(view: str, value: Column, *, trouble: str = "", alone: bool = False) -> Chart:
    """One figure; with `trouble` it is green at 0 and that colour from 1 on."""
    visualization: dict[str, Any] = {"metricAccessor": "value"}
    if trouble:
        visualization["palette"] = _from_one_on(trouble)
    return Chart(kind="lnsMetric", view=view, columns={"value": value}, visualization=visualization, alone=alone)


def _from_one_on(colour: str) -> dict[str, Any]:
    return {
        "name": "custom",
        "type": "palette",
        "params": {
            "name": "custom",
            "steps": 2,
            "maxSteps": 5,
            "progression": "fixed",
            "reverse": False,
            "rangeType": "number",
            "rangeMin": 0,
            "rangeMax": None,
            "continuity": "above",
            "colorStops": [{"color": GOOD, "stop": 0}, {"color": colour, "stop": 1}],
            "stops": [{"color": GOOD, "stop": 1}, {"color": colour, "stop": 2}],
        },
    }
