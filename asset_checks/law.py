"""What a check is: a name, the table it judges, and a verdict for each partition.

Belongs here: the form of a check. Does not: any check (a module a concern), Dagster's wrapping of them
(dagster_checks.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from analytics_assets.layers.world import World


@dataclass(frozen=True)
class Verdict:
    """Whether a partition passed, and the figures that say so."""

    passed: bool
    figures: Mapping[str, int | float | str] = field(default_factory=dict)


def none_of(broken: pa.Table) -> Verdict:
    """Passed if there is no row that breaks a rule; else how many there are, and the first of them."""
    figures: dict[str, int | float | str] = {"broken": len(broken)}
    if len(broken):
        figures["first"] = ", ".join(f"{name} {value}" for name, value in broken.slice(0, 1).to_pylist()[0].items())
    return Verdict(not len(broken), figures)


def nothing_told(broken: Sequence[str]) -> Verdict:
    """Passed if no line tells of a broken rule; else how many do, and the first of them."""
    return Verdict(not broken, {"broken": len(broken), "first": broken[0]} if broken else {"broken": 0})


@dataclass(frozen=True, kw_only=True)
class Check:
    """A check of a table. blocking: a partition that fails goes no further."""

    table: str
    name: str
    sentence: str
    blocking: bool


@dataclass(frozen=True, kw_only=True)
class Law:
    """Checks of one table that are judged together, in one reading.

    judge: verdicts by check name and partition key, for all keys that it is asked for.
    """

    checks: tuple[Check, ...]
    judge: Callable[[World, Sequence[str]], dict[str, dict[str, Verdict]]]

    @property
    def table(self) -> str:
        """The table that the checks judge."""
        return self.checks[0].table

    def failed(self, verdicts: Mapping[str, Mapping[str, Verdict]]) -> set[str]:
        """Partitions that fail a blocking check."""
        blocking = {check.name for check in self.checks if check.blocking}
        return {key for name, found in verdicts.items() if name in blocking for key, v in found.items() if not v.passed}


def joined(*laws: Law) -> Law:
    """Laws of one table as one: each judges by itself."""

    def judge(world: World, keys: Sequence[str]) -> dict[str, dict[str, Verdict]]:
        return {name: found for law in laws for name, found in law.judge(world, keys).items()}

    return Law(checks=tuple(check for law in laws for check in law.checks), judge=judge)
