from __future__ import annotations

from pathlib import Path

import pytest

from schemas.errors import SettingsError
from tests.deploy import dockerfile
from tests.deploy.composition import environment_of, ours, secrets_of
from wirewatch.door import credentials
from wirewatch.settings import Settings, load


def environment(name: str, prepared: Path) -> dict[str, str]:
    """What the container finds, with the secrets and files where they are on this machine."""
    service = ours()[name]
    mounted = {path: str(prepared / "secrets" / secret) for secret, path in secrets_of(service).items()}
    told = {**dockerfile.environment(), **environment_of(service)}
    return {key: mounted.get(value, value) for key, value in told.items()}


def settings(name: str, prepared: Path) -> Settings:
    return load(environment=environment(name, prepared))


@pytest.mark.parametrize("name", sorted(ours()))
def test_every_variable_is_a_setting_with_a_value_it_takes(name: str, prepared: Path) -> None:
    told = settings(name, prepared)
    assert (told.data, told.logs.format) == ("/data", "json")
    assert told.kafka.servers == ("kafka:9092",)
    assert told.elasticsearch.urls == ("http://elasticsearch:9200",)
    assert told.elasticsearch.user == ("setup" if name.endswith("setup") else "wirewatch")
    secret = f"{told.elasticsearch.user}_password"
    assert told.elasticsearch.password.value == (prepared / "secrets" / secret).read_text()
    assert told.smtp.password.value == ""
    assert told.alerts.recipients == ("desk@example.org",)


@pytest.mark.parametrize("name", sorted(ours()))
def test_each_secret_is_read_by_who_has_it(name: str, prepared: Path) -> None:
    told = environment(name, prepared)
    for secret in secrets_of(ours()[name]):
        assert str(prepared / "secrets" / secret) in told.values(), secret


def test_a_misspelt_variable_is_refused(prepared: Path) -> None:
    with pytest.raises(SettingsError, match="WIREWATCH_KAFKA_SERVER"):
        load(environment={**environment("poll", prepared), "WIREWATCH_KAFKA_SERVER": "kafka:9092"})


def test_the_page_alone_is_open_and_asks_for_its_password(prepared: Path) -> None:
    hosts = {name: settings(name, prepared).page.host for name in ours()}
    assert {name for name, host in hosts.items() if host != "127.0.0.1"} == {"serve"}
    asked = credentials(settings("serve", prepared).page)
    assert asked is not None
    assert asked.password == (prepared / "secrets" / "page_password").read_text()
    told = environment("serve", prepared)
    del told["WIREWATCH_PAGE_PASSWORD_FILE"]
    with pytest.raises(SettingsError, match=r"page\.host"):
        load(environment=told)


@pytest.mark.parametrize("name", sorted(ours()))
def test_health_is_asked_where_it_is_answered(name: str, prepared: Path) -> None:
    health, told = ours()[name]["healthcheck"], settings(name, prepared)
    if health.get("disable") or name == "flink-workers":
        return
    port = told.page.port if name == "serve" else told.service.port
    assert f"127.0.0.1:{port}/healthz" in " ".join(health["test"])


def test_the_address_in_mails_is_that_of_the_page(prepared: Path) -> None:
    published = ours()["serve"]["ports"][0]
    assert published.startswith("127.0.0.1:8410:")
    assert settings("desk", prepared).alerts.base_url == "http://localhost:8410"
