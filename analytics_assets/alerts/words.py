"""Words: a message of a cause, as a person reads it.

Belongs here: subject and body. Does not: what is wrong (causes.py), who is told (told.py).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from analytics_assets.alerts.cause import Cause
from analytics_assets.alerts.told import Known, News

MOST_OF_SUBJECT, MOST_OF_LINE = 160, 600
BEFORE = {News.ALERT: "", News.WORSE: "worse: ", News.REMINDER: "still: ", News.ALL_CLEAR: "all clear: ", News.OVER: ""}
AFTER = {News.OVER: " (over by now)"}
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400


@dataclass(frozen=True)
class Places:
    """Where messages lead to. ui: the address of Dagster's UI; reports: the folder of the pages."""

    ui: str
    reports: Path


@dataclass(frozen=True)
class Message:
    """What is sent to a service. severity: warn, error or, of an all-clear, clear."""

    key: str
    news: str
    severity: str
    subject: str
    body: str
    at: str


def message(one: Known, news: News, places: Places, now_s: float) -> Message:
    """What a service is told of a cause."""
    cause = one.cause
    is_over = one.gone_s is not None
    lines = [
        ("what", cause.headline),
        ("where", cause.where),
        ("how bad", f"{cause.severity.word}: {cause.bad}"),
        ("since", f"{moment(cause.since_s)} ({lasting((one.gone_s if is_over else now_s) or now_s, cause.since_s)})"),
        ("until", moment(one.gone_s) if one.gone_s is not None else ""),
        ("example", cause.example),
        ("run", f"{places.ui}/runs/{cause.run_id}" if cause.run_id else ""),
        ("report", _report(cause, places)),
        ("look", cause.look),
    ]
    subject = f"[tidebook] {cause.feed}: {BEFORE[news]}{cause.headline}{AFTER.get(news, '')}"
    return Message(
        key=cause.key,
        news=news.value,
        severity="clear" if is_over else cause.severity.word,
        subject=plain(subject, MOST_OF_SUBJECT),
        body="\n".join(f"{name:<9} {plain(text, MOST_OF_LINE)}" for name, text in lines if text),
        at=moment(now_s),
    )


def moment(at_s: float) -> str:
    """A time, in UTC and to the minute."""
    return f"{datetime.fromtimestamp(at_s, timezone.utc):%Y-%m-%d %H:%M} UTC"


def lasting(now_s: float, since_s: float) -> str:
    """How long it was, in its greatest unit."""
    for unit_s, word in ((DAY_S, "days"), (HOUR_S, "hours"), (MINUTE_S, "minutes")):
        if now_s - since_s >= 2 * unit_s:
            return f"{(now_s - since_s) // unit_s:.0f} {word}"
    return f"{max(now_s - since_s, 0):.0f} seconds"


def plain(text: str, most: int) -> str:
    """One line without control or direction characters: names of files and rows may hold any, and are only shown."""
    clean = "".join(" " if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") else sign for sign in text)
    clean = " ".join(clean.split())
    return clean if len(clean) <= most else f"{clean[: most - 3]}..."


def _report(cause: Cause, places: Places) -> str:
    if not cause.page:
        return ""
    path = places.reports / cause.feed / f"{cause.page}.html"
    return str(path) if path.is_file() else f"tidebook report {cause.feed} --page {cause.page}"
