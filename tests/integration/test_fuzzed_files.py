"""Fuzzing of the readers: files that are good but for random damage are counted and judged to the last row.

A batch is many files of each format, read by one job of Spark. TIDEBOOK_FUZZ_SECONDS is how long the soak goes on.
"""

import codecs
import json
import os
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import psutil
import pyarrow.parquet as pq
import pytest
from hostile_shapes import ACCESS_LOG, AQUA, NOTES, Shape
from hostile_values import BYTES, NUMBERS, TEXTS, TIMES
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analytics_assets.discovery import find_feed
from analytics_assets.feeds.spec import Csv, Feed
from analytics_assets.layers.arrivals import misnamed, named_arrival
from analytics_assets.layers.reading import examine, judged_rows, reading_config
from analytics_assets.layers.verdicts import with_events
from analytics_assets.transforms.contract import contract_of
from resources.landing import LandedFile, Landing
from resources.limits import MIB
from resources.spark import Spark

SECONDS = float(os.environ.get("TIDEBOOK_FUZZ_SECONDS", "600"))
FILES, FEW_FILES = 200, 60
MOST_GROWTH = 400 * MIB
"""Of this process, from its first batch to its last."""
ANY_CSV = Csv(header=True, other_seps=(";", "\t"), encodings=("utf-8", "utf-16", "latin-1"))
FEEDS: dict[str, tuple[Shape, Feed]] = {
    "CSV": (NOTES, find_feed("notes")),
    "CSV of any encoding": (NOTES, replace(find_feed("notes"), format=ANY_CSV)),
    "lines": (ACCESS_LOG, find_feed("access_log")),
    "JSON": (AQUA, find_feed("aqua")),
}
TOKENS = [
    *(b'"', b'""', b",", b";", b"\t", b" ", b"\n", b"\r", b"\r\n", b"\n\n", b"\\", b"\x00", b"\xff", b"\xc3", b"\xe2"),
    *(codecs.BOM_UTF8, codecs.BOM_UTF16_LE, b"\x1f\x8b", b"\n" * 50, b"," * 300, b'"' * 301, b"[" * 150, b"{" * 20),
    *(b"[", b"]", b"{", b"}", b":", b"null", b"NaN", b"1e400", b"-0", b"\\ud800", b"\\u0000", b"7" * 1100, b"[[]]"),
    *("\u2028\u0085\u202e\ufeff".encode(), b"0001-01-01 00:00:00", b"9999-12-31 23:59:59", NOTES.header.encode()),
]  # fmt: skip


@dataclass
class Tried:
    """What was tried so far. rss: of this process after its first batch."""

    files: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    rss: int = 0


def good_file(shape: Shape, random: Random) -> bytes:
    texts, times = [*TEXTS.values()], [*TIMES]
    rows = []
    for place in range(random.randrange(6)):
        text = random.choice(texts)[:200] if random.random() < 0.4 else f"u{place}"
        time_ = random.choice(times) if random.random() < 0.1 else None
        number = random.choice([*NUMBERS]) if random.random() < 0.1 else None
        rows.append(shape.row(text, time=time_, number=number, place=place))
    return shape.file(*rows)


def damaged(content: bytes, other: bytes, random: Random) -> bytes:
    """The content with some damage; with none now and then."""
    for _ in range(random.choice([0, 1, 1, 2, 3, 8])):
        at = random.randrange(len(content) + 1)
        to = min(len(content), at + random.choice([1, 1, 2, 7, 60]))
        kind = random.randrange(9)
        if kind == 0:  # bits that are another way
            content = content[:at] + bytes(octet ^ 1 << random.randrange(8) for octet in content[at:to]) + content[to:]
        elif kind == 1:  # bytes that are gone
            content = content[:at] + content[to:]
        elif kind == 2:  # bytes that stand there twice
            content = content[:to] + content[at:to] * random.choice([1, 2, 50]) + content[to:]
        elif kind == 3:  # an end that is cut off
            content = content[:at]
        elif kind == 4:  # another file's end
            content = content[:at] + other[random.randrange(len(other) + 1) :]
        elif kind == 5:  # any bytes
            content = content[:at] + random.randbytes(random.choice([1, 3, 30])) + content[at:]
        elif kind == 6:
            content = content[:at] + random.choice([*TOKENS, *BYTES.values()]) + content[at:]
        elif kind == 7:
            content = content.replace(*random.choice([(b"\n", b"\r\n"), (b"\n", b"\r"), (b",", b";"), (b",", b"\t")]))
        else:
            encoding = random.choice(["utf-16", "utf-16-be", "utf-32", "latin-1"])
            content = content.decode("utf-8", "replace").encode(encoding, "replace")
    return content if random.random() < 0.97 else random.randbytes(random.randrange(2000))


def rows_by_hand(content: bytes, feed: Feed) -> int | None:
    """Rows of a file, counted another way; None for what is no JSON array."""
    if not isinstance(feed.format, Csv):
        try:
            found = json.loads(content.removeprefix(codecs.BOM_UTF8).decode(), parse_constant=int)
        except (ValueError, RecursionError):
            return None
        return len(found) if isinstance(found, list) else None
    if "utf-16" in feed.format.encodings and content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        content = content.decode("utf-16", "replace").encode("utf-8", "replace")
    lines = content.removeprefix(codecs.BOM_UTF8).split(b"\n")
    return sum(line not in (b"", b"\r") for line in lines) - feed.format.header


def try_batch(spark: Spark, root: Path, name: str, seed: int, tried: Tried, most: int = FILES) -> None:
    """Land a batch of files, judge them, and compare each file's rows with what was counted by hand."""
    shape, feed = FEEDS[name]
    random = Random(f"{name} {seed}")
    shutil.rmtree(root, ignore_errors=True)
    folder = root / "landing" / shape.folder
    folder.mkdir(parents=True)
    by_hand: dict[str, int | None] = {}
    for place in range(most):
        content = damaged(good_file(shape, random), good_file(shape, random), random)
        (folder / shape.name(place)).write_bytes(content)
        by_hand[f"{shape.folder}/{shape.name(place)}"] = rows_by_hand(content, feed)
    landing, contract = Landing(root=str(root / "landing")), contract_of(feed.contract)
    files = landing.files(feed.landing)
    if feed.file_time is not None:
        files = [replace(file, arrival=named_arrival(feed, file)) for file in files]
    reading = examine(spark, files, contract, feed.format, _misnamed(feed, files))
    rows = with_events(feed, judged_rows(spark.session, landing, reading, feed.landing, contract, feed.format))
    with reading_config(spark.session, feed.format):
        # Together: a task a file, which the reader asks for, would spend its time on files that it writes.
        rows.coalesce(4).write.parquet(str(root / "rows"))
    written = pq.read_table(root / "rows", columns=["file", "standing", "event_time", "event_date", "user_id", "raw"])
    written.validate(full=True)
    written["event_time"].to_pylist()
    judged = Counter(written["file"].to_pylist())
    quarantined = {found.file.path for found in reading.quarantined}
    for path, number in by_hand.items():
        expected = 1 if path in quarantined else number
        assert (reading.rows[path], judged[path]) == (expected, expected), f"{name}, seed {seed}: {path}"
    tried.files += most
    tried.rows.update(written["standing"].to_pylist())
    tried.rows["quarantined"] += len(quarantined)


def _misnamed(feed: Feed, files: list[LandedFile]) -> dict[str, str]:
    return {file.path: fault for file in files if (fault := misnamed(feed, file))}


@pytest.mark.parametrize("name", FEEDS)
def test_damaged_files_are_accounted_for_to_the_last_row(name: str, quick_spark: Spark, tmp_path: Path) -> None:
    tried = Tried()
    try_batch(quick_spark, tmp_path, name, 1, tried, FEW_FILES)
    assert name == "lines" or tried.rows["quarantined"] > 10
    assert tried.rows["rejected"] > 10 and tried.rows["on_time"] > 10


@pytest.mark.soak
def test_no_damage_crashes_a_reader_or_loses_a_row(quick_spark: Spark, tmp_path: Path) -> None:
    began, tried, process = time.monotonic(), Tried(), psutil.Process()

    # Not shrunk: the message names the seed, which makes the same files again.
    @settings(max_examples=10**6, deadline=None, phases=[Phase.generate], suppress_health_check=[*HealthCheck])
    @given(seed=st.integers(0, 2**64))
    def batches(seed: int) -> None:
        if time.monotonic() - began > SECONDS:
            raise TimeoutError
        for name in FEEDS:
            try_batch(quick_spark, tmp_path, name, seed, tried)
        tried.rss = tried.rss or process.memory_info().rss

    with pytest.raises(TimeoutError):
        batches()
    growth = process.memory_info().rss - tried.rss
    said = ", ".join(f"{standing} {rows:,}" for standing, rows in sorted(tried.rows.items()))
    print(f"{tried.files:,} files in {time.monotonic() - began:.0f} s: {said}; memory grew by {growth / MIB:.0f} MiB")
    assert growth < MOST_GROWTH
