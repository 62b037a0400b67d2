"""When things happen: the week, the hours of a day, how long visits are, the pauses in them.

Belongs here: shapes that the people of all feeds share. Does not: who they are (people.py, crowd.py), what they do.
"""

import numpy as np

from analytics_assets.samples.events import Floats, Ints

WEEKDAYS = (1.08, 1.12, 1.10, 1.05, 0.92, 0.62, 0.70)  # Monday first
# Share of visits by local hour: little at night, three bumps by day.
HOURS = (2, 1, 1, 1, 1, 2, 4, 8, 12, 15, 16, 14, 11, 13, 15, 15, 13, 11, 11, 13, 15, 14, 9, 5)
_RHYTHM = np.append(0.0, np.cumsum(HOURS)) / sum(HOURS)


def seconds_of_day(chance: Floats) -> Ints:
    """Local seconds since midnight at which visits begin, from numbers drawn evenly from 0 to 1."""
    return np.interp(chance, _RHYTHM, np.arange(25) * 3600).astype(np.int64)


def shared_out(total: int, weight: Floats) -> Ints:
    """Whole numbers in proportion to the weights, exactly `total` together."""
    # Rounding the running sum, not each number, keeps the total exact.
    running = np.rint(np.cumsum(weight) / weight.sum() * total).astype(np.int64)
    return np.diff(running, prepend=0)


def visit_lengths(rng: np.random.Generator, events: int, mean: int) -> Ints:
    """Events of each visit, so many that they add up to `events`."""
    lengths = np.zeros(0, np.int64)
    while (missing := events - int(lengths.sum())) > 0:
        more = rng.geometric(1 / mean, missing // mean + 10)
        lengths = np.append(lengths, more)
    running = np.cumsum(lengths)
    last = int(np.searchsorted(running, events))
    lengths = lengths[: last + 1]
    if len(lengths):
        lengths[last] -= running[last] - events
    return lengths


def visit_moments(begins: Ints, lengths: Ints, gaps: Ints, end: int) -> Ints:
    """The time of each event of visits that begin at times, in the unit of `gaps`: one gap for each event, of which
    a visit's first is not used. Visits that would reach `end` begin earlier; no event is before 0."""
    ends = np.cumsum(lengths)
    first = ends - lengths
    gaps[first] = 0
    running = np.cumsum(gaps)
    over = begins + running[ends - 1] - running[first] - (end - 1)
    begins = begins - np.maximum(over, 0)
    moments: Ints = np.maximum(np.repeat(begins - running[first], lengths) + running, 0)
    return moments
