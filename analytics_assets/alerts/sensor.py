"""The sensor `alerts_sensor`: looks at all feeds every half minute, and sends what is due.

Belongs here: the sensor, and what a round is made of. Does not: causes (causes.py), sending (delivery.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from pathlib import Path

import dagster as dg

from analytics_assets.alerts.cause import counted
from analytics_assets.alerts.causes import look
from analytics_assets.alerts.channels import channels
from analytics_assets.alerts.delivery import ROUND_S, Post, Round
from analytics_assets.alerts.outbox import Outbox
from analytics_assets.alerts.words import Places
from analytics_assets.feeds.spec import Feed
from analytics_assets.layers.world import World
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.settings import Settings

INTERVAL_S = 30
LISTS_EVERY_S = 3600
"""Purged arrivals are listed in landing no more often."""
HOUR_S = 3600.0


def alerts_sensor(
    feeds: Collection[Feed], settings: Settings, clock: Callable[[], float] = time.time, round_s: float = ROUND_S
) -> dg.SensorDefinition:
    """The sensor of all feeds. clock: seconds since 1970. round_s: what a round may take for services elsewhere."""
    outbox = Outbox(Path(settings.state))  # one for all ticks: it knows what it could not write

    @dg.sensor(
        name="alerts_sensor",
        minimum_interval_seconds=INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING if settings.sensors else dg.DefaultSensorStatus.STOPPED,
        description="Tells of failed runs and checks, stale feeds, quarantined files and anomalies, once a cause.",
    )
    def sensor(context: dg.SensorEvaluationContext, landing: Landing, lakehouse: Lakehouse) -> dg.SensorResult:
        now_s = clock()
        post = post_of(settings, outbox, lambda severity, line: _log(context, severity, line), clock, round_s)
        lists_landing = not 0 <= now_s - float(context.cursor or 0) < LISTS_EVERY_S
        worlds = [World(feed, landing, lakehouse, run_id="") for feed in feeds]
        done = post.round(lambda: look(worlds, context.instance, now_s, lists_landing))
        cursor = str(now_s) if lists_landing and done else context.cursor
        return dg.SensorResult(skip_reason=in_words(post, done), cursor=cursor)

    return sensor


def post_of(
    settings: Settings,
    outbox: Outbox,
    write: Callable[[str, str], None],
    clock: Callable[[], float] = time.time,
    round_s: float = ROUND_S,
) -> Post:
    """A round as the settings have it. write: takes what goes to the log, a severity and a line."""
    return Post(
        outbox=outbox,
        channels=channels(outbox.folder, [url.get_secret_value() for url in settings.alerts], write),
        places=Places(settings.alert_link, Path(settings.reports)),
        reminder_s=settings.alert_reminder_h * HOUR_S,
        clock=clock,
        round_s=round_s,
    )


def in_words(post: Post, done: Round | None) -> str:
    """What a round did, in a sentence or more."""
    if done is None:
        return "Another process sends alerts."
    now_open = [one for one in done.book.known.values() if one.gone_s is None]
    words = f"{counted(len(now_open), 'cause')} open, {counted(done.sent, 'message')} sent."
    words += f" {post.outbox.fault}." if post.outbox.fault else ""
    shown = {channel.key: channel.shown for channel in post.channels}
    for key, pause in done.book.pauses.items():
        left_s = max(pause.until_s - post.clock(), 0)
        words += f" {shown[key]} took no message ({pause.why}); it is tried again in {left_s:.0f} s."
    return words


def _log(context: dg.SensorEvaluationContext, severity: str, line: str) -> None:
    {"error": context.log.error, "warn": context.log.warning}.get(severity, context.log.info)(line)
