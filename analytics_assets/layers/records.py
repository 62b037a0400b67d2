"""Records: what Dagster shows of a table and of each of its partitions.

Belongs here: metadata, and the events that say what was written. Does not: writing (resources/lakehouse.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
import pyspark.sql.types as T

from analytics_assets.feeds.table import Table
from analytics_assets.layers.world import Built
from analytics_assets.transforms.columns import COMMENT

VERSION_TAG = "dagster/data_version"


def column_schema(schema: T.StructType) -> dg.TableSchema:
    """A table's columns with their sentences, as the UI shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(field.name, field.dataType.simpleString(), description=field.metadata.get(COMMENT))
            for field in schema.fields
        ]
    )


def table_metadata(table: Table) -> dict[str, Any]:
    """What holds for a table whatever stands in it."""
    return {
        "dagster/column_schema": dg.MetadataValue.table_schema(column_schema(table.schema)),
        "dagster/table_name": dg.MetadataValue.text(f"{table.feed}.{table.name}"),
        "grain": dg.MetadataValue.text(table.grain),
    }


def partition_metadata(built: Built, key: str) -> dict[str, Any]:
    """What was written into a partition: its rows, and the table's location and version.

    The key "" stands for a table without partitions in Dagster, to which rows were added.
    """
    metadata: dict[str, Any] = {"dagster/partition_row_count" if key else "rows_added": built.rows.get(key, 0)}
    if built.written is not None:
        metadata["location"] = dg.MetadataValue.path(built.written.location)
        metadata["table_version"] = built.written.version
    return metadata


def materializations(built: Built) -> Iterator[dg.AssetMaterialization]:
    """An event for each partition that was built."""
    for key in built.rows:
        yield dg.AssetMaterialization(
            asset_key=[built.table.feed, built.table.name],
            partition=key or None,
            metadata=partition_metadata(built, key),
        )


def tide_materializations(feed: str, touched: Mapping[str, str]) -> Iterator[dg.AssetMaterialization]:
    """An event for each touched date, with the date's version."""
    for day, version in touched.items():
        yield dg.AssetMaterialization(asset_key=[feed, "tide"], partition=day, tags={VERSION_TAG: version or "none"})
