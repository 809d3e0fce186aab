"""`deploy/kibana/wirewatch.ndjson`: all saved objects, one a line."""

from __future__ import annotations

import json
from typing import Any

from tools.kibana.panels import CONTROLS, HITS, ROWS, Panel
from tools.kibana.sessions import SESSIONS
from tools.kibana.views import views

PATH = "deploy/kibana/wirewatch.ndjson"
DASHBOARD = "wirewatch-overview"
VERSIONS = {"index-pattern": "8.0.0", "search": "8.0.0", "dashboard": "8.9.0"}
"""Type -> the form it is in, which Kibana 8.9 was the first to write for all of them."""
CORE = "8.8.0"
_PANEL = "8.9.0"


def files() -> dict[str, str]:
    """Text by path."""
    return {PATH: "".join(f"{_json(saved)}\n" for saved in objects())}


def objects() -> list[dict[str, Any]]:
    """Data views, saved searches and the dashboard, each after what it refers to."""
    return [
        *(_object("index-pattern", name, attributes, []) for name, attributes in views().items()),
        *(_object("search", name, kept.attributes(), [kept.reference]) for name, kept in SESSIONS.items()),
        _dashboard(),
    ]


def _object(kind: str, name: str, attributes: dict[str, Any], references: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "type": kind,
        "id": name,
        "attributes": attributes,
        "references": references,
        # Kibana shows them as not to be edited, only duplicated: `setup` writes them anew at every upgrade.
        "managed": True,
        "coreMigrationVersion": CORE,
        "typeMigrationVersion": VERSIONS[kind],
    }


def _dashboard() -> dict[str, Any]:
    panels, references = [], []
    top = 0
    for height, row in ROWS:
        left = 0
        for name, panel in row.items():
            place = {"x": left, "y": top, "w": panel.width, "h": height, "i": name}
            shown, reference = _shown(name, panel)
            panels.append({"version": _PANEL, "gridData": place, "panelIndex": name, "title": panel.title, **shown})
            references.append(reference)
            left += panel.width
        top += height
    references += [
        {"type": "index-pattern", "id": HITS, "name": f"controlGroup_{name}:optionsListDataView"} for name in CONTROLS
    ]
    attributes = {
        "title": "wirewatch",
        "description": "What the watchlists found, and whether feeds, mails and processing are well.",
        "timeRestore": True,
        "timeFrom": "now-24h",
        "timeTo": "now",
        "refreshInterval": {"pause": False, "value": 60000},
        "controlGroupInput": _controls(),
        "panelsJSON": _json(panels),
        "optionsJSON": _json(
            {
                "useMargins": True,
                # One list, language or source has one colour in all panels.
                "syncColors": True,
                "syncCursor": True,
                "syncTooltips": False,
                "hidePanelTitles": False,
            }
        ),
        "kibanaSavedObjectMeta": {
            "searchSourceJSON": _json({"query": {"query": "", "language": "kuery"}, "filter": []})
        },
    }
    return _object("dashboard", DASHBOARD, attributes, references)


def _shown(name: str, panel: Panel) -> tuple[dict[str, Any], dict[str, str]]:
    if isinstance(panel.shows, str):
        search = {"type": "search", "embeddableConfig": {"enhancements": {}}, "panelRefName": f"panel_{name}"}
        return search, {"type": "search", "id": panel.shows, "name": f"{name}:panel_{name}"}
    chart = panel.shows
    reference = chart.reference(name)
    lens = {
        "type": "lens",
        # A figure says what it is itself; a second title above it would take half its room.
        "embeddableConfig": {
            "attributes": chart.attributes(panel.title, name),
            "hidePanelTitles": chart.kind == "lnsMetric",
            "enhancements": {},
        },
    }
    return lens, {**reference, "name": f"{name}:{reference['name']}"}


def _controls() -> dict[str, Any]:
    panels = {
        field: {
            "type": "optionsListControl",
            "order": order,
            "width": "small",
            "grow": True,
            "explicitInput": {
                "id": field,
                "fieldName": field,
                "title": title,
                "selectedOptions": [],
                "enhancements": {},
            },
        }
        for order, (field, title) in enumerate(CONTROLS.items())
    }
    ignore = {"ignoreFilters": False, "ignoreQuery": False, "ignoreTimerange": False, "ignoreValidations": False}
    return {
        "controlStyle": "oneLine",
        "chainingSystem": "HIERARCHICAL",
        "panelsJSON": _json(panels),
        "ignoreParentSettingsJSON": _json(ignore),
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
