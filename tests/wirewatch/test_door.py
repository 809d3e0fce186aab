from __future__ import annotations

import pytest

from wirewatch.door import credentials, names_of
from wirewatch.sections import PageSettings, Secret
from wirewatch.settings import load

LONG = "long enough for all"


def test_a_page_with_a_password_may_listen_anywhere() -> None:
    page = load(environment={"WIREWATCH_PAGE_HOST": "0.0.0.0", "WIREWATCH_PAGE_PASSWORD": LONG}).page
    asked = credentials(page)
    assert asked is not None
    assert (asked.user, asked.password) == ("wirewatch", LONG)


def test_a_page_of_loopback_asks_nobody_unless_told_to() -> None:
    assert credentials(PageSettings()) is None
    assert load(environment={"WIREWATCH_PAGE_PASSWORD": "short"}).page.password == Secret("short")


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("", ()),
        ("https://desk.example:8410/wire", ("desk.example",)),
        ("http://[2001:db8::1]:8410", ("2001:db8::1",)),
        ("http://[broken", ()),
        ("desk.example", ()),
    ],
)
def test_the_name_in_mails_is_answered_to(address: str, names: tuple[str, ...]) -> None:
    assert names_of(address) == names
