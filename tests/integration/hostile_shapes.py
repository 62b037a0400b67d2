"""How a row and a file of each feed are written, so that one hostile value can be put into all of them.

Belongs here: good rows with one value changed, where a feed's files land. Does not: hostile values (hostile_values.py),
files that are hostile as a whole (hostile_files.py).
"""

import csv
import io
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass

DAY = "2025-01-02"
LOG_DAY = "2015-05-17"
NOTES_HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version"


@dataclass(frozen=True)
class Shape(ABC):
    """How files of a feed are made. text: the column of bronze that holds a row's text.

    first: line of a file's first row. bad_time, bad_number, no_text: the rules that such a value breaks.
    """

    feed: str
    arrival: str
    folder: str
    ending: str
    text: str
    first: int
    bad_time: str
    bad_number: str
    no_text: str

    @abstractmethod
    def row(self, text: str = "ann", *, time: str | None = None, number: str | None = None, place: int = 0) -> bytes:
        """A row that is good but for what is told. place: makes it differ from the others of its file."""

    @abstractmethod
    def file(self, *rows: bytes) -> bytes:
        """A file of rows."""

    def name(self, place: int) -> str:
        """The name of a file, another for each place."""
        return f"{place:04}{self.ending}"


@dataclass(frozen=True)
class Lines(Shape):
    """Files of delimited lines."""

    header: str = ""
    sep: str = ","

    def fields(self, text: str, time: str | None, number: str | None, place: int) -> list[str]:
        """The fields of a row."""
        at = time or f"{DAY} 09:00:{place % 60:02}"
        if self.feed == "notes":
            return [text, at, "view", f"p{place}", "10" if number is None else number, "5.1.0"]
        if self.feed == "ide":
            return [text, "a", f"P{place}", at]
        if self.feed == "shop":
            return [str(1000 + place), "501" if number is None else number, "2001", text, at]
        at = time or f"[17/May/2015:10:05:{place % 60:02}"
        request = f"GET /{place}?q=1 HTTP/1.1"
        return [text, "-", "-", at, "+0000]", request, "200" if number is None else number, "31", "-", "Firefox"]

    def row(self, text: str = "ann", *, time: str | None = None, number: str | None = None, place: int = 0) -> bytes:
        written = io.StringIO()
        csv.writer(written, delimiter=self.sep, lineterminator="").writerow(self.fields(text, time, number, place))
        return written.getvalue().encode("utf-8", "surrogatepass")

    def file(self, *rows: bytes) -> bytes:
        lines = [self.header.encode(), *rows] if self.header else [*rows]
        return b"".join(line + b"\n" for line in lines)


@dataclass(frozen=True)
class Records(Shape):
    """Files of JSON arrays, named by their times."""

    def row(self, text: str = "ann", *, time: str | None = None, number: str | None = None, place: int = 0) -> bytes:
        at = time or f"{DAY}T09:00:{place % 60:02}Z"
        record = {"distinct_id": text, "event": "view", "timestamp": at, "uuid": f"id-{place}"}
        return json.dumps(record | ({} if number is None else {"$geoip_latitude": number})).encode()

    def file(self, *rows: bytes) -> bytes:
        return b"[" + b",\n".join(rows) + b"]"

    def name(self, place: int) -> str:
        return f"{DAY.replace('-', '')}-{place // 3600:02}{place // 60 % 60:02}{place % 60:02}{self.ending}"


NOTES = Lines(
    feed="notes",
    arrival=DAY,
    folder=f"notes/events/{DAY}",
    ending=".csv",
    text="user_id",
    first=2,
    bad_time="timestamp_not_timestamp",
    bad_number="duration_ms_not_integer",
    no_text="user_id_missing",
    header=NOTES_HEADER,
)
IDE = Lines(
    feed="ide",
    arrival=DAY,
    folder=f"ide/{DAY}",
    ending=".csv",
    text="user_id",
    first=2,
    bad_time="timestamp_not_timestamp",
    bad_number="",
    no_text="user_id_missing",
    header="user_id,event_id,product_code,timestamp",
)
SHOP = Lines(
    feed="shop",
    arrival=DAY,
    folder=f"shop/{DAY}",
    ending=".csv",
    text="action",
    first=2,
    bad_time="timestamp",
    bad_number="user_id_not_integer",
    no_text="action_missing",
    header="interaction_id,user_id,product_id,action,timestamp",
)
ACCESS_LOG = Lines(
    feed="access_log",
    arrival=LOG_DAY,
    folder=f"access_log/{LOG_DAY}",
    ending=".log",
    text="user_id",
    first=1,
    bad_time="event_time_not_readable",
    bad_number="status_not_integer",
    no_text="client_missing",
    sep=" ",
)
AQUA = Records(
    feed="aqua",
    arrival=f"{DAY}T00",
    folder=f"aqua/{DAY}",
    ending=".json",
    text="user_id",
    first=1,
    bad_time="timestamp_not_timestamp",
    bad_number="geoip_latitude_not_number",
    no_text="distinct_id_missing",
)
SHAPES: dict[str, Shape] = {shape.feed: shape for shape in (NOTES, IDE, SHOP, ACCESS_LOG, AQUA)}
LINES: dict[str, Lines] = {shape.feed: shape for shape in (NOTES, IDE, SHOP, ACCESS_LOG)}
