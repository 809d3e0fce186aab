"""The columns of a chart as the aggregation that Lens makes of them, and its answer as the rows people see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.deploy.kibana_file import Layer, Saved, clause

HOUR = "1h"
"""For `auto`, which Kibana takes from the width of the chart."""


def request(layer: Layer, since: str, until: str) -> Saved:
    """The search of a layer between two times, with nothing chosen in the controls."""
    within = {"range": {"@timestamp": {"gte": since, "lt": until}}}
    return {"size": 0, "query": {"bool": {"filter": [within]}}, "aggs": _nested(layer, 0), "track_total_hits": True}


def _nested(layer: Layer, at: int) -> Saved:
    name = layer.order[at]
    column = layer.columns[name]
    if not column["isBucketed"]:
        return {one: _metric(layer.columns[one]) for one in layer.order[at:] if not _is_all(layer.columns[one])}
    # A bucket is ranked by a column, so that is counted in it whatever buckets lie below.
    ranked = _ranked(layer, column)
    inner = _nested(layer, at + 1) | {one: _metric(layer.columns[one]) for one in ranked}
    return {name: {**_bucket(layer, column), "aggs": inner}}


def _ranked(layer: Layer, column: Saved) -> list[str]:
    if column["operationType"] != "terms":
        return []
    by = column["params"]["orderBy"]["columnId"]
    return [] if _is_all(layer.columns[by]) else [by]


def _is_all(column: Saved) -> bool:
    return column["operationType"] == "count" and "filter" not in column


def _bucket(layer: Layer, column: Saved) -> Saved:
    field, params = column["sourceField"], column["params"]
    if column["operationType"] == "date_histogram":
        assert params["interval"] == "auto"
        return {"date_histogram": {"field": field, "fixed_interval": HOUR, "min_doc_count": 1}}
    ranked = _ranked(layer, column)
    terms = {"field": field, "size": params["size"], "order": {(ranked or ["_count"])[0]: params["orderDirection"]}}
    if params["missingBucket"]:
        terms["missing"] = "__missing__"
    return {"terms": terms | {name: params[name] for name in ("include", "exclude") if params[name]}}


def _metric(column: Saved) -> Saved:
    field, params = column["sourceField"], column["params"]
    made: dict[str, Saved] = {
        "count": {},
        "unique_count": {"cardinality": {"field": field}},
        "percentile": {"percentiles": {"field": field, "percents": [params.get("percentile")]}},
        "max": {"max": {"field": field}},
        "last_value": {
            "top_hits": {
                "size": 1,
                "sort": [{params.get("sortField"): "desc"}],
                "docvalue_fields": [field],
                "_source": False,
            }
        },
    }
    metric = made[column["operationType"]]
    if "filter" not in column:
        return metric
    return {"filter": clause(column["filter"]["query"]).query(), **({"aggs": {"value": metric}} if metric else {})}


def rows(layer: Layer, answer: Saved) -> list[Saved]:
    """One row a bucket of the innermost level, values by column."""
    top = {**answer.get("aggregations", {}), "doc_count": answer["hits"]["total"]["value"]}
    return list(_rows(layer, 0, top, {}))


def _rows(layer: Layer, at: int, found: Saved, above: Saved) -> Iterator[Saved]:
    name = layer.order[at]
    if not layer.columns[name]["isBucketed"]:
        yield above | {one: _value(layer.columns[one], found, one) for one in layer.order[at:]}
        return
    for bucket in found[name]["buckets"]:
        yield from _rows(layer, at + 1, bucket, above | {name: bucket.get("key_as_string", bucket["key"])})


def _value(column: Saved, found: Saved, name: str) -> Any:
    if _is_all(column):
        return found["doc_count"]
    value = found[name]
    if "filter" in column:
        if column["operationType"] == "count":
            return value["doc_count"]
        value = value["value"]
    match column["operationType"]:
        case "percentile":
            return next(iter(value["values"].values()))
        case "max":
            return value["value_as_string"]
        case "last_value":
            hits = value["hits"]["hits"]
            return hits[0]["fields"][column["sourceField"]][0] if hits else None
    return value["value"]
