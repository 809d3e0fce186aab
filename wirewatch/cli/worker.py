"""`wirewatch worker`: the stages of the graph for an engine. Also installed as `wirewatch-worker`."""

from __future__ import annotations

import logging
import signal
import sys
import threading

import click


@click.command(name="worker", context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.option("--id", "worker", metavar="ID", default="", help="The name the engine gave this worker.")
@click.option("--provision_endpoint", metavar="HOST:PORT", default="", help="Where the engine says the rest.")
@click.option(
    "--pool", metavar="PORT", type=click.IntRange(1, 65535), help="Start workers for an engine that asks here instead."
)
def command(worker: str, provision_endpoint: str, pool: int | None) -> None:
    """Run the stages of `pipeline --runner …` for an engine such as Flink.

    The engine starts it itself (environment type PROCESS) with --id and --provision_endpoint, or asks a pool for it
    (EXTERNAL) that was started beside it with --pool, which listens on loopback only. The other options an engine
    gives are not needed.
    """
    if pool is not None:
        from pipelines.worker import serve_pool

        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        click.echo(f"worker pool at 127.0.0.1:{pool}", err=True)
        serve_pool(pool, [sys.executable, "-m", "wirewatch", "worker"], stop)
        return
    if not worker or not provision_endpoint:
        message = "an engine starts this with --id and --provision_endpoint; to be asked for workers, give --pool PORT"
        raise click.UsageError(message)
    from pipelines.worker import boot
    from wirewatch import logs
    from wirewatch.sections import LogsSettings

    # Beam sends what is logged to the engine too, but only the bare line.
    logs.configure(LogsSettings())
    logging.getLogger("apache_beam").setLevel(logging.ERROR)
    boot(worker, provision_endpoint)
