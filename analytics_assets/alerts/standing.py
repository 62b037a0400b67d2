"""What stands in the tables and should be heard of: stale feeds, quarantined files, anomalies, refused arrivals.

Belongs here: causes read from counts, anomalies and purged arrivals, without a JVM. Does not: runs and checks (runs.py,
checks.py).
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.alerts.cause import Cause, Severity, counted, span
from analytics_assets.feeds.spec import Feed
from analytics_assets.layers.landed import compare, events_source, files_of, newest_name
from analytics_assets.layers.purge import purged_arrivals
from analytics_assets.layers.world import World
from analytics_assets.transforms.bronze import REJECTED
from analytics_assets.transforms.columns import TOTAL
from analytics_assets.transforms.counts import EVENTS_SOURCE
from asset_checks.freshness import due_arrival, freshness, is_hourly

FILE_RULES = "file_"
PLAIN_NAME = re.compile(r"[A-Za-z0-9 ._/=:+-]+")
SEVERITIES = {"low": Severity.WARN, "medium": Severity.WARN, "high": Severity.ERROR}


def stale(world: World, now_s: float) -> list[Cause]:
    """Whether the arrival that is due was not read."""
    feed, now = world.feed, datetime.fromtimestamp(now_s, timezone.utc)
    if due_arrival(feed, now) is None:
        return []
    verdict = freshness(world, now)
    if verdict.passed:
        return []
    expected, newest = str(verdict.figures["expected"]), str(verdict.figures["newest"])
    since_s = now_s if newest == "none" else min(_due_s(feed, newest), now_s)
    return [
        Cause(
            feed=feed.name,
            kind="freshness",
            place="bronze",
            severity=Severity.ERROR,
            headline=f"nothing newer than arrival {newest} was read",
            where=f"{feed.name}/bronze, arrival {expected}",
            bad="figures end where arrivals do",
            example=f"arrival {expected} is due {feed.due / timedelta(hours=1):g} hours after its end",
            since_s=since_s,
            look=f"tidebook status {feed.name}",
            page="data-quality",
        )
    ]


def _due_s(feed: Feed, newest: str) -> float:
    """When the arrival after an arrival was due."""
    zone = ZoneInfo(feed.time_zone)
    if is_hourly(feed):
        begin = datetime.fromisoformat(f"{newest}:00").replace(tzinfo=zone)
        return (begin.astimezone(timezone.utc) + timedelta(hours=2) + feed.due).timestamp()
    end = datetime.combine(date.fromisoformat(newest[:10]) + timedelta(days=2), time(), zone)
    return (end.astimezone(timezone.utc) + feed.due).timestamp()


def quarantined(world: World, now_s: float) -> list[Cause]:
    """Files that could not be read as what they should be, by rule."""
    where = (pc.field("standing") == REJECTED) & pc.starts_with(pc.field("rule"), FILE_RULES)
    names = ["source", "arrival", "file", "standing", "rule"]
    rows = world.counts(names, where).sort_by([("arrival", "ascending"), ("file", "ascending")]).to_pylist()
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["source"], row["rule"]), []).append(row)
    return [_quarantine(world, source, rule, found, now_s) for (source, rule), found in groups.items()]


def _quarantine(world: World, source: str, rule: str, rows: list[dict[str, Any]], now_s: float) -> Cause:
    feed = world.feed.name
    table = "bronze" if source == EVENTS_SOURCE else f"{source}_rejected"
    first, arrivals = rows[0], [row["arrival"] for row in rows]
    seen = _first_seen(world, table, first["arrival"], first["file"])
    # The command is made to be pasted into a shell, and whoever lands files chooses their names.
    is_plain = PLAIN_NAME.fullmatch(first["file"])
    condition = f"file = '{first['file']}'" if is_plain else f"arrival = '{first['arrival']}'"
    return Cause(
        feed=feed,
        kind="quarantine",
        place=source,
        rule=rule,
        severity=Severity.ERROR,
        headline=f"{counted(len(rows), 'file')} of {source} quarantined: {rule}",
        where=f"{feed}/{table}, arrival {span(arrivals)}",
        bad="no row of such a file is in any figure; the rest of its arrival is",
        example=first["file"] + (f": saw {seen!r}" if seen not in ("", first["file"]) else ""),
        since_s=now_s,
        look=f'tidebook show {feed}/{table} --where "{condition}"',
        page="data-quality",
    )


def _first_seen(world: World, table: str, arrival: str, file: str) -> str:
    """What bronze keeps of a quarantined file: its first line, where it has one."""
    shape = world.tables.get(table)
    if shape is None or not world.lakehouse.exists(shape):
        return ""
    where = (pc.field("arrival") == arrival) & (pc.field("file") == file)
    if table == "bronze":
        where &= pc.field("standing") == REJECTED
    raw = world.lakehouse.arrow(shape, ["raw"], where)["raw"]
    # It may be no UTF-8, which Arrow's texts must be.
    found = raw.cast(pa.binary()).to_pylist()
    return (found[0] or b"").decode("utf-8", "replace")[:200] if found else ""


def lasting_anomalies(world: World) -> list[Cause]:
    """Alarms that are not over at the feed's last closed date, by figure."""
    table = world.tables.get("anomalies")
    if table is None or not world.lakehouse.exists(table):
        return []
    groups: dict[str, list[dict[str, Any]]] = {}
    for alarm in world.lakehouse.arrow(table, where=pc.field("end_date").is_null()).to_pylist():
        groups.setdefault(alarm["metric"], []).append(alarm)
    return [_anomaly(world.feed, metric, alarms) for metric, alarms in sorted(groups.items())]


def _anomaly(feed: Feed, metric: str, alarms: list[dict[str, Any]]) -> Cause:
    # Of all users together first, then what is farthest off.
    alarms = sorted(alarms, key=lambda one: (one["dimension"] != TOTAL, -abs(one["score"])))
    most, first = alarms[0], min(alarms, key=_began)
    severity = max(SEVERITIES[alarm["severity"]] for alarm in alarms)
    of = "" if most["dimension"] == TOTAL else f" of {most['dimension']} {most['value']}"
    more = f", and {counted(len(alarms) - 1, 'series')} more".replace("seriess", "series") if len(alarms) > 1 else ""
    side = "above" if most["direction"] == "up" else "below"
    carried = "; ".join(
        f"{one['dimension']} {one['value']} carries {one['share']:.0%} of it" for one in most["carried_by"] or []
    )
    at = f"{most['peak_date']}" + (f" {most['peak_hour']:02}h" if most["peak_hour"] is not None else "")
    return Cause(
        feed=feed.name,
        kind="anomaly",
        place="anomalies",
        rule=metric,
        severity=severity,
        headline=f"{metric}{of} is {side} what was expected since {first['start_date']}{more}",
        where=f"{feed.name}/anomalies, {metric} by {most['granularity']}",
        bad=f"{most['severity']}: a score of {most['score']:.1f}",
        example=f"{at}: {_figure(most['actual'])}, expected {_figure(most['expected'])}"
        + (f"; {carried}" if carried else ""),
        since_s=_began(first, ZoneInfo(feed.time_zone)),
        look=f"tidebook show {feed.name}/anomalies --where \"metric = '{metric}' and end_date is null\"",
        page="anomalies",
    )


def _began(alarm: dict[str, Any], zone: ZoneInfo | None = None) -> float:
    return datetime.combine(alarm["start_date"], time(alarm["start_hour"] or 0), zone or ZoneInfo("UTC")).timestamp()


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def refused(world: World, now_s: float) -> list[Cause]:
    """Purged arrivals whose files are no longer as they were read. Raises LandingError as `files_of` does."""
    purged = purged_arrivals(world)
    if not purged:
        return []
    source = events_source(world.feed)
    files = files_of(world, source, purged)
    frozen = compare(world, source, files, newest_name(world, source)).frozen if files else []
    if not frozen:
        return []
    first = next(file.path for file in files if file.arrival == frozen[0])
    return [
        Cause(
            feed=world.feed.name,
            kind="refused",
            place="bronze",
            severity=Severity.WARN,
            headline=f"files of {counted(len(frozen), 'purged arrival')} changed, {span(frozen)}",
            where=f"{world.feed.name}/bronze, arrival {span(frozen)}",
            bad="the change is in no figure: bronze no longer keeps these arrivals, and they may not change",
            example=first,
            since_s=now_s,
            look=f"tidebook run {world.feed.name}",
            page="data-quality",
        )
    ]
