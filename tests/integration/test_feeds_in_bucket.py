"""The other kinds of feed in a bucket: the same tables as in folders, of what lands at once, later, and corrected."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from buckets import BucketPlace, Server
from places import Place
from tables import differences, rows_of, table_names

pytestmark = [pytest.mark.long, pytest.mark.timeout(1500)]

START, DATES = date(2025, 3, 1), {"aqua": 1, "ide": 16, "shop": 4}
"""ide keeps bronze for fourteen days of arrivals: some of these are purged."""
SAMPLES = {"aqua": ("--pull-s", "900"), "ide": ("--marathons", "2"), "shop": ("--products", "20")}
OF_THE_STORE = ("fingerprint", "input_version", "dl_updated_at")
"""A file's mark of its last change, what goes by it, and the time of a commit."""


def land(folders: Place, feed: str) -> list[Path]:
    """A generated landing; its files in the order of their arrivals."""
    last = START + timedelta(days=DATES[feed] - 1)
    dates, sizes = ("--start", f"{START}", "--end", f"{last}"), ("--events", "3000", "--users", "60")
    folders.done("generate", feed, *sizes, *dates, *SAMPLES[feed], "--to", str(folders.landing))
    return [path for path in sorted((folders.landing / feed).glob("*/*")) if path.is_file()]


def put(bucket: BucketPlace, landing: Path, files: list[Path]) -> None:
    prefix = f"{bucket.prefix}/landing"
    bucket.server.put({f"{prefix}/{path.relative_to(landing).as_posix()}": path.read_bytes() for path in files})


def assert_same_tables(bucket: BucketPlace, folders: Place, feed: str) -> Path:
    tables = bucket.tables()
    without = dict.fromkeys(table_names(folders.lakehouse, feed), OF_THE_STORE)
    assert differences(folders.lakehouse, tables, feed, without=without) == []
    return tables


@pytest.mark.parametrize("feed", DATES)
def test_what_lands_late_or_is_corrected_in_a_bucket_gives_the_tables_of_folders(
    feed: str, moto: Server, tmp_path: Path
) -> None:
    folders = Place(tmp_path / "folders", tmp_path / "folders" / "landing")
    bucket = BucketPlace(tmp_path / "bucket", folders.landing, moto, f"some-{feed}")
    files = land(folders, feed)
    early, later = files[: len(files) * 2 // 3], files[len(files) * 2 // 3 :]
    # One of the early ones lands with its beginning alone, and is corrected with the rest.
    corrected = early[len(early) // 2]
    whole = corrected.read_bytes()
    put(bucket, folders.landing, early)
    cut = whole[: whole.index(b"\n", len(whole) // 2) + 1] if feed != "aqua" else b"[]"
    moto.put({f"{bucket.prefix}/landing/{corrected.relative_to(folders.landing).as_posix()}": cut})
    bucket.done("run", feed)
    put(bucket, folders.landing, [corrected, *later])
    bucket.done("run", feed)
    folders.done("run", feed)
    tables = assert_same_tables(bucket, folders, feed)
    assert len(rows_of(tables, feed, "silver")) > 2_000
    assert "Nothing is behind" in bucket.done("run", feed)
    if feed == "ide":
        assert "left bronze" in bucket.done("purge", feed)
        folders.done("purge", feed)
        assert_same_tables(bucket, folders, feed)
    if feed == "shop":
        assert "equal" in bucket.done("verify", feed)
    assert f"{START}" in bucket.done("why", feed, f"{START}")
