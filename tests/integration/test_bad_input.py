"""Whatever is in a file or missing around it: each row is accounted for, the rest goes on, the reason is given."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from places import Place
from tables import differences, rows_of, table_names

from analytics_assets.feeds.notes import FEED
from resources.spark import Spark
from resources.table_store import WriteError

pytestmark = pytest.mark.timeout(900)

HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version"
DAY = "2025-01-02"
GOOD = f"ann,{DAY} 09:00:00,view,p1,10,5.1.0"


def row(number: int = 0, **changed: str) -> str:
    fields = {"user": f"u{number}", "time": f"{DAY} 09:00:{number:02}", "action": "view", "page": "p1"}
    return ",".join((fields | {"duration": "10", "version": "5.1.0"} | changed).values())


def text(*rows: str, header: str = HEADER) -> bytes:
    return ("\n".join([header, *rows]) + "\n").encode()


# Name of a file -> its bytes, the rows that land, and the rows that are rejected: line -> rules.
FILES: dict[str, tuple[bytes, int, dict[int, tuple[str, ...]]]] = {
    "good.csv": (text(GOOD, row(1)), 2, {}),
    "header_wrong.csv": (text(row(2), header=HEADER.replace("user_id", "user")), 1, {1: ("file_header",)}),
    "header_in_another_order.csv": (
        text(row(3), header=",".join(reversed(HEADER.split(",")))),
        1,
        {2: ("timestamp_not_timestamp", "duration_ms_not_integer")},
    ),
    "header_and_rows_in_another_order.csv": (
        b"\n".join(b",".join(reversed(line.split(b","))) for line in text(row(31), "u32").splitlines()),
        2,
        {3: ("too_few_fields",)},
    ),
    "header_with_more.csv": (text(row(33) + ",x", row(34), header=HEADER + ",more"), 2, {3: ("too_few_fields",)}),
    "header_named_twice.csv": (text(row(35) + ",x", header=HEADER + ",page_id"), 1, {1: ("file_header",)}),
    "header_in_utf16.csv": (text(row(36)).decode().encode("utf-16"), 1, {1: ("file_header",)}),
    "header_missing.csv": ((row(4) + "\n" + row(5) + "\n").encode(), 1, {1: ("file_header",)}),
    "header_alone.csv": (text(), 0, {}),
    "header_alone_unfinished.csv": (HEADER.encode(), 0, {}),
    "empty.csv": (b"", 1, {1: ("file_empty",)}),
    "empty_lines.csv": (b"\n\r\n\n", 1, {1: ("file_empty",)}),
    "fields.csv": (
        text(row(6), "u7", row(8) + ",more", row(9)[: -len(",5.1.0")], row(10) + ","),
        5,
        {3: ("too_few_fields",), 4: ("too_many_fields",), 5: ("too_few_fields",), 6: ("too_many_fields",)},
    ),
    "durations.csv": (
        text(
            *(row(11, duration=duration) for duration in ("0", "7200000")),
            *(row(12, duration=duration) for duration in ("soon", "1.5", " 7", "-1", "7200001", "", "9" * 30)),
        ),
        9,
        {
            4: ("duration_ms_not_integer",),
            5: ("duration_ms_not_integer",),
            6: ("duration_ms_not_integer",),
            7: ("duration_out_of_range",),
            8: ("duration_out_of_range",),
            9: ("duration_ms_missing",),
            10: ("duration_ms_not_integer",),
        },
    ),
    "dates.csv": (
        text(
            *(row(13, time=time) for time in ("2025-02-30 09:00:00", f"{DAY} 25:00:00", "yesterday", DAY)),
            *(row(14, time=time) for time in ("2025-01-04 00:00:00", "2022-12-31 23:59:59", "2025-01-03 23:59:59")),
        ),
        7,
        {
            2: ("timestamp_not_timestamp",),
            3: ("timestamp_not_timestamp",),
            4: ("timestamp_not_timestamp",),
            5: ("timestamp_not_timestamp",),
            6: ("in_the_future",),
            7: ("before_first_date",),
        },
    ),
    "several.csv": (
        text(row(15, user="", time="never", duration="-5")),
        1,
        {2: ("user_id_missing", "timestamp_not_timestamp", "duration_out_of_range")},
    ),
    "not_utf8.csv": (
        text(row(16)) + b"u\xff,2025-01-02 09:00:00,view,p1,10,5.1.0\n" + row(17, user="Jürgen 世").encode() + b"\n",
        3,
        {3: ("invalid_utf8",)},
    ),
    "crlf.csv": (text(row(18), row(19, version="5")).replace(b"\n", b"\r\n"), 2, {}),
    "bom.csv": (b"\xef\xbb\xbf" + text(row(20)), 1, {}),
    "bom_and_crlf_unfinished.csv": (b"\xef\xbb\xbf" + text(row(21), row(22))[:-1].replace(b"\n", b"\r\n"), 2, {}),
    "quotes.csv": (
        text(row(23, user='"a ""quoted"" one, with a comma"'), row(24, user='"open'), row(25, user='a"b"')),
        3,
        {3: ("unclosed_quote",), 4: ("stray_quote",)},
    ),
    "mit Leerzeichen und Ümlaut +%41 [1] {2} #3 & 'vier'.csv": (text(row(26), "broken"), 2, {3: ("too_few_fields",)}),
    "star*and?mark.csv": (text(row(27)), 1, {}),
    "09:30.csv": (text(row(28), row(29)), 1, {1: ("file_name",)}),
}
IGNORED = (
    ".hidden.csv",
    "_temporary.csv",
    "events.csv.part",
    "events.csv.tmp",
    "events.csv~",
    ".staging/events.csv",
    "notes.txt",
)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, quick_spark: Spark) -> Place:
    """One arrival that holds all of the files, and the next, which is fine."""
    root = tmp_path_factory.mktemp("bad input")  # a blank in the folder's name must not matter, either
    events = root / "landing" / "notes" / "events"
    (events / DAY).mkdir(parents=True)
    for name, (content, _, _) in FILES.items():
        (events / DAY / name).write_bytes(content)
    for name in IGNORED:
        (events / DAY / name).parent.mkdir(exist_ok=True)
        (events / DAY / name).write_bytes(text(row(50, user="nobody")))
    for arrival, day in (("2025-01-01", "2025-01-01"), ("2025-01-03", "2025-01-03")):
        (events / arrival).mkdir()
        (events / arrival / "events.csv").write_bytes(text(GOOD.replace(DAY, day)))
    users = root / "landing" / "notes" / "users" / DAY
    users.mkdir(parents=True)
    header = "user_id,join_date,country,device_type,subscription_type"
    (users / "users.csv").write_text(f"{header}\nann,2025-01-01,DE,tv,pro\n")
    place = Place(root, root / "landing")
    place.run(FEED, quick_spark)
    return place


def path_of(name: str) -> str:
    return f"notes/events/{DAY}/{name}"


def test_each_file_lands_what_is_accepted_and_rejected(ran: Place) -> None:
    landed: dict[str, int] = {}
    judged: dict[str, int] = {}
    for count in rows_of(ran.lakehouse, "notes", "counts"):
        if count["source"] == "events" and count["arrival"] == DAY:
            sums = landed if count["standing"] == "landed" else judged
            sums[count["file"]] = sums.get(count["file"], 0) + count["rows"]
    assert landed == {path_of(name): rows for name, (_, rows, _) in FILES.items()}
    assert judged == {file: rows for file, rows in landed.items() if rows}


def test_each_rejected_row_is_named_with_all_its_reasons(ran: Place) -> None:
    found: dict[str, dict[int, tuple[str, ...]]] = {}
    for seen in rows_of(ran.lakehouse, "notes", "bronze"):
        if seen["standing"] == "rejected":
            found.setdefault(seen["file"], {})[seen["line_number"]] = seen["violations"]
    assert found == {path_of(name): rejected for name, (_, _, rejected) in FILES.items() if rejected}


def test_what_is_not_utf8_is_kept_in_a_form_that_every_reader_takes(ran: Place, tmp_path: Path) -> None:
    ran.done("export", "notes/bronze", "--to", str(tmp_path / "rejected.jsonl"), "--where", "standing = 'rejected'")
    rows = [json.loads(line) for line in (tmp_path / "rejected.jsonl").read_text().splitlines()]
    raw = [seen["raw"] for seen in rows if seen["violations"] == ["invalid_utf8"]]
    assert raw == ["u\ufffd,2025-01-02 09:00:00,view,p1,10,5.1.0"]


def test_the_counts_give_a_reason_for_each_rejected_row(ran: Place) -> None:
    counts = rows_of(ran.lakehouse, "notes", "counts")
    reasons = sorted((c["file"], c["rule"]) for c in counts if c["standing"] == "rejected" for _ in range(c["rows"]))
    assert reasons == sorted(
        (path_of(name), rules[0]) for name, (_, _, rejected) in FILES.items() for rules in rejected.values()
    )


def test_the_rest_of_the_arrival_and_the_other_arrivals_are_processed(ran: Place) -> None:
    silver = rows_of(ran.lakehouse, "notes", "silver")
    good = sum(rows - len(rejected) for _, rows, rejected in FILES.values())
    assert sum(event["copies"] for event in silver) == good + 2
    users = {event["user_id"] for event in silver}
    assert {"ann", "Jürgen 世", 'a "quoted" one, with a comma', "u26", "u27", "u31", "u33"} <= users
    assert "nobody" not in users, "a hidden or temporary file is not read"
    assert {event["app_version"] for event in silver} == {"5.1.0", "5"}, "no line end stays in a field"
    assert {event["country"] for event in silver if event["user_id"] == "ann"} == {"DE"}
    days = rows_of(ran.lakehouse, "notes", "active_users")
    assert sorted(day["event_date"].isoformat() for day in days if day["dimension"] == "all" and day["dau"]) == [
        "2025-01-01",
        DAY,
    ]


def test_status_names_the_reasons(ran: Place) -> None:
    words = " ".join(ran.done("status", "notes").split())
    rejected = sum(len(rejected) for _, _, rejected in FILES.values())
    assert f"rows rejected {rejected} (" in words
    assert "file_header 4" in words and "file_empty 2" in words and "invalid_utf8 1" in words


def test_status_names_a_file_that_is_not_read_for_its_name(ran: Place) -> None:
    words = " ".join(ran.done("status", "notes").split())
    assert f"not read {path_of('notes.txt')}: expected notes/events/{{arrival}}/*.csv or notes/users" in words


def test_a_missing_landing_is_one_clear_message_and_writes_nothing(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path / "nothing here")
    ended = place.command("run", "notes")
    assert_one_message(ended, str(place.landing / "notes" / "events"), "no such folder", "TIDEBOOK_LANDING")
    assert not (place.lakehouse / "notes").exists()
    asked = place.command("status", "notes")
    assert asked.returncode == 1, "nobody knows whether something is behind"
    assert "Traceback" not in asked.stderr and "no such folder" in asked.stdout


def test_a_landing_without_arrivals_is_one_clear_message(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path / "landing")
    (place.landing / "notes" / "events").mkdir(parents=True)
    ended = place.command("run", "notes")
    assert_one_message(ended, str(place.landing), "notes/events/{arrival}/*.csv", "Nothing was changed")
    assert not (place.lakehouse / "notes").exists()


@pytest.mark.long
def test_a_lakehouse_that_cannot_be_written_is_one_clear_message_and_the_next_run_does_it(
    notes: Place, quick_spark: Spark, tmp_path: Path
) -> None:
    place = Place(tmp_path, notes.landing)
    place.lakehouse.write_text("Permissions do not bind root: a file stands where the folder should be.")
    ended = place.command("run", "notes")
    assert_one_message(ended, str(place.lakehouse), "cannot be written", "TIDEBOOK_LAKEHOUSE")
    place.lakehouse.unlink()
    place.run(FEED, quick_spark)
    assert differences(notes.lakehouse, place.lakehouse, "notes") == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.long
def test_a_full_disk_is_one_clear_message_and_the_next_run_goes_on(
    notes: Place, quick_spark: Spark, small_disk: Path, tmp_path: Path
) -> None:
    place = Place(tmp_path, notes.landing)
    place.lakehouse.symlink_to(small_disk)
    stood: set[str] = set()
    for free_kb in (40, 300, 600):
        filler = small_disk / "filler"
        filler.unlink(missing_ok=True)
        room = shutil.disk_usage(small_disk).free // 1024 - free_kb
        assert room > 0
        filler.write_bytes(os.urandom(room * 1024))
        with pytest.raises(WriteError, match="No space left on device") as raised:
            place.run(FEED, quick_spark)
        message = str(raised.value)
        assert "cannot be written" in message and "run the same command again" in message and len(message) < 500
        now = set(table_names(place.lakehouse, "notes")) if (place.lakehouse / "notes").exists() else set()
        assert now >= stood, "what was written is there"
        stood = now
    (small_disk / "filler").unlink()
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    place.run(FEED, quick_spark)
    assert differences(notes.lakehouse, place.lakehouse, "notes") == []


def assert_one_message(ended: "subprocess.CompletedProcess[str]", *parts: str) -> None:
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    message = ended.stderr
    assert message.count("error:") == 1
    for part in parts:
        assert part in message, message
