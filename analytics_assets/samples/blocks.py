"""Blocks: events are made for some dates at a time, in order, so that a long sample needs no more memory.

Belongs here: which dates go together, events that run over midnight into a later block. Does not: the events.
"""

from collections.abc import Callable, Iterator

import numpy as np

from analytics_assets.samples.events import DAY_S, Events, Ints
from analytics_assets.samples.files import Progress

# Dates are made together up to so many events: enough for numpy, few enough for memory. Part of what a
# seed means: another number gives other bytes.
BLOCK_EVENTS = 1_000_000


def event_blocks(
    by_day: Ints,
    make: Callable[[int, int], Events],
    finish: Callable[[Events], Events],
    total: int,
    progress: Progress | None = None,
    size: int | None = None,
) -> Iterator[tuple[int, Events]]:
    """Events of whole dates, block after block, and the day before which arrivals may be written then.

    by_day: events planned for each date. make(first day, end day): the events that begin there; those after the
    block are kept for the next. finish: sorts the events of a block and makes their keys unique. total: of progress.
    """
    days, done = len(by_day), 0
    over_midnight: Events | None = None
    for first_day, end_day in blocks(by_day, size or BLOCK_EVENTS):
        made = make(first_day, end_day)
        if over_midnight is not None:
            made = np.concatenate([over_midnight, made])
        is_after = made["second"] >= end_day * DAY_S
        over_midnight, made = made[is_after], made[~is_after]
        events = finish(made)
        # The arrival after the last date takes all that is late, and closes it.
        yield (days + 1 if end_day == days else end_day), events
        done += len(events)
        if progress:
            progress("events", done, total)


def blocks(events: Ints, size: int) -> Iterator[tuple[int, int]]:
    """First and end day (not included) of runs of days with at most `size` events, or of one day."""
    first, held = 0, 0
    for day, count in enumerate(events.tolist()):
        if held and held + count > size:
            yield first, day
            first, held = day, 0
        held += count
    yield first, len(events)
