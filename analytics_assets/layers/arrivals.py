"""Arrivals: the files of a feed's events in landing, each with the arrival that it belongs to.

Belongs here: hours that are told by names of files. Does not: listing (resources/landing.py), what a file holds
(reading.py).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath

from analytics_assets.feeds.spec import Arrival, Feed
from analytics_assets.layers.world import World
from resources.landing import LandedFile

DATE_LENGTH = len("2025-01-31")
FIRST_HOUR = "T00"


def event_files(world: World, arrivals: Collection[str] | None = None) -> list[LandedFile]:
    """Files of the feed's events, of the arrivals or of all. Raises LandingError as `Landing.files` does.

    For arrivals by the hour a folder is a date. A name that tells no hour of that date belongs to its first one,
    where it is quarantined: see `misnamed`.
    """
    feed = world.feed
    if feed.file_time is None:
        return world.landing.files(feed.landing, arrivals)
    dates = None if arrivals is None else {arrival[:DATE_LENGTH] for arrival in arrivals}
    found = [replace(file, arrival=named_arrival(feed, file)) for file in world.landing.files(feed.landing, dates)]
    return [file for file in found if arrivals is None or file.arrival in arrivals]


def arrivals_of(feed: Feed, dates: Sequence[str]) -> list[str]:
    """The arrivals of dates (ISO forms): these themselves, or their hours."""
    if feed.arrival is Arrival.DAY:
        return list(dates)
    return [f"{day}T{hour:02d}" for day in dates for hour in range(24)]


def misnamed(feed: Feed, file: LandedFile) -> str | None:
    """What is wrong with a file's name, for a feed that reads its hour from it."""
    if feed.file_time is None or _told(feed, file) is not None:
        return None
    example = datetime(2025, 1, 31, 10, 15).strftime(feed.file_time)
    return f"saw no time of its folder's date in the name, expected one such as {example}"


def named_arrival(feed: Feed, file: LandedFile) -> str:
    """The arrival of a file whose arrival is a date so far, for a feed that reads the hour from its name."""
    time = _told(feed, file)
    return f"{file.arrival}{FIRST_HOUR}" if time is None else f"{time:%Y-%m-%dT%H}"


def _told(feed: Feed, file: LandedFile) -> datetime | None:
    try:
        time = datetime.strptime(PurePosixPath(file.path).stem, feed.file_time or "")
    except ValueError:
        return None
    return time if f"{time:%Y-%m-%d}" == file.arrival[:DATE_LENGTH] else None
