"""Files of gigabytes: a command with a small JVM says what they are, in bounded memory, and reads the rest."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from hostile_files import bomb
from hostile_shapes import ACCESS_LOG, AQUA, NOTES, Shape
from places import Place
from tables import rows_of

from resources.limits import LARGEST_FILE, LONGEST_LINE, MIB, MOST_RECORDS

pytestmark = [pytest.mark.timeout(1200), pytest.mark.long]

GIB = 1 << 30
HEAP = "1g"
MOST_RSS = 2600 * MIB
"""Of the command with its JVM, whose heap is 1 GB, and Spark's Python workers."""


class Peak:
    """The most memory that this process's descendants had at once, in bytes."""

    def __init__(self) -> None:
        self.rss = 0

    def look(self) -> None:
        total = 0
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
        self.rss = max(self.rss, total)


@contextmanager
def measured() -> Iterator[Peak]:
    peak, is_over = Peak(), threading.Event()

    def watch() -> None:
        while not is_over.wait(0.1):
            peak.look()

    before = Peak()
    before.look()
    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        is_over.set()
        thread.join()
        peak.rss -= before.rss


def sparse(path: Path, begin: bytes, size: int) -> None:
    """A file of zeros after its beginning, which takes no room on the disk."""
    with path.open("wb") as file:
        file.write(begin)
        file.truncate(size)


def big_lines(folder: Path) -> dict[str, str]:
    """Lines of notes. By name, the rule by which a file is quarantined."""
    head = NOTES.file()
    sparse(folder / "line_of_2_gb.csv", head + NOTES.row() + b"\n", 2 * GIB)
    sparse(folder / "header_of_1_gb.csv", b"", GIB)
    (folder / "bomb.csv").write_bytes(bomb(10))
    with (folder / "rows_of_1_mib.csv").open("wb") as file:
        file.write(head)
        for place in range(200):
            row = NOTES.row("x" * (LONGEST_LINE - 200), place=place)
            file.write(row + (b",more\n" if place % 2 else b"\n"))
    (folder / "separators.csv").write_bytes(head + (b"," * LONGEST_LINE + b"\n") * 60)
    (folder / "quotes.csv").write_bytes(head + (b'"",' * (LONGEST_LINE // 3) + b"\n") * 60)
    return {"line_of_2_gb": "file_line_too_long", "header_of_1_gb": "file_header", "bomb": "file_packed"}


def big_logs(folder: Path) -> dict[str, str]:
    sparse(folder / "zeros_of_2_gb.log", b"", 2 * GIB)
    return {"zeros_of_2_gb": "file_line_too_long"}


def array_of(record: bytes, size: int) -> bytes:
    return b"[" + b",".join([record] * ((size - 2) // (len(record) + 1))) + b"]"


def big_records(folder: Path) -> dict[str, str]:
    """Arrays of aqua, as many at the limit as tasks run at once."""
    record = json.dumps(json.loads(AQUA.row()) | {"x": "x" * 1000}).encode()
    for place in range(3):
        (folder / AQUA.name(place)).write_bytes(array_of(record, LARGEST_FILE))
    for place, one in enumerate([b"[]"], 3):
        (folder / AQUA.name(place)).write_bytes(array_of(one, MOST_RECORDS * (len(one) + 1) + 1))
    (folder / AQUA.name(10)).write_bytes(array_of(record, LARGEST_FILE + 2000))
    (folder / AQUA.name(13)).write_bytes(array_of(b"[]", LARGEST_FILE))
    sparse(folder / AQUA.name(11), b"", GIB)
    sparse(folder / AQUA.name(12), b"[", LARGEST_FILE)
    return {
        AQUA.name(10).removesuffix(".json"): "file_too_large",
        AQUA.name(11).removesuffix(".json"): "file_too_large",
        AQUA.name(12).removesuffix(".json"): "file_not_json",
        AQUA.name(13).removesuffix(".json"): "file_too_large",
    }


@pytest.mark.parametrize(
    ("shape", "make"), [(NOTES, big_lines), (ACCESS_LOG, big_logs), (AQUA, big_records)], ids=["notes", "log", "aqua"]
)
def test_a_feed_is_read_in_bounded_memory_whatever_the_size(shape: Shape, make: object, tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path / "landing")
    folder = place.landing / shape.folder
    folder.mkdir(parents=True)
    good = shape.name(59)
    (folder / good).write_bytes(shape.file(shape.row("good")))
    expected = make(folder)  # type: ignore[operator]
    began = time.monotonic()
    with measured() as peak:
        ended = place.command("run", shape.feed, TIDEBOOK_SPARK_MEMORY=HEAP)
    print(f"{shape.feed}: {time.monotonic() - began:.0f} s, at most {peak.rss / MIB:,.0f} MiB")
    assert "Traceback" not in ended.stdout + ended.stderr and ended.returncode == 0, ended.stdout + ended.stderr
    assert peak.rss < MOST_RSS
    counts = [row for row in rows_of(place.lakehouse, shape.feed, "counts") if row["source"] == "events"]
    landed = {row["file"]: row["rows"] for row in counts if row["standing"] == "landed"}
    judged: dict[str, int] = {}
    for row in counts:
        if row["standing"] != "landed":
            judged[row["file"]] = judged.get(row["file"], 0) + row["rows"]
    assert judged == {file: rows for file, rows in landed.items() if rows}
    rules = {Path(row["file"]).stem: row["rule"] for row in counts if (row["rule"] or "").startswith("file_")}
    assert rules == expected
    assert {row["standing"] for row in counts if row["file"].endswith(f"/{good}")} == {"landed", "on_time"}
