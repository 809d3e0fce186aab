"""`wirewatch run` told by a hub, as a process with its settings."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.connectors.feeds.desk import until
from tests.connectors.feeds.hub import hub
from tests.connectors.feeds.server import item, outlet, rss
from tests.product import LOOPBACK, arguments, environment, records, wirewatch

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


@asynccontextmanager
async def running(*words: str | Path) -> AsyncIterator[asyncio.subprocess.Process]:
    child = await asyncio.create_subprocess_exec(
        *arguments(*words, "--port", "0"),
        env=environment(),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


def test_what_a_hub_delivers_is_found_seconds_later(tmp_path: Path) -> None:
    port = free_port()
    config = tmp_path / "wirewatch.toml"
    config.write_text(
        f"[feeds]\nwebsub_url = 'http://127.0.0.1:{port}/'\nwebsub_listen = '127.0.0.1:{port}'\n", encoding="utf-8"
    )
    told = ("--config", config, "--data", tmp_path / "data")

    async def run() -> None:
        async with outlet() as here, hub() as hub_:
            feed = here.url("/feed")
            here.documents["/feed"] = rss(item("1", "Nothing", link="/1"))
            here.headers["/feed"] = {"Link": f'<{hub_.url}>; rel="hub", <{feed}>; rel="self"'}
            async with running("run", "--feeds", feed, *LOOPBACK, *told) as child:
                await until(lambda: bool(hub_.subscribers))
                assert await hub_.deliver(rss(item("2", "Kosovo told by a hub", link="/2"))) == 200
                doctor = await asyncio.to_thread(wirewatch, "doctor", *told, check=False)
                assert doctor.returncode == 3
                assert "which anybody can listen to" in doctor.stdout
                assert f"leads to the listener at 127.0.0.1:{port}" in doctor.stdout
                for _ in range(100):
                    if await asyncio.to_thread(records, "hits", "--data", tmp_path / "data"):
                        break
                    await asyncio.sleep(0.2)
                else:
                    pytest.fail("no hit within 20 s")
                child.send_signal(signal.SIGINT)
                async with asyncio.timeout(10):
                    assert await child.wait() == 0
            assert len(here.requests) == 1

    asyncio.run(run())
    doctor = wirewatch("doctor", *told, check=False)
    assert f"nobody listens at 127.0.0.1:{port}" in doctor.stdout


def test_a_port_that_is_taken_and_settings_that_are_wrong_are_one_line(tmp_path: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        port = bound.getsockname()[1]
        config = tmp_path / "wirewatch.toml"
        config.write_text(
            f"[feeds]\nwebsub_url = 'https://hooks.example'\nwebsub_listen = '127.0.0.1:{port}'\n", encoding="utf-8"
        )
        taken = wirewatch("run", "--port", "0", "--config", config, "--data", tmp_path / "data", check=False)
    assert taken.returncode == 1
    assert "set another feeds.websub_listen" in taken.stderr
    assert len(taken.stderr.splitlines()) == 1
    for line, name in (
        ("websub_url = 'hooks.example'", "feeds.websub_url"),
        ("websub_url = 'https://hooks.example/?a=b'", "feeds.websub_url"),
        ("websub_listen = '8411'", "feeds.websub_listen"),
        ("websub_listen = '127.0.0.1:99999'", "feeds.websub_listen"),
        ("websub_poll = 1", "feeds.websub_poll"),
    ):
        config.write_text(f"[feeds]\n{line}\n", encoding="utf-8")
        wrong = wirewatch("config", "show", "--config", config, check=False)
        assert (wrong.returncode, wrong.stdout) == (2, "")
        assert f"error: {name}:" in wrong.stderr
