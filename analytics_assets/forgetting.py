"""Forgetting users in a feed's tables: rows that a tombstone names leave them, and what follows is computed again.

Belongs here: the order of that. Does not: where such rows stand (layers/forgetting.py), the other places of a feed
(commands/forget.py). Nothing here knows a user's id: a run that says what it did says nothing of them.
"""

from __future__ import annotations

import time

from analytics_assets.layers import forgetting, forgotten_lines, landed
from analytics_assets.layers.world import World
from analytics_assets.observer import Observer, Outcome
from analytics_assets.passes import Pass, run_pass


def run_forgetting(world: World, observer: Observer, *, landing: bool = False) -> Outcome:
    """Take rows of all users who have a tombstone out of every table of the feed. Raises what `run_pass` raises.

    landing: also out of the files that landed. One that is killed is finished by the next.
    """
    world.lakehouse.hold(world.feed.name)
    taking = Taking(world, observer)
    taking.out_of_bronze()
    taking.out_of_snapshots()
    has_landing = world.landing.has_folder(world.feed.landing)
    names = landed.names_of(world, landed.events_source(world.feed)) if has_landing else []
    if landing and names:
        # What has landed since is read first: only then is it known which of it names them.
        taking.bronze(None, reread=False)
        taking.dimension(None, ())
        taking.out_of_landing()
    # Without landing, what was read of it is all that there is to compute from.
    after = run_pass(world, observer, None if names else [])
    return taking.outcome.joined(after)


class Taking(Pass):
    """The stages in which rows leave what stands; those of a pass follow."""

    def out_of_bronze(self) -> None:
        self._bronze(forgetting.arrivals_to_forget(self.world), forgetting.forget_events)

    def out_of_snapshots(self) -> None:
        dimension = self.world.feed.dimension
        arrivals = forgetting.snapshots_to_forget(self.world)
        if dimension is not None and arrivals:
            self._timed(dimension.name, arrivals, forgetting.forget_users)
            self._judge(dimension.name, arrivals)

    def out_of_landing(self) -> None:
        self.observer.stage("landing", len(forgotten_lines.files_with_forgotten(self.world)))
        began = time.monotonic()
        done = forgotten_lines.rewrite_landing(self.world)
        self.outcome.seconds["landing"] = time.monotonic() - began
        self.outcome.rewritten, self.outcome.unread = done.rows, done.unread
