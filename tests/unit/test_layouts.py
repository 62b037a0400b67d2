"""Headers: where each column of a contract stands in the lines of a file, and what is said where it does not."""

import pandera.pyspark as pa
import pyspark.sql.types as T
import pytest

from analytics_assets.feeds.formats import Csv
from analytics_assets.layers.layouts import HeaderFault, Layout, layout
from analytics_assets.layers.reading import Reading
from analytics_assets.transforms.contract import contract_of


class Opening(pa.DataFrameModel):
    """A contract whose last column may be missing."""

    person: T.StringType
    at: T.TimestampType = pa.Field(metadata={"key": "At"})
    note: T.StringType = pa.Field(nullable=True)


class Loose(pa.DataFrameModel):
    """A contract all of whose columns may be missing."""

    one: T.StringType = pa.Field(nullable=True)
    two: T.StringType = pa.Field(nullable=True)


CONTRACT = contract_of(Opening)
CSV = Csv(header=True, other_seps=(";", "\t"))


@pytest.mark.parametrize(
    ("header", "sep", "places"),
    [
        ("person,At,note", ",", (0, 1, 2)),
        ("note,At,person", ",", (2, 1, 0)),
        ('"person","At","note"', ",", (0, 1, 2)),
        ("At;person", ";", (1, 0, None)),
        ("x\tAt\ty\tperson\tnote", "\t", (3, 1, 4)),
        ('"a;b",person,At', ",", (1, 2, None)),
        ("a,b;person;At", ";", (1, 2, None)),
    ],
)
def test_columns_stand_where_the_header_names_them(header: str, sep: str, places: tuple[int | None, ...]) -> None:
    found = layout(header, CONTRACT, CSV)
    assert (found.sep, found.places) == (sep, places)
    assert found.is_usual is (places == (0, 1, 2))


def test_a_file_without_a_header_has_the_columns_of_the_contract() -> None:
    found = layout(None, CONTRACT, Csv(sep=" "))
    assert found == Layout(sep=" ", places=(0, 1, 2), width=3)
    assert found.is_usual


def test_a_header_that_has_a_column_more_or_less_is_not_the_usual_one() -> None:
    assert not layout("person,At", CONTRACT, CSV).is_usual
    assert not layout("person,At,note,more", CONTRACT, CSV).is_usual


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("person,note,time", "saw the header 'person,note,time': missing At; unknown time; expected 'person,At,note'"),
        ("at,person", "missing At; unknown at"),
        (" person,At", "missing person; unknown  person"),
        ("person;At;At", "twice At"),
        ("person|At|note", "missing person, At; unknown person|At|note"),
        ("ann,2025-01-02 10:00:00,", "missing person, At; unknown ann, 2025-01-02 10:00:00, ;"),
        ("p\x00e\x00r\x00", "It looks like UTF-16, which the feed does not declare"),
        ("person\rAt,x", "missing person, At"),
        ("x" * 1000, "unknown " + "x" * 300 + "\u2026;"),
        (",".join(f"c{n}" for n in range(30)), "c8, c9 and 20 more"),
    ],
)
def test_what_is_wrong_with_a_header_is_spelled_out(header: str, said: str) -> None:
    with pytest.raises(HeaderFault) as raised:
        layout(header, CONTRACT, CSV)
    assert said in str(raised.value)


def test_a_header_without_any_column_of_the_contract_is_none_though_all_may_be_missing() -> None:
    assert layout("two,x", contract_of(Loose), CSV).places == (None, 0)
    with pytest.raises(HeaderFault, match="missing one, two; unknown three, four"):
        layout("three,four", contract_of(Loose), CSV)


def test_drift_is_told_once_for_all_files_in_which_it_is_alike() -> None:
    headers = {
        "a": "person,At,x,y",
        "b": "note,At,person",
        "c": "At,x,y,person",
        "d": "person,At,note",
        "e": "z,person,At",
    }
    layouts = {path: layout(header, CONTRACT, CSV) for path, header in headers.items()}
    drift = Reading(files=[], rows={}, content={}, quarantined=[], layouts=layouts).drift
    assert drift == [
        "a and 1 more files: unknown columns x, y; missing columns, which may be null, note",
        "e: unknown columns z; missing columns, which may be null, note",
    ]


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"other_seps": (";",)}, "other_seps: saw .*, expected header=True"),
        ({"header": True, "other_seps": ("||",)}, r"other_seps: saw '\|\|', expected one character"),
        ({"encodings": ("latin-1",)}, "encodings: saw .*, expected 'utf-8' and maybe others of"),
        ({"encodings": ("utf-8", "cp1252")}, "encodings: saw"),
    ],
)
def test_a_format_that_nothing_can_tell_apart_is_refused(declared: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Csv(**declared)  # type: ignore[arg-type]
