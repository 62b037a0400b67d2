"""Rejected rows: which rules were broken, by how many rows, and the newest of them, read without a JVM.

Belongs here: reading counts and, of the newest arrival that each rule was broken in, a few rows of bronze. Does not:
drawing (rejected_parts.py), rows by arrival (arrivals.py), all rejected rows (feeds/views.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from analytics_assets.feeds.spec import Feed
from analytics_assets.layers.reasons import reasons, warnings
from analytics_assets.layers.rules import contract_version
from analytics_assets.transforms.bronze import REJECTED, WARNED
from analytics_assets.transforms.counts import EVENTS_SOURCE

MOST_RULES = 20
EXAMPLES = 3
EARLIER = "A rule of an earlier contract."


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
    names = ["arrival", "standing", "rule"]
    table = counts.to_table(columns=[*names, "rows"], filter=wanted)
    found: dict[str, dict[str, dict[str, int]]] = {REJECTED: {}, WARNED: {}}
    for row in table.group_by(names).aggregate([("rows", "sum")]).to_pylist():
        found[row["standing"]].setdefault(str(row["rule"]), {})[row["arrival"]] = row["rows_sum"]
    now = contract_version(feed)
    rejected = [
        BrokenRule(
            name=rule.name,
            sentence=rule.sentence,
            rows=rule.rows,
            arrivals=rule.arrivals,
            examples=_examples(bronze, rule, now) if bronze is not None and place < MOST_RULES else [],
        )
        for place, rule in enumerate(_by_rows(found[REJECTED], reasons(feed)))
    ]
    return RejectedRows(rules=rejected, warnings=_by_rows(found[WARNED], warnings(feed)))


def _by_rows(found: Mapping[str, Mapping[str, int]], sentences: Mapping[str, str]) -> list[BrokenRule]:
    broken = [
        BrokenRule(name=name, sentence=sentences.get(name, EARLIER), rows=sum(rows.values()), arrivals=sorted(rows))
        for name, rows in found.items()
    ]
    return sorted(broken, key=lambda rule: (-rule.rows, rule.name))


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
