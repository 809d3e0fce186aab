from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from dashboard.login import Credentials
from tests.dashboard.newsroom import Newsroom, Page, serving

PASSWORD = "зима: long and 12 more"


def basic(user: str, password: str, scheme: str = "Basic") -> dict[str, str]:
    return {"Authorization": f"{scheme} {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


@pytest.fixture
def closed(newsroom: Newsroom) -> Iterator[Page]:
    with serving(newsroom, login=Credentials("desk", PASSWORD)) as running:
        yield running


@pytest.mark.parametrize("path", ["/", "/feeds", "/api/hits", "/events", "/metrics", "/static/page.css", "/nothing"])
def test_nothing_is_shown_without_the_password(closed: Page, path: str) -> None:
    answer = closed.get(path)
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="wirewatch", charset="UTF-8"'
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    "headers",
    [
        basic("desk", "зима"),
        basic("desk", ""),
        basic("Desk", PASSWORD),
        basic("", PASSWORD),
        basic("desk", PASSWORD, "Bearer"),
        {"Authorization": "Basic"},
        {"Authorization": "Basic \u00e9"},
        {"Authorization": "x" * 4000},
    ],
)
def test_a_wrong_login_is_none(closed: Page, headers: dict[str, str]) -> None:
    assert closed.get("/", headers).status == 401


def test_who_knows_it_sees_the_page(closed: Page) -> None:
    for scheme in ("Basic", "basic"):
        assert closed.get("/", basic("desk", PASSWORD, scheme)).status == 200
    assert closed.get("/api/hits", basic("desk", PASSWORD)).status == 200


def test_health_answers_everybody(closed: Page) -> None:
    assert closed.get("/healthz").status == 200
    assert closed.get("/healthz/").status == 401
    assert closed.get("/healthz", {"Host": "evil.example"}).status == 400


def test_the_password_is_never_shown() -> None:
    assert PASSWORD not in repr(Credentials("desk", PASSWORD)) + str([Credentials("desk", PASSWORD)])
