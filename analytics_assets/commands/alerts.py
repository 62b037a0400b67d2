"""`tidebook alerts`: what is open and who was told, one round now, and a message to try the services."""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from analytics_assets.alerts.delivery import Post
from analytics_assets.alerts.outbox import Outbox
from analytics_assets.alerts.told import Known
from analytics_assets.alerts.words import Message, lasting, moment, plain
from resources.settings import load_settings

COLOURS = {"error": "red", "warn": "yellow", "clear": "green", "over": "green"}
MOST_OF_HEADLINE = 200


def test(console: Console) -> bool:
    """Send a message to the log, the file and each service; whether all took it."""
    post, now = _post(console), moment(time.time())
    letter = Message(
        key="test",
        news="test",
        severity="warn",
        subject="[tidebook] this is a test",
        body=f"what      a test of alerts, sent by hand at {now}\nlook      tidebook alerts list",
        at=now,
    )
    post.outbox.folder.mkdir(parents=True, exist_ok=True)
    fine = True
    for channel in post.channels:
        why = channel.send(letter)
        fine = fine and not why
        mark = "[red]not taken[/red]" if why else "[green]taken[/green]    "
        console.print(f"{mark} {escape(channel.shown)}" + (f": {escape(why)}" if why else ""), soft_wrap=True)
    return fine


def send(console: Console) -> bool:
    """One round now; whether every service took what was due."""
    from analytics_assets.commands.instance import prepare_home

    prepare_home()
    import dagster as dg

    from analytics_assets.alerts.causes import look
    from analytics_assets.alerts.sensor import in_words
    from analytics_assets.discovery import load_feeds
    from analytics_assets.layers.world import World
    from resources.open import open_places

    settings, post = load_settings(), _post(console)
    landing, lakehouse = open_places(settings)
    worlds = [World(feed, landing, lakehouse, run_id="") for feed in load_feeds(settings.feeds).values()]
    with dg.DagsterInstance.get() as instance:
        done = post.round(lambda: look(worlds, instance, time.time()))
    console.print(in_words(post, done), markup=False, soft_wrap=True)
    return done is None or not done.failed


def show(console: Console) -> None:
    """Print what is open, since when, and what was told to whom when."""
    post = _post(console)
    book, now_s = post.outbox.read(), time.time()
    if not book.known:
        console.print("Nothing is open. alerts_sensor looks every 30 s, and so does once: tidebook alerts send")
        return
    for one in sorted(book.known.values(), key=lambda one: (one.gone_s is not None, -one.cause.severity, one.opened_s)):
        word = one.cause.severity.word if one.gone_s is None else "over"
        headline = plain(f"{one.cause.feed}: {one.cause.headline}", MOST_OF_HEADLINE)
        console.print(f"[{COLOURS[word]}]{word:<5}[/] {escape(headline)}", soft_wrap=True)
        told = moment(max(told.at_s for told in one.told.values())) if _is_told(one) else "never"
        left = ", ".join(channel.shown for channel in post.channels if _is_left(one, channel.key))
        words = f"      since {moment(one.cause.since_s)} ({lasting(now_s, one.cause.since_s)}); told {told}"
        console.print(words + (f"; not told yet: {left}" if left else ""), markup=False, soft_wrap=True)
        console.print(f"      {plain(one.cause.look, MOST_OF_HEADLINE)}", markup=False, soft_wrap=True)
    for channel in post.channels:
        if pause := book.pauses.get(channel.key):
            left_s = max(pause.until_s - now_s, 0)
            words = (
                f"{channel.shown} took no message, {pause.failures} times: {pause.why}. Tried again in {left_s:.0f} s."
            )
            console.print(words, markup=False, soft_wrap=True)


def open_alerts(feed: str) -> list[str]:
    """What is open of a feed, in a line each, the worst first."""
    known = Outbox(Path(load_settings().state)).read().known.values()
    causes = [one.cause for one in known if one.cause.feed == feed and one.gone_s is None]
    return [
        f"{cause.severity.word}: {plain(cause.headline, MOST_OF_HEADLINE)}, since {moment(cause.since_s)}"
        for cause in sorted(causes, key=lambda cause: (-cause.severity, cause.since_s))
    ]


def _post(console: Console) -> Post:
    from analytics_assets.alerts.sensor import post_of

    def write(severity: str, line: str) -> None:
        console.print(f"[{COLOURS[severity]}]{severity}[/] {escape(line)}", soft_wrap=True)

    settings = load_settings()
    return post_of(settings, Outbox(Path(settings.state)), write)


def _is_told(one: Known) -> bool:
    return any(told.severity for told in one.told.values())


def _is_left(one: Known, key: str) -> bool:
    """Whether a service is still to be told that a cause began, or that it is over."""
    if one.gone_s is not None:
        return key in one.waiting
    told = one.told.get(key)
    return told is None or not told.severity
