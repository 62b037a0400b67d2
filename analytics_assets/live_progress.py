"""What a live run tells of each step, and how that reads in one line.

Belongs here: what the terminal and Dagster's log have in common. Does not: the run (live.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from analytics_assets.layers.live_figures import LoadTimes

VERSIONS_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What one step of a live run did. again: the files had changed since they were read.

    lag_s: seconds from when the oldest of the files was last written until its rows could be read in the table.
    recent: load times of the last minutes that the table has.
    """

    files: int
    landed: int
    accepted: int
    rejected: int
    ahead: int
    lag_s: float
    again: bool
    recent: list[LoadTimes]
    quarantined: list[str] = field(default_factory=list)


def line_of(progress: Progress) -> str:
    """A step of a live run in one line."""
    files = f"{progress.files} {'file' if progress.files == 1 else 'files'}{' again' if progress.again else ''}"
    ahead = f", {progress.ahead:,} ahead of their file and not counted" if progress.ahead else ""
    times = "; ".join(
        f"{found.app_version} p95 {found.quantiles['p95']:,.0f} ms" for found in progress.recent[:VERSIONS_SHOWN]
    )
    return (
        f"{files}, {progress.landed:,} rows: {progress.accepted:,} accepted, "
        f"{progress.rejected:,} rejected{ahead}; {times or 'no loads yet'}; lag {progress.lag_s:.1f} s"
    )
