"""Fields of a line, against Python's csv module and against a parser written sign by sign."""

import csv
import io

import pyspark.sql.functions as F
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.testing import assertDataFrameEqual

from analytics_assets.transforms.contract import violations
from analytics_assets.transforms.fields import field_text, malformed_rules, quote_fault, split_fields

SEPARATORS = [",", "|", ".", " ", "\t", ";", "^", "\\"]
MALFORMED = ("unclosed_quote", "stray_quote")
# Not shrunk: each step would be a Spark job, and a failing test would run into its time limit.
PROPERTY = settings(
    max_examples=5, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def judged(spark: SparkSession, lines: list[str], sep: str) -> list[tuple[list[str], list[str] | None]]:
    """Fields of each line, the empty ones as "", and what is malformed."""
    rows = spark.createDataFrame(list(enumerate(lines)), "place int, line string").coalesce(1)
    line = F.col("line")
    has_quote = line.contains('"')
    parts = rows.select(
        "place",
        F.transform(split_fields(line, sep, has_quote), lambda field: field_text(field, True)).alias("fields"),
        violations(malformed_rules(lambda: quote_fault(line, sep, has_quote))).alias("found"),
    )
    return [
        ([text or "" for text in row.fields], row.found)
        for row in sorted(parts.collect(), key=lambda row: int(row.place))
    ]


def signs(sep: str) -> st.SearchStrategy[str]:
    return st.sampled_from([sep, '"', "a", "1", " ", "ü", "\\", "'", "\u2028", "\r", "$"])


@pytest.mark.parametrize("sep", SEPARATORS)
@PROPERTY
@given(data=st.data())
def test_fields_equal_those_of_the_csv_module(spark: SparkSession, sep: str, data: st.DataObject) -> None:
    field = st.text(signs(sep), max_size=4)
    rows = data.draw(st.lists(st.lists(field, min_size=2, max_size=4), min_size=20, max_size=40))
    lines = []
    for place, row in enumerate(rows):
        line = io.StringIO()
        style = csv.QUOTE_ALL if place % 3 == 0 else csv.QUOTE_MINIMAL
        csv.writer(line, delimiter=sep, quoting=style, lineterminator="").writerow(row)
        lines.append(line.getvalue())
    assert judged(spark, lines, sep) == [(row, None) for row in rows]


def parse(line: str, sep: str) -> list[str] | None:
    """RFC 4180, sign by sign; None where a quote stands where none may."""
    fields, at = [], 0
    while True:
        if line[at : at + 1] == '"':
            text, at = "", at + 1
            while line[at : at + 2] == '""' or line[at : at + 1] not in ('"', ""):
                step = 2 if line[at] == '"' else 1
                text, at = text + line[at], at + step
            if line[at : at + 1] != '"':
                return None
            at += 1
        else:
            end = line.find(sep, at)
            text = line[at:] if end == -1 else line[at:end]
            at += len(text)
            if '"' in text:
                return None
        fields.append(text)
        if at == len(line):
            return fields
        if line[at] != sep:
            return None
        at += 1


@pytest.mark.parametrize("sep", [",", "|", " "])
@PROPERTY
@given(data=st.data())
def test_any_line_is_split_or_malformed_as_the_standard_says(
    spark: SparkSession, sep: str, data: st.DataObject
) -> None:
    lines = data.draw(st.lists(st.text(signs(sep), min_size=1, max_size=8), min_size=60, max_size=120))
    # Java's $ takes these for the end: see test_nothing_may_stand_between_a_closing_quote_and_the_end.
    lines = [line.rstrip("\r\u2028") for line in lines]
    for line, (fields, found) in zip(lines, judged(spark, lines, sep), strict=True):
        expected = parse(line, sep)
        if expected is None:
            assert found == [MALFORMED[0] if line.count('"') % 2 else MALFORMED[1]], repr(line)
        else:
            assert (fields, found) == (expected, None), repr(line)


def test_empty_first_and_last_fields_are_fields(spark: SparkSession) -> None:
    lines = [",b,", '"",b,""', ",", '"",', ',"b"', '"a",']
    expected = [["", "b", ""], ["", "b", ""], ["", ""], ["", ""], ["", "b"], ["a", ""]]
    assert [fields for fields, _ in judged(spark, lines, ",")] == expected


@pytest.mark.parametrize("sep", ["|", ".", " ", "*", "+", "(", "[", "$", "^", "-", "\\", "]"])
def test_a_separator_that_is_special_in_patterns_separates(spark: SparkSession, sep: str) -> None:
    lines = [sep.join(["a", "", "c"]), sep.join(["a", f'"b{sep}"', '"c""d"'])]
    assert judged(spark, lines, sep) == [(["a", "", "c"], None), (["a", f"b{sep}", 'c"d'], None)]


def test_an_odd_number_of_quotes_is_an_unclosed_quote(spark: SparkSession) -> None:
    lines = ['a,"b', '"', 'a,"b"",c', 'a",b', '"a""']
    assert [found for _, found in judged(spark, lines, ",")] == [["unclosed_quote"]] * len(lines)


def test_an_even_number_of_quotes_in_wrong_places_is_a_stray_quote(spark: SparkSession) -> None:
    lines = ['a"b",c', 'a,"b"c', ' "b"', '"b" ,c', '"a"b"c"', 'a""']
    assert [found for _, found in judged(spark, lines, ",")] == [["stray_quote"]] * len(lines)


def test_nothing_may_stand_between_a_closing_quote_and_the_end(spark: SparkSession) -> None:
    lines = ['"b"\r', '"b"\u2028', '"b"\u0085']
    assert [found for _, found in judged(spark, lines, ",")] == [["stray_quote"]] * len(lines)


def test_an_empty_field_is_missing(spark: SparkSession) -> None:
    fields = spark.createDataFrame([("",), ('""',), ('""""',), (" ",), ('"a""b"',)], "field string").coalesce(1)
    expected = [(None,), (None,), ('"',), (" ",), ('a"b',)]
    assertDataFrameEqual(fields.select(field_text(F.col("field"), True)), expected, checkRowOrder=True)


def test_a_very_long_line_of_quoted_fields_needs_no_stack(spark: SparkSession) -> None:
    line = ",".join(['"a""b"'] * 50_000)
    [(fields, found)] = judged(spark, [line], ",")
    assert (len(fields), set(fields), found) == (50_000, {'a"b'}, None)
