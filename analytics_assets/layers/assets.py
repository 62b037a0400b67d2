"""Assets: the tables of a feed as Dagster materializes them, by partition or by range.

Belongs here: the factory of a feed's assets. Does not: what a table holds (the other modules of this package).
A range is one run and one commit; its result is the same, to the row, as that of its dates one by one.
"""

from collections.abc import Callable, Collection, Sequence

import dagster as dg

from analytics_assets.feeds.spec import Feed, Published
from analytics_assets.feeds.table import Table
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.layers import (
    active_users,
    bronze,
    dimension,
    from_silver,
    published,
    restatements,
    silver,
)
from analytics_assets.layers.metrics import METRICS, WHOLE, Metric
from analytics_assets.layers.partitions import (
    arrival_partitions,
    date_partitions,
    month_partitions,
    snapshot_partitions,
    week_partitions,
)
from analytics_assets.layers.records import partition_metadata, table_metadata, tide_materializations
from analytics_assets.layers.world import Built, World
from analytics_assets.transforms.active_users import LOOK_BACK_DAYS
from resources.lakehouse import Lakehouse
from resources.landing import Landing

Build = Callable[[World, Sequence[str]], Built]


def feed_assets(feed: Feed) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """All assets of a feed: bronze, the dimension, tide, silver, sessions, user days, active users, restatements."""
    tables = feed_tables(feed)
    dates, arrivals = date_partitions(feed), arrival_partitions(feed)
    window = dg.TimeWindowPartitionMapping(start_offset=-LOOK_BACK_DAYS, allow_nonexistent_upstream_partitions=True)
    # On bronze itself too: its blocking check must hold silver back where both are in one run.
    silver_deps = [_dep(feed, "tide"), _dep(feed, "bronze", dg.AllPartitionMapping())]
    made: list[dg.AssetsDefinition | dg.AssetSpec] = [
        _bronze(feed, tables["bronze"], arrivals),
        dg.AssetSpec(
            key=[feed.name, "tide"],
            group_name=feed.name,
            owners=[feed.owner],
            kinds={"delta"},
            partitions_def=dates,
            deps=[_dep(feed, "bronze", dg.AllPartitionMapping())],
            description=f"{tables['tide'].description} Bronze records a date here when its accepted rows change.",
            metadata=table_metadata(tables["tide"]),
        ),
    ]
    if feed.dimension:
        made.append(_asset(feed, tables[feed.dimension.name], snapshot_partitions(feed), dimension.build_dimension, []))
        # Any snapshot may hold for any date: see METRICS, attributes of a user.
        silver_deps.append(_dep(feed, feed.dimension.name, dg.AllPartitionMapping()))
    days = [_dep(feed, "user_days", window)]
    made += [
        _asset(feed, tables["silver"], dates, silver.build_silver, silver_deps),
        _asset(feed, tables["sessions"], dates, from_silver.build_sessions, [_dep(feed, "silver")]),
        _asset(feed, tables["user_days"], dates, from_silver.build_user_days, [_dep(feed, "silver")]),
        _asset(feed, tables[active_users.DAILY], dates, _active_users(active_users.DAILY), days),
    ]
    made += [
        _asset(feed, tables[name], dates, build, [_dep(feed, "silver")])
        for name, build in from_silver.FURTHER.items()
        if name in tables
    ]
    made += [_published(feed, tables[found.name], found) for found in feed.published]
    for name, partitions in ((active_users.WEEK, week_partitions(feed)), (active_users.MONTH, month_partitions(feed))):
        made.append(_asset(feed, tables[name], partitions, _active_users(name), [_dep(feed, "user_days")]))
    made += [_metric(feed, tables[metric.table], metric) for metric in METRICS if metric.table in tables]
    return [*made, _restatements(feed, tables[restatements.TABLE])]


def _published(feed: Feed, table: Table, found: Published) -> dg.AssetsDefinition:
    if found.source == "silver":
        return _asset(feed, table, date_partitions(feed), published.publisher(found), [_dep(feed, "silver")])

    def asset(context: dg.AssetExecutionContext, landing: Landing, lakehouse: Lakehouse) -> dg.MaterializeResult[None]:
        world = World(feed, landing, lakehouse, context.run.run_id)
        changed = published.publish_totals(world, found)
        rows = sum(lakehouse.rows(table).values())
        return dg.MaterializeResult(metadata={"dagster/row_count": rows, "changed_rows": changed})

    return _declared(asset, feed, table, None, [_dep(feed, found.source)])


def _asset(
    feed: Feed, table: Table, partitions: dg.PartitionsDefinition[str], build: Build, deps: Sequence[dg.AssetDep]
) -> dg.AssetsDefinition:
    def asset(context: dg.AssetExecutionContext, landing: Landing, lakehouse: Lakehouse) -> dg.MaterializeResult[None]:
        world = World(feed, landing, lakehouse, context.run.run_id)
        return _report(context, world, build(world, context.partition_keys))

    return _declared(asset, feed, table, partitions, deps)


def _bronze(feed: Feed, table: Table, partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    def asset(context: dg.AssetExecutionContext, landing: Landing, lakehouse: Lakehouse) -> dg.MaterializeResult[None]:
        world = World(feed, landing, lakehouse, context.run.run_id)
        done = bronze.build_bronze(world, context.partition_keys)
        for quarantined in done.quarantined:
            context.log.warning(f"{quarantined.file.path}: {quarantined.rule}: {quarantined.explanation}")
        for line in done.told:
            context.log.warning(line)
        for event in tide_materializations(feed.name, done.touched):
            context.log_event(event)
        return _report(context, world, done)

    return _declared(asset, feed, table, partitions, [])


def _metric(feed: Feed, table: Table, metric: Metric) -> dg.AssetsDefinition:
    sources = [source for source in metric.sources if source in feed_tables(feed)]
    if metric.reads_sign_ups and feed.dimension and feed.dimension.sign_up_date:
        sources.append(feed.dimension.name)
    deps = [_dep(feed, source) for source in sources]
    if metric.partitions == "date":
        return _asset(feed, table, date_partitions(feed), metric.again, deps)
    if metric.partitions == "arrival":
        return _asset(feed, table, arrival_partitions(feed), metric.again, deps)
    every = [_dep(feed, source, dg.AllPartitionMapping()) for source in sources]
    if metric.partitions == "month":
        return _asset(feed, table, month_partitions(feed), metric.again, every)

    def asset(context: dg.AssetExecutionContext, landing: Landing, lakehouse: Lakehouse) -> dg.MaterializeResult[None]:
        lakehouse.hold(feed.name)  # before it compares: nobody may write in between
        metric.again(World(feed, landing, lakehouse, context.run.run_id), [WHOLE])
        return dg.MaterializeResult(metadata={"dagster/row_count": sum(lakehouse.rows(table).values())})

    return _declared(asset, feed, table, None, every)


def _restatements(feed: Feed, table: Table) -> dg.AssetsDefinition:
    def asset(context: dg.AssetExecutionContext, landing: Landing, lakehouse: Lakehouse) -> dg.MaterializeResult[None]:
        world = World(feed, landing, lakehouse, context.run.run_id)
        lakehouse.hold(feed.name)  # before it compares: nobody may write in between
        done = restatements.build_restatements(world)
        metadata = partition_metadata(done, "") if done else {"rows_added": 0}
        return dg.MaterializeResult(metadata={**metadata, "dagster/row_count": sum(lakehouse.rows(table).values())})

    every = dg.AllPartitionMapping()
    deps = [_dep(feed, name, every) for name in (active_users.DAILY, "sessions", "silver")]
    return _declared(asset, feed, table, None, deps, kinds=["delta"])


def _active_users(table: str) -> Build:
    def build(world: World, keys: Sequence[str]) -> Built:
        with active_users.current_activity(world) as now:
            if now is None:
                return Built(table=world.tables[table], written=None, rows=dict.fromkeys(keys, 0))
            return active_users.build_active_users(world, now, table, keys)

    return build


def _declared(
    compute: Callable[..., dg.MaterializeResult[None]],
    feed: Feed,
    table: Table,
    partitions: dg.PartitionsDefinition[str] | None,
    deps: Sequence[dg.AssetDep],
    kinds: Collection[str] = ("spark", "delta"),
) -> dg.AssetsDefinition:
    return dg.asset(
        key=[feed.name, table.name],
        group_name=feed.name,
        owners=[feed.owner],
        kinds=set(kinds),
        description=f"{table.description}\n\nOne row is {table.grain}.",
        metadata=table_metadata(table),
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
        deps=deps,
        pool=feed.name,  # a feed has one writer: runs wait in the queue, not for the lease
    )(compute)


def _dep(feed: Feed, name: str, mapping: dg.PartitionMapping | None = None) -> dg.AssetDep:
    return dg.AssetDep([feed.name, name], partition_mapping=mapping)


def _report(context: dg.AssetExecutionContext, world: World, done: Built) -> dg.MaterializeResult[None]:
    for key in context.partition_keys:
        context.add_asset_metadata(partition_metadata(done, key), partition_key=key)
    return dg.MaterializeResult(metadata={"dagster/row_count": sum(world.lakehouse.rows(done.table).values())})
