"""Definitions: what Dagster loads is a whole repository, with no two things of one name."""

import dagster as dg

from analytics_assets.definitions import FEEDS, defs


def test_the_repository_loads_with_all_jobs_of_each_feed() -> None:
    repository = defs.get_repository_def()
    names = {job.name for job in repository.get_all_jobs()}
    assert names >= {f"{feed.name}_{kind}" for feed in FEEDS for kind in ("pass", "backfill", "maintenance", "reports")}
    assert isinstance(repository, dg.RepositoryDefinition)


def test_only_the_tide_and_live_tables_are_made_by_no_asset() -> None:
    graph = defs.resolve_asset_graph()
    others = {key.path[1] for key in graph.get_all_asset_keys() if graph.get(key).is_external}
    assert others == {"tide", "live_latency_buckets"}
