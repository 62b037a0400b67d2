"""How long the feeds with late data take: a first run beside DuckDB, then one more arrival.

Belongs here: aqua (thousands of small JSON files) and ide (sessions past midnight, late by days). Does not: notes
(pipeline.py), how a program is measured (measure.py).

python -m benchmarks.feeds aqua --days 30
python -m benchmarks.feeds ide --events 5000000
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from benchmarks.file_counts import FileCounts
from benchmarks.measure import Measured, measure
from benchmarks.tidebook import COMMAND, Place

START = date(2025, 3, 1)
USUAL_LATENESS = timedelta(days=5)
DATED = ("bronze", "silver", "sessions", "user_days")
# Equal totals are not written again.
PUBLISHED = ("active_users", "active_users_month", "dau", "mau")
DUCKDB = """
import duckdb
files = "{landing}/aqua/*/*.json"
db = duckdb.connect()
db.execute(f"CREATE TABLE e AS SELECT * FROM read_json('{{files}}', format='array', ignore_errors=false, "
           "columns={{'distinct_id': 'VARCHAR', 'event': 'VARCHAR', 'timestamp': 'VARCHAR', 'uuid': 'VARCHAR', "
           "'$geoip_country_code': 'VARCHAR'}})")
db.execute("CREATE TABLE u AS SELECT DISTINCT uuid, try_cast(timestamp AS TIMESTAMP) AS t, distinct_id FROM e")
print(db.execute("SELECT count(*) FROM (SELECT t::DATE, count(DISTINCT distinct_id) FROM u GROUP BY 1)").fetchall())
print(db.execute("SELECT date_trunc('month', t), count(DISTINCT distinct_id) FROM u GROUP BY 1").fetchall())
"""


def main() -> None:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("feed", choices=["aqua", "ide"])
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tidebook-feeds-") as folder:
        place = Place(Path(folder) / "place", Path(folder) / "landing", chosen.threads, chosen.feed)
        runs: dict[str, Callable[[Place, int, int], None]] = {"aqua": _aqua, "ide": _ide}
        _generate(place, chosen.events, chosen.days)
        runs[chosen.feed](place, chosen.events, chosen.days)


def _generate(place: Place, events: int, days: int) -> None:
    dates = ["--start", str(START), "--end", str(START + timedelta(days=days - 1))]
    # The files of the comparison are all good: DuckDB's reader ends at the first that is none.
    good = ["--broken-share", "0"]
    command = [*COMMAND, "generate", place.feed, "--events", str(events), *dates, *good, "--to", str(place.landing)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _aqua(place: Place, events: int, days: int) -> None:
    day = START + timedelta(days=days - 1)
    last, aside = place.landing / "aqua" / str(day), place.landing.parent / "aside"
    aside.mkdir(parents=True)
    hours = {hour: sorted(last.glob(f"*-{hour}*.json")) for hour in (22, 23)}
    for file in (file for files in hours.values() for file in files):
        file.rename(aside / file.name)
    for file in (place.landing / "aqua" / str(day + timedelta(days=1))).glob("*"):
        file.unlink()  # the pull that closes the last date comes with the last hour
    program = place.landing.parent / "duck.py"
    program.write_text(DUCKDB.format(landing=place.landing))
    number = sum(1 for _ in (place.landing / "aqua").glob("*/*.json"))
    print(f"aqua: {number:,} files of {days} days, {events:,} records")
    duck = measure([sys.executable, str(program)], {}, place.landing.parent, place.landing.parent / "duck.log")
    _line("DuckDB: read, distinct, dau, mau", duck)
    first, stages = place.run("first")
    _line("Tidebook: all tables", first, stages)
    print(f"ratio: wall {first.wall_s / duck.wall_s:.1f}, CPU {first.cpu_s / duck.cpu_s:.1f}")
    _until_published(place, first, duck)

    def one_more(hour: int, how: str, master: str | None = None) -> None:
        for file in hours[hour]:
            shutil.move(aside / file.name, last / file.name)
        more, stages = place.run(f"hour-{hour}", master, "--arrival", f"{day}T{hour}")
        _line(f"one more hour, {len(hours[hour])} files, {how}", more, stages)
        _until_published(place, more)

    one_more(22, "cold process")
    with place.engine() as engine:
        one_more(23, "an engine that just started", engine)


def _until_published(place: Place, run: Measured, duck: Measured | None = None) -> None:
    """What the run took until its last commit of active users or their published totals."""
    moment = max(run.began, *(place.last_commit(table) or run.began for table in PUBLISHED))
    wall, cpu = moment - run.began, run.cpu_until(moment)
    ratio = f": wall {wall / duck.wall_s:.1f}, CPU {cpu / duck.cpu_s:.1f} times DuckDB" if duck else ""
    print(f"  through to dau and mau after {wall:.1f} s, {cpu:.1f} s CPU{ratio}", flush=True)


def _ide(place: Place, events: int, days: int) -> None:
    folders = sorted(path for path in (place.landing / "ide").iterdir() if path.is_dir())
    for folder in folders:
        _only_usually_late(folder / "events.csv", date.fromisoformat(folder.name))
    aside = place.landing.parent / "aside"
    aside.mkdir()
    print(f"ide: {events:,} events in {len(folders)} arrivals")
    whole, stages = place.run("whole")
    _line("all arrivals at once", whole, stages)
    shutil.rmtree(place.lakehouse)
    for folder in folders[1:]:
        folder.rename(aside / folder.name)
    total = 0.0
    with place.engine() as engine:
        for folder in folders:
            if not folder.exists():
                (aside / folder.name).rename(folder)
            counts = FileCounts(place, DATED) if folder == folders[-1] else None
            each, stages = place.run(folder.name, engine)
            total += each.wall_s
    _line("the last arrival, warm engine", each, stages)
    print(f"arrival by arrival: {total:.1f} s wall in all, {total / whole.wall_s:.1f} times the whole")
    for line in counts.told() if counts else []:
        print(line)


def _only_usually_late(file: Path, arrival: date) -> None:
    """Leave out rows that come weeks late: each would touch a date of its own."""
    oldest = f"{arrival - USUAL_LATENESS} ".encode()
    header, *lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(header + b"".join(line for line in lines if line.rpartition(b",")[2] >= oldest))


def _line(what: str, measured: Measured, stages: dict[str, float] | None = None) -> None:
    by_stage = ", ".join(f"{name} {seconds:.1f}" for name, seconds in (stages or {}).items())
    print(
        f"{what}: {measured.wall_s:.1f} s wall, {measured.cpu_s:.1f} s CPU, {measured.driver_peak_mb:,.0f} MB"
        + (f" ({by_stage})" if by_stage else ""),
        flush=True,
    )


if __name__ == "__main__":
    main()
