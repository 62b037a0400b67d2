"""Causes: everything that is wrong with feeds now, from what stands in the tables and in Dagster's event log.

Belongs here: which causes there are, and what is done where a look fails. Does not: any of them (runs.py, checks.py,
standing.py), who is told (told.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from analytics_assets.alerts.cause import Cause, Severity
from analytics_assets.alerts.checks import check_causes
from analytics_assets.alerts.delivery import Look
from analytics_assets.alerts.runs import run_causes
from analytics_assets.alerts.standing import lasting_anomalies, quarantined, refused, stale
from analytics_assets.automation import CHECKS_FAILED
from analytics_assets.layers.world import World
from resources.errors import UserError
from resources.landing import LandingError


def look(worlds: Sequence[World], instance: dg.DagsterInstance, now_s: float, lists_landing: bool = True) -> Look:
    """Look at feeds. One that cannot be looked at has that as its cause, and keeps those that it had.

    lists_landing: whether to list purged arrivals in landing, for which there is less hurry.
    """
    found: list[Cause] = []
    unsure: list[str] = []
    for world in worlds:
        name = world.feed.name
        try:
            causes, of_which_unsure = causes_of(world, instance, now_s, lists_landing)
        except Exception as error:  # whatever it is, the other feeds are looked at, and somebody hears of it
            found.append(_not_seen(name, error, now_s))
            unsure.append(f"{name}/")
        else:
            found += causes
            unsure += of_which_unsure
    return Look(found, unsure)


def causes_of(
    world: World, instance: dg.DagsterInstance, now_s: float, lists_landing: bool = True
) -> tuple[list[Cause], list[str]]:
    """Everything that is wrong with a feed; and beginnings of keys of which this look cannot tell."""
    runs = run_causes(instance, world.feed, now_s)
    if not world.lakehouse.exists(world.tables["counts"]):
        # A feed of which nothing has landed yet is nobody's trouble.
        return runs, []
    checks, unsure = check_causes(instance, world.feed)
    if any(cause.severity == Severity.ERROR for cause in checks):
        # A run that failed because checks did is no cause of its own.
        runs = [cause for cause in runs if not cause.example.startswith(CHECKS_FAILED)]
    standing = [*stale(world, now_s), *quarantined(world, now_s), *lasting_anomalies(world)]
    changed = _refused(world, now_s) if lists_landing else None
    if changed is None:
        unsure.append(f"{world.feed.name}/refused/")
    return [*runs, *checks, *standing, *(changed or [])], unsure


def _refused(world: World, now_s: float) -> list[Cause] | None:
    try:
        return refused(world, now_s)
    except LandingError:
        return None


def _not_seen(feed: str, error: Exception, now_s: float) -> Cause:
    # The words of an unknown error may hold a key.
    words = str(error) if isinstance(error, UserError) else type(error).__name__
    return Cause(
        feed=feed,
        kind="tables",
        place="lakehouse",
        severity=Severity.ERROR,
        headline="its tables or runs cannot be looked at",
        where=f"{feed}, all tables",
        bad="nothing is known of the feed while this lasts",
        example=words,
        since_s=now_s,
        look=f"tidebook status {feed}; tidebook doctor",
    )
