"""What the end-to-end tests of all sizes are held against."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.cases import Documents, Size, in_one_process
from tests.wire import Wire, serving


@pytest.fixture(scope="session")
def cases_wire() -> Iterator[Wire]:
    """The wire of the cases: feeds at the same addresses for every size."""
    with serving() as served:
        yield served


@pytest.fixture(scope="session")
def wanted(cases_wire: Wire, tmp_path_factory: pytest.TempPathFactory) -> list[Documents]:
    """What the embedded size comes to, step by step."""
    return in_one_process(Size(tmp_path_factory.mktemp("embedded"), cases_wire))
