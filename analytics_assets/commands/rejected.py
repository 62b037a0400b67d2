"""`tidebook rejected`: which rules rejected how many rows, and such rows as they landed. Needs no JVM.

Belongs here: what is printed of rejected rows. Does not: the view (feeds/views.py), rules (layers/reasons.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console

from analytics_assets.commands.tables import queried
from analytics_assets.discovery import find_feed
from analytics_assets.feeds.views import REJECTED_ROWS
from analytics_assets.layers.reasons import EARLIER, reasons
from analytics_assets.layers.rules import contract_version
from analytics_assets.layers.world import World
from analytics_assets.transforms.bronze import REJECTED
from analytics_assets.transforms.counts import EVENTS_SOURCE, by_rule
from resources.errors import UserError
from resources.open import open_places
from resources.printable import printable
from resources.settings import load_settings

MOST_ARRIVALS = 5
LONGEST_RAW = 500


def rejected(feed_name: str, rule: str | None, arrivals: Sequence[str], limit: int, console: Console) -> None:
    """Print counts by rule, then rows. Raises UserError for a rule or an arrival that the feed does not have."""
    feed = find_feed(feed_name, load_settings().feeds)
    landing, lakehouse = open_places(load_settings())
    for line in rejected_lines(World(feed, landing, lakehouse, run_id=""), rule, arrivals, limit):
        console.print(line, markup=False, soft_wrap=True)


def rejected_lines(world: World, rule: str | None, arrivals: Sequence[str], limit: int) -> Iterator[str]:
    """Lines about rejected rows: counts by the first rule that each broke, then rows of the newest arrivals first."""
    known = reasons(world.feed)
    counts = world.counts(["source", "arrival", "standing", "rule", "rows"], pc.field("source") == EVENTS_SOURCE)
    read = set(pc.unique(counts["arrival"]).to_pylist())
    if unknown := sorted({*arrivals} - read):
        raise UserError(
            f"{world.feed.name}: saw arrival {unknown[0]}, expected one that was read. "
            f"See them: tidebook status {world.feed.name}"
        )
    rows = counts.filter(pc.equal(counts["standing"], REJECTED))
    if arrivals:
        rows = rows.filter(pc.is_in(rows["arrival"], pa.array(sorted(arrivals))))
    # A rule of an earlier contract may have rejected rows that still stand there.
    if rule is not None and rule not in {*known, *rows["rule"].to_pylist()}:
        raise UserError(f"{world.feed.name}: saw the rule {rule!r}, expected one of: {', '.join(sorted(known))}")
    where = f"{world.feed.name}{', ' + ', '.join(arrivals) if arrivals else ''}"
    totals = by_rule(rows, REJECTED)
    number = sum(sum(found.values()) for found in totals.values())
    yield f"{where}: {number:,} rejected rows" + (", by the first rule that each broke:" if number else "")
    for name, found in totals.items():
        yield f"  {sum(found.values()):>9,}  {name}: {known.get(name, EARLIER)}"
        yield f"             {_by_arrival(found)}"
    if number:
        yield from _rows(world, rule, arrivals, limit, known)


def _rows(
    world: World, rule: str | None, arrivals: Sequence[str], limit: int, known: Mapping[str, str]
) -> Iterator[str]:
    conditions = []
    if arrivals:
        conditions.append("arrival IN (" + ", ".join(_quoted(name) for name in arrivals) + ")")
    if rule is not None:
        conditions.append(f"array_has(violations, {_quoted(rule)})")
    where = " AND ".join(conditions)
    sql = f"SELECT * FROM ({REJECTED_ROWS.sql}) AS t" + (f" WHERE {where}" if where else "")
    sql += f" ORDER BY arrival DESC, file, line_number LIMIT {limit + 1}"
    batches = queried(world.lakehouse, [world.tables["bronze"]], sql)
    found = [row for batch in batches for row in batch.to_pylist()]
    now, name = contract_version(world.feed), world.feed.name
    for row in found[:limit]:
        yield ""
        place = f" line {row['line_number']}" if row["line_number"] is not None else ""
        older = "" if row["contract_version"] == now else ", under an earlier contract"
        yield f"{row['file']}{place} (arrival {row['arrival']}{older})"
        for broken in row["violations"]:
            now_says = "now it says: " if older and broken in known else ""
            yield f"  {broken}: {now_says}{known.get(broken, EARLIER)}"
        yield f"  {printable(row['raw'] or '', LONGEST_RAW)}"
    if len(found) > limit:
        told = f' --where "{where}"' if where else ""
        yield ""
        yield f"More rows: --limit, or all of them: tidebook export {name}/{REJECTED_ROWS.name} --to rejected.csv{told}"


def _by_arrival(found: Mapping[str, int]) -> str:
    newest = sorted(found, reverse=True)
    said = ", ".join(f"{arrival} {found[arrival]:,}" for arrival in newest[:MOST_ARRIVALS])
    return said + (f" and {len(newest) - MOST_ARRIVALS:,} more arrivals" if len(newest) > MOST_ARRIVALS else "")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
