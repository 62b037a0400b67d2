"""Definitions: what Dagster loads is a whole repository, with no two things of one name."""

import dagster as dg

from analytics_assets.definitions import FEEDS, defs


def test_the_repository_loads_with_all_jobs_of_each_feed() -> None:
    repository = defs.get_repository_def()
    names = {job.name for job in repository.get_all_jobs()}
    assert names >= {f"{feed.name}_{kind}" for feed in FEEDS for kind in ("pass", "backfill", "maintenance", "reports")}
    assert isinstance(repository, dg.RepositoryDefinition)
