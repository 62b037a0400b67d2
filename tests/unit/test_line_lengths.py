"""Lengths of lines: the first that is too long is told, whatever the blocks and pieces; packed files by their signs."""

import gzip
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources import line_lengths
from resources.line_lengths import LineLengths, first_too_long
from resources.packed import has_packed_name, packed_as

PIECES = st.sampled_from([b"\n", b"a", b"bbbb", b"c" * 9, b"\r\n"])


def told(text: bytes, block: int, piece: int) -> tuple[int, int] | None:
    """The first line above seven bytes, of a text that is read in such blocks and pieces."""
    blocks = []
    for start in range(0, max(len(text), 1), block):
        own, lengths = text[start : start + block], LineLengths()
        for at in range(0, len(own), piece):
            lengths.taken(own[at : at + piece])
        blocks.append({"newlines": own.count(b"\n"), **lengths.told()})
    return first_too_long(blocks)


@given(text=st.lists(PIECES, max_size=12).map(b"".join), block=st.integers(1, 20), piece=st.integers(1, 9))
def test_the_first_line_that_is_too_long_is_told_with_its_number_and_bytes(text: bytes, block: int, piece: int) -> None:
    lines = enumerate(text.split(b"\n"), 1)
    expected = next(((number, len(line)) for number, line in lines if len(line) > 7), None)
    with patch.object(line_lengths, "LONGEST_LINE", 7):
        assert told(text, block, piece) == expected


@pytest.mark.parametrize(
    ("begin", "name"),
    [
        (gzip.compress(b"a", mtime=0), "gzip"),  # with a time both halves of a parallel run would name it otherwise
        (b"PK\x03\x04", "zip"),
        (b"BZh91AY&SY", "bzip2"),
        (b"BZh9 is no bzip2", ""),
        (b"user_id,timestamp", ""),
        (b"", ""),
    ],
)
def test_a_packed_file_is_told_by_how_it_begins(begin: bytes, name: str) -> None:
    assert packed_as(begin) == name


def test_names_for_which_spark_would_unpack_a_file_are_told() -> None:
    assert [has_packed_name(f"2025-01-03/a.csv{end}") for end in (".gz", ".zst", ".GZ", "", ".gz.csv")] == [
        True, True, False, False, False,
    ]  # fmt: skip
