"""Tidebook beside DuckDB, from landed files to active users: python -m benchmarks.pipeline --help.

Belongs here: the order of the runs and the figures. Does not: the files (sample.py), the programs (tidebook.py,
duckdb_pipeline.py), measuring (measure.py), comparing (compare.py), words (report.py).
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import duckdb
import psutil

from benchmarks.compare import Comparison, compare
from benchmarks.duckdb_pipeline import THREADS
from benchmarks.measure import Measured, measure
from benchmarks.report import by_stage, comparison_table, run_row, runs_table, stages_table
from benchmarks.sample import make_landing, one_more_arrival
from benchmarks.tidebook import PROJECT, Place

Figures = dict[str, object]
WARM_UP_EVENTS = 20_000
WARM_UP_DATES = 3


def main() -> int:
    """Run what the arguments ask for; 0 if the results of both programs are equal."""
    arguments = _arguments()
    scratch = Path(arguments.keep or tempfile.mkdtemp(prefix="tidebook-bench-")).resolve()
    scratch.mkdir(parents=True, exist_ok=True)
    print(_machine(), flush=True)
    try:
        if arguments.sizes:
            figures = sizes(scratch, arguments.sizes, arguments.dates)
        else:
            figures = pipeline(scratch, arguments.events, arguments.dates)
    finally:
        if not arguments.keep:
            shutil.rmtree(scratch, ignore_errors=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2, default=str) + "\n")
    return 0 if figures["equal"] else 1


def pipeline(scratch: Path, events: int, dates: int) -> Figures:
    """Everything once, then one more arrival from a cold process and with a warm engine."""
    place = Place(scratch / "tidebook", scratch / "landing", THREADS)
    shutil.rmtree(place.root, ignore_errors=True)
    rows = _landing(place.landing, events, dates)
    tidebook, stages = place.run("everything")
    ours = by_stage(tidebook, place.committed())
    duckdb_run, theirs = _duckdb(place.landing, scratch / "duckdb")
    compared = compare(place.lakehouse, scratch / "duckdb")
    print(f"\nEverything: {rows:,} rows of {dates} arrivals\n")
    print(stages_table(ours, theirs, (tidebook, duckdb_run)))
    print(runs_table([run_row("Tidebook", tidebook), run_row("DuckDB", duckdb_run)]))
    print(f"\n{comparison_table(compared)}", flush=True)

    place.keep()
    with one_more_arrival(place.landing, events // dates, dates):
        cold, cold_stages = place.run("increment-cold")
        _duckdb(place.landing, scratch / "duckdb-increment")
        grown = compare(place.lakehouse, scratch / "duckdb-increment")
        place.restore()
        warm, warm_stages = _warm(place, scratch)
        grown += compare(place.lakehouse, scratch / "duckdb-increment")
    print(f"\nOne more arrival: {events // dates:,} rows, late ones of two earlier dates among them\n")
    # The engine is another process: of a warm run only the time is comparable.
    print(runs_table([run_row("cold process", cold), run_row("warm engine", warm)]))
    print(f"\n{comparison_table(grown)}", flush=True)

    equal = _is_equal(compared + grown)
    ratio, cpu_ratio = tidebook.wall_s / duckdb_run.wall_s, tidebook.cpu_s / duckdb_run.cpu_s
    print(
        f"\nTidebook took {ratio:.2f} times DuckDB's time and {cpu_ratio:.2f} times its CPU; "
        f"the results are {'equal' if equal else 'NOT EQUAL'}."
    )
    return {
        "equal": equal,
        "tidebook_s": tidebook.wall_s,
        "duckdb_s": duckdb_run.wall_s,
        "ratio": ratio,
        "tidebook_cpu_s": tidebook.cpu_s,
        "duckdb_cpu_s": duckdb_run.cpu_s,
        "cpu_ratio": cpu_ratio,
        "increment_cold_s": cold.wall_s,
        "increment_warm_s": warm.wall_s,
        "increment_stages": {"cold": cold_stages, "warm": warm_stages},
        "peak_mb": tidebook.driver_peak_mb,
        "peak_tree_mb": tidebook.peak_mb,
        "duckdb_peak_mb": duckdb_run.driver_peak_mb,
        "rows": rows,
        "machine": _machine(),
        "others_cpu_s": {"tidebook": tidebook.others_cpu_s, "duckdb": duckdb_run.others_cpu_s},
        "stages_wall_cpu_s": {"tidebook": ours, "duckdb": theirs},
        "tidebook_stages_s": stages,
        "tables": [asdict(comparison) for comparison in compared],
    }


def sizes(scratch: Path, wanted: list[int], dates: int) -> Figures:
    """What a row costs at each size."""
    found, compared, lines = [], [], []
    for events in wanted:
        folder = scratch / str(events)
        shutil.rmtree(folder, ignore_errors=True)
        place = Place(folder / "tidebook", folder / "landing", THREADS)
        rows = _landing(place.landing, events, dates)
        tidebook, stages = place.run("everything")
        duckdb_run, _ = _duckdb(place.landing, folder / "duckdb")
        compared += compare(place.lakehouse, folder / "duckdb")
        working = sum(stages.values())
        found.append(
            {
                "rows": rows,
                "tidebook_s": tidebook.wall_s,
                "tidebook_working_s": working,
                "tidebook_cpu_s": tidebook.cpu_s,
                "microseconds_a_row": tidebook.wall_s / rows * 1e6,
                "cpu_microseconds_a_row": tidebook.cpu_s / rows * 1e6,
                "duckdb_s": duckdb_run.wall_s,
                "duckdb_cpu_s": duckdb_run.cpu_s,
                "peak_mb": tidebook.driver_peak_mb,
            }
        )
        lines += [
            run_row(f"Tidebook, {rows:,} rows", tidebook, rows),
            run_row(f"DuckDB, {rows:,} rows", duckdb_run, rows),
        ]
        shutil.rmtree(folder)
    print(f"\n{runs_table(lines)}\n")
    equal = _is_equal(compared)
    growth = found[-1]["microseconds_a_row"] / found[0]["microseconds_a_row"] - 1
    cpu_growth = found[-1]["cpu_microseconds_a_row"] / found[0]["cpu_microseconds_a_row"] - 1
    print(
        f"From the first size to the last a row costs {growth:+.0%} of time and {cpu_growth:+.0%} of CPU; "
        f"the results are {'equal' if equal else 'NOT EQUAL'} to DuckDB's."
    )
    return {
        "equal": equal,
        "sizes": found,
        "growth": growth,
        "cpu_growth": cpu_growth,
        "peak_mb": max(size["peak_mb"] for size in found),
        "machine": _machine(),
    }


def _landing(landing: Path, events: int, dates: int) -> int:
    print(f"generating {events:,} events", flush=True)
    shutil.rmtree(landing, ignore_errors=True)
    return make_landing(landing, events, dates)


def _duckdb(landing: Path, out: Path) -> tuple[Measured, dict[str, tuple[float, float]]]:
    shutil.rmtree(out, ignore_errors=True)
    timings, log = out.with_suffix(".json"), out.with_suffix(".log")
    command = [sys.executable, "-m", "benchmarks.duckdb_pipeline", str(landing), str(out), str(timings)]
    measured = measure(command, {"PYTHONPATH": str(PROJECT)}, PROJECT, log)
    return measured, by_stage(measured, json.loads(timings.read_text())["ended"])


def _warm(place: Place, scratch: Path) -> tuple[Measured, dict[str, float]]:
    """The increment with an engine that has made one small pass before."""
    small = Place(scratch / "warm-up", scratch / "warm-up-landing", THREADS)
    shutil.rmtree(small.root, ignore_errors=True)
    _landing(small.landing, WARM_UP_EVENTS, WARM_UP_DATES)
    with place.engine() as address:
        small.run("warm-up", address)
        return place.run("increment-warm", address)


def _is_equal(comparisons: list[Comparison]) -> bool:
    return all(comparison.is_equal for comparison in comparisons)


def _machine() -> str:
    memory_gb = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores, {memory_gb:.0f} GB, load {os.getloadavg()[0]:.1f}; "
        f"Python {sys.version.split()[0]}, DuckDB {duckdb.__version__}; both programs with {THREADS} threads"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipeline", description="Tidebook beside DuckDB.")
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--dates", type=int, default=30, help="arrivals, at least 8")
    parser.add_argument("--json", type=Path, help="write the figures into this file")
    parser.add_argument("--keep", metavar="DIR", help="work there and leave what was made")
    parser.add_argument(
        "--sizes",
        type=lambda text: [int(size) for size in text.split(",")],
        help="what a row costs at each of these numbers of events, such as 1000000,30000000",
    )
    arguments = parser.parse_args()
    if arguments.dates < 8:
        parser.error(f"--dates is {arguments.dates}, expected at least 8")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
