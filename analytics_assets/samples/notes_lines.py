"""Notes as lines of CSV.

Belongs here: the columns of events and snapshots, their faults, their files. Does not: which rows there are.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from analytics_assets.samples import kinds
from analytics_assets.samples.broken_lines import Fault, Line, break_line, empty, put
from analytics_assets.samples.events import ACTIONS, DAY_S, Events
from analytics_assets.samples.lines import Texts, clock, dates, ended, join, numbered, whole_numbers

EVENTS_HEADER = b"user_id,timestamp,action_type,page_id,duration_ms,app_version\n"
USERS_HEADER = b"user_id,join_date,country,device_type,subscription_type\n"

PLACES = Line(time_at=1, text_at=3)
FAULTS: dict[str, Fault] = {
    "text_in_duration": lambda fields, turn: put(fields, 4, (b"fast", b"12s", b"n/a")[turn % 3]),
    "empty_user_id": empty(0),
    "negative_duration": lambda fields, turn: put(fields, 4, b"-%d" % (1 + turn % 5_000)),
    "duration_above_2h": lambda fields, turn: put(fields, 4, b"%d" % (7_200_001 + turn % 10**6)),
}


def note_texts(start: date, days: int, users: int, pages: int, versions: Sequence[str]) -> Texts:
    """Writes rows as lines; holds a table of text for each column that repeats."""
    user_texts = numbered("u", 7, users + 1, ",")
    # Users first, so the date starts in the middle of a line: "…,2025-01-31 " then "23:59:59,".
    day_texts, seconds = dates(start, days, " "), clock(",")
    actions, page_texts = ended(ACTIONS, ","), numbered("p", 6, pages + 1, ",")
    version_texts = pa.array([f",{version}\n" for version in versions])

    def good(rows: Events) -> pa.Array:
        second = rows["second"]
        return join(
            user_texts.take(pa.array(rows["user"])),
            day_texts.take(pa.array(second // DAY_S)),
            seconds.take(pa.array(second % DAY_S)),
            actions.take(pa.array(rows["action"])),
            # Pages are counted from 0, their ids from 1.
            page_texts.take(pa.array(rows["page"] + 1)),
            whole_numbers(rows["duration_ms"]),
            version_texts.take(pa.array(rows["version"])),
        )

    return Texts(good=good, broken=break_note, kinds=tuple(kinds.NOTES))


def break_note(line: bytes, kind: str) -> bytes:
    """One good line of an event made into one with a fault of a kind of kinds.NOTES."""
    return break_line(line, kind, PLACES, FAULTS)


def events_file(landing: Path, arrival: date) -> Path:
    """Where the events of an arrival land."""
    return landing / "notes" / "events" / arrival.isoformat() / "events.csv"


def users_file(landing: Path, arrival: date) -> Path:
    """Where the users snapshot of an arrival lands."""
    return landing / "notes" / "users" / arrival.isoformat() / "users.csv"
