"""Landing: which files count, what is said when it cannot be listed, and when a file is another one."""

import os
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from resources.landing import Landing, LandingError

PATTERN = "notes/events/{arrival}/*.csv"


def put(root: Path, *paths: str) -> None:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x\n")


def listed(root: Path, pattern: str = PATTERN) -> list[str]:
    return [file.path for file in Landing(root=str(root)).files(pattern)]


def test_files_are_listed_in_order_with_their_arrival(tmp_path: Path) -> None:
    put(tmp_path, "notes/events/2025-01-04/a.csv", "notes/events/2025-01-03/b.csv", "notes/events/2025-01-03/a.csv")
    landing = Landing(root=str(tmp_path))
    assert [(file.arrival, file.path, file.size) for file in landing.files(PATTERN)] == [
        ("2025-01-03", "notes/events/2025-01-03/a.csv", 2),
        ("2025-01-03", "notes/events/2025-01-03/b.csv", 2),
        ("2025-01-04", "notes/events/2025-01-04/a.csv", 2),
    ]
    assert landing.arrivals(PATTERN) == ["2025-01-03", "2025-01-04"]
    assert [file.path for file in landing.files(PATTERN, {"2025-01-04", "2025-01-09"})] == [
        "notes/events/2025-01-04/a.csv"
    ]


def test_hidden_and_unfinished_files_do_not_count(tmp_path: Path) -> None:
    names = [
        ".a.csv", "_SUCCESS", "_a.csv", "a.csv.tmp", "a.csv.part", "a.csv.CRDOWNLOAD", "a.csv~",
        "_temporary/0/a.csv", ".hidden/a.csv", "a.tmp/b.csv",
    ]  # fmt: skip
    put(tmp_path, "notes/events/2025-01-03/a.csv", *[f"notes/events/2025-01-03/{name}" for name in names])
    assert listed(tmp_path, "notes/events/{arrival}/*") == ["notes/events/2025-01-03/a.csv"]


def test_files_of_other_names_do_not_count(tmp_path: Path) -> None:
    put(tmp_path, *[f"notes/events/2025-01-03/{name}" for name in ("a.csv", "a.txt", "A.CSV", "csv", "a.csv.gz")])
    assert listed(tmp_path) == ["notes/events/2025-01-03/a.csv"]


def test_files_of_other_names_are_told_but_for_hidden_and_unfinished_ones(tmp_path: Path) -> None:
    others = [f"notes/events/{name}" for name in ("2025-01-03/a.csv.gz", "2025-02-30/a.csv", "README", "old/a.csv")]
    put(tmp_path, *others, *[f"notes/events/2025-01-03/{name}" for name in ("a.csv", "_SUCCESS", "b.csv.tmp")])
    put(tmp_path, "notes/users/2025-01-03/a.csv", "shop/2025-01-03/a.txt")
    landing = Landing(root=str(tmp_path))
    of_users = "notes/users/{arrival}/*.csv"
    assert landing.passed_over(["notes/events/{arrival}/*.csv", of_users]) == sorted(others)
    assert landing.passed_over([of_users, "ide/{arrival}/*.csv", "{arrival}/*.csv"]) == [], "no folder, and none alone"


def test_folders_that_are_no_arrival_do_not_count(tmp_path: Path) -> None:
    put(
        tmp_path,
        *[
            f"notes/events/{name}/a.csv"
            for name in ("2025-1-3", "latest", "2025-01-03-copy", "20250103", "x2025-01-03")
        ],
    )
    assert listed(tmp_path) == []


def test_a_date_that_is_not_on_the_calendar_is_no_arrival(tmp_path: Path) -> None:
    put(tmp_path, "notes/events/2025-02-30/a.csv", "notes/events/2025-02-28/a.csv")
    assert Landing(root=str(tmp_path)).arrivals(PATTERN) == ["2025-02-28"]


def test_an_arrival_may_be_the_beginning_of_a_files_name(tmp_path: Path) -> None:
    put(tmp_path, "log/2025-01-03.log", "log/2025-01-03-b.log", "log/2025-01-03.txt")
    assert listed(tmp_path, "log/{arrival}*.log") == ["log/2025-01-03-b.log", "log/2025-01-03.log"]


@pytest.mark.parametrize(
    ("also_there", "expected"),
    [
        ([], ["2025-01-03", "2025-01-04/a.csv"]),
        (["2025-01-03/c.csv"], ["2025-01-03/a.csv", "2025-01-03/b.csv", "2025-01-04/a.csv"]),
        (["2025-01-03/.hidden"], ["2025-01-03/a.csv", "2025-01-03/b.csv", "2025-01-04/a.csv"]),
        (["2025-01-03/deeper/a.csv"], ["2025-01-03/a.csv", "2025-01-03/b.csv", "2025-01-04/a.csv"]),
    ],
    ids=["nothing", "another file", "a hidden file", "a folder"],
)
def test_a_folder_stands_for_its_files_where_nothing_else_is_in_it(
    tmp_path: Path, also_there: list[str], expected: list[str]
) -> None:
    events = "notes/events/"
    put(tmp_path, *[events + path for path in ("2025-01-03/a.csv", "2025-01-03/b.csv", "2025-01-04/a.csv")])
    put(tmp_path, events + "2025-01-04/not wanted.csv")
    landing = Landing(root=str(tmp_path))
    wanted = [file for file in landing.files(PATTERN) if "not wanted" not in file.path]
    put(tmp_path, *[events + path for path in also_there])
    assert landing.addresses(wanted) == [f"{landing.uri}/{events}{path}" for path in expected]


def faults(root: Path) -> dict[str, str]:
    return {Path(file.path).name: file.fault for file in Landing(root=str(root)).files(PATTERN)}


def test_what_is_no_file_is_listed_with_what_it_is_and_is_not_opened(tmp_path: Path) -> None:
    root = tmp_path / "landing"
    put(root, "notes/events/2025-01-03/a.csv", "notes/events/2025-01-03/.folder/a.csv")
    put(tmp_path, "elsewhere/a.csv")
    folder = root / "notes/events/2025-01-03"
    os.mkfifo(folder / "pipe.csv")
    for name, target in {
        "inside": "a.csv",
        "nowhere": "b.csv",
        "itself": "itself.csv",
        "out": "../../../../elsewhere/a.csv",
        "device": "/dev/zero",
        "folder": ".folder",
    }.items():
        (folder / f"{name}.csv").symlink_to(target)
    out = "a link that leads out of landing"
    assert faults(root) == {
        "a.csv": "",
        "inside.csv": "",
        "pipe.csv": "a named pipe",
        "nowhere.csv": "a link that leads nowhere",
        "itself.csv": "a link that leads to itself, or where nobody may go",
        "out.csv": out,
        "device.csv": out,
        "folder.csv": "a link to a folder, which is not followed",
    }


def test_an_arrival_that_is_a_link_out_of_landing_is_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "landing"
    put(root, "notes/events/2025-01-03/a.csv", "kept/b.csv")
    put(tmp_path, "elsewhere/c.csv")
    (root / "notes/events/2025-01-04").symlink_to("../../kept")
    (root / "notes/events/2025-01-05").symlink_to("../../../elsewhere")
    (root / "notes/events/2025-01-06").symlink_to("2025-01-06")
    assert faults(root) == {"a.csv": "", "b.csv": "", "c.csv": "a link that leads out of landing"}


def test_a_name_that_is_no_text_is_spelled_out(tmp_path: Path) -> None:
    folder = tmp_path / "notes/events/2025-01-03"
    folder.mkdir(parents=True)
    for name in (b"a\xffb.csv", "ä\n.csv".encode()):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("x\n")
    assert [(file.path[-10:], file.has_text_name) for file in Landing(root=str(tmp_path)).files(PATTERN)] == [
        ("a\\xffb.csv", False),
        ("01-03/ä\n.csv"[-10:], True),
    ]


def test_arrivals_before_1970_and_beyond_tomorrow_do_not_count(tmp_path: Path) -> None:
    tomorrow = datetime.now(timezone.utc).date() + timedelta(days=1)
    later = tomorrow + timedelta(days=2)  # not one day: midnight may pass
    days = ["0001-01-01", "1969-12-31", "1970-01-01", f"{tomorrow}", f"{later}", "9999-12-31"]
    put(tmp_path, *[f"notes/events/{day}/a.csv" for day in days])
    assert Landing(root=str(tmp_path)).arrivals(PATTERN) == ["1970-01-01", f"{tomorrow}"]


def test_a_missing_folder_says_where_what_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LandingError) as caught:
        listed(tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}/notes/events: saw no such folder, expected arrivals such as ")
    assert "notes/events/2025-01-31/*.csv" in message
    assert "TIDEBOOK_LANDING" in message
    assert "tidebook generate" in message
    assert "\n" not in message


LIST = """
import os, sys
from resources.landing import Landing
if os.geteuid() == 0:
    os.setuid(65534)  # nothing is closed to root
Landing(root=sys.argv[1]).files("log/{arrival}/*.log")
"""


def test_an_arrival_that_cannot_be_listed_stops_the_listing() -> None:
    with tempfile.TemporaryDirectory() as root:  # not tmp_path, which other users may not enter
        put(Path(root), "log/2025-01-03/a.log", "log/2025-01-04/a.log")
        Path(root).chmod(0o755)
        (Path(root) / "log/2025-01-03").chmod(0)
        done = subprocess.run([sys.executable, "-c", LIST, root], capture_output=True, text=True)
        (Path(root) / "log/2025-01-03").chmod(0o755)
    assert "LandingError" in done.stderr
    assert "Permission denied" in done.stderr


def fingerprint(root: Path) -> str:
    [file] = Landing(root=str(root)).files(PATTERN)
    return file.fingerprint


def test_a_fingerprint_stays_while_the_file_does(tmp_path: Path) -> None:
    put(tmp_path, "notes/events/2025-01-03/a.csv")
    assert fingerprint(tmp_path) == fingerprint(tmp_path)
    assert len(fingerprint(tmp_path)) == 16


@pytest.mark.parametrize("change", ["content", "time", "name"])
def test_a_fingerprint_changes_with_the_files(change: str, tmp_path: Path) -> None:
    put(tmp_path, "notes/events/2025-01-03/a.csv")
    file = tmp_path / "notes/events/2025-01-03/a.csv"
    os.utime(file, ns=(1, 1))
    before = fingerprint(tmp_path)
    if change == "content":
        file.write_text("longer\n")
        os.utime(file, ns=(1, 1))
    elif change == "time":
        os.utime(file, ns=(1, 2))
    else:
        file.rename(file.with_name("b.csv"))
    assert fingerprint(tmp_path) != before


def test_landing_that_was_moved_has_the_same_fingerprints(tmp_path: Path) -> None:
    put(tmp_path / "one", "notes/events/2025-01-03/a.csv")
    before = fingerprint(tmp_path / "one")
    (tmp_path / "one").rename(tmp_path / "two")
    assert fingerprint(tmp_path / "two") == before


def test_other_content_of_the_same_size_under_the_same_time_has_another_fingerprint(tmp_path: Path) -> None:
    put(tmp_path, "notes/events/2025-01-03/a.csv")
    file = tmp_path / "notes/events/2025-01-03/a.csv"
    os.utime(file, ns=(10**18, 10**18))
    before, content = fingerprint(tmp_path), file.read_bytes()
    file.write_bytes(content[::-1])
    os.utime(file, ns=(10**18, 10**18))
    assert fingerprint(tmp_path) != before


def test_listing_changes_nothing(tmp_path: Path) -> None:
    put(tmp_path, "notes/events/2025-01-03/a.csv", "notes/events/2025-01-03/a.csv.tmp")
    before = sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))
    listed(tmp_path)
    assert sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*")) == before


def test_a_file_that_was_put_back_with_its_time_has_its_fingerprint_and_another_mark(tmp_path: Path) -> None:
    put(tmp_path, "notes/events/2025-01-01/a.csv")
    path, landing = tmp_path / "notes/events/2025-01-01/a.csv", Landing(root=str(tmp_path))
    written = 1_700_000_000_123_456_789
    os.utime(path, ns=(written, written))
    [before] = landing.files(PATTERN)
    path.write_text("y\n")
    path.write_text("x\n")
    os.utime(path, ns=(written, written))
    [after] = landing.files(PATTERN)
    assert after.fingerprint == before.fingerprint
    assert after.mark != before.mark
