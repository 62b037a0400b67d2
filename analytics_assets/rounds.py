"""The round through older arrivals: each of them is listed at least once in 24 hours, some at each tick.

Belongs here: which come next, and the sensor's cursor, which holds no more than that. Does not: listing
(layers/landed.py). A cursor that is lost begins the round again, and costs nothing else.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field

ROUND_S = 12 * 3600.0
"""Half of 24 hours: a sensor that stands still for some hours is still in time."""
FIRST_S = 60.0
MOST_A_TICK = 500
MOST_OPEN = 100


@dataclass(frozen=True)
class Round:
    """Where the round stands. after: the arrival listed last, at_s: when. open: older arrivals that were found
    to be pending, which are listed at each tick until they are read; at most MOST_OPEN of them."""

    after: str = ""
    at_s: float = 0.0
    open: tuple[str, ...] = ()

    def next(self, older: Sequence[str], now_s: float) -> tuple[list[str], Round]:
        """The arrivals to list now, and the round behind them. older: all there are, sorted."""
        still = tuple(arrival for arrival in self.open if arrival in set(older))
        if not older:
            return [], Round(self.after, now_s)
        elapsed = now_s - self.at_s if 0 < self.at_s <= now_s else FIRST_S
        number = min(math.ceil(len(older) * elapsed / ROUND_S), MOST_A_TICK, len(older))
        start = bisect_right(older, self.after)
        slice_ = [older[(start + place) % len(older)] for place in range(number)]
        after = slice_[-1] if slice_ else self.after
        return sorted({*slice_, *still}), Round(after, now_s, still)

    def found(self, waiting: Collection[str], older: Sequence[str]) -> Round:
        """The round after the tick saw which arrivals must be read, now or when they are complete.

        Of very many the first are remembered, so that the cursor stays small; the round comes by the others again.
        """
        return Round(self.after, self.at_s, tuple(sorted(set(waiting) & set(older))[:MOST_OPEN]))


@dataclass(frozen=True)
class Cursor:
    """What the sensor remembers. rounds: by source. quiet: the state of the tables when nothing was behind in them.
    fresh: the verdict on freshness that was recorded last."""

    rounds: dict[str, Round] = field(default_factory=dict)
    quiet: str = ""
    fresh: str = ""

    def text(self) -> str:
        """As Dagster keeps it."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """A cursor that was lost, or that another version wrote, is an empty one."""
        try:
            found = json.loads(text or "{}")
            rounds = {
                name: Round(str(of["after"]), float(of["at_s"]), tuple(map(str, of["open"])))
                for name, of in found.get("rounds", {}).items()
            }
            return cls(rounds, str(found.get("quiet", "")), str(found.get("fresh", "")))
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()
