"""Lines: counted from bytes and read by Spark, two ways that must agree whatever stands in a file."""

import codecs
from pathlib import Path

import pyspark.sql.functions as F
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from resources.landing import Landing
from resources.line_counts import FileLines, count_lines
from resources.lines import one_file_a_task, read_lines
from resources.spark import spark_config

BOM = codecs.BOM_UTF8
BLOCK_SIZE = "spark.sql.files.maxPartitionBytes"
PATTERN = "logs/{arrival}/*.log"
Lines = list[tuple[int, bytes]]
"""Number and bytes of each line."""


def by_hand(content: bytes) -> Lines:
    """The non-empty lines of a file, numbered from 1."""
    lines = [line.removesuffix(b"\r") for line in content.removeprefix(BOM).split(b"\n")]
    return [(number, line) for number, line in enumerate(lines, 1) if line]


def both_ways(
    spark: SparkSession, root: Path, files: dict[str, bytes], header: bool = False, encoding: str = "utf-8"
) -> tuple[dict[str, FileLines], dict[str, Lines]]:
    """Lines as they are counted, and as they are read, by the name of the file."""
    folder = root / "logs" / "2025-01-03"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    landing = Landing(root=str(root))
    landed = landing.files(PATTERN)
    with one_file_a_task(spark):
        counted = count_lines(spark, landed, ["utf-8", encoding])
        lines = read_lines(spark, landing.uri, landed, counted, header, encoding)
        rows = lines.select("file", "line_number", F.col("raw").cast("binary").alias("octets")).collect()
    read: dict[str, Lines] = {name: [] for name in files}
    for row in rows:
        read[Path(row.file).name].append((row.line_number, bytes(row.octets)))
    return {Path(path).name: found for path, found in counted.items()}, {
        name: sorted(found) for name, found in read.items()
    }


HOSTILE = {
    "empty": b"",
    "one_line": b"a\n",
    "no_final_newline": b"a\nb",
    "crlf": b"a\r\nb\r\n",
    "crlf_without_the_last": b"a\r\nb",
    "mixed_ends": b"a\nb\r\nc\n",
    "blank_lines_first": b"\n\r\n\na\n",
    "blank_lines_between": b"a\n\n\r\n\nb\n",
    "blank_lines_last": b"a\n\n\r\n\n",
    "only_blank_lines": b"\n\r\n\n",
    "one_newline": b"\n",
    "one_carriage_return": b"\r",
    "crlf_alone": b"\r\n",
    "carriage_return_at_the_end": b"a\nb\r",
    "carriage_return_alone_on_the_last_line": b"a\n\r",
    "two_carriage_returns": b"a\r\r\n\r\r\nb\n",
    "carriage_return_inside": b"a\rb\nc\rd\n",
    "old_mac": b"a\rb\rc\r",
    "bom": BOM + b"a\nb\n",
    "bom_alone": BOM,
    "bom_and_newline": BOM + b"\na\n",
    "bom_and_crlf": BOM + b"\r\na\n",
    "bom_and_carriage_return": BOM + b"\r",
    "bom_twice": BOM + BOM + b"a\n",
    "bom_inside": b"a\n" + BOM + b"b\n",
    "invalid_utf8": b"\xff\xfe\na\xc3\nb\x80c\n",
    "nul": b"a\x00b\n\x00\n",
    "blanks": b" \n\t\n  a \n",
    "other_separators": "a\u2028b\u0085c\x0bd\x0ce\x1ef\n".encode(),
    "umlauts": "ä€😀\nö\n".encode(),
    "long_line": b"x" * 100_000 + b"\ny",
}


@pytest.fixture(scope="module")
def hostile(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, FileLines], dict[str, Lines]]:
    files = {f"{name}.log": content for name, content in HOSTILE.items()}
    return both_ways(spark, tmp_path_factory.mktemp("landing"), files)


@pytest.mark.parametrize("name", HOSTILE)
def test_lines_are_counted_and_read_alike_from(
    name: str, hostile: tuple[dict[str, FileLines], dict[str, Lines]]
) -> None:
    counted, read = hostile
    expected = by_hand(HOSTILE[name])
    assert read[f"{name}.log"] == expected
    assert counted[f"{name}.log"].lines == len(expected)


def test_the_traits_of_a_text_are_seen(hostile: tuple[dict[str, FileLines], dict[str, Lines]]) -> None:
    counted, _ = hostile
    assert (counted["crlf.log"].has_cr, counted["one_line.log"].has_cr) == (True, False)
    assert {name for name in HOSTILE if counted[f"{name}.log"].has_quote} == {
        name for name, text in HOSTILE.items() if b'"' in text
    }
    assert [counted[f"{name}.log"].is_text for name in ("invalid_utf8", "umlauts", "bom", "nul")] == [
        False,
        True,
        True,
        True,
    ]
    assert [counted[f"{name}.log"].first_line for name in ("bom", "crlf", "empty")] == ["a", "a\r", ""]


def test_a_header_is_no_row_and_the_first_row_is_line_two(spark: SparkSession, tmp_path: Path) -> None:
    header = b"one,two"
    files = {
        "alone.log": header,
        "with_newline.log": header + b"\n",
        "bom.log": BOM + header + b"\r\n1,2\r\n",
        "blank_after.log": header + b"\n\n1,2",
        "twice.log": header + b"\n" + header + b"\n",
    }
    counted, read = both_ways(spark, tmp_path, files, header=True)
    assert read == {name: by_hand(content)[1:] for name, content in files.items()}
    assert {name: found.lines - 1 for name, found in counted.items()} == {
        name: len(found) for name, found in read.items()
    }


@pytest.mark.parametrize("block", [64, 333, 1000])
def test_a_file_of_many_blocks_keeps_its_lines_and_their_numbers(
    spark: SparkSession, tmp_path: Path, block: int
) -> None:
    content = b"".join(b"%d %s\n" % (number, b"x" * (number * 37 % 90)) for number in range(1, 120))
    exact = (b"y" * (block - 1) + b"\n") * 3  # each line ends with its block
    crlf = (b"z" * (block - 1) + b"\r\n") * 3  # each block ends between CR and LF
    with spark_config(spark, {BLOCK_SIZE: str(block)}):
        files = {"many.log": content, "exact.log": exact, "crlf.log": crlf, "headed.log": b"h\n" + content}
        counted, read = both_ways(spark, tmp_path, files)
        _, rows = both_ways(spark, tmp_path, files, header=True)
    assert read == {name: by_hand(text) for name, text in files.items()}
    assert rows == {name: by_hand(text)[1:] for name, text in files.items()}
    assert {name: found.lines for name, found in counted.items()} == {name: len(found) for name, found in read.items()}


# Not b"\xc3" alone: see test_a_character_cut_off_before_a_carriage_return_stays.
PIECES = st.sampled_from([b"\n", b"\r\n", b"\r", b"a", b"bc", b"\xff", b"\xc3a", "ü€".encode(), BOM, b"long" * 20])
CONTENTS = st.lists(PIECES, max_size=25).map(b"".join)


# Not shrunk: each step would be a Spark job, and a failing test would run into its time limit.
@settings(
    max_examples=10, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(contents=st.lists(CONTENTS, min_size=1, max_size=6), block=st.integers(8, 100))
def test_any_bytes_in_any_blocks_are_counted_and_read_alike(
    spark: SparkSession, tmp_path: Path, contents: list[bytes], block: int
) -> None:
    files = {f"{place}.log": content for place, content in enumerate(contents)}
    with spark_config(spark, {BLOCK_SIZE: str(block)}):
        counted, read = both_ways(spark, tmp_path, files)
    assert read == {name: by_hand(content) for name, content in files.items()}
    assert {name: found.lines for name, found in counted.items()} == {name: len(found) for name, found in read.items()}


WIDE_PIECES = [
    "\n",
    "\r\n",
    "\r",
    "a",
    "bc",
    "\u0a0a",
    "\u0d0a",
    "\u0a0d",
    "\u000d\u0a00",
    "\U0001f600",
    "\x00",
    "\ufeff",
]


# Not shrunk, as above.
@settings(
    max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    texts=st.lists(st.lists(st.sampled_from(WIDE_PIECES), max_size=25).map("".join), min_size=1, max_size=6),
    block=st.integers(8, 100),
    order=st.sampled_from(["utf-16-le", "utf-16-be"]),
)
def test_any_text_in_utf16_is_counted_and_read_alike(
    spark: SparkSession, tmp_path: Path, texts: list[str], block: int, order: str
) -> None:
    files = {f"{place}.log": f"\ufeff{text}".encode(order) for place, text in enumerate(texts)}
    with spark_config(spark, {BLOCK_SIZE: str(block)}):
        counted, read = both_ways(spark, tmp_path, files, encoding="utf-16")
    assert read == {f"{place}.log": by_hand(BOM + text.encode()) for place, text in enumerate(texts)}
    assert {name: found.lines for name, found in counted.items()} == {name: len(found) for name, found in read.items()}
    assert {(found.encoding, found.is_text) for found in counted.values()} == {("utf-16", True)}


def test_what_is_not_utf8_is_latin1_where_that_is_declared(spark: SparkSession, tmp_path: Path) -> None:
    files = {"one.log": "é,ü\r\n\r\nß\x85".encode("latin-1"), "two.log": b"\xff"}
    counted, read = both_ways(spark, tmp_path, files, encoding="latin-1")
    assert read == {"one.log": [(1, "é,ü".encode()), (3, "ß\x85".encode())], "two.log": [(1, "ÿ".encode())]}
    assert {name: (found.lines, found.encoding, found.first_line) for name, found in counted.items()} == {
        "one.log": (2, "latin-1", "é,ü\r"),
        "two.log": (1, "latin-1", "ÿ"),
    }


@pytest.mark.parametrize("block", [8, 9, 10, 11, 64])
def test_the_encoding_is_that_of_the_whole_file_wherever_its_blocks_end(
    spark: SparkSession, tmp_path: Path, block: int
) -> None:
    good = "aé€😀\n".encode() * 9
    files = {
        "ascii": b"a\n" * 40,
        "utf8": good,
        "marked": BOM + good + b"\xff",
        "byte_lost": good[:34] + good[35:],
        "cut_off": good[:-2],
        "byte_more": good[:30] + b"\x80" + good[30:],
        "latin1": "é\n".encode("latin-1") * 30,
        "wide": "é\n".encode("utf-16") * 3,
        "wide_cut": "é\n".encode("utf-16") + b"a",
        "lone_surrogate": codecs.BOM_UTF16_LE + b"\x00\xd8\n\x00",
    }
    landing = Landing(root=str(tmp_path))
    folder = tmp_path / "logs" / "2025-01-03"
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / f"{name}.log").write_bytes(content)
    with spark_config(spark, {BLOCK_SIZE: str(block)}):
        counted = count_lines(spark, landing.files(PATTERN), ["utf-8", "utf-16", "latin-1"])
        plain = count_lines(spark, landing.files(PATTERN))
    assert {Path(path).stem: (found.encoding, found.is_text) for path, found in counted.items()} == {
        "ascii": ("utf-8", True),
        "utf8": ("utf-8", True),
        "marked": ("utf-8", False),
        "byte_lost": ("latin-1", True),
        "cut_off": ("latin-1", True),
        "byte_more": ("latin-1", True),
        "latin1": ("latin-1", True),
        "wide": ("utf-16", True),
        "wide_cut": ("utf-16", False),
        "lone_surrogate": ("utf-16", False),
    }
    assert {found.encoding for found in plain.values()} == {"utf-8"}
    assert {Path(path).stem for path, found in plain.items() if found.is_text} == {"ascii", "utf8"}


def test_a_character_cut_off_before_a_carriage_return_stays(spark: SparkSession, tmp_path: Path) -> None:
    files = {"row_lost.log": b"\xc3\r\n", "row_changed.log": b"abc\xe2\x82\r\nd\r\n"}
    counted, read = both_ways(spark, tmp_path, files)
    assert read == {name: by_hand(content) for name, content in files.items()}
    assert {name: found.lines for name, found in counted.items()} == {"row_lost.log": 1, "row_changed.log": 2}


NAMES = [
    "a b",
    "a%20b",
    "a+b",
    "100%",
    "ä",
    "[1]",
    "{1,2}",
    "e*",
    "q?",
    "c,d",
    "h#h",
    "s;e=f",
    "(1) 'x'",
    "b\\c",
    "日本",
    "@~",
]


def test_each_line_knows_its_file_whatever_the_files_name(spark: SparkSession, tmp_path: Path) -> None:
    _, read = both_ways(spark, tmp_path, {f"{name}.log": name.encode() for name in NAMES})
    assert read == {f"{name}.log": [(1, name.encode())] for name in NAMES}


@pytest.mark.parametrize("name", ["my landing", "läufe", "50%", "a+b", "x@y", "(1)"])
def test_landing_may_stand_in_a_folder_of_any_name(spark: SparkSession, tmp_path: Path, name: str) -> None:
    _, read = both_ways(spark, tmp_path / name, {"plain.log": b"1\n", "a b.log": b"2\n"})
    assert read == {"plain.log": [(1, b"1")], "a b.log": [(1, b"2")]}


def test_signs_of_patterns_in_names_read_each_line_once(spark: SparkSession, tmp_path: Path) -> None:
    names = ["plain", "[1]", "{1,2}", "e*", "q?", "b\\c"]
    _, read = both_ways(spark, tmp_path / "landing [2]", {f"{name}.log": name.encode() for name in names})
    assert read == {f"{name}.log": [(1, name.encode())] for name in names}


def test_no_files_have_no_lines(spark: SparkSession) -> None:
    assert count_lines(spark, []) == {}


def test_one_file_a_task_puts_back_what_was_set(spark: SparkSession) -> None:
    name = "spark.sql.files.openCostInBytes"
    before = spark.conf.get(name)
    with pytest.raises(RuntimeError, match="inside"), one_file_a_task(spark):
        assert spark.conf.get(name) == str(spark.conf.get(BLOCK_SIZE)).removesuffix("b")
        raise RuntimeError("inside")
    assert spark.conf.get(name) == before
