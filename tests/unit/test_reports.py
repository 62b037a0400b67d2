"""Reports: what the page says is what stands in the tables, and the page needs nothing but itself."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode, b64encode
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from plotly.offline import get_plotlyjs

from analytics_assets.feeds.access_log import FEED as ACCESS_LOG
from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.layers.rules import event_version
from analytics_assets.layers.world import digest
from analytics_assets.reports import figures, landed_figures
from analytics_assets.reports.arrivals import Arrivals
from analytics_assets.reports.charts import Series, stack
from analytics_assets.reports.document import figures_json
from analytics_assets.reports.headline import change, tiles
from analytics_assets.reports.numbers import DRAWN_DAYS, Numbers, Periods, read_numbers
from analytics_assets.reports.page import page as report_page
from analytics_assets.reports.pages import REPORTS, reports_of
from analytics_assets.reports.session_figures import by_value, session_figures
from analytics_assets.reports.writing import write_reports
from resources.delta_tables import arrow_schema
from resources.lakehouse import Lakehouse
from resources.spark import Spark

FIRST = date(2025, 3, 3)  # a Monday
DAY = timedelta(days=1)
HOSTILE = '</script><script>alert("x")</script><img src=x onerror=alert(1)>'

DATES = {"event_date", "session_date", "week_start", "month_start"}
WHOLE = {"dau", "rolling_7", "rolling_28", "rolling_30", "new", "returning", "resurrected", "dormant"}
WHOLE |= {"wau", "mau", "rows", "actions"}
TYPES = dict.fromkeys(DATES, pa.date32()) | dict.fromkeys(WHOLE, pa.int64())
TYPES |= dict.fromkeys(("stickiness_7", "stickiness_28", "bounce_rate", "mean_duration_s"), pa.float64())
TYPES |= dict.fromkeys(("is_missing", "is_complete"), pa.bool_())


@pytest.fixture
def lakehouse(tmp_path: Path) -> Lakehouse:
    """A lakehouse whose engine does not exist: nothing that is tested here may ask for it."""
    return Lakehouse(root=str(tmp_path / "lakehouse"), spark=Spark(master="sc://127.0.0.1:1"))


def write(lakehouse: Lakehouse, feed: Feed, name: str, rows: list[dict[str, Any]]) -> None:
    """Write a real Delta table with those columns of the feed's table that the rows have."""
    table = feed_tables(feed)[name]
    columns = [column for column in table.schema.fieldNames() if column in rows[0]]
    schema = pa.schema([(column, TYPES.get(column, pa.string())) for column in columns])
    write_deltalake(
        lakehouse.location(table),
        pa.Table.from_pylist(rows, schema=schema),
        partition_by=[column for column in table.partition_by if column in columns] or None,
    )


def day(number: int, dimension: str = "all", value: str = "all", **figures: Any) -> dict[str, Any]:
    """A row of active_users; what is not given is null."""
    event_date = FIRST + DAY * number
    keys = {"event_month": f"{event_date:%Y-%m}", "event_date": event_date, "dimension": dimension, "value": value}
    return (
        keys
        | dict.fromkeys(sorted(WHOLE - {"wau", "mau", "rows", "actions"}))
        | {
            "stickiness_28": None,
            "is_missing": figures.get("dau") is None,
            **figures,
        }
    )


def whole(lakehouse: Lakehouse, feed: Feed, name: str, rows: list[dict[str, Any]]) -> None:
    """Write a real Delta table with all columns of the feed's table."""
    table = feed_tables(feed)[name]
    write_deltalake(lakehouse.location(table), pa.Table.from_pylist(rows, arrow_schema(table)))


def daily(days: int, **columns: list[Any]) -> dict[str, list[Any]]:
    """Daily values of a feed; what is not given is null."""
    names = ("dau", "rolling_7", "rolling_28", "stickiness_28", "new", "returning", "resurrected", "dormant")
    return {name: columns.get(name, [None] * days) for name in names}


def numbers(days: int = 3, feed: Feed = NOTES, **more: Any) -> Numbers:
    """Numbers of a feed with `days` closed dates."""
    given = {"daily": daily(days, dau=list(range(1, days + 1)))} | more
    return Numbers(feed=feed, dates=[FIRST + DAY * n for n in range(days)], **given)


def page(found: Numbers, name: str = "active-users") -> str:
    """A report's page."""
    return report_page(found, next(report for report in REPORTS if report.name == name))


def drawn(chart: figures.Chart) -> dict[str, list[Any]]:
    """Heights by series."""
    assert chart.figure is not None, chart.notes
    return {trace.name: list(trace.y) for trace in chart.figure.data}


# What is read


def test_a_date_without_an_arrival_is_a_gap_and_is_named(lakehouse: Lakehouse) -> None:
    write(lakehouse, NOTES, "active_users", [day(0, dau=5), day(1), day(2, dau=0)])
    found = read_numbers(lakehouse, NOTES)
    assert found.daily["dau"] == [5, None, 0]
    assert found.missing == [FIRST + DAY]
    assert drawn(figures.dau(found)) == {"DAU": [5, None, 0]}
    assert "2025-03-04" in page(found)


def test_a_date_that_the_table_lacks_is_a_gap(lakehouse: Lakehouse) -> None:
    write(lakehouse, NOTES, "active_users", [day(2, dau=7), day(0, dau=5)])
    assert drawn(figures.dau(read_numbers(lakehouse, NOTES))) == {"DAU": [5, None, 7]}


def test_values_of_a_dimension_do_not_count_in_the_total(lakehouse: Lakehouse) -> None:
    rows = [day(0, dau=5), day(0, "country", "DE", dau=3), day(0, "country", "FR", dau=2), day(1, dau=4)]
    write(lakehouse, NOTES, "active_users", rows)
    found = read_numbers(lakehouse, NOTES)
    assert found.daily["dau"] == [5, 4]
    assert found.by_attribute["country"] == {"DE": [3, None], "FR": [2, None]}


def test_sessions_are_rows_by_date_zero_on_a_quiet_date_and_unknown_on_a_missing_one(lakehouse: Lakehouse) -> None:
    write(lakehouse, NOTES, "active_users", [day(0, dau=5), day(1), day(2, dau=0)])
    sessions = [{"session_id": f"s{n}", "session_date": FIRST, "actions": 1} for n in range(3)]
    later = {"session_id": "not closed yet", "session_date": FIRST + DAY * 3, "actions": 1}
    write(lakehouse, NOTES, "sessions", [*sessions, later])
    assert read_numbers(lakehouse, NOTES).sessions == [3, None, 0]


def test_rows_of_events_are_added_up_by_arrival_and_rows_of_a_dimension_left_out(lakehouse: Lakehouse) -> None:
    def counted(arrival: str, standing: str, rows: int, rule: str | None = None, source: str = "events") -> Any:
        return {
            "arrival_month": arrival[:7], "source": source, "arrival": arrival, "file": "f", "standing": standing,
            "rule": rule, "rows": rows,
        }  # fmt: skip

    rows = [
        counted("2025-03-03", "landed", 12),
        counted("2025-03-03", "on_time", 7),
        counted("2025-03-03", "on_time", 2),
        counted("2025-03-03", "rejected", 3, "too_few_fields"),
        counted("2025-03-05", "landed", 4),
        counted("2025-03-05", "late", 3),
        counted("2025-03-05", "landed", 99, source="users"),
    ]
    write(lakehouse, NOTES, "counts", rows)
    found = read_numbers(lakehouse, NOTES).arrivals
    assert found is not None
    assert found.dates == [FIRST, FIRST + DAY, FIRST + DAY * 2]
    assert found.landed == [12, None, 4]
    assert found.standings["on_time"] == [9, None, 0]
    assert found.standings["late"] == [0, None, 3]
    assert found.rules == {"too_few_fields": 3}
    assert found.rules_by_date == {"too_few_fields": [3, None, 0]}
    assert found.accepted == [9, None, 3]
    assert found.unaccounted == [FIRST + DAY * 2]


def test_duplicates_are_accepted_rows_without_events_of_dates_that_silver_has_computed_from_all_of_them(
    lakehouse: Lakehouse,
) -> None:
    landed = {
        "arrival_month": "2025-03",
        "source": "events",
        "file": "f",
        "rule": None,
        "standing": "landed",
        "rows": 9,
    }
    dates = [FIRST, FIRST + DAY, FIRST + DAY * 2]
    write(lakehouse, NOTES, "counts", [{**landed, "arrival": f"{day}"} for day in dates])
    tide = [{"event_date": day, "input_version": f"of {day}", "rows": 5} for day in dates]
    write(lakehouse, NOTES, "tide", tide)
    computed = digest(f"of {FIRST}", event_version(NOTES)), "of fewer rows"
    silver = [
        {"event_date": day, "user_id": f"u{n}", "input_version": f"{version}-ab12"}
        for day, version in zip(dates, computed, strict=False)
        for n in range(3)
    ]
    write(lakehouse, NOTES, "silver", silver)
    found = read_numbers(lakehouse, NOTES).arrivals
    assert found is not None
    assert found.duplicates == [2, None, None]
    chart = landed_figures.duplicates(found)
    assert drawn(chart) == {"Duplicates": [2, None, None]}
    assert chart.notes[-1] == "Not known where a date is not computed, or is behind."


# What is drawn


def test_charts_hold_the_values_of_the_tables() -> None:
    values = daily(
        3, dau=[10, 11, 12], rolling_7=[None, 30, 31], rolling_28=[None, None, 60], stickiness_28=[None, None, 0.2]
    )
    found = numbers(3, daily=values, sessions=[20, 22, 30])
    assert drawn(figures.dau(found)) == {"DAU": [10, 11, 12]}
    assert drawn(figures.rolling(found)) == {"Rolling 7": [None, 30, 31], "Rolling 28": [None, None, 60]}
    assert drawn(figures.stickiness(found)) == {"Stickiness": [None, None, 0.2]}
    assert drawn(figures.sessions(found)) == {"Sessions": [20, 22, 30]}
    assert drawn(figures.sessions_per_user(found)) == {"Sessions per active user": [2.0, 2.0, 2.5]}


def test_lines_do_not_bridge_gaps_and_a_lone_value_is_marked() -> None:
    dau: list[int | None] = [None if n % 7 == 0 else n for n in range(90)]
    figure = figures.dau(numbers(90, daily=daily(90, dau=dau))).figure
    assert figure is not None
    assert figure.data[0].connectgaps is False
    assert figure.data[0].mode == "lines"
    dau[88] = None  # 89 now stands alone
    lone = figures.dau(numbers(90, daily=daily(90, dau=dau))).figure
    assert lone is not None
    assert lone.data[0].mode == "lines+markers"


def test_session_lengths_are_drawn_in_minutes_and_unknown_ones_not(lakehouse: Lakehouse) -> None:
    write(lakehouse, NOTES, "active_users", [day(0, dau=5), day(1, dau=0)])
    of_day = {"dimension": "all", "value": "all", "bounce_rate": 0.25, "actions_per_session": 2.5}
    lengths = {"mean_duration_s": 90.0, "p50_duration_s": Decimal("60.000"), "p95_duration_s": Decimal("600.000")}
    whole(lakehouse, NOTES, "session_days", [{"session_date": FIRST, **of_day, **lengths}])
    found = read_numbers(lakehouse, NOTES)
    length, bounces, actions = session_figures(found)
    assert drawn(length) == {"Mean": [1.5, None], "Median": [1.0, None], "95th percentile": [10.0, None]}
    assert drawn(bounces) == {"Bounce rate": [0.25, None]}
    assert drawn(actions) == {"Actions per session": [2.5, None]}


def test_sessions_of_a_value_are_added_up_over_the_last_28_closed_dates(lakehouse: Lakehouse) -> None:
    write(lakehouse, NOTES, "active_users", [day(n, dau=5) for n in range(30)])

    def sessions(of: int, value: str, sessions: int, total: str, actions: int) -> Any:
        sums = {"sessions": sessions, "total_duration_s": Decimal(total), "actions": actions, "bounces": 1}
        return {"session_date": FIRST + DAY * of, "dimension": "device_type", "value": value, **sums}

    rows = [sessions(29, "iPad", 2, "120.000", 6), sessions(2, "iPad", 2, "60.000", 2)]
    rows += [sessions(1, "iPad", 99, "1.000", 1), sessions(5, "<Mac>", 5, "300.000", 20)]
    rows += [sessions(30, "TV", 9, "1.000", 1), sessions(6, "TV", 0, "0.000", 0)]
    whole(lakehouse, NOTES, "session_days", rows)
    [chart] = by_value(read_numbers(lakehouse, NOTES))
    assert chart.figure is not None
    bars = chart.figure.data[0]
    assert (list(bars.y), list(bars.x), list(bars.text)) == (
        ["iPad", "&lt;Mac&gt;"],
        [0.75, 1.0],
        ["0.8 min", "1.0 min"],
    )
    assert chart.table().rows == [["<Mac>", 5, 1.0, 4.0, 0.2], ["iPad", 4, 0.75, 2.0, 0.5]]


def test_no_users_means_no_sessions_per_user() -> None:
    found = numbers(2, daily=daily(2, dau=[0, 4]), sessions=[0, 6])
    assert drawn(figures.sessions_per_user(found)) == {"Sessions per active user": [None, 1.5]}


def test_dormant_users_go_down_and_the_hover_says_how_many() -> None:
    values = daily(2, new=[5, 1], returning=[None, 2], resurrected=[None, 3], dormant=[None, 4])
    chart = figures.lifecycle(numbers(2, daily=values))
    expected = {"New": [5, 1], "Returning": [None, 2], "Resurrected": [None, 3], "Dormant": [None, -4]}
    assert drawn(chart) == expected
    assert chart.figure is not None
    assert list(chart.figure.data[3].customdata) == [None, 4]


def test_a_week_that_is_not_complete_is_not_drawn_and_named() -> None:
    weeks = Periods([FIRST, FIRST + DAY * 7, FIRST + DAY * 14], [None, 40, None])
    chart = figures.weeks(numbers(3, weeks=weeks))
    assert chart.figure is not None
    assert list(chart.figure.data[0].x) == [FIRST + DAY * 7]
    assert drawn(chart) == {"WAU": [40]}
    assert chart.notes == ["Not complete, so not drawn: week of 2025-03-03, week of 2025-03-17."]


def test_a_month_without_a_value_gives_no_chart_but_a_reason() -> None:
    chart = figures.months(numbers(3, months=Periods([date(2025, 3, 1)], [None])))
    assert chart.figure is None
    assert chart.notes == ["No complete month yet.", "Not complete, so not drawn: March 2025."]


def test_the_eight_largest_values_are_drawn_and_the_rest_is_other() -> None:
    values: dict[str, list[int | None]] = {f"c{n:02}": [100 - n, None] for n in range(11)}
    values["unknown"] = [500, 1]
    found = drawn(figures.by_attribute(numbers(2, by_attribute={"country": values}), "country"))
    assert list(found) == [*[f"c{n:02}" for n in range(8)], "other (3)", "unknown"]
    assert found["c00"] == [100, None]
    assert found["other (3)"] == [92 + 91 + 90, None]
    assert found["unknown"] == [500, 1]


def test_a_single_value_beyond_the_eight_keeps_its_name() -> None:
    values: dict[str, list[int | None]] = {f"c{n}": [9 - n] for n in range(9)}
    found = drawn(figures.by_attribute(numbers(1, by_attribute={"country": values}), "country"))
    assert list(found) == [f"c{n}" for n in range(9)]


def test_daily_charts_draw_a_bounded_number_of_dates_and_say_so() -> None:
    days = DRAWN_DAYS + 5
    found = numbers(days)
    assert drawn(figures.dau(found))["DAU"] == list(range(6, days + 1))
    assert f"the last {DRAWN_DAYS} of {days} dates" in page(found)


def test_shares_are_of_the_rows_landed_by_closed_arrivals() -> None:
    arrivals = Arrivals(
        dates=[FIRST, FIRST + DAY, FIRST + DAY * 2],
        landed=[10, None, 5],
        standings={"on_time": [7, None, 0], "late": [2, None, 5], "early": [0, None, 0], "rejected": [1, None, 0]},
        rules={"too_few_fields": 1},
    )
    chart = landed_figures.shares(arrivals, FIRST + DAY)
    assert drawn(chart) == {"Late": [0.2, None], "Rejected": [0.1, None]}
    assert chart.notes == ["Not closed, so not drawn: 2025-03-05."]
    assert drawn(landed_figures.standings(arrivals)) == {
        "On time": [7, None, 0],
        "Late": [2, None, 5],
        "Rejected": [1, None, 0],
    }
    assert "15 rows landed = 14 accepted + 1 rejected. Every landed row is accounted for." in page(
        numbers(2, arrivals=arrivals), "data-quality"
    )


def test_rejected_rows_are_drawn_by_arrival_the_rarest_rules_as_one() -> None:
    by_date: dict[str, list[Any]] = {f"rule {n}": [20 - n, None, n] for n in range(10)}
    arrivals = Arrivals(
        dates=[FIRST, FIRST + DAY, FIRST + DAY * 2],
        landed=[155, None, 45],
        standings={"on_time": [0, None, 0], "late": [0, None, 0], "early": [0, None, 0], "rejected": [155, None, 45]},
        rules={rule: sum(rows or 0 for rows in found) for rule, found in by_date.items()},
        rules_by_date=by_date,
    )
    found = drawn(landed_figures.rules_by_arrival(arrivals))
    assert (len(found), found["rule 0"], found["other (2)"]) == (9, [20, None, 0], [23, None, 17])
    last = page(numbers(3, arrivals=arrivals), "data-quality").split('id="last-arrivals"')[1].split("</table>")[0]
    assert "<td>155</td><td>0</td><td>155</td><td>0</td>" in last


def test_rows_that_do_not_add_up_raise_an_alarm_on_the_page() -> None:
    standings = {"on_time": [9], "late": [0], "early": [0], "rejected": [0]}
    arrivals = Arrivals(dates=[FIRST], landed=[10], standings=standings, rules={})
    made = page(numbers(1, arrivals=arrivals), "data-quality")
    assert "Rows are not accounted for</b>, arrivals 2025-03-03: 10 rows landed ≠ 9 accepted" in made


# Large numbers


def test_tiles_show_the_last_complete_periods_and_their_change() -> None:
    dau = [100, 1, 1, 1, 1, 1, 1, 1250, None]
    found = numbers(
        9,
        daily=daily(9, dau=dau, stickiness_28=[0.2, *[None] * 6, 0.15, None]),
        weeks=Periods([FIRST, FIRST + DAY * 7, FIRST + DAY * 14], [2000, 1900, None]),
        months=Periods([date(2025, 2, 1), date(2025, 3, 1)], [7000, None]),
        sessions=[0, 1, 1, 1, 1, 1, 1, 3000, None],
    )
    shown = {tile.label: (tile.value, tile.period, tile.change) for tile in tiles(found)}
    assert shown == {
        "DAU": ("1,250", "2025-03-10", "▲ +1,150.0 %"),
        "WAU": ("1,900", "week of 2025-03-10", "▼ −5.0 %"),
        "MAU": ("7,000", "February 2025", ""),
        "Stickiness": ("15.0%", "2025-03-10", "▼ −5.0 pp"),
        "Sessions": ("3,000", "2025-03-10", ""),
    }


def test_a_change_that_rounds_to_nothing_has_no_direction() -> None:
    assert change(100_001, 100_000) == "± 0.0 %"


# The page


class Loads(HTMLParser):
    """What a page would load, and the text of its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [f"{tag} {name}={value}" for name, value in attributes if name in {"src", "href", "srcset"}]
        self.loads = [load for load in self.loads if not load.startswith("a ")]  # a reader follows a link
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script" and self.tags[-1] == "script":
            self.scripts[-1] += data


def parsed(made: str) -> Loads:
    parser = Loads()
    parser.feed(made)
    return parser


def test_the_page_loads_nothing_and_carries_plotly_once() -> None:
    made = page(numbers(3))
    found = parsed(made)
    assert found.loads == []
    packed = [script for script in found.scripts if len(script) > 1_000_000]
    assert [gzip.decompress(b64decode(script)).decode() for script in packed] == [get_plotlyjs()]
    assert "://" not in made
    assert "@import" not in made
    assert "default-src 'none'" in made
    assert f"'sha256-{b64encode(sha256(get_plotlyjs().encode()).digest()).decode()}'" in made


def test_the_page_has_a_language_a_title_and_a_label_for_each_chart() -> None:
    made = page(numbers(3))
    assert '<html lang="en">' in made
    assert "<title>notes – Active users – Tidebook</title>" in made
    charts = re.findall(r'<div class="chart" id="chart-[\w-]+" role="img" aria-label="([^"]+)"', made)
    assert charts == ["DAU: Distinct users with an event on the date."]


@pytest.mark.parametrize("name", ["active-users", "data-quality"])
def test_text_from_data_is_text(name: str) -> None:
    arrivals = Arrivals(
        dates=[FIRST], landed=[1], standings={"on_time": [0], "late": [0], "early": [0], "rejected": [1]},
        rules={HOSTILE: 1},
    )  # fmt: skip
    found = parsed(page(numbers(1, by_attribute={"country": {HOSTILE: [1]}}, arrivals=arrivals), name))
    assert "img" not in found.tags
    assert found.tags.count("script") == 3  # the figures, plotly, the page's own
    carried = json.loads(found.scripts[0])
    data = carried["dau-by-country" if name == "active-users" else "rules"]["data"][0]
    shown = data["name"] if name == "active-users" else data["y"][0]
    assert shown.startswith("&lt;/script&gt;")  # plotly, which reads HTML in names, shows it as it was


def test_a_name_that_nobody_escaped_cannot_end_the_script_that_carries_it() -> None:
    bars = stack([FIRST], [Series(HOSTILE, [1], "#000000")])
    chart = figures.Chart(key="x", title="X", about="", figure=bars)
    assert "<" not in figures_json([chart])


def test_a_feed_without_dimensions_has_no_charts_of_them(lakehouse: Lakehouse) -> None:
    write(lakehouse, ACCESS_LOG, "active_users", [day(0, dau=5)])
    made = page(read_numbers(lakehouse, ACCESS_LOG))
    assert "Last dates" in made
    assert "by attribute" not in made


def test_a_feed_without_tables_gets_a_page_that_says_what_to_run(lakehouse: Lakehouse, tmp_path: Path) -> None:
    made = write_reports(lakehouse, NOTES, tmp_path / "reports").reports["active-users"].read_text(encoding="utf-8")
    assert "Nothing of this feed has been read yet" in made
    assert "<code>notes/events/{arrival}/*.csv</code>" in made
    assert "notes/active_users, notes/active_users_week" in made
    assert "<code>tidebook run notes</code>" in made
    assert "<script" not in made


def test_a_feed_without_some_tables_shows_the_others_and_says_what_to_run(lakehouse: Lakehouse) -> None:
    write(lakehouse, NOTES, "active_users", [day(0, dau=5)])
    made = page(read_numbers(lakehouse, NOTES))
    assert 'id="chart-dau"' in made
    absent = ("active_users_week", "active_users_month")
    assert ", ".join(f"notes/{table}" for table in absent) in made
    assert "<code>tidebook run notes</code>" in made


def test_a_feed_without_a_closed_date_says_when_one_closes(lakehouse: Lakehouse) -> None:
    landed = {"arrival_month": "2025-03", "source": "events", "arrival": "2025-03-03", "standing": "landed"}
    write(lakehouse, NOTES, "counts", [{**landed, "rule": None, "rows": 3}])
    made = page(read_numbers(lakehouse, NOTES))
    assert "Files have been read, but the tables of this page have not been computed yet." in made
    assert "notes/counts" not in made


def test_a_page_for_which_the_history_is_too_short_says_so_and_names_no_command() -> None:
    made = page(numbers(4), "retention")
    assert "The feed's 4 closed dates have nothing to show here yet." in made
    assert "tidebook run" not in made


def test_the_page_names_the_versions_that_it_was_made_from(lakehouse: Lakehouse) -> None:
    write(lakehouse, NOTES, "active_users", [day(0, dau=5)])
    assert "Made from table versions: active_users 0." in page(read_numbers(lakehouse, NOTES))


def test_the_same_tables_give_the_same_bytes(lakehouse: Lakehouse, tmp_path: Path) -> None:
    write(lakehouse, NOTES, "active_users", [day(0, dau=5), day(1, dau=6), day(1, "country", "DE", dau=6)])
    for folder in ("one", "two"):
        write_reports(lakehouse, NOTES, tmp_path / folder)
    first, second = (
        {path.relative_to(tmp_path / folder): path.read_bytes() for path in (tmp_path / folder).rglob("*.*")}
        for folder in ("one", "two")
    )
    assert len(first) == len(reports_of(NOTES)) + 3  # the two indexes, and the summary
    assert first == second


def test_a_page_that_cannot_be_made_leaves_the_one_before(
    lakehouse: Lakehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_reports(lakehouse, NOTES, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.html")}

    def half(self: Path, text: str, **_: Any) -> int:
        with self.open("w", encoding="utf-8") as file:
            file.write(text[: len(text) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(OSError, match="No space left"):
        write_reports(lakehouse, NOTES, tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.html")} == before  # with a dot in front, too
