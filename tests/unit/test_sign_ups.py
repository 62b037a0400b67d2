"""Sign-ups: a user's date from snapshots, and the weeks since then, against sets of days."""

import random
from datetime import date, timedelta

import pyarrow.compute as pc
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.testing import assertDataFrameEqual

from analytics_assets.transforms.history import History
from analytics_assets.transforms.retention import COHORTS, SIGN_UP, Closed, cells, cohort_counts, counted_apart
from analytics_assets.transforms.sign_ups import BITS, DAYS, sign_up_dates, since_sign_up, since_sign_up_by_days
from analytics_assets.transforms.user_history import monday, user_history
from resources.spark import Spark, gathered

DAY = timedelta(days=1)
MONDAY = date(2025, 1, 6)
AS_OF = MONDAY + DAY * 699
LAST = 5
SIGNED = "user_id string, sign_up_date date"
Days = dict[str, set[date]]


@pytest.fixture
def spark(quick_spark: Spark) -> SparkSession:
    return quick_spark.session


def days_of(spark: SparkSession, active: Days) -> DataFrame:
    return spark.createDataFrame(
        [(u, d) for u, days in active.items() for d in days], "user_id string, event_date date"
    )


def found(spark: SparkSession, active: Days, signed: dict[str, date | None], as_of: date = AS_OF) -> dict[str, tuple]:
    """Weeks and by what they are told, of each user."""
    histories = user_history(days_of(spark, active), [])
    rows = since_sign_up(histories, spark.createDataFrame(list(signed.items()), SIGNED), as_of, LAST).collect()
    return {row.user_id: (row.first_date, weeks(row.week_bits), row.told_by) for row in rows}


def weeks(bits: int) -> list[int]:
    return [k for k in range(LAST + 1) if bits >> k & 1]


def test_a_users_date_is_that_of_the_latest_snapshot_up_to_as_of_else_of_the_earliest_after_it(
    spark: SparkSession,
) -> None:
    rows = [
        ("ann", "2025-01-01", date(2024, 12, 1)),
        ("ann", "2025-01-10", date(2024, 12, 2)),
        ("ann", "2025-01-11", date(2024, 12, 3)),
        ("bob", "2025-01-12", date(2025, 1, 12)),
        ("bob", "2025-01-13", date(2025, 1, 13)),
        ("cid", "2025-01-01", date(2024, 12, 1)),
        ("cid", "2025-01-02", None),
    ]
    users = spark.createDataFrame(rows, "who string, arrival string, joined date")
    actual = sign_up_dates(users, "who", "joined", date(2025, 1, 10))
    assertDataFrameEqual(actual, [("ann", date(2024, 12, 2)), ("bob", date(2025, 1, 12)), ("cid", None)])


def test_what_was_before_the_sign_up_is_left_out_also_in_its_own_week(spark: SparkSession) -> None:
    wednesday = MONDAY + DAY * 2
    active = {
        "on it": {wednesday},
        "the day before": {wednesday - DAY},
        "before and after": {MONDAY, MONDAY + DAY * 6, MONDAY + DAY * 8},
        "the week before": {MONDAY - DAY, MONDAY + DAY * 7},
        "later": {MONDAY + DAY * 21},
    }
    actual = found(spark, active, dict.fromkeys(active, wednesday))
    assert {user: row[1] for user, row in actual.items()} == {
        "on it": [0],
        "the day before": [],
        "before and after": [0, 1],
        "the week before": [1],
        "later": [3],
    }


def test_users_without_activity_are_there_and_those_without_a_date_if_they_were_active(spark: SparkSession) -> None:
    active = {"never listed": {MONDAY}, "no date": {MONDAY}}
    actual = found(spark, active, {"no date": None, "quiet": None, "silent": MONDAY})
    assert actual == {"never listed": (None, [], BITS), "no date": (None, [], BITS), "silent": (MONDAY, [], BITS)}


def test_bits_that_do_not_reach_say_so_and_days_tell_instead(spark: SparkSession) -> None:
    wednesday = MONDAY + DAY * 72  # the Sunday after it is day 76 of a user of that Monday
    late = MONDAY + DAY * 7 * 70
    active = {
        "was there in the week": {MONDAY, wednesday - DAY},
        "was not there in the week": {MONDAY, wednesday + DAY * 7},
        "is beyond the weeks": {MONDAY, late + DAY * 7},
        "signed up long ago": {MONDAY + DAY * 600},
    }
    signed = {**dict.fromkeys(active, wednesday), "is beyond the weeks": late, "signed up long ago": MONDAY - DAY * 100}
    actual = found(spark, active, signed)
    assert {user: row[2] for user, row in actual.items()} == {
        "was there in the week": DAYS,
        "was not there in the week": BITS,
        "is beyond the weeks": DAYS,
        "signed up long ago": BITS,
    }
    far = spark.createDataFrame(
        [(u, signed[u]) for u, row in actual.items() if row[2] == DAYS], "user_id string, first_date date"
    )
    rows = since_sign_up_by_days(far, days_of(spark, active), LAST).collect()
    assert {row.user_id: (weeks(row.week_bits), row.told_by) for row in rows} == {
        "was there in the week": ([], BITS),
        "is beyond the weeks": ([1], BITS),
    }


def test_weeks_since_the_sign_up_are_those_of_sets_of_days(spark: SparkSession) -> None:
    draw = random.Random(1)
    active = {f"u{n}": {MONDAY + DAY * (n + draw.randrange(100)) for _ in range(4)} for n in range(300)}
    signed: dict[str, date | None] = {user: MONDAY + DAY * draw.randrange(400) for user in active}
    actual = found(spark, active, signed)
    told = {user: row[1] for user, row in actual.items() if row[2] == BITS}
    assert len(told) > 200 and len(told) < 300, "both ways are there"
    for user, ks in told.items():
        joined = signed[user]
        assert joined is not None
        since = {(monday(day) - monday(joined)).days // 7 for day in active[user] if day >= joined}
        assert ks == sorted(k for k in since if k <= LAST), (user, joined, active[user])


def test_of_a_cohort_of_sign_up_its_own_week_has_a_rate_and_an_interval(spark: SparkSession) -> None:
    rows = [("ann", MONDAY, 0b01), ("bob", MONDAY, 0b10), ("cid", MONDAY, 0b00), ("dan", None, 0)]
    histories = spark.createDataFrame(rows, "user_id string, first_date date, week_bits long")
    counted = gathered(cohort_counts(histories, [], {"week": 1}), COHORTS)
    assert sorted((row["cohort_start"] or date.max, row["size"]) for row in counted.to_pylist()) == [
        (MONDAY, 3),
        (date.max, 1),
    ]
    history = History(start=MONDAY, as_of=MONDAY + DAY * 13, missing=frozenset())
    closed = Closed(period="week", periods=history.weeks(), settled_through=history.as_of)
    of_monday = counted.filter(pc.is_valid(counted["cohort_start"]))
    first, second, *_ = cells(of_monday, closed, 1, SIGN_UP).to_pylist()
    assert (first["cohort_by"], first["size"], first["retained"], first["unbounded_retained"]) == ("sign_up", 3, 1, 2)
    assert first["rate_low"] < first["rate"] == 1 / 3 < first["rate_high"]
    assert (second["retained"], second["unbounded_retained"]) == (1, 1)


def test_users_who_are_in_no_cohort_are_a_row_without_a_start() -> None:
    [row] = counted_apart(7, SIGN_UP).to_pylist()
    known = {name: value for name, value in row.items() if value is not None}
    assert known == {"period": "week", "cohort_by": "sign_up", "dimension": "all", "value": "all", "size": 7}
