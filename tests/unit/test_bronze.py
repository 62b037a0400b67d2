"""Bronze: what becomes of a line - its standing, its date, its reasons."""

from datetime import date
from typing import Any

import pandera.pyspark as pa
import pyspark.sql.functions as F
import pyspark.sql.types as T
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.testing import assertDataFrameEqual

from analytics_assets.transforms.bronze import asks_duration, bronze, judge, local_date, local_hour
from analytics_assets.transforms.contract import contract_of
from analytics_assets.transforms.row_rules import row_rule


class Click(pa.DataFrameModel):
    """A tiny contract."""

    who: T.StringType = pa.Field(nullable=True)
    at: T.TimestampType
    clicks: T.LongType = pa.Field(ge=0, nullable=True, metadata={"violation": "clicks_negative"})


CONTRACT = contract_of(Click)
EVENT = {"event_time": "at", "user_id": "who", "action": "'click'", "object_id": "'page'"}
RULES: dict[str, Any] = {
    "contract": CONTRACT,
    "event": EVENT,
    "zone": "UTC",
    "source_zone": "UTC",
    "first_date": date(2025, 1, 1),
    "lag_days": 0,
    "keep_raw": False,
}
LINE = "arrival string, file string, line_number long, raw string"


def landed(spark: SparkSession, arrival: str, *lines: str) -> DataFrame:
    rows = [(arrival, "f.csv", place, line) for place, line in enumerate(lines, 1)]
    return judge(spark.createDataFrame(rows, LINE).coalesce(1), CONTRACT, ",", check_utf8=False, has_quotes=True)


def test_lines_without_quotes_are_judged_alike_whether_or_not_quotes_are_looked_for(spark: SparkSession) -> None:
    texts = ["ann,2025-03-10 00:00:00,1", ",,", "", "ann", "ann,never,-1", "a,b,c,d", "\u4e16,2025-03-10 00:00:00,"]
    lines = spark.createDataFrame([("2025-03-10", "f.csv", n, text) for n, text in enumerate(texts)], LINE)
    with_quotes, without = (
        judge(lines, CONTRACT, ",", check_utf8=False, has_quotes=has_quotes) for has_quotes in (True, False)
    )
    assertDataFrameEqual(with_quotes, without)


class Visit(pa.DataFrameModel):
    """A contract that rejects for some rules and warns of others."""

    who: T.StringType = pa.Field(nullable=True)
    at: T.TimestampType
    clicks: T.LongType = pa.Field(le=10, nullable=True, metadata={"violation": "clicks_many", "severity": "warn"})
    seen: T.LongType = pa.Field(nullable=True)

    seen_first = row_rule("seen_first", "clicks <= seen", "There are more clicks than things that were seen.")
    is_known = row_rule("is_known", "who <> '?'", "The user is nobody.", severity="warn")


def test_a_row_with_a_warning_is_accepted_and_one_that_is_rejected_has_its_reasons_alone(spark: SparkSession) -> None:
    lines = {
        "ann,2025-03-10 00:00:00,5,5": ("on_time", None),
        "ann,2025-03-10 00:00:00,6,5": ("rejected", ["seen_first"]),
        "ann,2025-03-10 00:00:00,11,11": ("on_time", ["clicks_many"]),
        "?,2025-03-09 00:00:00,11,11": ("late", ["clicks_many", "is_known"]),
        "?,2025-03-10 00:00:00,11,5": ("rejected", ["seen_first"]),
        "?,2025-03-10 00:00:00,,5": ("on_time", ["is_known"]),
        ",2025-03-10 00:00:00,11,": ("rejected", ["user_id_unknown"]),
        "?,2025-03-10 00:00:00,x,5": ("rejected", ["clicks_not_integer"]),
        "?,2025-03-10 00:00:00": ("rejected", ["too_few_fields"]),
    }
    contract = contract_of(Visit)
    rows = spark.createDataFrame([("2025-03-10", "f.csv", 1, line) for line in lines], LINE).coalesce(1)
    judged = judge(rows, contract, ",", check_utf8=False, has_quotes=True)
    made = bronze(judged, **(RULES | {"contract": contract, "keep_raw": True}))
    assert {row.raw: (row.standing, row.violations) for row in made.collect()} == lines
    assert "warnings" not in made.columns


def test_a_contract_without_warnings_has_the_plan_that_it_had(spark: SparkSession) -> None:
    assert not CONTRACT.warns
    assert "warnings" not in landed(spark, "2025-03-10", "ann,2025-03-10 00:00:00,1").columns


def standings(rows: DataFrame, **rules: Any) -> DataFrame:
    made = bronze(rows, **(RULES | rules))
    return made.select(F.col("event_time").cast("string"), F.col("event_date").cast("string"), "standing", "violations")


def test_a_row_is_on_time_late_or_early_by_its_date(spark: SparkSession) -> None:
    times = ["2025-03-10 00:00:00", "2025-03-10 23:59:59", "2025-03-09 23:59:59", "2025-03-11 00:00:00"]
    actual = standings(landed(spark, "2025-03-10", *[f"ann,{time},1" for time in times])).select("standing")
    assertDataFrameEqual(actual, [("on_time",), ("on_time",), ("late",), ("early",)], checkRowOrder=True)


def test_one_day_after_the_arrival_is_allowed_and_two_are_in_the_future(spark: SparkSession) -> None:
    rows = landed(spark, "2025-02-28", "ann,2025-03-01 23:59:59,1", "ann,2025-03-02 00:00:00,1")
    actual = standings(rows).select("standing", "violations")
    assertDataFrameEqual(actual, [("early", None), ("rejected", ["in_the_future"])], checkRowOrder=True)


def test_the_first_date_is_allowed_and_the_day_before_is_not(spark: SparkSession) -> None:
    rows = landed(spark, "2025-01-02", "ann,2025-01-01 00:00:00,1", "ann,2024-12-31 23:59:59,1")
    actual = standings(rows).select("standing", "violations")
    assertDataFrameEqual(actual, [("late", None), ("rejected", ["before_first_date"])], checkRowOrder=True)


def test_a_feed_that_lags_a_day_is_on_time_a_day_before_its_arrival(spark: SparkSession) -> None:
    days = ["08", "09", "10", "11", "12"]
    rows = landed(spark, "2025-03-10", *[f"ann,2025-03-{day} 12:00:00,1" for day in days])
    actual = standings(rows, lag_days=1).select("standing", "violations")
    expected = [("late", None), ("on_time", None), ("early", None), ("early", None), ("rejected", ["in_the_future"])]
    assertDataFrameEqual(actual, expected, checkRowOrder=True)


def test_dates_are_days_in_the_feeds_zone_also_where_clocks_change(spark: SparkSession) -> None:
    times = [
        "2025-03-29 22:59:59",  # the day before, 23:59:59 in Berlin
        "2025-03-29 23:00:00",  # midnight in Berlin, UTC+1
        "2025-03-30 21:59:59",  # 23:59:59 in Berlin, UTC+2: the day had 23 hours
        "2025-03-30 22:00:00",  # midnight
        "2025-10-25 22:00:00",  # midnight, UTC+2
        "2025-10-26 22:59:59",  # the day had 25 hours
        "2025-10-26 23:00:00",
    ]
    zone = "Europe/Berlin"
    rows = standings(landed(spark, "2025-10-26", *[f"ann,{time},1" for time in times]), zone=zone)
    days = ["03-29", "03-30", "03-30", "03-31", "10-26", "10-26", "10-27"]
    standing = ["late"] * 4 + ["on_time", "on_time", "early"]
    expected = [(time, f"2025-{day}", where, None) for time, day, where in zip(times, days, standing, strict=True)]
    assertDataFrameEqual(rows, expected, checkRowOrder=True)


def test_the_hour_is_that_of_the_feeds_zone(spark: SparkSession) -> None:
    times = spark.createDataFrame([("2025-03-30 00:59:59",), ("2025-03-30 01:00:00",)], "t string").coalesce(1)
    moment = F.col("t").cast("timestamp")
    actual = times.select(
        local_hour(moment, "UTC"), local_hour(moment, "Europe/Berlin"), local_date(moment, "Asia/Tokyo").cast("string")
    )
    assertDataFrameEqual(actual, [(0, 1, "2025-03-30"), (1, 3, "2025-03-30")], checkRowOrder=True)


def test_times_without_a_zone_are_read_in_the_zone_of_the_source(spark: SparkSession) -> None:
    rows = landed(spark, "2025-03-10", "ann,2025-03-10 00:30:00,1", "ann,2025-07-10 00:30:00,1")
    actual = standings(rows, source_zone="Europe/Berlin", first_date=date(2025, 1, 1)).select(
        "event_time", "event_date"
    )
    expected = [("2025-03-09 23:30:00", "2025-03-09"), ("2025-07-09 22:30:00", "2025-07-09")]
    assertDataFrameEqual(actual, expected, checkRowOrder=True)


def test_rules_on_the_event_are_asked_only_where_the_contract_holds(spark: SparkSession) -> None:
    rows = landed(spark, "2025-03-10", ",2030-01-01 00:00:00,-1", ",2030-01-01 00:00:00,1", "ann,,1")
    actual = standings(rows).select("violations")
    expected = [(["clicks_negative"],), (["user_id_unknown", "in_the_future"],), (["at_missing"],)]
    assertDataFrameEqual(actual, expected, checkRowOrder=True)


def test_a_duration_below_0_or_above_two_hours_is_out_of_range_in_any_feed(spark: SparkSession) -> None:
    clicks = ["0", "1", "7201", "7202", ""]
    rows = landed(spark, "2025-03-10", *[f"ann,2025-03-10 00:00:00,{number}" for number in clicks])
    made = bronze(rows, **(RULES | {"event": EVENT | {"duration_ms": "(clicks - 1) * 1000"}}))
    broken = ["duration_out_of_range"]
    expected = [
        (-1000, "rejected", broken),
        (0, "on_time", None),
        (7_200_000, "on_time", None),
        (7_201_000, "rejected", broken),
        (None, "on_time", None),
    ]
    assertDataFrameEqual(made.select("duration_ms", "standing", "violations"), expected, checkRowOrder=True)


@pytest.mark.parametrize(
    ("bounds", "violation", "sql", "asked"),
    [
        ({"ge": 0, "le": 7_200_000}, "duration_out_of_range", "ms", False),
        ({"ge": 1, "le": 60_000}, "duration_out_of_range", "ms", False),
        ({"ge": 0, "le": 7_200_001}, "duration_out_of_range", "ms", True),
        ({"ge": 0}, "duration_out_of_range", "ms", True),
        ({"ge": 0, "le": 7_200_000}, "ms", "ms", True),
        ({"ge": 0, "le": 7_200_000}, "duration_out_of_range", "ms * 60", True),
    ],
)
def test_durations_are_judged_once(bounds: dict[str, int], violation: str, sql: str, asked: bool) -> None:
    class Read(pa.DataFrameModel):
        ms: T.LongType = pa.Field(metadata={"violation": violation}, **bounds)

    assert asks_duration(contract_of(Read).columns, EVENT | {"duration_ms": sql}) is asked


def test_a_time_that_the_feeds_expression_cannot_read_is_a_reason(spark: SparkSession) -> None:
    rows = landed(spark, "2025-03-10", "ann,2025-03-10 00:30:00,1")
    unreadable = EVENT | {"event_time": "to_timestamp(who, 'dd/MMM/yyyy')"}
    actual = standings(rows, event=unreadable).select("event_date", "standing", "violations")
    assertDataFrameEqual(actual, [(None, "rejected", ["event_time_not_readable"])])


def test_a_malformed_row_has_one_reason_the_first(spark: SparkSession) -> None:
    lines = ['"ann', 'a"n"n,x', "ann", "ann,2025-03-10 00:00:00,1,2", '"a","b', ""]
    actual = landed(spark, "2025-03-10", *lines).select("violations")
    reasons = ["unclosed_quote", "stray_quote", "too_few_fields", "too_many_fields", "unclosed_quote", "too_few_fields"]
    assertDataFrameEqual(actual, [([reason],) for reason in reasons], checkRowOrder=True)


def test_an_empty_field_is_a_missing_value_quoted_or_not(spark: SparkSession) -> None:
    rows = landed(spark, "2025-03-10", 'ann,2025-03-10 00:00:00,""', '"",2025-03-10 00:00:00,', 'ann,"",1')
    actual = rows.select("who", "clicks", "violations")
    assertDataFrameEqual(
        actual, [("ann", None, None), (None, None, None), ("ann", 1, ["at_missing"])], checkRowOrder=True
    )


@pytest.mark.parametrize(("keep_raw", "kept"), [(False, None), (True, "ann,2025-03-10 00:00:00,1")])
def test_raw_is_kept_for_rejected_rows_or_for_all_where_it_is_the_key(
    spark: SparkSession, keep_raw: bool, kept: str | None
) -> None:
    rows = landed(spark, "2025-03-10", "ann,2025-03-10 00:00:00,1", "ann,soon,1")
    actual = bronze(rows, **(RULES | {"keep_raw": keep_raw})).select("raw", "line_number", "violations")
    assertDataFrameEqual(actual, [(kept, None, None), ("ann,soon,1", 2, ["at_not_timestamp"])], checkRowOrder=True)


def test_bytes_that_are_not_utf_8_are_the_only_reason(spark: SparkSession) -> None:
    good = "ü€😀,2025-03-10 00:00:00,1".encode()
    lines = [good, b"\xff" + good, good + b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", "\ufffd".encode() + good, b'"\xe4']
    octets = spark.createDataFrame(
        [(place, bytearray(line)) for place, line in enumerate(lines)], "n int, octets binary"
    )
    rows = octets.coalesce(1).select("n", F.col("octets").cast("string").alias("raw"))
    actual = judge(rows, CONTRACT, ",", check_utf8=True, has_quotes=True).orderBy("n").select("violations")
    invalid = ["invalid_utf8"]
    assertDataFrameEqual(
        actual, [(None,), (invalid,), (invalid,), (invalid,), (invalid,), (None,), (invalid,)], checkRowOrder=True
    )


def test_no_row_is_lost_whatever_is_in_it(spark: SparkSession) -> None:
    lines = [
        "",
        ",",
        ",,",
        ",,,",
        '"',
        '""',
        "\x00",
        "\x00,\x00,\x00",
        "é,é,é",
        " , , ",
        "null,null,null",
        "NaN,NaN,NaN",
    ]
    made = bronze(landed(spark, "2025-03-10", *lines), **RULES)
    actual = made.groupBy("standing").agg(F.count("violations"))
    assertDataFrameEqual(actual, [("rejected", len(lines))])
