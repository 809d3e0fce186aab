"""What is remembered of a feed after a poll or a delivery: pure, from what was known and what it came to."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from connectors.feeds.documents.document import Hints
from connectors.feeds.fetching import moves, validators
from connectors.feeds.fetching.hosts import believed
from connectors.feeds.fetching.validators import Validators
from connectors.feeds.items.entries import FORGOTTEN
from connectors.feeds.polling import schedule
from connectors.feeds.polling.outcome import Outcome
from schemas import health
from schemas.feed import FeedState
from schemas.rhythm import Rhythm, begun, followed


def next_state(state: FeedState, outcome: Outcome, chance: float, limits: schedule.Limits) -> FeedState:
    """What to remember after `outcome`."""
    record, known = outcome.record, outcome.validators or Validators(state.etag, state.last_modified)
    moment = record.fetched_at
    # A feed that was not asked, as its host wants quiet, has not failed.
    failures = 0 if outcome.readable else state.failures + record.asked
    hints = outcome.hints or Hints(ttl=state.hint, skip_hours=state.skip_hours, skip_days=state.skip_days)
    asked = schedule.Asked(
        moment=moment, status=record.status, rhythm=_rhythm(state, outcome), failures=failures,
        retry_after=outcome.retry_after, hint=max(hints.ttl, outcome.fresh_for), skip_hours=hints.skip_hours,
        skip_days=hints.skip_days, missed=record.missed, probe=moves.probe(record, failures),
    )  # fmt: skip
    planned = schedule.plan(asked, limits, chance)
    after = msgspec.structs.replace(
        state,
        etag=known.etag,
        last_modified=known.last_modified,
        body_hash=_body_hash(state, outcome),
        keyed_by=record.keyed_by,
        named_by=record.named_by,
        next_poll_at=planned.at,
        planned_by=planned.rule,
        quiet_until=None if outcome.retry_after is None else moment + timedelta(seconds=believed(outcome.retry_after)),
        interval=planned.interval,
        failures=failures,
        last_fetch=record,
        last_ok_at=moment if outcome.readable else state.last_ok_at,
        last_new_at=moment if record.new else state.last_new_at,
        owed=state.owed if outcome.owed is None else outcome.owed,
        hint=min(asked.hint, schedule.HINT_CAP),
        skip_hours=hints.skip_hours,
        skip_days=hints.skip_days,
        history=health.noted(state.history, record),
        rhythm=asked.rhythm,
    )
    after = validators.kept(state, after, full=outcome.full)
    return moves.followed(state, after, lost=outcome.lost, readable=outcome.readable)


def arrived(state: FeedState, outcome: Outcome) -> FeedState:
    """What to remember after a delivery: what it brought came, and whatever polls have found of the feed stays."""
    record = outcome.record
    return msgspec.structs.replace(
        state,
        keyed_by=record.keyed_by,
        named_by=record.named_by,
        last_new_at=record.fetched_at if record.new else state.last_new_at,
        owed=state.owed if outcome.owed is None else outcome.owed,
        rhythm=_rhythm(state, outcome),
    )


def _body_hash(state: FeedState, outcome: Outcome) -> str:
    if outcome.body_hash is not None:
        return outcome.body_hash
    # Some servers never send a whole document: what comes after the first of them is news all the same.
    return "" if state.body_hash == FORGOTTEN and outcome.readable else state.body_hash


def _rhythm(state: FeedState, outcome: Outcome) -> Rhythm:
    moment = outcome.record.fetched_at
    if not outcome.readable:
        return state.rhythm
    if state.rhythm.at is None:
        # Before its first document, or after a version that did not know of rhythms.
        return begun(outcome.published, moment)
    came = () if outcome.gap.renamed else outcome.came
    after = followed(state.rhythm, moment, came, outcome.gap.missed)
    replaced = state.rhythm.replaced + 1 if outcome.gap.replaced else 0 if came else state.rhythm.replaced
    return msgspec.structs.replace(after, replaced=replaced)
