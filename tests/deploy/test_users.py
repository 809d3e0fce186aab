from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.conftest import make_users
from tests.servers.elasticsearch import Node

pytestmark = pytest.mark.servers


def asked(node: Node, user: str, password: str, path: str, method: str = "GET") -> tuple[int, Any]:
    request = urllib.request.Request(node.url + path, method=method)
    request.add_header("Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or b"null")


@pytest.mark.parametrize(
    ("user", "secret", "roles"),
    [
        ("wirewatch", "wirewatch_password", ["wirewatch-writer"]),
        ("setup", "setup_password", ["kibana_admin", "wirewatch-setup"]),
        ("reader", "reader_password", ["kibana_admin", "wirewatch-reader"]),
        ("kibana_system", "kibana_password", ["kibana_system"]),
    ],
)
def test_each_user_has_its_password_and_roles(
    guarded: Node, prepared: Path, user: str, secret: str, roles: list[str]
) -> None:
    password = (prepared / "secrets" / secret).read_text()
    status, who = asked(guarded, user, password, "/_security/_authenticate")
    assert (status, sorted(who["roles"])) == (200, roles)
    assert asked(guarded, user, "changeme", "/_security/_authenticate")[0] == 401


@pytest.mark.parametrize(("user", "secret"), [("wirewatch", "wirewatch_password"), ("reader", "reader_password")])
def test_nobody_of_ours_reads_or_makes_what_is_not_ours(guarded: Node, prepared: Path, user: str, secret: str) -> None:
    password = (prepared / "secrets" / secret).read_text()
    for method, path in (
        ("PUT", "/others-1"),
        ("GET", "/.security-7/_search"),
        ("GET", "/_security/user/elastic"),
        ("DELETE", "/wirewatch-articles-000001"),
        ("DELETE", "/_security/user/reader"),
    ):
        assert asked(guarded, user, password, path, method)[0] == 403, (method, path)


def test_the_one_shot_may_run_again(guarded: Node, prepared: Path) -> None:
    again = make_users(prepared, guarded)
    assert "put user/wirewatch" in again
