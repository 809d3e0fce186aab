"""Templates to bytes: one environment, everything escaped, nothing undefined."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from dashboard.assets import Assets
from dashboard.groups import colour, grouped
from dashboard.safety import host, printable
from schemas.hit import Hit
from schemas.time import rfc3339


class Renderer:
    """Renders pages, and the fragment of one hit for live updates, from the same macros."""

    def __init__(self, assets: Assets) -> None:
        self._environment = Environment(
            loader=PackageLoader("dashboard", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals["asset"] = assets.path
        self._environment.filters |= {
            "printable": printable,
            "host": host,
            "rfc3339": rfc3339,
            "utc": _utc,
            "brief": _brief,
            "colour": colour,
            "here": _here,
        }
        self._fragment = self._environment.get_template("fragment.html")

    def page(self, template: str, **context: object) -> str:
        """A whole page."""
        return self._environment.get_template(template).render(**context)

    def fragment(self, hit: Hit) -> str:
        """One hit as a group of its own, exactly as the page shows it."""
        return self._fragment.render(group=grouped((hit,))[0])


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _brief(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%d %b %H:%M UTC")


def _here(parameters: dict[str, str], path: str) -> str:
    query = urlencode({name: value for name, value in parameters.items() if value})
    return f"{path}?{query}" if query else path
