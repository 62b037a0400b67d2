"""What a table is.

Belongs here: its form. Does not: any table (tables.py, state_tables.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyspark.sql.types as T

from analytics_assets.feeds.spec import Feed


@dataclass(frozen=True, kw_only=True)
class Table:
    """A Delta table. grain: what one row is. statistics: columns by which readers skip files."""

    feed: str
    name: str
    grain: str
    description: str
    schema: T.StructType
    partition_by: tuple[str, ...] = ()
    statistics: tuple[str, ...] = ()
    maker: str = ""

    @property
    def made_by(self) -> str:
        """The asset that writes the table, for messages."""
        return f"asset {self.feed}/{self.maker or self.name}"


def declared(
    feed: Feed,
    name: str,
    grain: str,
    description: str,
    fields: list[T.StructField],
    *,
    partition_by: Sequence[str] = (),
    statistics: Sequence[str] = (),
    maker: str = "",
) -> Table:
    """A table of a feed."""
    return Table(
        feed=feed.name,
        name=name,
        grain=grain,
        description=description,
        schema=T.StructType(fields),
        partition_by=tuple(partition_by),
        statistics=tuple(statistics),
        maker=maker,
    )
