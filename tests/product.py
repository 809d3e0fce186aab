"""The product as a user runs it: the installed command in a process of its own, and what it left behind."""

from __future__ import annotations

import json
import mailbox
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

LOOPBACK = ("--allow-network", "127.0.0.0/8")


def arguments(*words: str | Path) -> list[str]:
    return [sys.executable, "-W", "error::ResourceWarning", "-m", "wirewatch", *map(str, words)]


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WIREWATCH_")}
    return {**kept, "PYTHONUNBUFFERED": "1", **more}


def wirewatch(*words: str | Path, check: bool = True, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    done = subprocess.run(
        arguments(*words), input=given, capture_output=True, text=True, timeout=180, env=environment(), check=False
    )
    if check:
        assert done.returncode == 0, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def records(*words: str | Path) -> list[dict[str, Any]]:
    """The JSON lines a command prints."""
    # By "\n" alone: texts may hold characters that `splitlines` takes for the end of a line.
    return [json.loads(line) for line in wirewatch(*words, "--json").stdout.split("\n") if line]


def outcome(data: Path) -> dict[str, set[tuple[str, ...]]]:
    """What a run came to, by content alone: contents, hits, and who was told of what."""
    articles = records("search", "*", "--data", data, "--limit", "0")
    hits = records("hits", "--data", data, "--limit", "0")
    alerts = records("alerts", "list", "--data", data, "--limit", "0")
    return {
        "contents": {(one["article_id"], seen["content_hash"]) for one in articles for seen in one["observations"]},
        "hits": {(one["hit_id"],) for one in hits},
        "alerts": {
            (one["watchlist"], *sorted(one["articles"]), one["recipient"]) for one in alerts if one["state"] == "sent"
        },
    }


def mails(data: Path) -> list[mailbox.MaildirMessage]:
    """The mails in the mail folder."""
    folder = data / "mail"
    return list(mailbox.Maildir(folder, create=False)) if folder.is_dir() else []
