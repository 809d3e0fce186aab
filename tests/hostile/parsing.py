"""`python -m tests.hostile.parsing CANARY`: every hostile document through the real pool, one line of JSON each.

In a process of its own, so that its memory is that of the parent of the parse workers and of nothing else.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import sys
import time
from datetime import UTC, datetime

from connectors.feeds.documents.document import ParseRequest
from connectors.feeds.documents.parse_pool import ParsePool
from tests.hostile.documents import documents

_KIB_PER_UNIT = 1 if sys.platform == "linux" else 1 / 1024


async def main() -> None:
    """Parse them one after the other."""
    pool = ParsePool(1)
    await pool.start()
    try:
        for name, make in documents(sys.argv[1]).items():
            body = make()
            gc.collect()
            before, start = _most_kib(), time.monotonic()
            document, why = await pool.parse(ParseRequest(body=body, now=datetime.now(UTC)))
            told = {
                "name": name,
                "seconds": time.monotonic() - start,
                "grown_kib": _most_kib() - before,
                "natives": [entry.native for entry in document.entries[:50]] if document else None,
                "titles": [entry.title[:100] for entry in document.entries[:50]] if document else [],
                "entries": len(document.entries) if document else 0,
                "reason": why.reason if why else "",
            }
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()
    finally:
        await pool.close()


def _most_kib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB_PER_UNIT


if __name__ == "__main__":
    asyncio.run(main())
