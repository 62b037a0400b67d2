"""Rejected rows: which rules were broken, by how many rows, and the newest of them, read without a JVM.

Belongs here: reading counts and, of the newest arrival that each rule was broken in, a few rows of bronze. Does not:
drawing (rejected_parts.py), rows by arrival (arrivals.py), all rejected rows (feeds/views.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from analytics_assets.feeds.spec import Feed
from analytics_assets.layers.reasons import EARLIER, reasons, warnings
from analytics_assets.layers.rules import contract_version
from analytics_assets.transforms.bronze import REJECTED, WARNED
from analytics_assets.transforms.counts import EVENTS_SOURCE, by_rule

MOST_RULES = 20
EXAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class RejectedRow:
    """A row as it landed. rules: all that it broke; is_earlier: whether an earlier contract judged it."""

    file: str
    line_number: int | None
    raw: str
    rules: Sequence[str]
    is_earlier: bool


@dataclass(frozen=True, kw_only=True)
class BrokenRule:
    """A rule that rows broke first. sentence: what is wrong then. arrivals: in which, sorted. examples: of the newest
    of these."""

    name: str
    sentence: str
    rows: int
    arrivals: Sequence[str]
    examples: Sequence[RejectedRow] = ()


@dataclass(frozen=True, kw_only=True)
class RejectedRows:
    """Rules by which rows were rejected, and rules that warned of accepted rows, both those with most rows first."""

    rules: Sequence[BrokenRule] = field(default_factory=list)
    warnings: Sequence[BrokenRule] = field(default_factory=list)


def read_rejected(feed: Feed, counts: Dataset | None, bronze: Dataset | None) -> RejectedRows:
    """What stands in counts and, for examples, in bronze."""
    if counts is None:
        return RejectedRows()
    wanted = (pc.field("source") == EVENTS_SOURCE) & pc.field("standing").isin([REJECTED, WARNED])
    table, now = counts.to_table(columns=["arrival", "standing", "rule", "rows"], filter=wanted), contract_version(feed)
    rejected = _broken(by_rule(table, REJECTED), reasons(feed))
    if bronze is not None:
        shown = [replace(rule, examples=_examples(bronze, rule, now)) for rule in rejected[:MOST_RULES]]
        rejected = [*shown, *rejected[MOST_RULES:]]
    return RejectedRows(rules=rejected, warnings=_broken(by_rule(table, WARNED), warnings(feed)))


def _broken(found: Mapping[str, Mapping[str, int]], sentences: Mapping[str, str]) -> list[BrokenRule]:
    return [
        BrokenRule(name=name, sentence=sentences.get(name, EARLIER), rows=sum(rows.values()), arrivals=sorted(rows))
        for name, rows in found.items()
    ]


def _examples(bronze: Dataset, rule: BrokenRule, contract: str) -> list[RejectedRow]:
    first_broken = pc.list_element(pc.field("violations"), 0)
    is_wanted = (
        (pc.field("arrival") == rule.arrivals[-1]) & (pc.field("standing") == REJECTED) & (first_broken == rule.name)
    )
    names = ["file", "line_number", "raw", "violations", "contract_version"]
    rows: pa.Table = bronze.head(EXAMPLES, columns=names, filter=is_wanted)
    return [
        RejectedRow(
            file=row["file"],
            line_number=row["line_number"],
            raw=row["raw"] or "",
            rules=row["violations"],
            is_earlier=row["contract_version"] != contract,
        )
        for row in rows.to_pylist()
    ]
