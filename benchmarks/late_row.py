"""What one late row costs: of a year of dates, how many files each table writes again.

Belongs here: one row for one date, counted in files from Delta's log. Does not: how long passes take (pipeline.py,
feeds.py).

python -m benchmarks.late_row
python -m benchmarks.late_row --feed ide
"""

import argparse
import json
import subprocess
import tempfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from deltalake import DeltaTable

from benchmarks.tidebook import COMMAND, Place

START, DAYS = date(2024, 1, 1), 366
TABLES = ("bronze", "silver", "sessions", "user_days", "active_users", "active_users_week", "active_users_month")
FOLDERS = {"notes": "notes/events", "ide": "ide"}
HEADERS = {
    "notes": "user_id,timestamp,action_type,page_id,duration_ms,app_version",
    "ide": "user_id,event_id,product_code,timestamp",
}
ROWS = {"notes": "late,{day} 10:11:12,view,p1,1200,5.1.0", "ide": "late,a,PY,{day} 10:11:12"}


def main() -> None:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feed", choices=sorted(ROWS), default="notes")
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tidebook-late-") as folder:
        place = Place(Path(folder) / "place", Path(folder) / "landing", chosen.threads, chosen.feed)
        last = START + timedelta(days=DAYS - 1)
        dates = ["--start", str(START), "--end", str(last), "--events", str(chosen.events)]
        command = [*COMMAND, "generate", chosen.feed, *dates, "--to", str(place.landing)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        first, _ = place.run("first")
        print(f"{chosen.feed}: {chosen.events:,} events on {DAYS} dates, all tables in {first.wall_s:.1f} s")
        before = {table: opened(place, table).version() for table in TABLES}
        late_day = START + timedelta(days=DAYS // 2)
        file = place.landing / FOLDERS[chosen.feed] / str(last) / "late.csv"
        file.write_text(f"{HEADERS[chosen.feed]}\n{ROWS[chosen.feed].format(day=late_day)}\n")
        more, _ = place.run("late")
        print(f"one row of {late_day} in the arrival {last}: {more.wall_s:.1f} s from a cold process")
        for table in TABLES:
            print(told(place, table, before[table]))


def opened(place: Place, table: str) -> DeltaTable:
    """A table of the place."""
    return DeltaTable(str(place.lakehouse / place.feed / table))


def told(place: Place, table: str, since: int) -> str:
    """Which files a table's commits after a version took away and added, of how many."""
    delta = opened(place, table)
    actions: Counter[str] = Counter()
    for version in range(since + 1, delta.version() + 1):
        log = place.lakehouse / place.feed / table / "_delta_log" / f"{version:020}.json"
        actions.update(key for line in log.read_text().splitlines() for key in json.loads(line))
    number = delta.get_add_actions().num_rows
    return f"{table:18} {actions['remove']} files taken away, {actions['add']} added, of {number}"


if __name__ == "__main__":
    main()
