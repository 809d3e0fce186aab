"""For how long a server calls its answer fresh: a wish for the time between two polls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from connectors.feeds.fetching.refusals import retry_after

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})")


def fresh_for(headers: Mapping[str, str], moment: datetime) -> float:
    """Seconds for which `headers` call an answer fresh; 0 when they do not."""
    control = headers.get("Cache-Control", "").lower()
    if "no-cache" in control or "no-store" in control:
        return 0.0
    stated = _MAX_AGE.search(control)
    if stated is not None:
        return float(stated[1])
    # `Expires` is meant on the server's clock. It is a date in the form of that of `Retry-After`, and never a number.
    expires, date = headers.get("Expires", ""), headers.get("Date", "")
    if not expires:
        return 0.0
    ours = retry_after(expires, moment) if not expires.strip().isdigit() else None
    ahead = retry_after(date, moment) if date and not date.strip().isdigit() else None
    return max(0.0, (ours or 0.0) - (ahead or 0.0))
