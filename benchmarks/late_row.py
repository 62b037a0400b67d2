"""What one late row costs: of a year of dates, how many files of each table are read, and how many written again.

Belongs here: one row for one date, counted in files. Does not: how long passes take (pipeline.py, feeds.py), counting
files (file_counts.py).

python -m benchmarks.late_row
python -m benchmarks.late_row --feed ide
"""

import argparse
import subprocess
import tempfile
from datetime import date, timedelta
from pathlib import Path

from benchmarks.file_counts import FileCounts
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
        counts = FileCounts(place, TABLES)
        late_day = START + timedelta(days=DAYS // 2)
        file = place.landing / FOLDERS[chosen.feed] / str(last) / "late.csv"
        file.write_text(f"{HEADERS[chosen.feed]}\n{ROWS[chosen.feed].format(day=late_day)}\n")
        more, _ = place.run("late")
        print(f"one row of {late_day} in the arrival {last}: {more.wall_s:.1f} s from a cold process")
        for line in counts.told():
            print(line)


if __name__ == "__main__":
    main()
