"""How long each metric takes, beside what it takes from landed files to sessions: one run of `notes`.

Belongs here: the share of each table of metrics. Does not: the comparison with DuckDB (pipeline.py).

python -m benchmarks.metrics --events 10000000

By default 32 dates, so that a calendar month is complete: some tables have nothing to do before.
"""

import argparse
import tempfile
from pathlib import Path

from analytics_assets.layers.from_silver import FURTHER
from analytics_assets.layers.metrics import METRICS
from benchmarks.sample import make_landing
from benchmarks.tidebook import Place

TO_SESSIONS = ("bronze", "users", "silver", "sessions")
OF_METRICS = (*FURTHER, *[metric.table for metric in METRICS])


def main() -> None:
    """Parse the command line, run once, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--dates", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tidebook-metrics-") as folder:
        place = Place(Path(folder) / "place", Path(folder) / "landing", chosen.threads)
        make_landing(place.landing, chosen.events, chosen.dates)
        measured, stages = place.run("metrics")
    to_sessions = sum(stages.get(name, 0.0) for name in TO_SESSIONS)
    of_metrics = {name: stages[name] for name in OF_METRICS if name in stages}
    whole = sum(of_metrics.values())
    print(f"{chosen.events:,} events of {chosen.dates} dates: {measured.wall_s:.1f} s wall, {measured.cpu_s:.1f} s CPU")
    print(f"landing to sessions: {to_sessions:.1f} s; metrics: {whole:.1f} s, {whole / to_sessions:.2f} times as long")
    for name, seconds in sorted(of_metrics.items(), key=lambda found: -found[1]):
        print(f"  {name:<28} {seconds:6.1f} s  {seconds / whole:6.1%}")
    others = sorted((name, seconds) for name, seconds in stages.items() if name not in (*TO_SESSIONS, *of_metrics))
    print("beside these: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in others))


if __name__ == "__main__":
    main()
