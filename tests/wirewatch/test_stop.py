"""A process ends in time whatever it waits for."""

from __future__ import annotations

import re
import socket
import subprocess
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.product import arguments, environment

pytestmark = pytest.mark.slow


def test_a_page_that_asks_a_silent_index_stops_in_time(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent, ThreadPoolExecutor(1) as reader:
        index = f"http://127.0.0.1:{silent.getsockname()[1]}"
        serving = subprocess.Popen(
            arguments("serve", "--data", tmp_path, "--port", "0"),
            env=environment(WIREWATCH_ELASTICSEARCH_URLS=index),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        with serving:
            assert serving.stdout is not None
            page = re.search(r"http://127\.0\.0\.1:\d+/", serving.stdout.readline())
            assert page
            reader.submit(_ask, page[0])
            silent.settimeout(20)
            question, _ = silent.accept()
            started = time.monotonic()
            serving.terminate()
            assert serving.wait(40) == 0
            assert time.monotonic() - started < 10
            question.close()


def _ask(page: str) -> None:
    with suppress(OSError):
        urllib.request.urlopen(f"{page}api/hits", timeout=40).close()
