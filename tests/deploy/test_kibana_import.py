from __future__ import annotations

import base64
import hashlib
import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.interfaces import Change
from connectors.kibana import Kibana, import_objects
from connectors.savedobjects import FILE, saved_objects
from schemas.errors import StoreError
from tests.connectors.mail.server import certificate
from tests.deploy.fake_kibana import FakeKibana, serving

COUNT = len(FILE.read_text("utf-8").splitlines())


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    with serving(FakeKibana()) as kibana:
        yield kibana


def actions(changes: tuple[Change, ...]) -> set[str]:
    assert len(changes) == COUNT
    return {change.action for change in changes}


def test_the_first_time_all_is_created_and_then_nothing_changes(fake: FakeKibana) -> None:
    kibana = Kibana(url=fake.url)
    first = import_objects(kibana)
    stored = dict(fake.stored)
    assert actions(first) == {"created"}
    assert "data view wirewatch-hits" in [change.subject for change in first]
    assert first[-1].subject == "dashboard wirewatch-overview"
    assert actions(import_objects(kibana)) == {"unchanged"}
    assert fake.stored == stored
    assert fake.imports == 2


def test_what_reaches_kibana_is_the_file_fitted_to_the_installation(fake: FakeKibana) -> None:
    import_objects(Kibana(url=fake.url), prefix="press", base_url="https://watch.example")
    assert {name for _, _, name in fake.stored} == {saved["id"] for saved in saved_objects("press", "")}
    hits = fake.stored["default", "index-pattern", "press-hits"]["attributes"]
    assert hits["title"] == "press-hits"
    assert "https://watch.example/articles/{{value}}" in hits["fieldFormatMap"]


def test_what_was_edited_or_deleted_is_written_anew_and_said(fake: FakeKibana) -> None:
    kibana = Kibana(url=fake.url)
    import_objects(kibana)
    kept = dict(fake.stored)
    fake.stored["default", "dashboard", "wirewatch-overview"]["attributes"]["title"] = "mine"
    del fake.stored["default", "search", "wirewatch-dead-letters"]
    told = {change.subject: change.action for change in import_objects(kibana) if change.action != "unchanged"}
    assert told == {
        "Discover session wirewatch-dead-letters": "created",
        "dashboard wirewatch-overview": "changed",
    }
    assert set(fake.stored) == set(kept)
    assert fake.stored["default", "dashboard", "wirewatch-overview"]["attributes"]["title"] == "wirewatch"


def test_another_address_of_the_page_changes_what_links_to_it(fake: FakeKibana) -> None:
    kibana = Kibana(url=fake.url)
    import_objects(kibana)
    changed = {one.subject for one in import_objects(kibana, base_url="https://a.example") if one.action == "changed"}
    assert changed == {f"data view wirewatch-{index}" for index in ("articles", "versions", "hits", "alerts")}


def test_looking_writes_nothing(fake: FakeKibana) -> None:
    kibana = Kibana(url=fake.url)
    assert actions(import_objects(kibana, only_look=True)) == {"created"}
    assert fake.stored == {}
    import_objects(kibana)
    assert actions(import_objects(kibana, only_look=True)) == {"unchanged"}
    assert fake.imports == 1


def test_a_space_of_its_own(fake: FakeKibana) -> None:
    assert actions(import_objects(Kibana(url=fake.url, space="press"))) == {"created"}
    assert {space for space, _, _ in fake.stored} == {"press"}
    assert actions(import_objects(Kibana(url=fake.url, space="press"))) == {"unchanged"}


def test_the_default_space_may_be_named(fake: FakeKibana) -> None:
    import_objects(Kibana(url=fake.url, space="default"))
    assert {space for space, _, _ in fake.stored} == {"default"}


def test_ids_that_another_space_has_become_others_and_that_is_said(fake: FakeKibana) -> None:
    import_objects(Kibana(url=fake.url))
    second = import_objects(Kibana(url=fake.url, space="press"))
    assert actions(second) == {"created"}
    assert all("another space has this id" in change.detail for change in second)
    assert actions(import_objects(Kibana(url=fake.url, space="press"))) == {"changed"}
    assert len(fake.stored) == 2 * COUNT


def test_a_space_that_is_not_there_is_not_filled(fake: FakeKibana) -> None:
    with pytest.raises(StoreError, match="there is no space 'pres'") as raised:
        import_objects(Kibana(url=fake.url, space="pres"))
    assert not raised.value.retryable
    assert fake.imports == 0


@pytest.mark.parametrize(
    ("login", "header"),
    [
        (Kibana(url="", api_key="abc="), "ApiKey abc="),
        (Kibana(url="", user="süd", password="p:w"), "Basic " + base64.b64encode("süd:p:w".encode()).decode()),
        (Kibana(url="", api_key="abc=", user="unused"), "ApiKey abc="),
    ],
    ids=["key", "password", "both"],
)
def test_logins(fake: FakeKibana, login: Kibana, header: str) -> None:
    fake.authorization = header
    there = Kibana(url=fake.url, api_key=login.api_key, user=login.user, password=login.password)
    assert actions(import_objects(there)) == {"created"}
    with pytest.raises(StoreError, match="the login was refused") as raised:
        import_objects(Kibana(url=fake.url, api_key="wrong"))
    assert not raised.value.retryable
    assert "wrong" not in str(raised.value) + repr(there)


def test_a_login_that_may_not(fake: FakeKibana) -> None:
    fake.forbidden = True
    with pytest.raises(StoreError, match=r"may not manage .* Data View Management in the space 'default'"):
        import_objects(Kibana(url=fake.url))


def test_every_object_refused_is_named_with_its_reason(fake: FakeKibana) -> None:
    fake.refusals = {
        "wirewatch-hits": {"type": "conflict"},
        "wirewatch-latest-hits": {
            "type": "missing_references",
            "references": [{"type": "index-pattern", "id": "gone"}],
        },
        "wirewatch-overview": {"type": "unknown", "statusCode": 400, "message": "[attributes.titel]: not expected"},
        "wirewatch-fetches": {"type": "unsupported_type"},
    }
    with pytest.raises(StoreError) as raised:
        import_objects(Kibana(url=fake.url))
    told = str(raised.value)
    assert f"refused 4 of {COUNT} saved objects" in told
    assert "index-pattern wirewatch-hits conflicts with an object that another space" in told
    assert "search wirewatch-latest-hits refers to what is not there: index-pattern gone" in told
    assert "dashboard wirewatch-overview [attributes.titel]: not expected" in told
    assert "index-pattern wirewatch-fetches unsupported type" in told
    assert fake.stored == {}


def test_a_kibana_too_old(fake: FakeKibana) -> None:
    fake.version = "8.8.2"
    with pytest.raises(StoreError, match=r"Kibana 8\.8\.2 is too old: .* 8\.9 and newer"):
        import_objects(Kibana(url=fake.url))
    for version in ("8.9.0", "9.0.0-SNAPSHOT", "10.0.0"):
        fake.version = version
        import_objects(Kibana(url=fake.url))


def test_one_that_starts_is_worth_waiting_for(fake: FakeKibana) -> None:
    fake.starting = True
    with pytest.raises(StoreError, match="Kibana server is not ready yet") as raised:
        import_objects(Kibana(url=fake.url))
    assert raised.value.retryable


def test_one_that_is_away_is_worth_waiting_for() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(StoreError, match="Kibana is away") as raised:
            import_objects(Kibana(url=url))
    assert raised.value.retryable
    assert url in raised.value.subject


def test_one_that_says_nothing_is_not_waited_for_beyond_the_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(StoreError, match=r"no answer within 0\.2 s") as raised:
            import_objects(Kibana(url=url, timeout=0.2))
    assert raised.value.retryable


def test_what_is_not_kibana(fake: FakeKibana) -> None:
    with pytest.raises(StoreError, match="what answers there is not Kibana") as raised:
        import_objects(Kibana(url=f"{fake.url}/elsewhere"))
    assert not raised.value.retryable


def test_one_that_has_moved(fake: FakeKibana) -> None:
    fake.moved_to = "https://kibana.example/"
    with pytest.raises(StoreError, match=r"leads elsewhere, to https://kibana\.example/: see kibana\.url") as raised:
        import_objects(Kibana(url=fake.url))
    assert not raised.value.retryable


def test_an_address_that_is_none() -> None:
    with pytest.raises(StoreError, match="not an address"):
        import_objects(Kibana(url="kibana.example"))


def test_the_fake_is_as_strict_as_kibana(fake: FakeKibana) -> None:
    """What the other tests rest on: without the header, the form or the ending of the name nothing is taken."""
    status, told = fake.answer("POST", "/api/saved_objects/_import", {"content-type": "application/json"}, b"{}")
    assert (status, told["message"]) == (400, "Request must contain a kbn-xsrf header.")
    status, _ = fake.answer(
        "POST", "/api/saved_objects/_import", {"content-type": "application/json", "kbn-xsrf": "x"}, b"{}"
    )
    assert status == 415
    lone = json.dumps({"type": "search", "id": "a", "attributes": {}, "references": [{"type": "tag", "id": "b"}]})
    form = f'--x\r\ncontent-disposition: form-data; name="file"; filename="a.ndjson"\r\n\r\n{lone}\r\n--x--\r\n'
    headers = {"content-type": "multipart/form-data; boundary=x", "kbn-xsrf": "x"}
    status, told = fake.answer("POST", "/api/saved_objects/_import", headers, form.encode())
    assert (status, told["success"], told["errors"][0]["error"]["type"]) == (200, False, "missing_references")
    status, told = fake.answer("POST", "/api/saved_objects/_import", headers, form.replace("ndjson", "json").encode())
    assert (status, told["message"]) == (400, "Invalid file extension")


def test_its_certificate_is_checked_by_file_or_fingerprint(tmp_path: Path) -> None:
    serving_side, _ = certificate(tmp_path)
    file = tmp_path / "server.pem"
    pem = file.read_text().partition("-----END PRIVATE KEY-----")[2]
    fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.strip())).hexdigest()
    with serving(FakeKibana(), serving_side) as fake:
        assert fake.url.startswith("https://")
        with pytest.raises(StoreError, match=r"certificate is not trusted: see elasticsearch\.ca_file") as raised:
            import_objects(Kibana(url=fake.url))
        assert not raised.value.retryable
        with pytest.raises(StoreError, match="certificate is not trusted"):
            import_objects(Kibana(url=fake.url, ca_fingerprint="0" * 64))
        assert fake.imports == 0
        assert actions(import_objects(Kibana(url=fake.url, ca_file=str(file)))) == {"created"}
        assert actions(import_objects(Kibana(url=fake.url, ca_fingerprint=fingerprint))) == {"unchanged"}
