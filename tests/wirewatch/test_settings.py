from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.feeds.fetching.access import Access
from schemas.errors import SettingsError
from tests.product import wirewatch
from wirewatch.access import access, proxied
from wirewatch.sections import AccessSettings
from wirewatch.settings import Settings, load, shown


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "wirewatch.toml"
    file.write_text(text)
    return file


def test_nothing_given_is_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(environment={}) == Settings()


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, "[page]\nport = 1\n[pipeline]\nbatch_records = 1\n[feeds]\nconcurrency = 1\n")
    environment = {"WIREWATCH_PIPELINE_BATCH_RECORDS": "2", "WIREWATCH_FEEDS_CONCURRENCY": "2", "OTHER": "x"}
    settings = load(file, environment, {"feeds.concurrency": 3})
    assert (settings.page.port, settings.pipeline.batch_records, settings.feeds.concurrency) == (1, 2, 3)


def test_the_environment_has_its_types(tmp_path: Path) -> None:
    settings = load(
        written(tmp_path, ""),
        {
            "WIREWATCH_FEEDS_ALLOW_NETWORKS": "10.0.0.0/8, 127.0.0.0/8",
            "WIREWATCH_FEEDS_HOST_DELAY": "0.5",
            "WIREWATCH_SMTP_PASSWORD": "hunter2",
            "WIREWATCH_DATA": "elsewhere",
        },
    )
    assert settings.feeds.allow_networks == ("10.0.0.0/8", "127.0.0.0/8")
    assert settings.feeds.host_delay == 0.5
    assert settings.smtp.password.value == "hunter2"
    assert settings.data == "elsewhere"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[feeds]\nhost_dely = 1", "feeds.host_dely; did you mean feeds.host_delay?"),
        ("feed = 1", "unknown setting feed; did you mean feeds?"),
        ("feeds = 1", "feeds is a section"),
        ("[page]\nport = 'x'", "page.port"),
        ("[pipeline]\nbatch_records = 0", "pipeline.batch_records: must be at least 1"),
        ("[feeds]\nmin_interval = 900\nmax_interval = 600", "feeds.max_interval: must be at least 900"),
        ("[feeds]\nhost_delay = nan", "feeds.host_delay"),
        ("[alerts]\ntime_zone = 'Europe/Atlantis'", "alerts.time_zone: no such time zone"),
        ("[page]\nhost = '0.0.0.0'", "page.host: others than loopback reach '0.0.0.0': set page.password first"),
        ("[page]\nhost = '0.0.0.0'\npassword = 'short'", "page.password: must have at least 12 characters"),
        ("[page]\nuser = 'a:b'\npassword = 'long enough for all'", "page.user: must not have a colon"),
        ("[smtp]\ntls = 'maybe'", "smtp.tls: must be one of required, opportunistic, none, implicit, not 'maybe'"),
        ("[feeds]\nwebsub_poll = '6h'", "feeds.websub_poll: must be a number, not text"),
        ("[feeds]\nsources = 'a.opml'", "feeds.sources: must be a list in [ ], not text"),
        ("[smtp]\npassword_file = 'nowhere'", "smtp.password_file"),
        ("[[broken", "not valid TOML"),
        ("[feeds]\nallow_networks = ['10.0.0.0/8', 'office']", "feeds.allow_networks: 'office' is no network"),
        ('[feeds]\ncontact = "a\\nb"', "feeds.contact"),
        ("[page]\nport = 65536", "page.port: must be from 0 to 65535"),
        ("[smtp]\nport = -1", "smtp.port"),
        ("[pipeline]\nlanguage_engine = 'guess'", "pipeline.language_engine"),
        ("[feeds]\naccess = 1", "feeds.access is a section, not a value"),
        ("[feeds.access]\nportal = 1", "feeds.access.portal is a section"),
        ("[feeds.access.portal]\nusr = 'x'", "feeds.access.portal.usr; did you mean feeds.access.portal.user?"),
        ("[feeds.access.portal]\nuser = 'a:b'", "feeds.access.portal.user: must not have a colon"),
        ("[feeds.access.portal]\nheaders = { 'Ho st' = 'x' }", "feeds.access.portal.headers: 'Ho st' is no name"),
        ("[feeds.access.portal]\nheaders = { Host = 'x' }", "feeds.access.portal.headers: Host is not to be set"),
        ('[feeds.access.portal]\nheaders = { A = "x\\r\\ny" }', "the value of A has characters"),
        ("[feeds.access.portal]\ncookies = { A = 'x; y' }", "the value of A has characters that no cookie"),
        ("[feeds.access.portal]\npassword_file = 'nowhere'", "nowhere: cannot be read: No such file or directory"),
        ("[feeds.access.portal]\nproxy = 'socks5://x:hunter2@y'", "feeds.access.portal.proxy: is no address"),
        ("[feeds]\nproxy = 'proxy:3128'", "feeds.proxy: is no address"),
    ],
)
def test_each_fault_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(written(tmp_path, text), {})
    assert named in str(raised.value)


@pytest.mark.parametrize("name", ["WIREWATCH_FEEDS_HOST_DELY", "WIREWATCH_NONSENSE", "WIREWATCH_PAGE_PORT"])
def test_a_fault_of_the_environment_names_the_variable(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load(written(tmp_path, ""), {name: "x"})


def test_paths_in_the_file_lie_beside_it(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2\n")
    file = written(
        tmp_path,
        "data = 'd'\n[feeds]\nsources = ['a.opml', 'https://x.example/rss']\n[watchlists]\npaths = ['lists']\n"
        "[smtp]\npassword_file = 'secret'\n",
    )
    settings = load(file, {})
    assert settings.data == str(tmp_path / "d")
    assert settings.feeds.sources == (str(tmp_path / "a.opml"), "https://x.example/rss")
    assert settings.watchlists.paths == (str(tmp_path / "lists"),)
    assert settings.smtp.password.value == "hunter2"


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    settings = load(written(tmp_path, "[smtp]\npassword = 'hunter2'"), {})
    assert "hunter2" not in repr(settings) + str(settings) + json.dumps(shown(settings))
    assert shown(settings)["smtp"]["password"] == "***"  # type: ignore[index] # plain values


def test_config_show_prints_what_is_in_force(tmp_path: Path) -> None:
    file = written(tmp_path, "[smtp]\npassword = 'hunter2'\n[page]\nport = 9999\n")
    printed = wirewatch("config", "show", "--config", file, "--data", tmp_path / "d").stdout
    assert "port = 9999" in printed
    assert "hunter2" not in printed
    again = written(tmp_path, printed.replace('"***"', '""'))
    assert load(again, {}).page.port == 9999


def test_init_writes_a_file_that_loads_and_overwrites_none(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    asked = ("--recipient", "a@example.org", "--recipient", "b@example.org", "--smtp-host", "mail.example.org")
    wirewatch("init", file, *asked, "--sender", 'Пресс "деск" <desk@example.org>', "--time-zone", "Europe/Belgrade")
    settings = load(file, {})
    assert settings.alerts.recipients == ("a@example.org", "b@example.org")
    assert settings.alerts.sender == 'Пресс "деск" <desk@example.org>'
    assert settings.alerts.domain == "example.org"
    assert settings.smtp.host == "mail.example.org"
    before = file.read_bytes()
    refused = wirewatch("init", file, check=False)
    assert refused.returncode == 1
    assert "mine.toml" in refused.stderr
    assert file.read_bytes() == before


def test_the_servers_that_init_names_are_settings(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    wirewatch("init", file)
    head, _, team = file.read_text("utf-8").partition("# [kafka]")
    assert "wirewatch setup" in head
    (tmp_path / "kafka-password").write_text("hunter2\n")
    (tmp_path / "elasticsearch-key").write_text("key\n")
    file.write_text(head + "[kafka]" + team.replace("\n# ", "\n"), "utf-8")
    settings = load(file, {})
    assert settings.kafka.servers == ("kafka.example.org:9092",)
    assert (settings.kafka.password.value, settings.elasticsearch.api_key.value) == ("hunter2", "key")
    assert settings.kibana.url == "https://kibana.example.org"


def test_init_refuses_what_would_not_load_and_leaves_nothing(tmp_path: Path) -> None:
    done = wirewatch("init", tmp_path / "x.toml", "--time-zone", "Nowhere/Land", check=False)
    assert done.returncode == 2
    assert "time_zone" in done.stderr
    assert not list(tmp_path.iterdir())


def test_doctor_says_what_to_do(tmp_path: Path) -> None:
    lists = tmp_path / "lists.yaml"
    lists.write_text("lists: [broken\n")
    well = wirewatch("doctor", "--data", tmp_path / "data")
    assert "3 load" in well.stdout
    assert not (tmp_path / "data").exists()
    config = written(tmp_path, "[watchlists]\npaths = ['lists.yaml']\n[smtp]\nhost = '127.0.0.1'\nport = 1\n")
    ill = wirewatch("doctor", "--config", config, "--data", tmp_path / "data", check=False)
    assert ill.returncode == 3
    assert "lists.yaml" in ill.stdout
    assert "127.0.0.1:1" in ill.stdout
    assert "->" in ill.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("hits", "--limit", "-1"),
        ("hits", "--since", "yesterday-ish"),
        ("search",),
        ("run", "--port", "99999"),
        ("search", "kosovo banjska", "--data", "nowhere"),
    ],
)
def test_wrong_usage_is_exit_2(words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = wirewatch(*words, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1 or "query:1:" in done.stderr


@pytest.mark.parametrize(
    "name", ["alerts.recipients: recipient 'nobody'", "alerts.domain: 'a b'", "alerts.sender: sender 'x'"]
)
def test_mail_settings_no_mail_can_be_made_of_are_told_before_anything_is_written(name: str, tmp_path: Path) -> None:
    key, value = name.split(":", maxsplit=1)[0].removeprefix("alerts."), name.split("'")[1]
    config = written(tmp_path, f"[alerts]\n{key} = {[value] if key == 'recipients' else repr(value)}\n")
    done = wirewatch("run", "--once", "--config", config, "--data", tmp_path / "data", check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert name in done.stderr
    assert not (tmp_path / "data").exists()
    assert name in wirewatch("doctor", "--config", config, "--data", tmp_path / "data", check=False).stdout


def test_doctor_sees_that_the_data_folder_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.touch()
    done = wirewatch("doctor", "--data", file, check=False)
    assert done.returncode == 3
    assert f"{file}: is a file, not a folder" in done.stdout


def test_reading_without_data_says_where_to_begin(tmp_path: Path) -> None:
    done = wirewatch("hits", "--data", tmp_path / "none", check=False)
    assert done.returncode == 1
    assert "wirewatch run" in done.stderr
    assert len(done.stderr.splitlines()) == 1


SECRETS = ("hunter2", "key-123", "session-456", "from-file", "proxy-pass")


def test_ways_in_are_read_from_every_place_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / "portal.headers").write_text("# for the archive\n\nX-More: from-file: all of it\n")
    (tmp_path / "proxy").write_text("http://desk:proxy-pass@proxy.example:3128\n")
    file = written(
        tmp_path,
        """
        [feeds]
        proxy_file = "proxy"
        [feeds.access.portal]
        user = "desk"
        headers = { X-Api-Key = "key-123" }
        headers_file = "portal.headers"
        cookies = { session = "session-456" }
        """,
    )
    settings = load(file, {"WIREWATCH_FEEDS_ACCESS_PORTAL_PASSWORD": "hunter2"})
    section = settings.feeds.access["portal"]
    assert access(section, "feeds.access.portal") == Access(
        user="desk",
        password="hunter2",
        headers=(("X-Api-Key", "key-123"), ("X-More", "from-file: all of it")),
        cookies=(("session", "session-456"),),
    )
    proxy = proxied(settings.feeds.proxy, settings.feeds.proxy_file, "feeds.proxy")
    assert (proxy.address, proxy.user, proxy.password) == ("http://proxy.example:3128", "desk", "proxy-pass")
    for text in (repr(settings), json.dumps(shown(settings)), repr(access(section, "x")), repr(proxy)):
        assert not [one for one in SECRETS if one in text]
    assert shown(settings)["feeds"]["access"]["portal"]["headers"] == {"X-Api-Key": "***"}  # type: ignore[index]


def test_a_section_may_come_from_the_environment_alone(tmp_path: Path) -> None:
    settings = load(written(tmp_path, ""), {"WIREWATCH_FEEDS_ACCESS_THE_WIRE_PASSWORD_FILE": ""})
    assert settings.feeds.access == {"the_wire": AccessSettings()}
    with pytest.raises(SettingsError, match="WIREWATCH_FEEDS_ACCESS_PORTAL_USR"):
        load(written(tmp_path, ""), {"WIREWATCH_FEEDS_ACCESS_PORTAL_USR": "x"})


def test_config_show_prints_ways_in_as_sections(tmp_path: Path) -> None:
    file = written(tmp_path, '[feeds.access.portal]\nuser = "desk"\nheaders = { X-Api-Key = "key-123" }\n')
    result = wirewatch("config", "show", "--config", str(file))
    assert "[feeds.access.portal]\nuser = " in result.stdout
    assert '[feeds.access.portal.headers]\nX-Api-Key = "***"' in result.stdout
    assert "key-123" not in result.stdout


_KAFKA = {"WIREWATCH_KAFKA_SERVERS": "broker.example:9092, [::1]:9092"}
_NODES = {"WIREWATCH_ELASTICSEARCH_URLS": "https://search.example:9200"}


@pytest.mark.parametrize(
    ("environment", "path"),
    [
        ({"WIREWATCH_KAFKA_SERVERS": "broker.example"}, "kafka.servers"),
        ({"WIREWATCH_KAFKA_SERVERS": "broker.example:99999"}, "kafka.servers"),
        ({"WIREWATCH_KAFKA_PREFIX": "news desk"}, "kafka.prefix"),
        ({"WIREWATCH_KAFKA_PARTITIONS": "0"}, "kafka.partitions"),
        ({"WIREWATCH_KAFKA_TIMEOUT": "0"}, "kafka.timeout"),
        ({**_KAFKA, "WIREWATCH_KAFKA_SECURITY": "sasl_tls"}, "kafka.user"),
        ({**_KAFKA, "WIREWATCH_KAFKA_SECURITY": "sasl_tls", "WIREWATCH_KAFKA_USER": "x"}, "kafka.password"),
        ({**_KAFKA, "WIREWATCH_KAFKA_USER": "x"}, "kafka.security"),
        ({**_KAFKA, "WIREWATCH_KAFKA_CA_FILE": "ca.pem"}, "kafka.ca_file"),
        ({**_KAFKA, "WIREWATCH_KAFKA_SECURITY": "tls", "WIREWATCH_KAFKA_CA_FILE": "none.pem"}, "kafka.ca_file"),
        ({"WIREWATCH_ELASTICSEARCH_URLS": "search.example:9200"}, "elasticsearch.urls"),
        ({"WIREWATCH_ELASTICSEARCH_URLS": "https://search.example:port"}, "elasticsearch.urls"),
        ({"WIREWATCH_ELASTICSEARCH_PREFIX": "Wirewatch"}, "elasticsearch.prefix"),
        ({"WIREWATCH_ELASTICSEARCH_REPLICAS": "-1"}, "elasticsearch.replicas"),
        ({**_NODES, "WIREWATCH_ELASTICSEARCH_USER": "x"}, "elasticsearch.password"),
        (
            {**_NODES, "WIREWATCH_ELASTICSEARCH_USER": "x", "WIREWATCH_ELASTICSEARCH_API_KEY": "k"},
            "elasticsearch.user",
        ),
        ({**_NODES, "WIREWATCH_ELASTICSEARCH_CA_FINGERPRINT": "ab:cd"}, "elasticsearch.ca_fingerprint"),
        ({"WIREWATCH_KIBANA_URL": "kibana"}, "kibana.url"),
    ],
)
def test_settings_of_servers_that_cannot_be_name_their_key(environment: dict[str, str], path: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(environment=environment)
    assert caught.value.subject.startswith(path)


def test_a_password_in_an_address_is_refused_without_being_told() -> None:
    with pytest.raises(SettingsError) as caught:
        load(environment={"WIREWATCH_ELASTICSEARCH_URLS": "https://desk:hunter2@search.example:9200"})
    assert "hunter2" not in str(caught.value)


def test_the_password_of_a_server_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hunter2\n")
    named = {
        **_KAFKA,
        "WIREWATCH_KAFKA_SECURITY": "sasl_plaintext",
        "WIREWATCH_KAFKA_USER": "desk",
        "WIREWATCH_KAFKA_PASSWORD_FILE": str(tmp_path / "password"),
    }
    settings = load(environment=named)
    assert settings.kafka.password.value == "hunter2"
    assert settings.kafka.servers == ("broker.example:9092", "[::1]:9092")
