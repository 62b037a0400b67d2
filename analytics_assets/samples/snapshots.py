"""The users dimension: a snapshot at the start, then one each first of a month with what changed.

Belongs here: which users stand in which snapshot, with which attributes. Does not: who they are
(people.py).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.samples.events import Ints
from analytics_assets.samples.files import write_whole
from analytics_assets.samples.lines import ended, numbered
from analytics_assets.samples.notes_lines import USERS_HEADER, users_file
from analytics_assets.samples.options import NotesOptions
from analytics_assets.samples.people import COUNTRIES, DEVICES, SUBSCRIPTIONS, People

Codes = np.ndarray[tuple[int], np.dtype[np.int8]]


@dataclass(frozen=True)
class Snapshots:
    """What was written. devices[i]: everyone's device from days[i] on; is_listed: stands in one of them."""

    days: list[int]
    devices: np.ndarray[tuple[int, int], np.dtype[np.int8]]
    rows: dict[str, int]
    duplicates: int
    is_listed: np.ndarray[tuple[int], np.dtype[np.bool_]]


def snapshot_days(start: date, days: int) -> list[int]:
    """Days from the start with a snapshot: the first, and each first of a month up to the last arrival."""
    return [0] + [day for day in range(1, days + 1) if (start + timedelta(days=day)).day == 1]


def write_snapshots(landing: Path, options: NotesOptions, people: People, rng: np.random.Generator) -> Snapshots:
    """Write all snapshots.

    A snapshot holds the users that joined or changed since the one before; a few stand twice in it,
    with other attributes and an equal or earlier join date.
    """
    days = snapshot_days(options.start, options.days)
    device, subscription = people.device.astype(np.int8), people.subscription.astype(np.int8)
    was_listed = np.zeros(options.users + 1, np.bool_)
    devices, rows, duplicates = [], {}, 0
    for day in days:
        is_changed = was_listed & (rng.random(options.users + 1) < options.change_share)
        is_device = rng.random(options.users + 1) < 0.5
        _change(device, is_changed & is_device, len(DEVICES), rng)
        _change(subscription, is_changed & ~is_device, len(SUBSCRIPTIONS), rng)
        joined = people.is_listed & ~was_listed & (people.join_day <= day)
        joined[0] = False
        users = np.flatnonzero(joined | is_changed)
        twice = users[rng.random(len(users)) < options.dimension_duplicate_share]
        other = device.copy(), subscription.copy()
        _change(other[0], twice, len(DEVICES), rng)
        _change(other[1], twice, len(SUBSCRIPTIONS), rng)
        earlier = rng.integers(0, 30, len(twice)) * rng.integers(0, 2, len(twice))
        content = user_lines(
            options.start,
            np.append(users, twice),
            np.append(people.join_day[users], people.join_day[twice] - earlier),
            np.append(people.country[users], people.country[twice]),
            np.append(device[users], other[0][twice]),
            np.append(subscription[users], other[1][twice]),
        )
        arrival = options.start + timedelta(days=day)
        write_whole(users_file(landing, arrival), [USERS_HEADER, content])
        rows[arrival.isoformat()] = len(users) + len(twice)
        duplicates += len(twice)
        was_listed |= joined
        devices.append(device.copy())
    return Snapshots(days, np.stack(devices), rows, duplicates, was_listed)


def user_lines(
    start: date, users: Ints, join_day: Ints, country: Ints, device: Ints, subscription: Ints
) -> pa.Buffer | bytes:
    """Rows of a snapshot as CSV text. join_day counts from `start`; the others are places in their lists."""
    if not len(users):
        return b""
    first = int(join_day.min())
    dates = [f"{start + timedelta(days=day)}," for day in range(first, int(join_day.max()) + 1)]
    lines = pc.binary_join_element_wise(
        numbered("u", 7, int(users.max()) + 1, ",").take(pa.array(users)),
        pa.array(dates).take(pa.array(join_day - first)),
        ended(COUNTRIES, ",").take(pa.array(country)),
        ended(DEVICES, ",").take(pa.array(device)),
        ended(SUBSCRIPTIONS, "\n").take(pa.array(subscription)),
        "",
    )
    return lines.buffers()[2]


def _change(
    codes: Codes,
    which: Ints | np.ndarray[tuple[int], np.dtype[np.bool_]],
    count: int,
    rng: np.random.Generator,
) -> None:
    """Give some users another value, in place; never the one they have."""
    codes[which] = (codes[which] + rng.integers(1, count, len(codes[which]))) % count
