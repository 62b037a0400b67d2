"""Cohorts by sign-up follow the snapshots of users: a date that is corrected moves its user, and nothing else."""

import os
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
from tables import rows_of

from analytics_assets.feeds.notes import FEED
from analytics_assets.layers.world import World
from analytics_assets.observer import Observer
from analytics_assets.passes import run_pass
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

pytestmark = pytest.mark.timeout(600)

MONDAY = date(2025, 1, 6)
DAYS = [MONDAY + timedelta(days=n) for n in range(8)]
EVENTS = "user_id,timestamp,action_type,page_id,duration_ms,app_version"
USERS = "user_id,join_date,country,device_type,subscription_type"


def users_file(root: Path, **joined: str) -> Path:
    """A snapshot of the first day: each user's date."""
    file = root / "landing/notes/users" / f"{MONDAY}" / "users.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{user},{day},DE,tv,pro" for user, day in joined.items()]
    file.write_text("\n".join([USERS, *lines]) + "\n")
    return file


def by_sign_up(root: Path) -> Mapping[date | None, tuple[int, int | None]]:
    """Size, and users active in week 0, of each cohort."""
    rows = [row for row in rows_of(root / "lakehouse", "notes", "retention") if row["cohort_by"] == "sign_up"]
    return {row["cohort_start"]: (row["size"], row["retained"]) for row in rows if row["periods_after"] in (0, None)}


def test_a_snapshot_with_another_date_of_sign_up_computes_retention_alone(quick_spark: Spark, tmp_path: Path) -> None:
    for day in DAYS:
        file = tmp_path / "landing/notes/events" / f"{day}" / "events.csv"
        file.parent.mkdir(parents=True)
        active = ("ann", "bob", "cid") if day == MONDAY else ("ann",)
        file.write_text("\n".join([EVENTS, *[f"{user},{day} 09:00:00,view,p1,10,5.1.0" for user in active]]) + "\n")

    def stages() -> set[str]:
        lakehouse = Lakehouse(root=f"{tmp_path / 'lakehouse'}", spark=quick_spark, lease_wait_s=0)
        outcome = run_pass(World(FEED, Landing(root=f"{tmp_path / 'landing'}"), lakehouse, "test"), Observer())
        lakehouse.let_go()
        assert outcome.failed == {}
        return {*outcome.partitions}

    # dan signed up and never came; cid came, and nobody knows when cid signed up.
    users_file(tmp_path, ann="2025-01-06", bob="2025-01-06", cid="", dan="2025-01-07")
    stages()
    assert by_sign_up(tmp_path) == {MONDAY: (3, 2), None: (1, None)}

    file = users_file(tmp_path, ann="2025-01-06", bob="2025-01-07", cid="", dan="2025-01-07")
    changed = stages()
    assert "retention" in changed and not {"silver", "user_days", "user_history"} & changed
    assert by_sign_up(tmp_path)[MONDAY] == (3, 1), "what bob did on Monday was before bob signed up"

    os.utime(file, ns=(0, file.stat().st_mtime_ns + 10**9))
    assert "retention" not in stages(), "the same bytes again"
