"""The contract: text as typed values, and verdicts that equal pandera's own."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandera.pyspark as pa
import pyspark.sql.functions as F
import pyspark.sql.types as T
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.testing import assertDataFrameEqual

from analytics_assets.transforms.contract import contract_columns, contract_of, rules, violations
from analytics_assets.transforms.row_rules import row_rule
from analytics_assets.transforms.values import typed
from resources.spark import spark_config

TOO_LARGE = "9223372036854775808"


def read(spark: SparkSession, texts: list[str], data_type: T.DataType) -> dict[str, Any]:
    rows = spark.createDataFrame([(text,) for text in texts], "text string")
    value = typed(F.col("text"), data_type)
    shown = value.cast("string") if isinstance(data_type, T.TimestampType | T.DateType) else value
    return {row.text: row.value for row in rows.select("text", shown.alias("value")).collect()}


def test_only_plain_digits_with_a_sign_are_an_integer(spark: SparkSession) -> None:
    texts = ["12", "+5", "-5", "007", "-0", "1.5", "1.0", " 12", "12 ", "1e3", "1_0", "0x1F", "٣", "-", "", "ten"]
    expected = dict.fromkeys(texts) | {"12": 12, "+5": 5, "-5": -5, "007": 7, "-0": 0}
    assert read(spark, texts, T.LongType()) == expected


def test_an_integer_that_its_type_cannot_hold_is_none(spark: SparkSession) -> None:
    largest = {"9223372036854775807": 2**63 - 1, "-9223372036854775808": -(2**63), TOO_LARGE: None}
    assert read(spark, list(largest), T.LongType()) == largest
    assert read(spark, ["2147483647", "2147483648"], T.IntegerType()) == {"2147483647": 2**31 - 1, "2147483648": None}


def test_a_carriage_return_after_a_number_is_not_trimmed(spark: SparkSession) -> None:
    assert read(spark, ["5\r", "5\t", "5"], T.LongType()) == {"5\r": None, "5\t": None, "5": 5}
    assert read(spark, ["5\r", "5"], T.DoubleType()) == {"5\r": None, "5": 5.0}


def test_a_number_is_written_with_a_point_and_perhaps_an_exponent(spark: SparkSession) -> None:
    texts = ["1.5", "-.5", "5.", "1e3", "2E-1", "1,5", " 1", "NaN", "Infinity", "1d", "1f", ".", "e3"]
    expected = dict.fromkeys(texts) | {"1.5": 1.5, "-.5": -0.5, "5.": 5.0, "1e3": 1000.0, "2E-1": 0.2}
    assert read(spark, texts, T.DoubleType()) == expected


def test_a_decimal_that_fits_is_kept_exactly(spark: SparkSession) -> None:
    expected = {"1.25": Decimal("1.25"), "-7": Decimal("-7.00"), "1e12": None, "x": None}
    assert read(spark, list(expected), T.DecimalType(10, 2)) == expected


def test_a_timestamp_has_two_digits_each_and_a_blank_or_a_t(spark: SparkSession) -> None:
    good = {
        "2025-01-03 10:00:00": "2025-01-03 10:00:00",
        "2025-01-03T10:00:00": "2025-01-03 10:00:00",
        "2025-01-03 10:00:00.123456": "2025-01-03 10:00:00.123456",
        "2025-01-03T10:00:00Z": "2025-01-03 10:00:00",
        "2025-01-03T10:00:00+02:00": "2025-01-03 08:00:00",
        "2024-02-29 23:59:59": "2024-02-29 23:59:59",
    }
    bad = [
        "2025-02-30 10:00:00",
        "2025-02-29 10:00:00",
        "2025-13-01 10:00:00",
        "2025-1-3 10:00:00",
        "2025-01-03 24:00:00",
        "2025-01-03 10:00:60",
        "2025-01-03 9:00:00",
        "2025-01-03  9:00:00",
        "2025-01-03 10:00",
        "2025-01-03",
        "2025-02-30",
        " 2025-01-03 10:00:00",
        "2025/01/03 10:00:00",
        "03.01.2025 10:00:00",
        "1735898400",
        "now",
        "",
    ]
    assert read(spark, [*good, *bad], T.TimestampType()) == good | dict.fromkeys(bad)


def test_a_date_is_ten_signs_and_on_the_calendar(spark: SparkSession) -> None:
    good = {"2025-01-03": "2025-01-03", "2024-02-29": "2024-02-29"}
    bad = ["2025-02-30", "2025-02-29", "2025-1-3", "2025-13-01", "2025-01-03 ", " 2025-01-3", "20250103", "today", ""]
    assert read(spark, [*good, *bad], T.DateType()) == good | dict.fromkeys(bad)


def test_a_boolean_is_true_or_false_in_any_case(spark: SparkSession) -> None:
    expected = {"true": True, "False": False, "TRUE": True, "1": None, "yes": None, "t": None, "": None}
    assert read(spark, list(expected), T.BooleanType()) == expected


class Order(pa.DataFrameModel):
    """A model with a check of every kind."""

    number: T.LongType = pa.Field(ge=-1, le=2)
    small: T.IntegerType = pa.Field(gt=0, lt=3, ne=2, nullable=True)
    one: T.LongType = pa.Field(eq=1, nullable=True)
    kind: T.StringType = pa.Field(isin=["a", "ab"])
    other: T.StringType = pa.Field(notin=["b"], nullable=True, metadata={"violation": "other_is_b"})
    path: T.StringType = pa.Field(str_startswith="a", str_endswith="b", nullable=True)
    code: T.StringType = pa.Field(str_matches="a+b$", str_contains="ab")
    day: T.DateType = pa.Field(ge=date(2025, 1, 2), nullable=True)
    moment: T.TimestampType = pa.Field(le=datetime(2025, 1, 2))
    share: T.DoubleType = pa.Field(in_range={"min_value": 0, "max_value": 1, "include_max": False}, nullable=True)
    word: T.StringType = pa.Field(str_length={"min_value": 1, "max_value": 2}, nullable=True)
    exact: T.StringType = pa.Field(str_length={"exact_value": 1}, nullable=True, metadata={"severity": "warn"})
    either: T.StringType = pa.Field(str_matches="a|b", nullable=True, metadata={"severity": "warn"})
    is_open: T.BooleanType = pa.Field(eq=True, nullable=True)

    small_is_least = row_rule("small_is_least", "small <= number", "small is above number.")
    known_day = row_rule("known_day", "other IS NULL OR day IS NOT NULL", "other has no day.", severity="warn")
    shares_add_up = row_rule("shares_add_up", "share + number <= 2", "The shares are above 2.", severity="warn")


# Beside plain texts: two forms of one letter, signs of two code units, of no width, of both directions, and of no text.
ODD = [
    "e\u0301",
    "\u00e9",
    "\U0001f600",
    "\U0001f600a",
    "\u200d",
    "\u202ea",
    "\ufeffa",
    "a\x00",
    "a\u2028b",
    "\u0130",
    "'\\",
]
TEXTS = st.sampled_from([None, "", "a", "b", "ab", "aab", "ba", "abc", "A", "a\n", "xb", *ODD])
NUMBERS = st.sampled_from([None, -2, -1, 0, 1, 2, 3])
SHARES = st.sampled_from([None, -0.0, 0.5, 1.0, -1e-300, float("nan"), float("inf"), float("-inf")])
TYPED = {
    T.LongType: NUMBERS,
    T.IntegerType: NUMBERS,
    T.StringType: TEXTS,
    T.DoubleType: SHARES,
    T.BooleanType: st.sampled_from([None, True, False]),
}
DAYS = st.sampled_from([None, date(2025, 1, 1), date(2025, 1, 2), date(2025, 1, 3)])
MOMENTS = st.sampled_from([None, datetime(2025, 1, 1, 23, 59, 59), datetime(2025, 1, 2), datetime(2025, 1, 2, 0, 0, 1)])
GOOD: dict[str, Any] = {
    "number": 1,
    "small": 1,
    "one": 1,
    "kind": "ab",
    "other": "a",
    "path": "ab",
    "code": "ab",
    "day": date(2025, 1, 3),
    "moment": datetime(2025, 1, 1),
    "share": 0.5,
    "word": "ab",
    "exact": "a",
    "either": "b",
    "is_open": True,
}
STRUCTURE = T.StructType([T.StructField(column.name, column.data_type) for column in contract_columns(Order)])
EDGES = {
    "either": st.sampled_from([None, "a", "xb", "c", "xa", "bx"]),
    "word": st.sampled_from(["", "ab", "abc", *ODD]),
}
STRATEGIES = [
    EDGES.get(field.name, {T.DateType: DAYS, T.TimestampType: MOMENTS, **TYPED}[type(field.dataType)])
    for field in STRUCTURE
]
# Some values are good, so that a failure is seen through one rule alone.
ROWS = st.tuples(*[st.one_of(st.just(GOOD[f.name]), s) for f, s in zip(STRUCTURE, STRATEGIES, strict=True)])
UNCOMPILED = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
"""Settings with which pandera's many small jobs take half the time."""


def table(spark: SparkSession, rows: list[tuple[Any, ...]]) -> DataFrame:
    """A table of literals: pandera runs twenty jobs on it, which are many times faster than on other tables."""

    def literal(value: Any, field: T.StructField) -> str:
        text = "NULL" if value is None else "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
        return f"CAST({text} AS {field.dataType.simpleString()})"

    lines = [", ".join(literal(value, field) for value, field in zip(row, STRUCTURE, strict=True)) for row in rows]
    names = ", ".join(STRUCTURE.fieldNames())
    return spark.sql(f"SELECT * FROM VALUES {', '.join(f'({line})' for line in lines)} AS rows({names})")


def pandera_verdicts(rows: DataFrame) -> Iterator[str]:
    """The violations that pandera finds somewhere in a table, under our names."""
    found = Order.validate(rows).pandera.errors
    named = {column.name: column.violation for column in contract_columns(Order)}
    for kind, errors in [(kind, errors) for level in found.values() for kind, errors in level.items()]:
        for error in errors:
            is_of_row = kind == "DATAFRAME_CHECK" and error["column"] not in named
            name = error["check"] if is_of_row else named[error["column"]]
            yield f"{error['column']}_missing" if kind == "SERIES_CONTAINS_NULLS" else name


# Not shrunk: each step would be a Spark job, and a failing test would run into its time limit.
@settings(
    max_examples=9, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(drawn=st.one_of(ROWS.map(lambda row: [row]), st.lists(ROWS, min_size=2, max_size=3)))
def test_verdicts_equal_those_of_pandera(spark: SparkSession, drawn: list[tuple[Any, ...]]) -> None:
    rows = table(spark, drawn)
    compiled = violations(rules(contract_of(Order), lambda name: F.col(name).cast("string")))
    ours = {name for row in rows.select(compiled.alias("found")).collect() for name in row.found or ()}
    with spark_config(spark, UNCOMPILED):
        assert ours == set(pandera_verdicts(rows))


class Visit(pa.DataFrameModel):
    """Rules whose order is seen."""

    user: T.StringType
    clicks: T.LongType = pa.Field(ge=0, metadata={"violation": "clicks_negative"})
    share: T.DoubleType = pa.Field(nullable=True)
    grade: T.StringType = pa.Field(isin=["a"])


def test_violations_stand_in_the_order_of_the_columns_and_are_null_where_there_is_none(spark: SparkSession) -> None:
    rows = [("ann", "1", "0.5", "a"), (None, "x", "much", "b"), ("bob", "-1", None, None), (None, None, None, "a")]
    texts = spark.createDataFrame(rows, "user_t string, clicks_t string, share_t string, grade_t string")
    contract = contract_of(Visit)
    values = texts.select("*", *[typed(F.col(f"{c.name}_t"), c.data_type).alias(c.name) for c in contract.columns])
    actual = values.select(violations(rules(contract, lambda name: F.col(f"{name}_t"))))
    expected = [
        (None,),
        (["user_missing", "clicks_not_integer", "share_not_number", "grade"],),
        (["clicks_negative", "grade_missing"],),
        (["user_missing", "clicks_missing"],),
    ]
    assertDataFrameEqual(actual, expected, checkRowOrder=True, rtol=0, atol=0)


def test_each_rule_says_in_a_sentence_what_is_expected() -> None:
    sentences = {rule.name: rule.sentence for rule in rules(contract_of(Visit), F.col)}
    assert sentences["user_missing"] == "user is empty."
    assert sentences["clicks_not_integer"] == "clicks is not written as an integer."
    assert sentences["clicks_negative"] == "clicks is not at least 0."
    assert sentences["grade"] == "grade is not one of ['a']."


def test_a_check_without_a_compiled_form_is_refused_by_name() -> None:
    class Ranged(pa.DataFrameModel):
        clicks: T.LongType = pa.Field(unique_values_eq=[1, 2])

    with pytest.raises(
        ValueError, match=r"Ranged\.clicks: saw the check 'unique_values_eq', expected one of \['equal_to'"
    ):
        contract_columns(Ranged)


def test_a_check_of_ones_own_is_refused_by_name() -> None:
    class Custom(pa.DataFrameModel):
        clicks: T.LongType

        @pa.check("clicks")
        def is_even(cls, column: Any) -> bool:
            return True

    with pytest.raises(ValueError, match=r"Custom\.clicks: saw the check 'is_even'"):
        contract_columns(Custom)


def test_a_check_on_the_whole_frame_is_refused() -> None:
    class Framed(pa.DataFrameModel):
        clicks: T.LongType

        @pa.dataframe_check
        def has_rows(cls, frame: Any) -> bool:
            return True

    with pytest.raises(ValueError, match=r"Framed: saw a check of the whole frame \(has_rows\), expected a row_rule"):
        contract_of(Framed)


def test_a_row_rule_has_a_name_of_its_own_and_one_of_two_severities() -> None:
    class Twice(pa.DataFrameModel):
        clicks: T.LongType
        again = row_rule("clicks_missing", "clicks > 0", "There is none.")

    with pytest.raises(ValueError, match="Twice: saw two rules named 'clicks_missing'"):
        contract_of(Twice)
    with pytest.raises(ValueError, match="saw the name 'Not This', expected a_name_like_this"):
        row_rule("Not This", "true", "Never.")
    with pytest.raises(ValueError, match="saw the severity 'error', expected 'reject' or 'warn'"):
        row_rule("other", "true", "Never.", severity="error")  # type: ignore[arg-type]


def test_a_severity_without_a_check_or_of_another_name_is_refused() -> None:
    class Idle(pa.DataFrameModel):
        clicks: T.LongType = pa.Field(metadata={"severity": "warn"})

    class Odd(pa.DataFrameModel):
        clicks: T.LongType = pa.Field(ge=0, metadata={"severity": "error"})

    with pytest.raises(ValueError, match=r"Idle\.clicks: saw the severity 'warn' and no check"):
        contract_of(Idle)
    with pytest.raises(ValueError, match=r"Odd\.clicks: saw the severity 'error'"):
        contract_of(Odd)


def test_a_type_without_a_compiled_form_is_refused_by_name() -> None:
    class Mapped(pa.DataFrameModel):
        tags: T.BinaryType

    with pytest.raises(ValueError, match=r"Mapped\.tags: saw the type .*Binary"):
        contract_columns(Mapped)
