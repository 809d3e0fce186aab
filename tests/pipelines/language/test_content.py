from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.language.content import BODY, PIPELINE_VERSION, content_of, stored_tag
from pipelines.language.detect import Detection, Hints, detect
from schemas.item import Outlet
from tests.samples import item

SHARED = "Policija je zaustavila kamion na granici i pronašla veliku količinu droge"


def test_the_text_is_carried_as_it_is() -> None:
    one = item(title="Naslov", summary="Sažetak", body="Tekst " * 500)
    found = content_of(one)
    assert (found.title, found.summary, found.body) == (one.title, one.summary, one.body)
    assert found.content_hash == one.content_hash
    assert found.pipeline_version == PIPELINE_VERSION


def test_title_summary_and_body_speak_together() -> None:
    one = item(title="NATO", summary="Qeveria e Kosovës", body="miratoi buxhetin për vitin e ardhshëm", source=Outlet())
    assert detect("NATO").accepted is False
    assert (content_of(one).language, content_of(one).macro) == ("sq", "sq")


def test_only_the_beginning_of_the_body_is_looked_at() -> None:
    albanian = "Qeveria e Kosovës miratoi buxhetin. "
    start = (albanian * (BODY // len(albanian) + 1))[:BODY]
    with_rest = item(title="", body=start + "The government has approved the budget for next year. " * 200)
    assert content_of(with_rest).language_confidence == content_of(item(title="", body=start)).language_confidence
    assert content_of(with_rest).language == "sq"


def test_the_source_list_names_the_variant() -> None:
    assert content_of(item(title=SHARED, body="", source=Outlet(language="hr"))).language == "hr"
    assert content_of(item(title=SHARED, body="", source=Outlet(language="sr-Latn"))).language == "sr-Latn"


def test_a_sure_macro_language_is_stored_where_the_variant_is_not_sure() -> None:
    found = content_of(item(title=SHARED, body="", source=Outlet()))
    assert (found.language, found.macro, found.script) == ("sh-Latn", "hbs", "Latn")
    assert found.language_confidence > 0.9


def test_a_guess_is_not_stored_as_a_language() -> None:
    found = content_of(item(title="NATO", body="", source=Outlet()))
    assert (found.language, found.macro, found.script) == ("und", "und", "Latn")


def test_a_text_without_letters_has_no_language() -> None:
    found = content_of(item(title="1244", body="…", source=Outlet()))
    assert (found.language, found.macro, found.script, found.language_confidence) == ("und", "und", "", 0.0)


def test_the_declaration_of_the_feed_counts() -> None:
    assert content_of(item(title="NATO", body="", source=Outlet(), language="sq")).language == "sq"


def test_the_engine_can_be_chosen() -> None:
    one = item(title="Влада Србије донела је јуче нову одлуку о мерама", body="", source=Outlet())
    assert content_of(one).language == "sr-Cyrl"
    assert content_of(one, engine="langdetect").language != "sr-Cyrl"


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
@settings(deadline=None)
def test_any_item_has_content(title: str, summary: str, body: str) -> None:
    found = content_of(item(title=title, summary=summary, body=body))
    whole = detect("\n".join(part for part in (title, summary, body) if part), Hints(source="sr-Latn"))
    assert found.language == stored_tag(whole)
    assert found.script == whole.script


def test_stored_tags() -> None:
    assert stored_tag(Detection(tag="hr", macro="hbs", script="Latn", accepted=True, macro_accepted=True)) == "hr"
    assert stored_tag(Detection(tag="hr", macro="hbs", script="Latn", macro_accepted=True)) == "sh-Latn"
    assert stored_tag(Detection(tag="sq", macro="sq", script="Latn")) == "und"
