"""How long the verdicts of a compiled contract take beside pandera's own validation, and whether they are the same.

Belongs here: one contract with rules of every type, and a table of which half the rules are broken. Does not: proving
that verdicts are equal whatever the rows are (tests/unit/test_contract.py).

python -m benchmarks.contracts --rows 1000000
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Iterator

import pandera.pyspark as pa
import pyspark.sql.functions as F
import pyspark.sql.types as T
from pyspark.sql import DataFrame

from analytics_assets.transforms.contract import contract_of, rules, with_violations
from analytics_assets.transforms.row_rules import row_rule
from resources.settings import load_settings
from resources.spark import Spark


class Visit(pa.DataFrameModel):  # type: ignore[type-arg]
    """A visit to a page, with rules of every type. Those named after what is wrong are broken by some rows."""

    user: T.StringType = pa.Field(str_startswith="u", str_length={"max_value": 9})
    page: T.StringType = pa.Field(str_contains="/", metadata={"violation": "page_odd"})
    kind: T.StringType = pa.Field(isin=["view", "edit"], metadata={"violation": "kind_unknown"})
    version: T.StringType = pa.Field(str_matches=r"^\d+\.\d+$")
    country: T.StringType = pa.Field(notin=["XX"], str_endswith="E", nullable=True)
    at: T.TimestampType
    duration_ms: T.LongType = pa.Field(ge=0, le=7_200_000, metadata={"violation": "duration_out_of_range"})
    clicks: T.IntegerType = pa.Field(gt=-1, lt=1000, ne=13, nullable=True)
    share: T.DoubleType = pa.Field(in_range={"min_value": 0, "max_value": 1}, metadata={"severity": "warn"})
    is_open: T.BooleanType = pa.Field(eq=True, nullable=True)

    clicks_take_time = row_rule("clicks_take_time", "clicks <= duration_ms", "There are more clicks than milliseconds.")
    has_country = row_rule("has_country", "country IS NOT NULL OR clicks < 100", "No country.", severity="warn")


ROW = """
    concat('u', id % 100000) AS user, if(id % 9973 = 7, 'p', concat('p/', id % 500)) AS page,
    if(id % 99991 = 3, 'look', 'view') AS kind, concat(5, '.', id % 20) AS version,
    if(id % 10 = 0, NULL, 'DE') AS country, timestamp_seconds(1735689600 + id) AS at,
    if(id % 5003 = 1, -1, 100000 + id % 3600000) AS duration_ms, cast(id % 12 AS int) AS clicks,
    (id % 1000) / 1000.0D AS share, true AS is_open
"""
"""Half of the rules are kept by all rows, so that all rows are looked at for them."""


def main() -> None:
    """Measure both ways on the same rows, as files land and as tables are, and print the best of three times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    resource = Spark(master=load_settings().spark_master)
    spark = resource.session
    with tempfile.TemporaryDirectory() as folder:
        made = spark.sql(f"SELECT {ROW} FROM range({rows})").coalesce(2)
        made.write.parquet(f"{folder}/parquet")
        made.write.option("timestampFormat", "yyyy-MM-dd HH:mm:ss").csv(f"{folder}/csv")
        forms = {
            "CSV": spark.read.schema(made.schema).csv(f"{folder}/csv"),
            "Parquet": spark.read.parquet(f"{folder}/parquet"),
        }
        for form, table in forms.items():
            seconds: dict[str, float] = {}
            found: dict[str, set[str]] = {}
            for _ in range(3):  # the first time is for the JVM
                for name, ask in (("pandera", by_pandera), ("compiled", compiled)):
                    began = time.monotonic()
                    found[name] = {*ask(table)}
                    seconds[name] = min(time.monotonic() - began, seconds.get(name, math.inf))
            same = "the same" if found["pandera"] == found["compiled"] else "NOT THE SAME"
            ratio = seconds["pandera"] / seconds["compiled"]
            print(f"{rows:,} rows of {form}: pandera {seconds['pandera']:.1f} s, compiled {seconds['compiled']:.1f} s,")
            print(f"  {ratio:.1f} times as fast, verdicts {same}: {', '.join(sorted(found['compiled']))}")
    resource.stop()


def by_pandera(table: DataFrame) -> Iterator[str]:
    """Names of the rules that some row breaks, as pandera finds them."""
    names = {column.name: column.violation for column in contract_of(Visit).columns}
    for level in Visit.validate(table).pandera.errors.values():
        for kind, errors in level.items():
            for error in errors:
                missing = kind == "SERIES_CONTAINS_NULLS"
                yield f"{error['column']}_missing" if missing else names.get(error["column"], error["check"])


def compiled(table: DataFrame) -> Iterator[str]:
    """The same by a list of violations for each row, as bronze makes it; rows with equal lists are counted."""
    judged = with_violations(table, rules(contract_of(Visit), F.col))
    for row in judged.groupBy("violations").count().collect():  # a row for each set of rules broken together
        yield from row.violations or ()


if __name__ == "__main__":
    main()
