"""Retrying: whole arrivals are read again under the contract as it is now, so that none mixes two contracts.

Belongs here: from where an arrival is read again, which arrivals stand under another contract. Does not: reading from
landing (bronze.py) or from bronze (rejudging.py). Needs no JVM.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow.compute as pc

from analytics_assets.layers.arrivals import event_files
from analytics_assets.layers.purge import purged_arrivals
from analytics_assets.layers.rejudging import contracts_of
from analytics_assets.layers.rules import contract_version
from analytics_assets.layers.world import World
from analytics_assets.transforms.bronze import LANDED
from analytics_assets.transforms.counts import EVENTS_SOURCE
from resources.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Retried:
    """Arrivals that are read again: landed from landing, which has all of their files, archived from bronze."""

    landed: list[str]
    archived: list[str]


def from_where(world: World, arrivals: Sequence[str]) -> Retried:
    """From where each arrival is read again.

    Raises UserError for one that was never read, or was purged: bronze has not all of its rows. Raises LandingError
    where landing cannot be listed.
    """
    name, wanted = world.feed.name, sorted({*arrivals})
    if not wanted:
        return Retried(landed=[], archived=[])
    known: dict[str, set[str]] = {}
    events = (pc.field("source") == EVENTS_SOURCE) & (pc.field("standing") == LANDED)
    for row in world.counts(["arrival", "file"], events).to_pylist():
        known.setdefault(row["arrival"], set()).add(row["file"])
    purged = purged_arrivals(world)
    for arrival in wanted:
        if arrival not in known:
            raise UserError(
                f"{name}: saw arrival {arrival}, expected one that was read. See them: tidebook status {name}. "
                f"To read what has landed since: tidebook run {name}"
            )
        if arrival in purged:
            raise UserError(
                f"{name}: arrival {arrival} was purged: bronze has its accepted rows no longer, so it stays as it was "
                "read. Nothing was changed"
            )
    files = event_files(world, {*wanted}) if world.landing.has_folder(world.feed.landing) else []
    here: dict[str, set[str]] = {}
    for file in files:
        here.setdefault(file.arrival, set()).add(file.path)
    landed = [arrival for arrival in wanted if known[arrival] <= here.get(arrival, set())]
    return Retried(landed=landed, archived=[arrival for arrival in wanted if arrival not in landed])


def under_another_contract(world: World) -> list[str]:
    """Arrivals in bronze that were read under another contract than the feed's; purged ones, which stay so, not."""
    version = contract_version(world.feed)
    other = {arrival for arrival, versions in contracts_of(world).items() if versions != {version}}
    return sorted(other - purged_arrivals(world))
