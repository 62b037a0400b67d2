"""Metrics: the tables that follow from events, sessions, user days and active users, in the order of a pass.

Belongs here: for each of them what says which of its partitions are behind, what brings them up to date, and what it
is made of. Does not: computing any of them (a module each), the tables before them (passes.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from analytics_assets.layers import (
    anomalies,
    device_effect,
    duration_cuts,
    entry_exit_actions,
    latency,
    power_users,
    profiles,
    retention,
    session_days,
    session_frequency,
    session_hours,
    unlikely_users,
    user_history,
)
from analytics_assets.layers.world import Built, World

WHOLE = ""
"""The key of a table without partitions."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A table of a metric, for each feed that declares it.

    partitions: what one of its partitions is, or "whole" for a table that has none and is behind at the key WHOLE.
    behind: partitions that do not stand as they should -> the version that they should have, "" for none.
    build: brings partitions up to date. build_again: the same, whatever stands there; by default what build does.
    sources: the tables that it is computed from, of those that the feed has. reads_sign_ups: and the feed's
    dimension, where it says when users signed up.
    """

    table: str
    partitions: Literal["arrival", "date", "month", "whole"]
    sources: tuple[str, ...]
    behind: Callable[[World], dict[str, str]]
    build: Callable[[World, Sequence[str]], Built]
    build_again: Callable[[World, Sequence[str]], Built] | None = None
    reads_sign_ups: bool = False

    @property
    def again(self) -> Callable[[World, Sequence[str]], Built]:
        """What computes partitions whatever stands there."""
        return self.build_again or self.build


class BuildsWhole(Protocol):
    """What brings a table without partitions up to date; again: whatever stands there."""

    def __call__(self, world: World, *, again: bool = False) -> Built: ...


def _whole(
    table: str, sources: tuple[str, ...], behind: Callable[[World], dict[str, str]], build: BuildsWhole
) -> Metric:
    return Metric(
        table=table,
        partitions="whole",
        sources=sources,
        behind=behind,
        build=lambda world, _: build(world),
        build_again=lambda world, _: build(world, again=True),
    )


METRICS: tuple[Metric, ...] = (
    Metric(
        table=session_days.TABLE,
        partitions="date",
        sources=("sessions", "user_days", "active_users"),
        behind=session_days.dates_behind,
        build=session_days.build_session_days,
    ),
    Metric(
        table=session_frequency.TABLE,
        partitions="date",
        sources=("sessions", "user_days"),
        behind=session_frequency.dates_behind,
        build=session_frequency.build_session_frequency,
    ),
    Metric(
        table=entry_exit_actions.TABLE,
        partitions="date",
        sources=("sessions", "user_days"),
        behind=entry_exit_actions.dates_behind,
        build=entry_exit_actions.build_entry_exit_actions,
    ),
    Metric(
        table=session_hours.TABLE,
        partitions="date",
        sources=("sessions",),
        behind=session_hours.dates_behind,
        build=session_hours.build_session_hours,
    ),
    _whole(user_history.TABLE, ("user_days",), user_history.behind, user_history.build_user_history),
    replace(
        _whole(retention.TABLE, (user_history.TABLE,), retention.behind, retention.build_retention), reads_sign_ups=True
    ),
    _whole(latency.TABLE, (latency.BUCKETS,), latency.behind, latency.build_latency),
    _whole(
        device_effect.TABLE, ("silver", device_effect.BUCKETS), device_effect.behind, device_effect.build_device_effect
    ),
    _whole(duration_cuts.TABLE, (duration_cuts.BUCKETS,), duration_cuts.behind, duration_cuts.build_duration_cuts),
    _whole(
        power_users.TABLE,
        ("user_days", "sessions", duration_cuts.TABLE),
        power_users.behind,
        power_users.build_power_users,
    ),
    Metric(
        table=anomalies.TABLE,
        partitions="whole",
        sources=(
            *("bronze", "silver", "activity_mix", "active_users"),
            *(session_days.TABLE, session_hours.TABLE, latency.TABLE),
        ),
        behind=anomalies.behind,
        build=lambda world, _: anomalies.build_anomalies(world),
    ),
    Metric(
        table=unlikely_users.TABLE,
        partitions="date",
        sources=("silver", "user_days", "sessions", "active_users"),
        behind=unlikely_users.dates_behind,
        build=unlikely_users.build_unlikely_users,
    ),
    Metric(
        table=profiles.TABLE,
        partitions="arrival",
        sources=("bronze",),
        behind=profiles.arrivals_behind,
        build=profiles.build_profiles,
    ),
)


def metrics_of(world: World) -> list[Metric]:
    """The metrics of a feed, in the order in which they are computed."""
    return [metric for metric in METRICS if metric.table in world.tables]
