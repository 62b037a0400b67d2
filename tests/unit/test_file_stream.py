"""Where a stream of files looks, and on which engines it runs."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from resources.file_stream import FileStream, folders_from, streaming_master
from resources.spark import SparkError

DAYS = st.dates(date(2019, 1, 1), date(2031, 12, 31))


def matches(pattern: str, name: str) -> bool:
    """Whether a name is one of the alternatives of a pattern: a part of Hadoop's rules, in plain Python."""
    inside = pattern.partition("{")[2].removesuffix("}") or pattern.rpartition("/")[2]
    return any(_fits(one.removesuffix("*"), name) for one in inside.split(","))


def _fits(start: str, name: str) -> bool:
    if not start:
        return True
    if start[0] == "[":
        return bool(name) and start[1] <= name[0] <= start[3] and _fits(start[5:], name[1:])
    return name[:1] == start[0] and _fits(start[1:], name[1:])


@given(first=DAYS, day=DAYS)
def test_a_stream_looks_at_the_first_date_and_those_after_it(first: date, day: date) -> None:
    assert matches(folders_from("file:/landing", first), day.isoformat()) == (day >= first)


@given(first=DAYS, days=st.integers(-1, 1))
def test_a_stream_looks_exactly_so_far_back(first: date, days: int) -> None:
    day = (first + timedelta(days=days)).isoformat()
    assert matches(folders_from("file:/landing", first), f"{day}.csv") == (days >= 0)


@pytest.mark.parametrize(
    ("first", "seen"), [(date(2025, 2, 28), ["2025-02-28", "2025-03-01", "2026-01-01"]), (None, None)]
)
def test_spark_reads_the_pattern_so_too(spark: SparkSession, tmp_path: Path, first: date | None, seen: object) -> None:
    days = ["2024-12-31", "2025-02-27", "2025-02-28", "2025-03-01", "2026-01-01"]
    for day in days:
        (tmp_path / "in" / day / "deeper").mkdir(parents=True)
        (tmp_path / "in" / day / "deeper" / "it's {a} [b].csv").write_text("x")
        (tmp_path / "in" / day / "_hidden.csv").write_text("x")
    told: list[str] = []
    stream = FileStream(spark, folders_from((tmp_path / "in").as_uri(), first), tmp_path / "out", told.extend)
    stream.start(once=True, every_s=1)
    while not stream.has_ended(1):
        pass
    stream.stop()
    assert sorted(path.split("/")[-3] for path in told) == (seen or days)
    assert all(path.endswith("/deeper/it's {a} [b].csv") for path in told)


def test_a_stream_runs_in_the_process_or_on_a_cluster() -> None:
    assert [streaming_master(name) for name in ("auto", "local[2]", "yarn")] == ["local[*]", "local[2]", "yarn"]
    with pytest.raises(SparkError, match=r"cannot use the engine at sc://127.0.0.1:1"):
        streaming_master("sc://127.0.0.1:1")
