"""Three ways to find anomalies in daily series, on series with anomalies of known kinds at several levels of noise.

Ours (transforms/anomalies.py); a seasonal-trend decomposition (STL, robust, of the 12 weeks before, the next day by
its trend and the season of a week ago); forecast intervals of exponential smoothing (ETS, additive on the log scale,
fitted anew every 16 weeks). All see a day and the days before it alone, hold flagged days out of what they learn from,
and begin again after 14 in a row with one sign. Of the two others the threshold is set so that they raise as many false
alarms as ours on series without anomaly, at the same level of noise.

Belongs here: the methods and the comparison. Does not: the series (anomaly_series.py).

python -m benchmarks.anomaly_methods --series 5
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from datetime import timedelta

import numpy as np
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.seasonal import STL

from analytics_assets.transforms.anomalies import AnomalyRule, Point, judged
from benchmarks.anomaly_series import DAYS, FROM, KINDS, START, WITHIN, Made, made

NOISES = ((2000.0, 0.03), (2000.0, 0.10), (2000.0, 0.20), (60.0, 0.05))
SIZE = 0.7
SHIFT_AFTER = 14
STL_DAYS = 84
REFIT_DAYS = 112
CALIBRATED_WITH = 2
"""Times as many series without anomaly as of each kind."""

Signs = list[int]
Method = Callable[[Made, float], tuple[Signs, list[float]]]


def ours(series: Made, enter: float) -> tuple[Signs, list[float]]:
    """Verdicts of transforms/anomalies.py."""
    points = [Point(START + timedelta(days=n), 0, value, value or 0) for n, value in enumerate(series.values)]
    rule = AnomalyRule(enter=enter, leave=enter / 2, holidays=series.holidays)
    found = judged(points, "count", "day", rule)
    return [one.sign for one in found], [abs(one.score or 0.0) for one in found]


class Learned:
    """A method that learns from a series whose flagged and missing days are what it expected of them."""

    def begin(self, values: list[float]) -> None:
        """Learn from these values alone."""
        self.values = list(values)
        self.errors: list[float] = []

    def expected(self) -> float | None:
        """The next value, None while too little is known."""
        raise NotImplementedError

    def take(self, value: float, expected: float | None) -> None:
        """Learn the next value."""
        self.values.append(value)
        if expected is not None:
            self.errors.append(value - expected)

    def spread(self) -> float | None:
        """By the MAD of the latest errors."""
        if len(self.errors) < 28:
            return None
        latest = np.array(self.errors[-84:])
        return max(1.4826 * float(np.median(np.abs(latest - np.median(latest)))), 0.02)


class Decomposed(Learned):
    """STL."""

    def expected(self) -> float | None:
        if len(self.values) < 35:
            return None
        found = STL(np.array(self.values[-STL_DAYS:]), period=7, robust=True).fit(outer_iter=4)
        return float(found.trend[-1] + found.seasonal[-7])


class Smoothed(Learned):
    """ETS: level, trend and season, each corrected by its share of the error of the day before."""

    def begin(self, values: list[float]) -> None:
        super().begin(values)
        self.state: tuple[float, float, list[float]] | None = None
        self.shares = (0.0, 0.0, 0.0)
        self.age = 0

    def expected(self) -> float | None:
        if len(self.values) < 35:
            return None
        if self.state is None or self.age >= REFIT_DAYS:
            self._fit()
        assert self.state is not None
        level, trend, season = self.state
        return level + trend + season[0]

    def take(self, value: float, expected: float | None) -> None:
        super().take(value, expected)
        if expected is not None and self.state is not None:
            (level, trend, season), (alpha, beta, gamma), error = self.state, self.shares, value - expected
            self.state = (level + trend + alpha * error, trend + beta * error, [*season[1:], season[0] + gamma * error])
            self.age += 1

    def _fit(self) -> None:
        model = ETSModel(
            np.array(self.values[-REFIT_DAYS:]), error="add", trend="add", seasonal="add", seasonal_periods=7
        )
        found = model.fit(disp=False, maxiter=50)
        named = dict(zip(model.param_names, found.params, strict=True))
        self.shares = tuple(float(named[f"smoothing_{name}"]) for name in ("level", "trend", "seasonal"))  # type: ignore[assignment]
        season = [float(value) for value in found.season[-7:]]
        self.state = (float(found.level[-1]), float(found.slope[-1]), season)
        self.age = 0


def learning(make: Callable[[], Learned]) -> Method:
    """A method from what it learns."""

    def method(series: Made, enter: float) -> tuple[Signs, list[float]]:
        learned, signs, scores, row = make(), [], [], []
        learned.begin([])
        for day, count in enumerate(series.values):
            expected = learned.expected()
            is_left_out = count is None or START + timedelta(days=day) in series.holidays
            value = float(np.log1p(count)) if count is not None else None
            spread = learned.spread()
            sign, score = 0, 0.0
            if value is not None and expected is not None and spread is not None and not is_left_out:
                score = abs(value - expected) / spread
                side = 1 if value > expected else -1
                in_row = bool(row) and signs[-1] == side
                sign = side if score >= (enter / 2 if in_row else enter) else 0
            signs.append(sign)
            scores.append(score)
            row = [*row, value] if sign and len(signs) > 1 and signs[-2] == sign else [value] if sign else []
            if len(row) == SHIFT_AFTER:
                errors = learned.errors
                shift = float(np.median(np.array(row) - np.array(learned.values[-SHIFT_AFTER:])))
                learned.begin([one + shift for one in learned.values[: -SHIFT_AFTER + 1]] + row)  # type: ignore[arg-type]
                learned.errors, row = errors, []
            elif sign or is_left_out:
                usual = expected if expected is not None else learned.values[-7] if len(learned.values) >= 7 else value
                learned.take(usual if usual is not None else 0.0, None)
            elif value is not None:
                learned.take(value, expected)
        return signs, scores

    return method


METHODS: dict[str, Method] = {"ours": ours, "STL": learning(Decomposed), "ETS": learning(Smoothed)}


def alarms(signs: Signs) -> list[int]:
    """The days on which alarms begin."""
    return [day for day in range(FROM, DAYS) if signs[day] and signs[day] != signs[day - 1]]


def main() -> None:
    """Parse the command line, compare, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    warnings.filterwarnings("ignore")
    years = (DAYS - FROM) / 365
    print("| level, noise | method | threshold | " + " | ".join(f"{kind}" for kind in KINDS) + " | seconds |")
    for level, noise in NOISES:
        rng = np.random.default_rng([chosen.seed, int(level), int(noise * 100)])
        clean = [made("clean", level, noise, SIZE, rng) for _ in range(chosen.series * CALIBRATED_WITH)]
        series = {kind: [made(kind, level, noise, SIZE, rng) for _ in range(chosen.series)] for kind in KINDS}
        wanted = sum(len(alarms(ours(one, 4.0)[0])) for one in clean)
        for name, method in METHODS.items():
            began = time.monotonic()
            enter = 4.0 if name == "ours" else _calibrated(method, clean, wanted)
            cells = [
                _cell(kind, [(one, method(one, enter)[0]) for one in found], years) for kind, found in series.items()
            ]
            seconds = time.monotonic() - began
            print(
                f"| {level:,.0f}, {noise:.0%} | {name} | {enter:.1f} | {' | '.join(cells)} | {seconds:.0f} |",
                flush=True,
            )


def _calibrated(method: Method, clean: list[Made], wanted: int) -> float:
    scores = sorted((score for one in clean for score in method(one, 1e9)[1][FROM:]), reverse=True)
    return scores[wanted] + 1e-9


def _cell(kind: str, found: list[tuple[Made, Signs]], years: float) -> str:
    """Found of those to be found, days until then, false alarms a series and year."""
    false, hits, delays = 0, 0, []
    for one, signs in found:
        false += sum(day not in one.excused for day in alarms(signs))
        if one.is_to_be_found:
            days = [n for n in range(WITHIN[kind]) if signs[one.first + n] == one.sign]
            hits += bool(days)
            delays += days[:1]
    told = f"{false / len(found) / years:.1f}"
    if kind not in WITHIN:
        return told
    late = f", {np.mean(delays):.1f} d" if delays and WITHIN[kind] > 1 else ""
    return f"{hits}/{len(found)}{late}; {told}"


if __name__ == "__main__":
    main()
