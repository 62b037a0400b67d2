"""A table: what it is called, what a row of it is, how it lies on disk.

Belongs here: the type. Does not: which tables a feed has (tables.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import pyspark.sql.types as T


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
