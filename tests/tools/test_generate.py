from __future__ import annotations

from pathlib import Path

import msgspec

from schemas.article import Article
from schemas.feed import FeedState
from tools import generate, json_schemas
from tools.field_docs import field_docs
from wirewatch.sections import FeedsSettings


class Parent(msgspec.Struct):
    plain: int = 0
    told: int = 0
    """Told by the parent."""
    both: str = ""
    """The parent's words."""


class Child(Parent):
    """Not a field's words."""

    both: str = ""
    """The child's
    words, on two lines."""
    last: str = ""


def test_field_docs_are_the_strings_below_the_fields() -> None:
    assert field_docs(Child) == {"told": "Told by the parent.", "both": "The child's words, on two lines."}
    assert field_docs(FeedsSettings)["host_delay"] == "Seconds between two requests to one host."


def test_a_schema_stands_alone() -> None:
    schema = json_schemas.schema(Article)
    assert schema["$id"] == "wirewatch/article/2"
    assert schema["title"] == "Article"
    assert schema["properties"]["seen_at"]["description"] == "When we first saw it in any feed."
    assert set(schema["$defs"]) == {"Content", "Observation", "Outlet", "Sighting"}
    inner = json_schemas.schema(FeedState)["$defs"]["FetchRecord"]["properties"]
    assert inner["reason"]["description"].startswith("One sentence for a person")


def test_write_makes_check_fine_and_names_what_changed(tmp_path: Path) -> None:
    wanted = {"docs/page.md": "Žalba\n", "schemas/json/a.json": "{}\n"}
    assert generate.outdated(tmp_path, wanted) == sorted(wanted)
    assert generate.write(tmp_path, wanted) == sorted(wanted)
    assert generate.outdated(tmp_path, wanted) == generate.write(tmp_path, wanted) == []
    (tmp_path / "docs/page.md").write_bytes("Žalba\r\n".encode())
    (tmp_path / "schemas/json/old.json").write_text("{}")
    assert generate.write(tmp_path, wanted) == ["docs/page.md", "schemas/json/old.json"]
    assert generate.outdated(tmp_path, wanted) == []
    assert not (tmp_path / "schemas/json/old.json").exists()


def test_other_arguments_are_refused() -> None:
    assert generate.main(["--chekc"]) == 2
