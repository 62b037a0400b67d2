"""The version of a contract: what changes it, so that rows are read again, and what does not."""

from dataclasses import replace
from typing import Any

import pandera.pyspark as pa
import pyspark.sql.types as T
import pytest

from analytics_assets.feeds.notes import FEED
from analytics_assets.feeds.spec import Csv, Event, Feed, row_rule
from analytics_assets.layers.rules import reading_version


class Row(pa.DataFrameModel):
    """A contract with a rule of each severity."""

    who: T.StringType = pa.Field(isin=["a"], metadata={"severity": "warn"})
    at: T.TimestampType
    known = row_rule("known", "who <> 'x'", "Nobody knows who.")


class SaysMore(pa.DataFrameModel):
    """The same, with a sentence about a column."""

    who: T.StringType = pa.Field(isin=["a"], metadata={"severity": "warn"}, description="Who it was.")
    at: T.TimestampType
    known = row_rule("known", "who <> 'x'", "Nobody knows who.")


class Stricter(pa.DataFrameModel):
    """The same, but that its check rejects."""

    who: T.StringType = pa.Field(isin=["a"])
    at: T.TimestampType
    known = row_rule("known", "who <> 'x'", "Nobody knows who.")


class Lenient(pa.DataFrameModel):
    """The same, but that its row rule warns."""

    who: T.StringType = pa.Field(isin=["a"], metadata={"severity": "warn"})
    at: T.TimestampType
    known = row_rule("known", "who <> 'x'", "Nobody knows who.", severity="warn")


class OtherSql(pa.DataFrameModel):
    """The same, with another condition."""

    who: T.StringType = pa.Field(isin=["a"], metadata={"severity": "warn"})
    at: T.TimestampType
    known = row_rule("known", "who <> 'y'", "Nobody knows who.")


class OtherWords(pa.DataFrameModel):
    """The same, with another sentence of its rule."""

    who: T.StringType = pa.Field(isin=["a"], metadata={"severity": "warn"})
    at: T.TimestampType
    known = row_rule("known", "who <> 'x'", "Who is that?")


def feed(contract: type[Any] = Row, **changed: Any) -> Feed:
    event = Event(event_time="at", user_id="who", action="'a'", object_id="'o'")
    declared = {"event_key": ("user_id",), "event": event, "page_views": (), "dimensions": (), "contract": contract}
    return replace(FEED, **(declared | changed))


@pytest.mark.parametrize("contract", [Stricter, Lenient, OtherSql, OtherWords])
def test_rules_their_severity_and_their_words_are_part_of_the_version(contract: type[Any]) -> None:
    assert reading_version(feed(contract)) != reading_version(feed())


@pytest.mark.parametrize(
    "changed", [Csv(), Csv(header=True, other_seps=(";",)), Csv(header=True, encodings=("utf-8", "latin-1"))]
)
def test_what_files_may_look_like_is_part_of_the_version(changed: Csv) -> None:
    assert reading_version(feed(format=changed)) != reading_version(feed())


def test_what_a_column_is_said_to_be_judges_no_row() -> None:
    assert reading_version(feed(SaysMore)) == reading_version(feed())
