"""The files that both programs read: generated notes, and one more arrival.

Belongs here: how much of what lands when. Does not: how people behave (analytics_assets/samples).
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from analytics_assets.samples.notes import generate_notes
from analytics_assets.samples.options import NotesOptions

START = date(2025, 3, 1)
USERS = 200_000
LATE_DATES = 2
LATE_SHARE = 0.01
EVENTS = Path("notes") / "events"


def make_landing(landing: Path, events: int, dates: int) -> int:
    """Generate notes of so many events over so many dates, an arrival each; give the rows that landed.

    Half a percent comes late, half a percent twice, one in two thousand is broken.
    """
    options = NotesOptions(
        start=START,
        end=START + timedelta(days=dates - 1),
        events=events,
        users=USERS,
        late_share=0.005,
        duplicate_share=0.005,
        broken_share=0.0005,
    )
    truth = generate_notes(landing, options)
    # The generator's last arrival holds late rows alone; here it is the increment's.
    shutil.rmtree(landing / EVENTS / _arrival(dates))
    return truth.landed - truth.landed_by_arrival[_arrival(dates)]


@contextmanager
def one_more_arrival(landing: Path, rows: int, dates: int) -> Iterator[None]:
    """Land the arrival of the next date: so many rows, of which one in a hundred is late, of two earlier dates."""
    scratch, late = landing.parent / "increment", int(rows * LATE_SHARE)
    folder = landing / EVENTS / _arrival(dates)
    parts = [(dates, 1, rows - late), (dates - 5, LATE_DATES, late)]
    lines: list[bytes] = []
    for first, days, events in parts:
        begin = START + timedelta(days=first)
        options = NotesOptions(
            start=begin,
            end=begin + timedelta(days=days - 1),
            events=events,
            users=USERS,
            seed=1 + first,
            late_share=0,
            duplicate_share=0,
            broken_share=0,
        )
        shutil.rmtree(scratch, ignore_errors=True)
        generate_notes(scratch, options)
        for path in sorted((scratch / EVENTS).glob("*/*.csv")):
            header, *found = path.read_bytes().splitlines(keepends=True)
            lines += found if lines else [header, *found]
    shutil.rmtree(scratch)
    folder.mkdir()
    (folder / "events.csv").write_bytes(b"".join(lines))
    try:
        yield
    finally:
        shutil.rmtree(folder)


def _arrival(day: int) -> str:
    return (START + timedelta(days=day)).isoformat()
