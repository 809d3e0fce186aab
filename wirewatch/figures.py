"""The figures of one process: each part adds what it can tell, `/metrics` shows all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from wirewatch import metrics

if TYPE_CHECKING:
    from wirewatch.metric_names import Metric
    from wirewatch.station import Station

Part = Callable[[], list["Metric"]]


class Figures:
    """What the parts of a process tell."""

    def __init__(self) -> None:
        self._parts: list[Part] = []

    def add(self, part: Part) -> None:
        """Show what `part` gives, too. It must not wait for a server."""
        self._parts.append(part)

    def ask(self, server: str, part: Part) -> None:
        """Show what `server` says when it is asked; with an empty name it is a file, which is always there."""
        self.add(metrics.Asked(server, part).metrics if server else part)

    def all(self) -> list[Metric]:
        """The figures of this moment."""
        return [metric for part in self._parts for metric in part()]

    def text(self) -> str:
        """All of them in the Prometheus text format."""
        return metrics.render(self.all())


def add_log(figures: Figures, station: Station) -> None:
    """What the log holds, and how far its readers are."""
    log = station.log
    server = "kafka" if station.settings.kafka.servers else ""
    if server:
        from connectors.log.counters import IN_THIS_PROCESS

        figures.add(lambda: metrics.of_kafka(IN_THIS_PROCESS))
    figures.ask(server, lambda: [*metrics.of_log(log), *metrics.of_lag(station.lag())])


def add_index(figures: Figures, station: Station) -> None:
    """What the index holds."""
    index = station.index
    server = "elasticsearch" if station.settings.elasticsearch.urls else ""
    figures.ask(server, lambda: metrics.of_index(index))
