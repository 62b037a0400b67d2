"""What a pass says while it goes, and what it did.

Belongs here: the form of both. Does not: the pass (passes.py), its records in Dagster (automation.py), the
terminal (commands/progress.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from analytics_assets.layers.purge import Purged
from analytics_assets.layers.world import Built
from asset_checks.law import Law, Verdict

Verdicts = Mapping[str, Mapping[str, Verdict]]


class Observer:
    """Is told how a pass goes. This one says nothing."""

    def stage(self, name: str, partitions: int) -> None:
        """A stage begins, over so many partitions."""

    def done(self, name: str, built: Built, seconds: float) -> None:
        """A stage wrote a table; bronze also says which dates it touched."""

    def judged(self, law: Law, verdicts: Verdicts) -> None:
        """Partitions were judged."""

    def touched(self, versions: Mapping[str, str]) -> None:
        """The tide of dates changed though bronze was not built: date -> version, empty where no row is left."""

    def warned(self, line: str) -> None:
        """Something that a person should know, and that stops nothing."""


@dataclass
class Outcome:
    """What a pass did: seconds by stage, rows by table, and the partitions held back by a failed check.

    refused: purged arrivals whose files changed. purged: what a purge took out of bronze. rewritten: rows of forgotten
    users taken out of files of landing; unread: files that name one, but of which no row could be told.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    partitions: dict[str, int] = field(default_factory=dict)
    quarantined: list[str] = field(default_factory=list)
    failed: dict[str, list[str]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    purged: Purged | None = None
    rewritten: dict[str, int] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    @property
    def has_failed(self) -> bool:
        """Whether a blocking check failed."""
        return bool(self.failed)

    def joined(self, after: Outcome) -> Outcome:
        """This and what was done after it, as one."""
        names = [*dict.fromkeys([*self.seconds, *after.seconds])]
        tables = [*dict.fromkeys([*self.partitions, *after.partitions])]
        return replace(
            after,
            seconds={name: self.seconds.get(name, 0.0) + after.seconds.get(name, 0.0) for name in names},
            partitions={name: self.partitions.get(name, 0) + after.partitions.get(name, 0) for name in tables},
            failed={**self.failed, **after.failed},
            rewritten=self.rewritten,
            unread=self.unread,
        )
