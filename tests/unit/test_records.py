"""Records: files of JSON arrays, counted and read, and objects as rows of a contract."""

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
from resources.landing import LandedFile, Landing
from resources.records import count_records, read_records


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


def seen(spark: SparkSession, root: Path, content: bytes) -> str | None:
    [file] = landed(root, only=content)
    return count_records(spark, [file])[file.path].seen


def test_elements_are_read_with_their_place_as_they_are_written(spark: SparkSession, tmp_path: Path) -> None:
    files = landed(tmp_path, one=b'\xef\xbb\xbf[{"id": "a"},\n 17, null]', two=b"[]", three=b'[{"id": "\xc3\xa4"}]')
    assert {Path(path).stem: found.records for path, found in count_records(spark, files).items()} == {
        "one": 3, "two": 0, "three": 1,
    }  # fmt: skip
    found = read_records(spark, Landing(root=str(tmp_path)), files)
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


def test_a_file_that_lands_after_the_listing_is_left_out(spark: SparkSession, tmp_path: Path) -> None:
    files = landed(tmp_path, one=b"[1]")
    landed(tmp_path, later=b"[2]")
    found = read_records(spark, NamedByFolder(root=str(tmp_path)), files)
    assertDataFrameEqual(found, [("2025-01-03", "aqua/2025-01-03/one.json", 1, "1")])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "saw nothing"),
        (b'{"id": 1}', "saw one dict, expected an array of records"),
        (b'[{"id": 1},', "saw "),
        (b"[NaN]", "saw NaN, which is no JSON"),
        (b"[] []", "saw Extra data"),
        (b'["\xff"]', "saw a byte at 2 that is not UTF-8"),
        (b"[" * 100_000, "saw arrays or objects inside each other a thousand deep"),
    ],
)
def test_a_file_that_is_no_array_says_what_it_is(
    spark: SparkSession, tmp_path: Path, content: bytes, words: str
) -> None:
    assert (seen(spark, tmp_path, content) or "").startswith(words)


def test_the_digest_of_a_file_is_that_of_its_bytes(spark: SparkSession, tmp_path: Path) -> None:
    files = landed(tmp_path, one=b"[1]", same=b"[1]", other=b"[2]")
    content = {Path(path).stem: found.content for path, found in count_records(spark, files).items()}
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
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, arrays: list[list[object]]
) -> None:
    root = tmp_path_factory.mktemp("arrays")
    files = landed(root, **{f"f{place}": json.dumps(array).encode() for place, array in enumerate(arrays)})
    counted = count_records(spark, files)
    read = read_records(spark, Landing(root=str(root)), files).groupBy("file").count().collect()
    assert {row["file"]: row["count"] for row in read} == {p: f.records for p, f in counted.items() if f.records}
