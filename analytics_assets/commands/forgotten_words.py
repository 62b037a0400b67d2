"""What `tidebook forget` says: what would go, what went, what a search found, and what lies outside.

Belongs here: words. Does not: doing it (forget.py). The id itself is never said: terminals are recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice

from analytics_assets.commands.forget import Forgotten
from analytics_assets.layers.world import World
from analytics_assets.traces.files import Searched

MOST = 20


def planned(world: World, found: Searched, landing: Mapping[str, int], is_landing: bool) -> Iterator[str]:
    """Lines about what would go."""
    feed = world.feed
    rows: Counter[str] = Counter()
    others = []
    start = f"{world.lakehouse.root}/{feed.name}/"
    for trace in found.found:
        if trace.path.startswith(start):
            rows[trace.path.removeprefix(start).partition("/")[0]] += trace.rows
        else:
            others.append(f"{trace.path}: {trace.what}")
    if not (rows or others or landing):
        yield f"{feed.name}: nothing names this user. A tombstone would be left, for what is still to land."
    for name, number in sorted(rows.items()):
        yield f"  {number:>9,} values in files of {feed.name}/{name}, earlier versions included"
    yield from _listed(others, "  ")
    what = "would be written anew without them" if is_landing else "would stay (--landing writes them anew)"
    for path, number in islice(landing.items(), MOST):
        yield f"  {number:>9,} rows in landing, {path}: {what}"
    if len(landing) > MOST:
        yield f"  and {len(landing) - MOST:,} more files of landing: {what}"
    yield from untold(found)


def told(done: Forgotten) -> Iterator[str]:
    """Lines about what was done, what the search found, and what lies outside."""
    if done.rows > 0:
        yield f"forgotten: {done.rows:,} landed rows. All that follows from them was computed again."
    else:
        yield "no more row of this user was found. A tombstone stands, for what is still to land."
    for path, number in islice(done.rewritten.items(), MOST):
        yield f"landing: {number:,} rows taken out of {path}"
    if len(done.rewritten) > MOST:
        yield f"landing: and out of {len(done.rewritten) - MOST:,} more files"
    searched = f"searched {done.searched.files:,} files ({done.searched.octets / 1e6:,.0f} MB)"
    if done.searched.found:
        yield f"{searched}: the user is still named in"
        yield from _listed([f"{trace.path}: {trace.what}" for trace in done.searched.found], "  ")
        yield (
            "  A row of somebody else may name a user as its object; those stay. For all else run the same command "
            "again, after tidebook run says that no check fails"
        )
    else:
        yield f"{searched}: not found"
    yield from untold(done.searched)
    yield "outside of what Tidebook can reach:"
    yield from (f"  {line}" if line.startswith(" ") else f"  - {line}" for line in outside(done))


def outside(done: Forgotten) -> Iterator[str]:
    """What a person must see to."""
    if done.landing:
        yield f"{len(done.landing):,} files in landing keep the rows, which are not read any more: --landing"
        yield from _listed(done.landing, "  ")
    if done.unread:
        yield "files in landing that name the user, not in a row that could be taken out. Correct or remove them:"
        yield from _listed(done.unread, "  ")
    if done.others:
        names = ", ".join(done.others)
        yield f"feeds that know a user of this id, maybe somebody else: {names}. Each has a tidebook forget of its own"
    if done.is_scratch_left:
        yield "scratch files of a Spark that runs. Stop it (tidebook engine stop), then run the same command again"
    yield "scratch files of the machines of a cluster, if Spark runs on one"
    yield "files that tidebook export --to and tidebook report --to wrote, wherever they are now"
    yield "copies of these places: backups, snapshots of disks, earlier versions of objects in a bucket"
    yield "messages that alert services took, and a database server where Dagster keeps its records in one"
    yield "the history of this shell, where the id was typed (- reads it from standard input)"


def untold(found: Searched) -> Iterator[str]:
    """A line about places where the id may be just a number."""
    if found.untold:
        places = sorted({f"{trace.path}: {trace.what}" for trace in found.untold})
        yield (
            f"the id is a number, which also stands in {len(places):,} other places. Whether one means the user, "
            f"cannot be told; the first: {places[0]}"
        )


def _listed(lines: list[str], indent: str) -> Iterator[str]:
    for line in lines[:MOST]:
        yield f"{indent}{line}"
    if len(lines) > MOST:
        yield f"{indent}and {len(lines) - MOST:,} more"
