"""App versions of the notes sample: which came out when, and how fast pages load in each.

Belongs here: the list of releases. Does not: who has which (people.py: everyone's delay in updating).
"""

from dataclasses import dataclass

import numpy as np

from analytics_assets.samples.events import Floats, Ints

SLOW_VERSION, SLOW_FACTOR = "5.10.0", 1.3  # a release that made loading slower, mended by its patch


@dataclass(frozen=True)
class Releases:
    """day: when each came out, counted from the sample's first date; load: factor on load time."""

    versions: list[str]
    day: Ints
    load: Floats

    def of(self, day: int, delay: Ints) -> Ints:
        """Index of the version that users have on a date who update `delay` days after a release."""
        return np.maximum(np.searchsorted(self.day, day - delay, side="right") - 1, 0)

    def slow(self, days: int) -> dict[str, float]:
        """Versions out within so many days that are slower than those around them, with the factor."""
        out = [version for version, day in zip(self.versions, self.day, strict=True) if day < days]
        return {SLOW_VERSION: SLOW_FACTOR} if SLOW_VERSION in out else {}


def releases(days: int) -> Releases:
    """Versions 5.7.0, 5.7.1, 5.8.0, … so that 5.9.0 and 5.10.0 come out early in the range."""
    apart = min(max(days // 8, 5), 30)
    first = -7 * apart // 2  # 5.8.1 is out at the start, 5.9.0 follows half an interval on
    count = 2 + (days - first) // apart
    versions = [f"5.{7 + number // 2}.{number % 2}" for number in range(count)]
    load = 0.99 ** np.arange(count)
    if SLOW_VERSION in versions:
        load[versions.index(SLOW_VERSION)] *= SLOW_FACTOR
    return Releases(versions=versions, day=first + apart * np.arange(count), load=load)
