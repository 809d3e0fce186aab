"""`wirewatch doctor`: look at everything and say what to do."""

from __future__ import annotations

import click

from wirewatch.cli.options import print_record, with_settings
from wirewatch.settings import Settings

_NEEDS_PERSON = 3


@click.command(name="doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@with_settings
def command(settings: Settings, *, as_json: bool) -> None:
    """Check Python, data folder, disk, servers, watchlists, feeds, hubs, mail server, alerts and dead letters.

    Of Kafka: brokers, topics, partitions, and how far each group of readers is behind. Of Elasticsearch: health and why it
    is no better, disks, templates and indices. Of Kibana, when one is set: that our objects are there.

    Exits 3 when a person is needed; each such line says what to do.
    """
    from wirewatch.checks import findings

    wrong = False
    for finding in findings(settings):
        wrong = wrong or finding.state == "wrong"
        todo = f"\n{'':8}-> {finding.todo}" if finding.todo else ""
        print_record(finding, as_json=as_json, text=f"{finding.state:6}  {finding.subject}: {finding.message}{todo}")
    if wrong:
        raise click.exceptions.Exit(_NEEDS_PERSON)
