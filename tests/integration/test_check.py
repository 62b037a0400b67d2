"""The commands `tidebook check` and `tidebook contract`, as a person or a CI job calls them."""

import gzip
import json
import os
from pathlib import Path

import pytest
from places import Place

pytestmark = pytest.mark.timeout(300)

HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version"
GOOD = "ann,2025-01-03 10:15:00,view,p1,10,5.1.0"


def test_a_good_file_ends_with_0_and_a_bad_one_with_1_and_nothing_is_written(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path / "landing")
    day = tmp_path / "new" / "2025-01-03"
    day.mkdir(parents=True)
    (day / "good.csv").write_text(f"{HEADER}\n{GOOD}\n{GOOD.replace('01-03', '01-02')}\n")
    (day / "bad.csv").write_text(
        f"{HEADER}\n{GOOD.replace('ann', chr(27) + '[31m')},more\n{GOOD.replace(',10,', ',-1,')}\n"
    )
    (tmp_path / "other.csv").write_text("user,timestamp\n")
    good = place.command("check", "notes", str(day / "good.csv"))
    assert good.returncode == 0, good.stdout + good.stderr
    assert "as of arrival 2025-01-03" in good.stdout
    assert "landed 2, accepted 2, rejected 0\n  of these late 1\n" in good.stdout
    bad = place.command("check", "notes", str(day / "bad.csv"), str(tmp_path / "other.csv"))
    assert bad.returncode == 1
    assert "line 2: too_many_fields: \\u001b[31m,2025-01-03 10:15:00,view,p1,10,5.1.0,more\n" in bad.stdout
    assert "rejected duration_out_of_range 1\n" in bad.stdout
    assert "missing user_id, action_type, page_id, duration_ms, app_version; unknown user; expected" in bad.stdout
    as_json = place.command("check", "notes", str(day / "good.csv"), str(day / "bad.csv"), "--json")
    assert as_json.returncode == 1
    files = json.loads(as_json.stdout)
    assert [(file["is_good"], file["landed"], file["reasons"]) for file in files] == [
        (True, 2, {}),
        (False, 2, {"duration_out_of_range": 1, "too_many_fields": 1}),
    ]
    assert [example["line"] for example in files[1]["examples"]] == [2, 3]
    assert not place.landing.exists() and not place.lakehouse.exists()


def test_hostile_files_are_told_in_a_line_each_without_a_trace(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path / "landing")
    new = tmp_path / "2025-01-03"
    new.mkdir()
    os.mkfifo(new / "pipe.csv")
    (new / "link.csv").symlink_to("nowhere")
    (new / "folder.csv").mkdir()
    for name, words in (
        ("pipe.csv", "saw a named pipe, expected a file"),
        ("link.csv", "saw a link that leads nowhere, expected a file"),
        ("folder.csv", "saw a folder, expected a file"),
        ("\x1b[31mnone.csv", "saw no such file"),
    ):
        ended = place.command("check", "notes", str(new / name))
        assert ended.returncode == 1 and words in ended.stderr and "Traceback" not in ended.stderr
        assert "\x1b[31mnone" not in ended.stderr
    good = f"{HEADER}\n{GOOD}\n".encode()
    hostile = {
        "packed.csv": (gzip.compress(good), "file_packed: saw gzip. Files are never unpacked"),
        "zeros.csv": (bytes(8 << 20), "file_header: saw a header above 64 KB"),
        "long.csv": (
            good + b"x" * (2 << 20),
            "file_line_too_long: saw line 3 with 2,097,152 bytes, expected at most 1,048,576",
        ),
        "a\x1b[31m.csv": (good.replace(b"ann", b"a\x00\xe2\x80\xae") + b"\x1b]0;title\x07\n", "line 3: too_few_fields"),
        "year.csv": (good.replace(b"2025-01-03 ", b"0001-01-01 "), "line 2: timestamp_not_timestamp"),
    }
    for name, (content, _) in hostile.items():
        (new / name).write_bytes(content)
    (new / os.fsdecode(b"\xff.csv")).write_bytes(good)
    ended = place.command("check", "notes", *[str(new / name) for name in hostile], str(new / os.fsdecode(b"\xff.csv")))
    assert ended.returncode == 1 and "Traceback" not in ended.stdout + ended.stderr, ended.stderr
    assert [words for _, words in hostile.values() if words not in ended.stdout] == []
    assert "file_name: saw a name that is no UTF-8" in ended.stdout
    assert "\x1b" not in ended.stdout and "\x07" not in ended.stdout
    drafted = place.command("contract", "infer", str(new / "pipe.csv"))
    assert drafted.returncode == 1 and "expected a sample" in drafted.stderr


def test_a_contract_is_told_and_drafted_without_a_jvm(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path / "landing")
    told = place.done("contract", "notes", COLUMNS="160")
    assert "duration_out_of_range    reject    duration_ms is not at least 0 and at most 7200000." in told
    assert "event key  user_id, event_time, action, object_id" in told
    sample = tmp_path / "sample.csv"
    sample.write_text(f"{HEADER}\n{GOOD}\n")
    module = tmp_path / "sample.py"
    module.write_text(place.done("contract", "infer", str(sample), "--name", "drafted"))
    assert "version" in place.done("contract", "drafted", TIDEBOOK_FEEDS=str(module))
    wrong = place.command("contract", "notes", str(sample))
    assert wrong.returncode == 2 and "a file and --name go with infer" in wrong.stderr
