"""Events while they are still numbers: their columns, and that no two have one key by accident.

Belongs here: the arrays that pass from module to module. Does not: where the values come from
(visits.py, uniform.py, ide.py, aqua.py, shop.py), their text (lines.py).

Every feed's events have user (number from 1) and second (since midnight of the sample's first date); where times
are finer, also micro (of the second).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

DAY_S = 86_400
SECOND_US = 1_000_000

Events = npt.NDArray[np.void]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Notes. action: index into ACTIONS; page: number from 0; version: index into the sample's list of versions.
ACTIONS = ("page_view", "edit", "create", "share", "search")
PAGE_VIEW = 0
EVENT = np.dtype(
    [
        ("user", np.int32),
        ("second", np.int64),
        ("action", np.int8),
        ("page", np.int32),
        ("duration_ms", np.int32),
        ("version", np.int16),
    ]
)


def row_type(event: np.dtype[np.void]) -> np.dtype[np.void]:
    """The columns of an event, and what becomes of it on its way.

    landed: the second at which the row arrives, so its arrival is landed // DAY_S;
    broken: 0 for a whole row, else 1 + the place of its kind among the feed's (kinds.py).
    """
    return np.dtype([*event.descr, ("landed", np.int64), ("broken", np.int8)])


def moments_us(events: Events) -> Ints:
    """Times of events, in microseconds since midnight of the sample's first date."""
    moments: Ints = events["second"] * SECOND_US
    return moments + events["micro"] if "micro" in (events.dtype.names or ()) else moments


def set_moments(events: Events, moments: Ints) -> None:
    """The reverse of `moments_us`."""
    events["second"] = moments // SECOND_US
    if "micro" in (events.dtype.names or ()):
        events["micro"] = moments % SECOND_US


def in_time_order(events: Events) -> Events:
    """The events sorted by (user, time)."""
    ordered: Events = events[np.lexsort((moments_us(events), events["user"]))]
    return ordered


def with_unique_keys(events: Events, key: Sequence[str], vary: str, values: int) -> Events:
    """The events sorted by (user, second), some with another value of column `vary`, so that each key stands once.

    The key is (user, second) and the columns `key`, of which `vary` is one, with values below `values`. Raises
    ValueError if there are not values enough for that.
    """
    # Seconds of ten years need 29 bits, users 24: one integer sorts faster than two columns.
    moment = (events["user"].astype(np.int64) << 32) | events["second"]
    order = np.argsort(moment, kind="stable")
    moment, events = moment[order], events[order]
    same = moment[1:] == moment[:-1]
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    for _ in range(values):
        group = events[tied]
        rank = np.lexsort((*[group[name] for name in reversed(key)], moment[tied]))
        columns = [moment[tied][rank], *[group[name][rank] for name in key]]
        twice = np.logical_and.reduce([column[1:] == column[:-1] for column in columns])
        if not twice.any():
            return events
        again = tied[rank[1:][twice]]
        events[vary][again] = (events[vary][again] + 1) % values
    raise ValueError(f"{vary}s: saw {values}, expected more: a user does more in one second than there are {vary}s")
