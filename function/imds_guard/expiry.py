"""Rules of a configuration that hold until a day: how far along they are."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta, timezone
from typing import Literal

from imds_guard.config import ConfigError

NOTICE = timedelta(days=14)
"""So long before the last day it is said that there is one."""
GRACE = timedelta(days=14)
"""So long after it the rule still stands, so that no sync turns red overnight."""

Stage = Literal["ahead", "soon", "over", "lapsed"]
"""ahead: nothing to say. soon: the last day is near, or today. over: it is past, and the rule still
stands. lapsed: the rule counts no more."""


def stage(until: str, today: date) -> Stage:
    """How far along a rule is today whose last day is `until`, as 2026-12-31.

    Raises ValueError for what is no such day.
    """
    last = date.fromisoformat(until)
    if last.isoformat() != until:
        raise ValueError(until)
    if today > last + GRACE:
        return "lapsed"
    if today > last:
        return "over"
    return "soon" if today >= last - NOTICE else "ahead"


def current_day() -> date:
    """Today in UTC; SOURCE_DATE_EPOCH sets it, so that a build is the same whenever it runs.

    Raises ConfigError where that is no number of seconds.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if not given:
        return datetime.now(timezone.utc).date()
    try:
        return datetime.fromtimestamp(int(given), timezone.utc).date()
    except (ValueError, OverflowError, OSError):
        raise ConfigError(
            f"SOURCE_DATE_EPOCH is {given!r}; it must be a number of seconds since 1970"
        ) from None


def in_words(until: str, found: Stage, today: date) -> str:
    """What to say of a rule: that it ends, or that it has ended and what that means."""
    last = date.fromisoformat(until)
    if found == "soon":
        days = (last - today).days
        when = {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
        return f"ends {when}, on {until}"
    if found == "lapsed":
        return f"ended on {until}, and counts no more"
    return f"ended on {until}, and counts until {(last + GRACE).isoformat()}"
