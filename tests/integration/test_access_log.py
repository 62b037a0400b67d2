"""The real log of a web server: known figures, and the same from one file as from a file a day."""

from pathlib import Path

import pytest
from places import REAL_LOG, Place
from tables import LINEAGE, differences, rows_of

from analytics_assets.feeds.access_log import FEED
from resources.spark import Spark

pytestmark = pytest.mark.timeout(900)

FROM_SILVER_ON = (
    "silver",
    "sessions",
    "user_days",
    "active_users",
    "active_users_week",
    "active_users_month",
    "user_history",
)


@pytest.fixture(scope="module")
def one_file(tmp_path_factory: pytest.TempPathFactory, spark_resource: Spark) -> Place:
    root = tmp_path_factory.mktemp("one_file")
    file = root / "landing" / "access_log" / "2015-05-20" / "the whole log.log"
    file.parent.mkdir(parents=True)
    file.write_bytes(REAL_LOG.read_bytes())
    place = Place(root, root / "landing")
    place.run(FEED, spark_resource)
    return place


def standings(lakehouse: Path) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in rows_of(lakehouse, "access_log", "counts"):
        sums[row["standing"]] = sums.get(row["standing"], 0) + row["rows"]
    return sums


def test_every_landed_line_is_accepted_or_rejected(access_log: Place, one_file: Place) -> None:
    assert standings(access_log.lakehouse) == {"landed": 10_000, "on_time": 9_999, "rejected": 1}
    by_day = dict.fromkeys(("2015-05-17", "2015-05-18", "2015-05-19", "2015-05-20"), 0)
    for row in rows_of(access_log.lakehouse, "access_log", "bronze"):
        by_day[row["arrival"]] += row["standing"] == "on_time"
    on_the_20th = by_day.pop("2015-05-20")
    late = sum(by_day.values())
    assert standings(one_file.lakehouse) == {"landed": 10_000, "on_time": on_the_20th, "late": late, "rejected": 1}


def test_the_rejected_line_is_named_by_file_and_line(
    access_log: Place, one_file: Place, log_days: dict[str, list[bytes]]
) -> None:
    broken = REAL_LOG.read_bytes().splitlines(keepends=True)[8_898]
    in_its_day = log_days["2015-05-20"].index(broken) + 1

    def rejected(place: Place) -> list[tuple[str, int, tuple[str, ...], str]]:
        return [
            (row["file"], row["line_number"], row["violations"], row["raw"])
            for row in rows_of(place.lakehouse, "access_log", "bronze")
            if row["violations"] is not None
        ]

    text = broken.decode().rstrip("\n")
    reason = ("unclosed_quote",)
    assert rejected(one_file) == [("access_log/2015-05-20/the whole log.log", 8_899, reason, text)]
    assert rejected(access_log) == [("access_log/2015-05-20/access.log", in_its_day, reason, text)]


def test_silver_holds_each_line_once_and_knows_its_duplicates(access_log: Place) -> None:
    silver = rows_of(access_log.lakehouse, "access_log", "silver")
    assert len(silver) == 9_980
    assert sum(row["copies"] for row in silver) - len(silver) == 19


def test_daily_active_users_are_known_and_no_week_or_month_is_complete(access_log: Place) -> None:
    days = rows_of(access_log.lakehouse, "access_log", "active_users")
    assert [(row["event_date"].isoformat(), row["dau"]) for row in sorted(days, key=lambda row: row["event_date"])] == [
        ("2015-05-17", 341),
        ("2015-05-18", 627),
        ("2015-05-19", 561),
        ("2015-05-20", 505),
    ]
    assert {(row["dimension"], row["value"]) for row in days} == {("all", "all")}
    assert [row["rolling_7"] for row in days] == [None] * 4
    weeks = rows_of(access_log.lakehouse, "access_log", "active_users_week")
    assert sorted((row["week_start"].isoformat(), row["wau"]) for row in weeks) == [
        ("2015-05-11", None),
        ("2015-05-18", None),
    ]
    months = rows_of(access_log.lakehouse, "access_log", "active_users_month")
    assert [(row["month_start"].isoformat(), row["mau"]) for row in months] == [("2015-05-01", None)]


@pytest.mark.parametrize("table", FROM_SILVER_ON)
def test_one_late_file_gives_the_same_as_a_file_a_day(access_log: Place, one_file: Place, table: str) -> None:
    assert differences(access_log.lakehouse, one_file.lakehouse, "access_log", [table], {table: LINEAGE}) == []


def test_the_comparison_sees_lineage(access_log: Place, one_file: Place) -> None:
    assert len(differences(access_log.lakehouse, one_file.lakehouse, "access_log", ["silver"])) == 2


def test_all_feeds_have_a_light_and_those_never_read_have_none(access_log: Place) -> None:
    lines = access_log.done("status", TIDEBOOK_SPARK_MASTER="sc://127.0.0.1:1").splitlines()
    assert lines[1].split()[:3] == ["access_log", "green", "freshness:"]
    assert {line.split()[0] for line in lines if line.endswith("not read yet") or "not read yet " in line} == {
        *("aqua", "ide", "notes", "shop")
    }


def test_a_rejected_row_is_shown_as_it_landed_with_what_was_expected(access_log: Place) -> None:
    said = access_log.done("rejected", "access_log", TIDEBOOK_SPARK_MASTER="sc://127.0.0.1:1").splitlines()
    assert said[0] == "access_log: 1 rejected rows, by the first rule that each broke:"
    assert said[1].split(":")[0].split() == ["1", "unclosed_quote"]
    assert said[-1].startswith("  46.118.127.106 ")
