"""A process that ends between two commits: all that it wrote stands, and nothing that it would have written after.

Belongs here: the lakehouse that ends it. Does not: what lands before and after (tests).
"""

from typing import Any

from pydantic import PrivateAttr

from resources.delta_log import TableLike
from resources.lakehouse import Lakehouse, Written


class ProcessEndedError(Exception):
    """The process ended here."""


class EndsAfter(Lakehouse):
    """A lakehouse whose process ends when so many commits were made, to one table or, where it is "", to any."""

    table: str = ""
    commits: int = 1
    _names: list[str] = PrivateAttr(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The tables that were written, a commit each, in order."""
        return self._names

    def replace(self, table: TableLike, *words: Any, **more: Any) -> Written:
        """As `Lakehouse.replace`."""
        return self._counted(table, super().replace(table, *words, **more))

    def put(self, table: TableLike, *words: Any, **more: Any) -> Written:
        """As `Lakehouse.put`."""
        return self._counted(table, super().put(table, *words, **more))

    def merge(self, table: TableLike, *words: Any, **more: Any) -> Written:
        """As `Lakehouse.merge`."""
        return self._counted(table, super().merge(table, *words, **more))

    def delete(self, table: TableLike, *words: Any, **more: Any) -> Written:
        """As `Lakehouse.delete`."""
        return self._counted(table, super().delete(table, *words, **more))

    def _counted(self, table: TableLike, written: Written) -> Written:
        self.names.append(table.name)
        ours = self.names if not self.table else [name for name in self.names if name == self.table]
        if len(ours) == self.commits:
            self.let_go()
            raise ProcessEndedError(f"after {self.names}")
        return written
