"""A feed's numbers of which every report has something to show.

Belongs here: one value for each field of Numbers that a report draws; a new report adds its own.
"""

from __future__ import annotations

from datetime import date, timedelta

from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.reports.activity_numbers import Activity
from analytics_assets.reports.anomaly_numbers import Anomalies, Watched
from analytics_assets.reports.arrivals import Arrivals
from analytics_assets.reports.cohorts import Cell, Cohort, SignUps
from analytics_assets.reports.device_numbers import Devices, Difference
from analytics_assets.reports.load_numbers import Loads, Speed
from analytics_assets.reports.numbers import Numbers, Periods
from analytics_assets.reports.power_numbers import Concentration, Curve, Cut
from analytics_assets.reports.profile_numbers import Profiles
from analytics_assets.reports.session_numbers import SESSION_FIGURES, SessionsOf
from analytics_assets.reports.unlikely_numbers import Unlikely
from analytics_assets.transforms.drift import DISTRIBUTION, NULLS, Drift
from analytics_assets.transforms.entry_exit_actions import ENTRY, EXIT

DAYS = 120
FIRST = date(2025, 1, 1)
HOSTILE = '<img src=x onerror="document.title=1">'


def sample_numbers() -> Numbers:
    """A feed with all charts, a gap, and a hostile name."""
    dau = [None if n == 40 else 100 + n for n in range(DAYS)]
    late = [None if n < 28 else value for n, value in enumerate(dau)]
    half = [None if value is None else value / 200 for value in late]
    whole = dict.fromkeys(("dau", "rolling_7", "new"), dau)
    whole |= dict.fromkeys(("rolling_28", "returning", "resurrected", "dormant"), late)
    dates = [FIRST + timedelta(days=n) for n in range(DAYS)]
    rows = [100] * DAYS
    return Numbers(
        feed=NOTES,
        dates=dates,
        daily={**whole, "stickiness_28": half},
        missing=[dates[40]],
        by_attribute={"country": {"DE": dau, HOSTILE: dau}, "device_type": {"iPad": dau}},
        weeks=Periods([FIRST - timedelta(days=2), FIRST + timedelta(days=5)], [None, 300]),
        months=Periods([FIRST], [900]),
        sessions=dau,
        session_days=dict.fromkeys(SESSION_FIGURES, half),
        session_values={
            "device_type": [
                SessionsOf(value=name, sessions=9, total_duration_s=900, actions=20, bounces=1)
                for name in ("iPad", HOSTILE)
            ]
        },
        devices=_devices(),
        loads=_loads(dates),
        activity=_activity(dates),
        profiles=_profiles(),
        anomalies=_anomalies(dates),
        concentration=_concentration(),
        cuts=[
            Cut(
                **{"start": FIRST, "is_month": is_month, "action": HOSTILE, "events": 1_000, "engaged_ms": 900_000},
                **{"threshold_ms": 9_000, "events_cut": 1, "cut_ms": 90_000},
            )
            for is_month in (True, False)
        ],
        unlikely=_unlikely(dates),
        cohorts=[_cohort(number) for number in range(6)],
        sign_ups=SignUps(cohorts=[_cohort(number) for number in range(6)], without=1_234),
        arrivals=Arrivals(
            dates=dates,
            landed=[200] * DAYS,
            standings={"on_time": rows, "late": [50] * DAYS, "early": [30] * DAYS, "rejected": [20] * DAYS},
            rules={"too_few_fields": 20 * DAYS - 1, HOSTILE: 1},
            rules_by_date={"too_few_fields": [20] * DAYS, HOSTILE: [1] * DAYS},
            duplicates=[2] * DAYS,
        ),
        versions={"active_users": 1, "active_users_week": 1, "active_users_month": 1, "sessions": 1, "counts": 1},
    )


def _loads(dates: list[date]) -> Loads:
    times = [None if n == 40 else 800.0 + n for n in range(DAYS)]
    speeds = [Speed(value=name, loads=loads, p50=800, p95=2000) for name, loads in (("5.9.0", 900), (HOSTILE, 9))]
    return Loads(
        dates=dates,
        daily={"p50": times, "p95": times},
        by_version={"5.9.0": times, HOSTILE: times},
        few_points=3,
        others=times,
        number_of_others=2,
        last=speeds,
        last_versions=5_000,
        devices=speeds,
    )


def _cohort(number: int) -> Cohort:
    """A weekly cohort that is the younger the higher its number."""
    cells = {
        after: Cell(
            after=after,
            retained=100 - after,
            rate=(100 - after) / 100,
            interval=(0.5, 1.0) if after else None,
            is_open=after + number == 5,
        )
        for after in range(6 - number)
    }
    return Cohort(start=FIRST + timedelta(days=5 + 7 * number), size=100, cells=cells, unbounded=cells)


def _activity(dates: list[date]) -> Activity:
    """Activity of the last four weeks, a weekday without a date, and hostile names of actions and objects."""
    return Activity(
        dates=dates[-28:],
        values={"action": {"page_view": 900, HOSTILE: 90}, "country": {"DE": 500, "sgp": 20, HOSTILE: 490}},
        week=[[None if day == 6 else float(day * 24 + hour) for hour in range(24)] for day in range(7)],
        objects=[(HOSTILE, 50), (None, 20), ("page-1", 10)],
        frequency={None: 40, 0: 30, 1: 20, 7: 10},
        edges={edge: {"page_view": (80, 20), HOSTILE: (20, 0)} for edge in (ENTRY, EXIT)},
    )


def _profiles() -> Profiles:
    """A column with hostile values, and one whose nulls have drifted."""
    hostile = [{"value": HOSTILE, "rows": 900}]
    both = {"rows": 1000, "nulls": 100, "distinct": 3, "minimum": HOSTILE, "maximum": "z" * 99, "top_values": hostile}
    bins = [{"low": 0.0, "rows": 300}, *[{"low": 2.0**power, "rows": 60} for power in range(10)]]
    columns = [
        {**both, "column_name": HOSTILE, "histogram": []},
        {**both, "column_name": "country", "histogram": []},
        {**both, "column_name": "duration_ms", "top_values": [], "histogram": bins},
    ]
    arrivals = [f"2025-04-{day}" for day in range(23, 31)]
    names = [HOSTILE, "country", "duration_ms"]
    beyond = {"before": 0.01, "is_beyond": True}
    return Profiles(
        arrival=arrivals[-1],
        columns=columns,
        before=arrivals[:-1],
        rows_before=[columns] * 7,
        newest={
            arrival: [
                Drift(column="country", measure=NULLS, value=0.1, **beyond),
                *[Drift(column=name, measure=DISTRIBUTION, value=0.01 * at, **beyond) for name in names],
            ]
            for at, arrival in enumerate(arrivals)
        },
        null_shares={arrival: dict.fromkeys(names, 0.01 * at) for at, arrival in enumerate(arrivals)},
    )


def _anomalies(dates: list[date]) -> Anomalies:
    """A series with a flagged date, and an alarm that a hostile value carried."""
    expected: list[float | None] = [None if n < 28 else 100.0 for n in range(len(dates))]
    figures = dict.fromkeys(("expected", "expected_low", "expected_high"), expected)
    actual: list[float | None] = [200.0 if n == 60 else 100.0 for n in range(len(dates))]
    alarm = {"metric": "dau", "granularity": "day", "dimension": "all", "value": "all"}
    alarm |= {"start_date": dates[60], "start_hour": None, "end_date": None, "end_hour": None, "points": 1}
    alarm |= {"kind": "spike", "direction": "up", "peak_date": dates[60], "peak_hour": None, "severity": "high"}
    alarm |= {"actual": 200.0, "expected": 100.0, "score": 9.5}
    alarm |= {"carried_by": [{"dimension": "country", "value": HOSTILE, "share": 0.8, "usual_share": 0.1}]}
    watched = Watched(metric="dau", dates=dates, figures={"actual": actual, **figures}, flagged=[dates[60]])
    return Anomalies(watched=[watched], alarms=[alarm])


def _unlikely(dates: list[date]) -> Unlikely:
    """A hostile user at a rate that no person reaches."""
    user = {"event_date": dates[60], "user_id": HOSTILE, "events": 400, "actions": 400, "busiest_minute": 120}
    user |= {"busiest_hour": 400, "active_hours": 1, "reasons": ["minute"]}
    all_of_them: dict[str, list[int | None]] = {"dau": [10] * DAYS, "events": [500] * DAYS}
    return Unlikely(
        dates=dates,
        users=[int(n == 60) for n in range(DAYS)],
        with_all=all_of_them,
        without={"dau": [10 - (n == 60) for n in range(DAYS)], "events": [500 - 400 * (n == 60) for n in range(DAYS)]},
        listed=[user],
        number=1,
    )


def _concentration() -> Concentration:
    """A month, and the last 28 days."""
    percents = range(1, 101)
    tops, shares = {percent: percent for percent in percents}, {percent: (percent / 100) ** 0.5 for percent in percents}
    month = Curve(start=FIRST, end=FIRST + timedelta(days=30), users=100, top_users=tops, shares=shares)
    return Concentration(months=[month], last_days=month)


def _devices() -> Devices:
    rows = [
        Difference(device="iPad", loads=900, ratio=1.2, interval=(1.1, 1.3), in_words="iPad pages take 20 % longer"),
        Difference(device=HOSTILE, loads=9, ratio=0.8, interval=None, in_words=f"{HOSTILE} pages take less time"),
    ]
    return Devices(
        since=FIRST,
        epsilon_squared=0.1,
        interval=(0.05, 0.2),
        effect_size="medium",
        differences={"all": rows, "stratified": rows[:1]},
    )
