"""Checking: one file judged as bronze would judge it, before it lands. Nothing is written.

Belongs here: what a file would bring, and its first broken rows. Does not: verdicts (transforms/bronze.py), reading
landed files (reading.py), words for people (commands/check.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyspark.sql.functions as F

from analytics_assets.feeds.spec import Feed
from analytics_assets.layers.arrivals import misnamed, named_arrival
from analytics_assets.layers.quarantine import Quarantined
from analytics_assets.layers.reading import examine, judged_rows, reading_config
from analytics_assets.layers.verdicts import with_events
from analytics_assets.transforms.bronze import ACCEPTED, REJECTED, WARNED
from analytics_assets.transforms.contract import contract_of
from analytics_assets.transforms.counts import event_counts
from resources.errors import UserError
from resources.landing import Landing, landed_file
from resources.landing_names import arrival_of
from resources.spark import Spark, gathered, kept

PLACE = "_place"
COUNTED = pa.schema([("standing", pa.string()), ("rule", pa.string()), ("rows", pa.int64())])
BROKEN = pa.schema([(PLACE, pa.int64()), ("raw", pa.string()), ("violations", pa.list_(pa.string()))])


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A row that breaks a rule, or several. line: of the file, or the record's place in it, from 1."""

    line: int
    raw: str
    rules: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CheckedFile:
    """What a file would bring. arrival: the one for which it was judged.

    landed: rows by its bytes. standings: accepted rows by standing. reasons: rejected rows by the first rule that they
    break. warnings: accepted rows by warning. drift: how its header differs from the contract. examples: the first
    broken rows.
    """

    path: Path
    arrival: str
    landed: int
    standings: dict[str, int]
    reasons: dict[str, int]
    warnings: dict[str, int]
    quarantined: Quarantined | None
    drift: str
    examples: Sequence[Broken]

    @property
    def accepted(self) -> int:
        """Rows that would become events."""
        return sum(self.standings.values())

    @property
    def rejected(self) -> int:
        """Rows that would be rejected; a quarantined file is one."""
        return sum(self.reasons.values())

    @property
    def is_good(self) -> bool:
        """Whether each row of the file is accepted."""
        return self.rejected == 0 and self.landed == self.accepted


def told_date(feed: Feed, path: Path) -> str | None:
    """The date of the arrival that a file's path tells, as it would in landing; None where it tells none."""
    if feed.file_time is not None:
        try:
            return datetime.strptime(path.stem, feed.file_time).date().isoformat()
        except ValueError:
            pass
    names = [path.name, *(parent.name for parent in path.parents)]
    return next((found for name in names if (found := arrival_of(name))), None)


def check_file(spark: Spark, feed: Feed, path: Path, day: str, examples: int) -> CheckedFile:
    """Judge a file as one of an arrival of a date (ISO form). examples: how many broken rows are kept at most."""
    landing = Landing(root=str(path.parent))
    file = landed_file(day, path.name, path.as_uri(), path.stat())
    if feed.file_time is not None:
        file = replace(file, arrival=named_arrival(feed, file))
    contract = contract_of(feed.contract)
    fault = misnamed(feed, file)
    reading = examine(spark, [file], contract, feed.format, {file.path: fault} if fault else {})
    if reading.gone:
        raise UserError(f"{path}: the file vanished while it was read")
    judged = judged_rows(spark.session, landing, reading, None, contract, feed.format)
    rows = with_events(feed, judged.withColumn(PLACE, F.col("line_number")), keep_raw=True)
    # Kept meanwhile: asked anew for each question, the verdicts would be computed anew, and several times for each row.
    raw = F.when(F.col("violations").isNotNull(), F.col("raw")).alias("raw")
    wanted = rows.select("file", "event_date", "event_time", "standing", "violations", raw, PLACE)
    with reading_config(spark.session, feed.format), kept(wanted) as verdicts:
        counted = gathered(event_counts(verdicts, feed.time_zone, contract.warns).select(COUNTED.names), COUNTED)
        by_rule: dict[str, dict[str, int]] = {}
        for row in counted.to_pylist():
            of_standing = by_rule.setdefault(row["standing"], {})
            of_standing[row["rule"]] = of_standing.get(row["rule"], 0) + row["rows"]
        is_broken = not reading.quarantined and (REJECTED in by_rule or WARNED in by_rule)
        first = verdicts.where("violations IS NOT NULL").orderBy(PLACE).limit(examples).select(BROKEN.names)
        broken = gathered(first, BROKEN).to_pylist() if is_broken else []
    return CheckedFile(
        path=path,
        arrival=file.arrival,
        landed=reading.rows[file.path],
        standings={name: sum(by_rule[name].values()) for name in ACCEPTED if name in by_rule},
        reasons=_most_first(by_rule.get(REJECTED, {})),
        warnings=_most_first(by_rule.get(WARNED, {})),
        quarantined=reading.quarantined[0] if reading.quarantined else None,
        drift=reading.layouts[file.path].drift if file.path in reading.layouts else "",
        examples=[Broken(line=row[PLACE], raw=row["raw"] or "", rules=tuple(row["violations"])) for row in broken],
    )


def _most_first(rows: dict[str, int]) -> dict[str, int]:
    return dict(sorted(rows.items(), key=lambda found: (-found[1], found[0])))
