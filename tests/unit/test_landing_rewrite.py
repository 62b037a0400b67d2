"""A file of landing without some rows: every other byte is as it was, and a reader sees the one or the other file."""

import codecs
import io
import json
import os
from collections.abc import Collection
from functools import partial
from pathlib import Path

import pytest

from resources.landing import Landing, LandingError
from resources.landing_rewrite import copy_lines, copy_records, rewrite

BOM = codecs.BOM_UTF8


def lines(octets: bytes, left_out: Collection[int], encoding: str = "utf-8") -> bytes:
    target = io.BytesIO()
    copy_lines(io.BytesIO(octets), target, left_out, encoding)
    return target.getvalue()


def records(octets: bytes, left_out: Collection[int]) -> bytes:
    target = io.BytesIO()
    copy_records(io.BytesIO(octets), target, left_out)
    return target.getvalue()


def test_header_line_ends_and_bytes_that_are_no_text_stay() -> None:
    text = BOM + b"a,b\r\n1,x\r\n\r\n2,\xff\xfe\r\n3,z"
    assert lines(text, {2}) == BOM + b"a,b\r\n\r\n2,\xff\xfe\r\n3,z"
    assert lines(text, {5}) == BOM + b"a,b\r\n1,x\r\n\r\n2,\xff\xfe\r\n"
    assert lines(text, set()) == text


def test_a_byte_order_mark_stays_where_the_first_line_goes() -> None:
    assert lines(BOM + b"1,x\n2,y\n", {1}) == BOM + b"2,y\n"


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_wide_text_keeps_its_order_of_bytes(codec: str) -> None:
    bom = codecs.BOM_UTF16_LE if codec == "utf-16-le" else codecs.BOM_UTF16_BE
    text = "a,b\r\nĊ,1\r\nann,2\r\n"  # U+010A has a line feed's byte in it
    assert lines(bom + text.encode(codec), {3}, "utf-16") == bom + "a,b\r\nĊ,1\r\n".encode(codec)


@pytest.mark.parametrize(
    ("left_out", "expected"),
    [
        ({1}, b' [ 17 ,\n {"b" : "],["}\n]\n'),
        ({2}, b' [ {"a": 1.50} ,\n {"b" : "],["}\n]\n'),
        ({3}, b' [ {"a": 1.50},  17\n]\n'),
        ({1, 2, 3}, b" [ \n]\n"),
        (set(), b' [ {"a": 1.50},  17 ,\n {"b" : "],["}\n]\n'),
    ],
)
def test_records_that_stay_are_as_they_were(left_out: set[int], expected: bytes) -> None:
    text = b' [ {"a": 1.50},  17 ,\n {"b" : "],["}\n]\n'
    found = records(text, left_out)
    assert found == expected
    assert json.loads(found) == [one for at, one in enumerate(json.loads(text), 1) if at not in left_out]


def test_an_empty_array_and_a_byte_order_mark_stay() -> None:
    assert records(BOM + b"[]", set()) == BOM + b"[]"
    assert records(BOM + b"[1]", {1}) == BOM + b"[]"


def test_a_file_is_replaced_as_a_whole_with_its_rights(tmp_path: Path) -> None:
    file = tmp_path / "notes/2025-01-01/a.csv"
    file.parent.mkdir(parents=True)
    file.write_text("h\nann\nbob\n")
    file.chmod(0o640)
    landing = Landing(root=str(tmp_path))
    (landed,) = landing.files("notes/{arrival}/*.csv")
    rewrite(landing, landed, partial(copy_lines, left_out={2}, encoding="utf-8"))
    assert file.read_text() == "h\nbob\n"
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in file.parent.iterdir()] == ["a.csv"]


def test_a_file_that_changes_meanwhile_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "notes/2025-01-01/a.csv"
    file.parent.mkdir(parents=True)
    file.write_text("h\nann\n")
    landing = Landing(root=str(tmp_path))
    (landed,) = landing.files("notes/{arrival}/*.csv")
    file.write_text("h\nann\nbob\n")
    os.utime(file, (1, 1))
    with pytest.raises(LandingError, match="changed while it was written anew"):
        rewrite(landing, landed, partial(copy_lines, left_out={2}, encoding="utf-8"))
    assert file.read_text() == "h\nann\nbob\n"
    assert [path.name for path in file.parent.iterdir()] == ["a.csv"]
