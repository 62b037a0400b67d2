"""Records: files of JSON arrays, counted and read, and objects as rows of a contract."""

import io
import json
from collections.abc import Collection
from pathlib import Path

import pandera.pyspark as pa
import pyspark.sql.types as T
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.testing import assertDataFrameEqual

from analytics_assets.transforms.contract import contract_of
from analytics_assets.transforms.records import judge_records
from resources import json_elements
from resources.landing import LandedFile, Landing
from resources.limits import LONGEST_RECORD
from resources.records import FileRecords, count_records, read_records
from resources.spark import Spark


class Record(pa.DataFrameModel):
    """A small contract."""

    id: T.StringType
    country: T.StringType = pa.Field(nullable=True, metadata={"key": "$country"})
    more: T.StringType = pa.Field(nullable=True)


def landed(root: Path, **files: bytes) -> list[LandedFile]:
    folder = root / "aqua" / "2025-01-03"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.json").write_bytes(content)
    return Landing(root=str(root)).files("aqua/{arrival}/*.json")


def counted(spark_resource: Spark, root: Path, content: bytes) -> FileRecords:
    [file] = landed(root, only=content)
    return count_records(spark_resource, [file])[file.path]


def numbers(spark_resource: Spark, files: list[LandedFile]) -> dict[str, int]:
    return {path: found.records for path, found in count_records(spark_resource, files).items()}


def test_elements_are_read_with_their_place_as_they_are_written(spark_resource: Spark, tmp_path: Path) -> None:
    files = landed(tmp_path, one=b'\xef\xbb\xbf[{"id": "a"},\n 17, null]', two=b"[]", three=b'[{"id": "\xc3\xa4"}]')
    of_file = numbers(spark_resource, files)
    assert {Path(path).stem: number for path, number in of_file.items()} == {"one": 3, "two": 0, "three": 1}
    found = read_records(spark_resource.session, Landing(root=str(tmp_path)), files, of_file)
    arrival = "2025-01-03"
    folder = f"aqua/{arrival}"
    expected = [
        (arrival, f"{folder}/one.json", 1, '{"id":"a"}'),
        (arrival, f"{folder}/one.json", 2, "17"),
        (arrival, f"{folder}/one.json", 3, None),
        (arrival, f"{folder}/three.json", 1, '{"id":"ä"}'),
    ]
    assertDataFrameEqual(found, expected)


class NamedByFolder(Landing):
    """Names folders, whatever stands in them: as if the rest had landed just then."""

    def addresses(self, files: Collection[LandedFile]) -> list[str]:
        return sorted({file.uri.rpartition("/")[0] for file in files})


def test_a_file_that_lands_after_the_listing_is_left_out(spark_resource: Spark, tmp_path: Path) -> None:
    files = landed(tmp_path, one=b"[1]")
    landed(tmp_path, later=b"[2]")
    found = read_records(
        spark_resource.session, NamedByFolder(root=str(tmp_path)), files, numbers(spark_resource, files)
    )
    assertDataFrameEqual(found, [("2025-01-03", "aqua/2025-01-03/one.json", 1, "1")])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "saw nothing"),
        (b'{"id": 1}', "saw '{' first, expected an array of records"),
        (b'[{"id": 1},', "saw Expecting value at character 12"),
        (b"[1 2]", "saw '2' after record 1, expected a comma or the array's end"),
        (b'[1, {"a" 2}]', "saw Expecting ':' delimiter at character 10"),
        (b"[NaN]", "saw NaN, which is no JSON"),
        (b"[] []", "saw '[' after the array's end, at character 4"),
        (b'["\xff"]', "saw a byte at 2 that is not UTF-8"),
        (b"\0" * 9_000_000, r"saw '\x00' first, expected an array of records"),
    ],
)
def test_a_file_that_is_no_array_says_what_it_is(
    spark_resource: Spark, tmp_path: Path, content: bytes, words: str
) -> None:
    found = counted(spark_resource, tmp_path, content)
    assert (found.fault, found.seen) == ("no array", words)


def nested(depth: int) -> bytes:
    return b'[{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}]"


def long_record(length: int) -> bytes:
    return b'["' + b"x" * (length - 2) + b'"]'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[" * 100_000, "saw record 1 with more than 100 arrays or objects inside each other"),
        (b"[1," + nested(10_000)[1:], "saw record 2 with more than 100 arrays or objects inside each other"),
        (nested(101), "saw record 1 with more than 100 arrays or objects inside each other"),
        (b"[" + b"7" * 1001 + b"]", "saw a number of 1,001 characters, expected at most 1,000"),
        (long_record(LONGEST_RECORD + 1), "saw record 1 above 1,048,576 characters, or without an end"),
        (long_record(9 * LONGEST_RECORD), "saw record 1 above 1,048,576 characters, or without an end"),
    ],
)
def test_a_record_above_a_limit_says_which(spark_resource: Spark, tmp_path: Path, content: bytes, words: str) -> None:
    found = counted(spark_resource, tmp_path, content)
    assert (found.fault, found.seen) == ("too large", words)


@pytest.mark.parametrize(
    "content",
    [nested(100), b'["' + b"[" * 5000 + b'"]', b"[" + b"7" * 1000 + b"]", long_record(LONGEST_RECORD)],
    ids=["depth", "brackets in a text", "number", "length"],
)
def test_a_record_at_a_limit_is_read(spark_resource: Spark, tmp_path: Path, content: bytes) -> None:
    [file] = landed(tmp_path, only=content)
    of_file = numbers(spark_resource, [file])
    assert of_file == {file.path: 1}
    read = read_records(spark_resource.session, Landing(root=str(tmp_path)), [file], of_file).where("raw IS NOT NULL")
    assert read.count() == 1


def test_a_file_that_sparks_own_reader_refuses_has_as_many_rows_as_were_counted(
    spark_resource: Spark, tmp_path: Path
) -> None:
    files = landed(tmp_path, one=b"[1, 2, x]")
    found = read_records(spark_resource.session, Landing(root=str(tmp_path)), files, {files[0].path: 3})
    assert [(row.line_number, row.raw) for row in found.collect()] == [(1, None), (2, None), (3, None)]


def test_elements_are_counted_alike_whatever_the_pieces_in_which_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = [[1.5e10, -3, "ü😀", {"a": [True, None, {}]}, "x" * 40], [], [[[]]], [12345678901234567890, 1e-5]]
    for piece in range(1, 60):
        monkeypatch.setattr(json_elements, "PIECE", piece)
        for array in arrays:
            octets = json.dumps(array, ensure_ascii=False, indent=piece % 3 or None).encode()
            assert json_elements.count_elements(io.BytesIO(octets).read) == len(array)


def test_the_digest_of_a_file_is_that_of_its_bytes(spark_resource: Spark, tmp_path: Path) -> None:
    files = landed(tmp_path, one=b"[1]", same=b"[1]", other=b"[2]")
    content = {Path(path).stem: found.content for path, found in count_records(spark_resource, files).items()}
    assert content["one"] == content["same"] != content["other"]


def test_a_record_becomes_the_columns_of_its_keys(spark: SparkSession) -> None:
    records = [
        '{"id": "a", "$country": "DE"}',
        '{"id": 12345678901234567890}',
        '{"id": "", "$country": null}',
        '{"id": "b", "country": "no key of ours", "x": {"y": [1]}}',
        "17",
        None,
    ]
    raw = spark.createDataFrame([(place, record) for place, record in enumerate(records)], "place int, raw string")
    found = judge_records(raw, contract_of(Record), "more").drop("raw")
    expected = [
        (0, "a", "DE", None, None),
        (1, "12345678901234567890", None, None, None),
        (2, None, None, None, ["id_missing"]),
        (3, "b", None, '{"country":"no key of ours","x":"{\\"y\\":[1]}"}', None),
        (4, None, None, None, ["not_an_object"]),
        (5, None, None, None, ["not_an_object"]),
    ]
    assertDataFrameEqual(found.select("place", "id", "country", "more", "violations"), expected)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(JSON, max_size=5), min_size=1, max_size=20))
def test_what_is_counted_from_the_bytes_is_what_is_read(
    spark_resource: Spark, tmp_path_factory: pytest.TempPathFactory, arrays: list[list[object]]
) -> None:
    root = tmp_path_factory.mktemp("arrays")
    files = landed(root, **{f"f{place}": json.dumps(array).encode() for place, array in enumerate(arrays)})
    of_file = numbers(spark_resource, files)
    read = (
        read_records(spark_resource.session, Landing(root=str(root)), files, of_file).groupBy("file").count().collect()
    )
    assert {row["file"]: row["count"] for row in read} == {path: number for path, number in of_file.items() if number}
