"""One thing that `wirewatch doctor` has looked at."""

from __future__ import annotations

from typing import Literal

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """What was found. `todo` says what a person should do; empty when nothing is to be done."""

    subject: str
    state: Literal["ok", "note", "wrong"]
    message: str
    todo: str = ""
