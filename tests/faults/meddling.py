"""A lakehouse that tells of each write before and after it is made, so that a test may meddle at that moment.

Belongs here: counting writes, telling. Does not: what is done then (tests).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr

from analytics_assets.observer import Observer
from resources.delta_log import TableLike
from resources.lakehouse import Lakehouse, Written
from resources.spark import Spark

Told = Callable[[int, str], None] | None
"""Is told the number of a write, from 1, and the name of its table."""


class Meddled(Lakehouse):
    """A lakehouse whose writes are numbered."""

    _before: Told = PrivateAttr(default=None)
    _after: Told = PrivateAttr(default=None)
    _number: int = PrivateAttr(default=0)

    @classmethod
    def over(cls, root: Path, spark: Spark, before: Told = None, after: Told = None) -> Meddled:
        """The lakehouse of a folder."""
        made = cls(root=str(root), spark=spark, lease_wait_s=0)
        made._before, made._after = before, after
        return made

    @property
    def number(self) -> int:
        """Writes so far."""
        return self._number

    def replace(self, table: TableLike, *words: Any, **more: Any) -> Written:
        """As `Lakehouse.replace`."""
        return self._told(table, lambda: super(Meddled, self).replace(table, *words, **more))

    def put(self, table: TableLike, *words: Any, **more: Any) -> Written:
        """As `Lakehouse.put`."""
        return self._told(table, lambda: super(Meddled, self).put(table, *words, **more))

    def merge(self, table: TableLike, *words: Any, **more: Any) -> Written:
        """As `Lakehouse.merge`."""
        return self._told(table, lambda: super(Meddled, self).merge(table, *words, **more))

    def delete(self, table: TableLike, *words: Any, **more: Any) -> Written:
        """As `Lakehouse.delete`."""
        return self._told(table, lambda: super(Meddled, self).delete(table, *words, **more))

    def _told(self, table: TableLike, write: Callable[[], Written]) -> Written:
        self._number += 1
        if self._before is not None:
            self._before(self._number, table.name)
        written = write()
        if self._after is not None:
            self._after(self._number, table.name)
        return written


class AtStage(Observer):
    """Does something once, when a stage begins."""

    def __init__(self, name: str, do: Callable[[], None]) -> None:
        self._name, self._do, self.is_done = name, do, False

    def stage(self, name: str, partitions: int) -> None:
        """A stage began."""
        if name == self._name and not self.is_done:
            self.is_done = True
            self._do()
