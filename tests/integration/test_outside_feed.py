"""A feed that is not of this package, in one file of thirty lines, gets all that a feed of this package has."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from places import LONGEST_S, Place
from tables import rows_of, table_names

pytestmark = pytest.mark.timeout(900)

FEED_FILE = '''\
"""Feed edge_log: a proxy's log, Apache combined, a file a day.

Belongs here: what a good request is, how it becomes an event.
"""
from datetime import timedelta
import pandera.pyspark as pa
import pyspark.sql.types as T
from analytics_assets.feeds.spec import WHOLE_ROW, Arrival, Csv, Event, Feed, SessionRule

class EdgeLog(pa.DataFrameModel):  # in file order
    client: T.StringType
    ident: T.StringType
    login: T.StringType
    time: T.StringType = pa.Field(str_startswith="[")
    zone: T.StringType = pa.Field(str_endswith="]")
    request: T.StringType = pa.Field(str_matches="^[A-Z]+ /")
    status: T.IntegerType = pa.Field(ge=100, le=599)
    size: T.StringType
    referer: T.StringType
    browser: T.StringType

GOOD = '83.1.2.3 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 31 "-" "Firefox"'

FEED = Feed(
    name="edge_log", owner="team:web", contract=EdgeLog, event_key=WHOLE_ROW,
    landing="edge_log/{arrival}/*.log", format=Csv(sep=" "), arrival=Arrival.DAY,
    event=Event(  # SQL over a row
        event_time="to_timestamp(substr(time, 2) || substr(zone, 1, 5), 'dd/MMM/yyyy:HH:mm:ssZ')",
        user_id="client", action="split(request, ' ')[0]", object_id="split(request, ' ')[1]"),
    sessions=SessionRule(timeout=timedelta(minutes=30)),
    examples=[(GOOD, []), (GOOD.replace("200", "99"), ["status"])])
'''

TABLES = {"bronze", "silver", "sessions", "user_days", "active_users", "active_users_week", "active_users_month"}
TABLES |= {"session_days", "user_history", "retention", "anomalies", "unlikely_users"}
TABLES |= {"activity_mix", "object_days", "session_frequency", "entry_exit_actions", "session_hours", "profiles"}
PAGES = {"report_active_users", "report_sessions", "report_activity", "report_retention", "report_anomalies"}
PAGES |= {"report_data_quality", "report_rejected_rows", "report_data_profile"}
CHECKS = {
    "bronze": {
        *("landed_is_accepted_and_rejected", "arrival_has_one_contract", "arrival_is_there"),
        *("few_rows_are_rejected", "few_rows_are_late", "columns_are_those_of_the_contract"),
    },
    "silver": {
        *("accepted_is_silver_and_duplicates", "event_key_is_unique"),
        *("volume_is_that_of_the_weekday", "no_busy_hour_is_empty"),
    },
    "session_days": {"session_figures_keep_their_bounds", "values_add_up_to_sessions"},
    "sessions": {"session_id_is_unique", "events_in_sessions_are_silver"},
    "active_users": {"bounds", "lifecycle"},
    "activity_mix": {"activity_adds_up_to_silver", "users_of_values_agree"},
    "object_days": {"objects_add_up_to_silver"},
    "session_frequency": {"frequencies_add_up_to_sessions"},
    "entry_exit_actions": {"edges_add_up_to_sessions"},
    "profiles": {"profile_adds_up", "columns_are_as_before"},
    "retention": {"retention_bounds", "retention_values_add_up", "daily_cohorts_are_new_users"},
    "anomalies": {"alarms_are_bounded", "alarms_are_the_flagged_points", "series_are_the_figures", "hours_add_up"},
    "unlikely_users": {"likely_and_unlikely_add_up"},
}

ASK = """
import json
from analytics_assets.definitions import defs
graph = defs.resolve_asset_graph()
mine = {key for key in graph.get_all_asset_keys() if key.path[0] == "edge_log"}
print(json.dumps({
    "assets": sorted(key.path[1] for key in mine),
    "groups": sorted({graph.get(key).group_name for key in mine}),
    "owners": sorted({owner for key in mine for owner in graph.get(key).owners}),
    "checks": sorted([key.asset_key.path[1], key.name] for key in graph.asset_check_keys if key.asset_key in mine),
    "jobs": sorted(job.name for job in defs.resolve_all_job_defs() if job.name.startswith("edge_log")),
    "others": sorted({key.path[0] for key in graph.get_all_asset_keys()} - {"edge_log"}),
}))
"""


def line(user: str, day: int, time: str, path: str = "/", status: str = "200") -> str:
    return f'{user} - - [{day}/May/2015:{time} +0000] "GET {path} HTTP/1.1" {status} 31 "-" "Firefox"\n'


ARRIVALS = {
    "2015-05-17": line("ann", 17, "10:00:00") + line("ann", 17, "10:29:59", "/a") + line("bob", 17, "10:00:00"),
    "2015-05-18": line("ann", 18, "10:00:00") * 2
    + line("ann", 18, "10:30:00")
    + line("eve", 18, "01:00:00", status="99")
    # Spark 2 would have read it: Spark 3 must reject the row, not the run.
    + line("fay", 18, "1:00:00"),
    "2015-05-19": line("cid", 18, "23:59:59") + line("cid", 19, "00:10:00"),
}


def land(landing: Path, arrivals: Mapping[str, str]) -> None:
    for arrival, text in arrivals.items():
        file = landing / "edge_log" / arrival / "edge.log"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, engine_url: str) -> tuple[Place, dict[str, str]]:
    """A place where the feed ran, and the settings that name it."""
    root = tmp_path_factory.mktemp("outside")
    place = Place(root, root / "landing")
    (root / "my feeds").mkdir()
    file = root / "my feeds" / "edge_log.py"
    file.write_text(FEED_FILE)
    land(place.landing, ARRIVALS)
    settings = {"TIDEBOOK_FEEDS": str(file), "TIDEBOOK_SPARK_MASTER": engine_url}
    place.done("run", "edge_log", **settings)
    return place, settings


def definitions(environment: dict[str, str], folder: Path) -> dict[str, list[object]]:
    ended = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_S,
    )
    assert ended.returncode == 0, ended.stderr
    found: dict[str, list[object]] = json.loads(ended.stdout)
    return found


def assert_all_is_there(found: dict[str, list[object]]) -> None:
    assert set(found["assets"]) == TABLES | {"tide", "restatements"} | PAGES
    assert found["groups"] == ["edge_log"] and found["owners"] == ["team:web"]
    assert found["checks"] == sorted([table, name] for table, names in CHECKS.items() for name in names)
    jobs = ("backfill", "forget", "maintenance", "pass", "reports")
    assert found["jobs"] == [f"edge_log_{job}" for job in jobs]
    assert found["others"] == ["access_log", "aqua", "ide", "notes", "shop"], "the other feeds are there as before"


def test_the_feed_has_the_thirty_lines_of_the_style() -> None:
    assert len(FEED_FILE.splitlines()) <= 33


def test_a_file_named_by_a_setting_gets_every_asset_check_and_job(ran: tuple[Place, dict[str, str]]) -> None:
    place, settings = ran
    assert_all_is_there(definitions(place.environment(**settings), place.root))


def test_its_tables_run_from_bronze_to_active_users(ran: tuple[Place, dict[str, str]]) -> None:
    lakehouse = ran[0].lakehouse
    assert {*table_names(lakehouse, "edge_log")} == TABLES | {
        "counts",
        "tide",
        "user_history_versions",
        "retention_versions",
        "table_versions",
        "series_points",
        "likely_days",
    }
    bronze = rows_of(lakehouse, "edge_log", "bronze")
    assert sorted((row["standing"], row["violations"] or ()) for row in bronze) == [
        ("late", ()),
        *[("on_time", ())] * 7,
        ("rejected", ("event_time_not_readable",)),
        ("rejected", ("status",)),
    ]
    silver = rows_of(lakehouse, "edge_log", "silver")
    assert "duration_ms" not in silver[0], "what the feed does not declare, its tables do not have"
    assert [row["copies"] for row in silver if row["copies"] > 1] == [2]
    sessions = rows_of(lakehouse, "edge_log", "sessions")
    assert sorted((row["session_id"], row["actions"], row["is_bounce"]) for row in sessions) == [
        ("ann#2015-05-17T10:00:00.000000Z", 2, False),
        ("ann#2015-05-18T10:00:00.000000Z", 1, True),
        ("ann#2015-05-18T10:30:00.000000Z", 1, True),
        ("bob#2015-05-17T10:00:00.000000Z", 1, True),
        ("cid#2015-05-18T23:59:59.000000Z", 1, True),
        ("cid#2015-05-19T00:10:00.000000Z", 1, True),
    ]
    days = rows_of(lakehouse, "edge_log", "active_users")
    # 19 May is not closed: no later arrival has landed.
    assert sorted((row["event_date"].isoformat(), row["dau"], row["new"]) for row in days) == [
        ("2015-05-17", 2, 2),
        ("2015-05-18", 2, 1),
    ]


@pytest.mark.long
def test_its_status_tells_whether_something_is_behind(ran: tuple[Place, dict[str, str]]) -> None:
    place, settings = ran
    ended = place.command("status", "edge_log", **settings)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "3 read (2015-05-17 to 2015-05-19); 0 new or changed" in " ".join(ended.stdout.split())
    land(place.landing, {"2015-05-20": line("dan", 20, "10:00:00")})
    ended = place.command("status", "edge_log", **settings)
    assert ended.returncode == 1
    assert "1 new or changed (2015-05-20)" in " ".join(ended.stdout.split())
    assert "tidebook run edge_log" in ended.stdout
    place.done("run", "edge_log", **settings)
    assert place.done("status", "edge_log", **settings)


def test_a_feed_of_an_installed_package_is_found_by_its_entry_point(tmp_path: Path) -> None:
    site = tmp_path / "site"
    info = site / "edge_feed-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: edge-feed\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tidebook.feeds]\nedge_log = edge_feed\n")
    (site / "edge_feed.py").write_text(FEED_FILE)
    place = Place(tmp_path, tmp_path / "landing")
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    assert_all_is_there(definitions(place.environment(PYTHONPATH=path), tmp_path))
    land(place.landing, ARRIVALS)
    assert place.command("status", "edge_log", PYTHONPATH=path).returncode == 1


def test_a_feed_that_cannot_be_loaded_is_one_clear_message(tmp_path: Path) -> None:
    file = tmp_path / "edge_log.py"
    file.write_text(FEED_FILE.replace("Csv(sep=", "Csv(separator="))
    ended = Place(tmp_path, tmp_path / "landing").command("status", "edge_log", TIDEBOOK_FEEDS=str(file))
    words = " ".join((ended.stdout + ended.stderr).split())
    assert ended.returncode == 1 and "Traceback" not in words
    assert "edge_log.py cannot be loaded: TypeError" in words and "separator" in words
