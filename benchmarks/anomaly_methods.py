"""Three ways to find anomalies in daily series, on series with anomalies of known kinds at several levels of noise.

Ours (transforms/anomalies.py); a seasonal-trend decomposition (STL of the 12 weeks before, anew each day with one
robust step, the next day by its trend and the season of a week ago); exponential smoothing (ETS, additive on the log
scale, its shares fitted once to the first 12 weeks). All see a day and the days before it alone, hold flagged days out
of what they learn from, and begin again after 14 in a row with one sign. Of the two others the threshold is searched
by bisection: the least at which series without anomaly raise no more false alarms a year than with ours. What is
counted are alarms of the method as it is used, with what it holds out at that threshold; the series are others than
those of the table.

Belongs here: the methods and the comparison. Does not: the series (anomaly_series.py).

python -m benchmarks.anomaly_methods --series 30 --others 10
"""

from __future__ import annotations

import argparse
import math
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache

import numpy as np
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.seasonal import STL

from analytics_assets.transforms.anomalies import AnomalyRule, Point, judged
from benchmarks.anomaly_series import DAYS, FROM, KINDS, START, WITHIN, Made, made

NOISES = ((2000.0, 0.03), (2000.0, 0.10), (2000.0, 0.20), (60.0, 0.05))
SIZE = 0.7
ENTER = 4.0
"""Our threshold, as feeds have it by default."""
SHIFT_AFTER = 14
LEARNED_DAYS = 84
YEARS = (DAYS - FROM) / 365
CALIBRATED_WITH = 2
"""Times as many series without anomaly as of each kind."""
THRESHOLDS, HALVINGS = (1.5, 12.0), 7
"""Between which to search, to a sixtieth."""

Signs = list[int]
Method = Callable[[Made, float], Signs]
State = tuple[float, float, list[float]]


def ours(series: Made, enter: float) -> Signs:
    """Verdicts of transforms/anomalies.py."""
    points = [Point(START + timedelta(days=n), 0, value, value or 0) for n, value in enumerate(series.values)]
    rule = AnomalyRule(enter=enter, leave=enter / 2, holidays=series.holidays)
    return [one.sign for one in judged(points, "count", "day", rule)]


class Learned(ABC):
    """A method that learns from a series whose flagged and missing days are what it expected of them."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self.errors: list[float] = []

    @abstractmethod
    def expected(self) -> float | None:
        """The next value, None while too little is known."""

    def take(self, value: float, expected: float | None) -> None:
        """Learn the next value."""
        self.values.append(value)
        if expected is not None:
            self.errors.append(value - expected)

    def pass_over(self, expected: float | None) -> None:
        """The next value is not to be learned from: it stands as what was expected."""
        usual = self.values[-7] if len(self.values) >= 7 else 0.0
        self.values.append(usual if expected is None else expected)

    def begin_again(self, row: Sequence[float]) -> float:
        """A new level, to which its values belong that were passed over, and the next one; how far it is away."""
        before, passed_over = self.values[: 1 - len(row)], self.values[1 - len(row) :]
        shift = float(np.median(np.array(row[:-1]) - np.array(passed_over)))
        self.values = [*(value + shift for value in before), *row]
        return shift

    def spread(self) -> float | None:
        """By the MAD of the latest errors."""
        if len(self.errors) < 28:
            return None
        latest = np.array(self.errors[-LEARNED_DAYS:])
        return max(1.4826 * float(np.median(np.abs(latest - np.median(latest)))), 0.02)


class Decomposed(Learned):
    """STL."""

    def expected(self) -> float | None:
        if len(self.values) < 35:
            return None
        found = STL(np.array(self.values[-LEARNED_DAYS:]), period=7, robust=True).fit(outer_iter=1)
        return float(found.trend[-1] + found.seasonal[-7])


class Smoothed(Learned):
    """ETS: level, trend and season, each corrected by its share of the error of the day before."""

    def __init__(self) -> None:
        super().__init__()
        self.state: State | None = None
        self.shares = (0.0, 0.0, 0.0)

    def expected(self) -> float | None:
        if self.state is None and len(self.values) >= LEARNED_DAYS:
            self.shares, self.state, errors = fitted(tuple(self.values))
            self.errors = [*errors]
        return None if self.state is None else self.state[0] + self.state[1] + self.state[2][0]

    def take(self, value: float, expected: float | None) -> None:
        super().take(value, expected)
        self._correct(0.0 if expected is None else value - expected)

    def pass_over(self, expected: float | None) -> None:
        super().pass_over(expected)
        self._correct(0.0)

    def begin_again(self, row: Sequence[float]) -> float:
        shift = super().begin_again(row)
        if self.state is not None:
            level, trend, season = self.state
            self.state = (level + shift, trend, season)
            self._correct(row[-1] - (level + shift + trend + season[0]))
        return shift

    def _correct(self, error: float) -> None:
        if self.state is not None:
            (level, trend, season), (alpha, beta, gamma) = self.state, self.shares
            self.state = (level + trend + alpha * error, trend + beta * error, [*season[1:], season[0] + gamma * error])


@cache
def fitted(values: tuple[float, ...]) -> tuple[tuple[float, float, float], State, list[float]]:
    """Shares of level, trend and season, the state after the last value, and the errors on the way there."""
    found = ETSModel(np.array(values), error="add", trend="add", seasonal="add", seasonal_periods=7).fit(disp=False)
    named = dict(zip(found.model.param_names, found.params, strict=True))
    alpha, beta, gamma = (float(named[f"smoothing_{name}"]) for name in ("level", "trend", "seasonal"))
    season = [float(value) for value in found.season[-7:]]
    return (alpha, beta, gamma), (float(found.level[-1]), float(found.slope[-1]), season), [*map(float, found.resid)]


def learning(make: Callable[[], Learned]) -> Method:
    """A method from what it learns."""

    def method(series: Made, enter: float) -> Signs:
        learned, signs = make(), [0]
        row: list[float] = []
        for day, count in enumerate(series.values):
            expected, spread = learned.expected(), learned.spread()
            if count is None or START + timedelta(days=day) in series.holidays:
                learned.pass_over(expected)
                signs.append(0)
                row = []
                continue
            value, sign = float(np.log1p(count)), 0
            if expected is not None and spread is not None:
                side = 1 if value > expected else -1
                sign = side if abs(value - expected) / spread >= (enter / 2 if signs[-1] == side else enter) else 0
            row = [*row, value] if sign and signs[-1] == sign else [value] if sign else []
            signs.append(sign)
            if len(row) == SHIFT_AFTER:
                learned.begin_again(row)
                row = []
            elif sign:
                learned.pass_over(expected)
            else:
                learned.take(value, expected)
        return signs[1:]

    return method


METHODS: dict[str, Method] = {"ours": ours, "STL": learning(Decomposed), "ETS": learning(Smoothed)}


def alarms(signs: Signs) -> list[int]:
    """The days on which alarms begin."""
    return [day for day in range(FROM, DAYS) if signs[day] and signs[day] != signs[day - 1]]


def false_alarms(method: Method, clean: Sequence[Made], enter: float) -> float:
    """Alarms a series and year, of series without anomaly."""
    return sum(len(alarms(method(one, enter))) for one in clean) / len(clean) / YEARS


def calibrated(method: Method, clean: Sequence[Made], most: float) -> float:
    """The least threshold at which there are no more false alarms than that."""
    low, high = THRESHOLDS
    for _ in range(HALVINGS):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if false_alarms(method, clean, middle) <= most else (middle, high)
    return high


def main() -> None:
    """Parse the command line, compare, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=30, help="of each kind, for ours")
    parser.add_argument("--others", type=int, default=10, help="of these, how many for the two others")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    warnings.filterwarnings("ignore")
    print("| level, noise | method | threshold | " + " | ".join(f"{kind}" for kind in KINDS) + " | seconds |")
    for level, noise in NOISES:
        rng = np.random.default_rng([chosen.seed, int(level), int(noise * 100)])
        clean = [made("clean", level, noise, SIZE, rng) for _ in range(chosen.series * CALIBRATED_WITH)]
        series = {kind: [made(kind, level, noise, SIZE, rng) for _ in range(chosen.series)] for kind in KINDS}
        most = false_alarms(ours, clean, ENTER)
        for name, method in METHODS.items():
            began = time.monotonic()
            number = chosen.series if name == "ours" else chosen.others
            enter = ENTER if name == "ours" else calibrated(method, clean[: number * CALIBRATED_WITH], most)
            cells = [
                _cell(kind, [(one, method(one, enter)) for one in found[:number]]) for kind, found in series.items()
            ]
            seconds = time.monotonic() - began
            print(
                f"| {level:,.0f}, {noise:.0%} | {name} | {enter:.1f} | {' | '.join(cells)} | {seconds:.0f} |",
                flush=True,
            )


def _cell(kind: str, found: list[tuple[Made, Signs]]) -> str:
    """Found of those to be found, days until then, false alarms a series and year."""
    false, hits, delays = 0, 0, []
    for one, signs in found:
        false += sum(day not in one.excused for day in alarms(signs))
        if one.is_to_be_found:
            days = [n for n in range(WITHIN[kind]) if signs[one.first + n] == one.sign]
            hits += bool(days)
            delays += days[:1]
    told = f"{false / len(found) / YEARS:.1f}"
    if kind not in WITHIN:
        return told
    late = f", {np.mean(delays):.1f} d" if delays and WITHIN[kind] > 1 else ""
    return f"{hits}/{len(found)}{late}; {told}"


if __name__ == "__main__":
    main()
