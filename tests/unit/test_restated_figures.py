"""Restatements: what is written when a published figure changes, and that the changes tell the inputs."""

from collections.abc import Mapping
from datetime import date, datetime, timezone
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_assets.transforms.restatements import (
    LEDGER,
    METRICS,
    Figure,
    inputs,
    ledger_rows,
    newest,
    replayed,
    restated,
)

ONE, TWO = date(2025, 1, 30), date(2025, 2, 1)
AT = datetime(2025, 2, 3, 6, tzinfo=timezone.utc)
NOTHING = LEDGER.empty_table()

Content = Mapping[tuple[date, str, str], tuple[str, int]]
"""(date, arrival, file) -> (fingerprint, accepted rows)."""


def counts(content: Content, standing: str = "on_time", source: str = "events") -> pa.Table:
    """The table counts, as far as it is read: a row for each hour, here two."""
    rows = [
        {"source": source, "arrival": arrival, "file": file, "content": print_, "event_date": day, "hour": hour}
        | {"standing": standing, "rows": part}
        for (day, arrival, file), (print_, number) in content.items()
        for hour, part in ((9, number - 1), (10, 1))
    ]
    types = dict.fromkeys(("source", "arrival", "file", "content"), pa.string())
    schema = pa.schema(
        types | {"event_date": pa.date32(), "hour": pa.int32(), "standing": pa.string(), "rows": pa.int64()}
    )
    return pa.Table.from_pylist(rows, schema)


def write(ledger: pa.Table, figures: Mapping[Figure, int | None], content: Content, run: str = "r") -> pa.Table:
    """The ledger after a run found these figures, made of this content."""
    found = restated(newest(ledger), figures)
    days = {one.event_date for one in found}
    added = ledger_rows(found, replayed(ledger), inputs(counts(content), days), changed_at=AT, run_id=run)
    return pa.concat_tables([ledger, added])


def changes_of(row: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(change.values()) for change in row["changes"]]


def test_the_first_publication_names_all_files_of_the_date() -> None:
    content = {
        (ONE, "2025-01-30", "b"): ("f1", 5),
        (ONE, "2025-01-31", "a"): ("f2", 2),
        (TWO, "2025-02-01", "c"): ("f3", 9),
    }
    (row,) = write(NOTHING, {("dau", ONE): 4}, content).to_pylist()
    assert {name: row[name] for name in row if name != "changes"} == {
        "event_month": "2025-01",
        "metric": "dau",
        "event_date": ONE,
        "sequence": 0,
        "old": None,
        "new": 4,
        "changed_at": AT,
        "run_id": "r",
        "rows": 7,
    }
    assert changes_of(row) == [("2025-01-30", "b", "f1", 0, 5), ("2025-01-31", "a", "f2", 0, 2)]


def test_a_late_file_is_named_with_the_rows_that_it_brought() -> None:
    before = {(ONE, "2025-01-30", "a"): ("f1", 5)}
    ledger = write(NOTHING, {("dau", ONE): 4}, before)
    ledger = write(ledger, {("dau", ONE): 6}, {**before, (ONE, "2025-02-03", "late"): ("f9", 3)}, "second")
    row = ledger.to_pylist()[-1]
    assert (row["sequence"], row["old"], row["new"], row["rows"], row["run_id"]) == (1, 4, 6, 3, "second")
    assert changes_of(row) == [("2025-02-03", "late", "f9", 0, 3)]


def test_a_corrected_and_a_removed_file_are_told_apart() -> None:
    ledger = write(NOTHING, {("events", ONE): 9}, {(ONE, "a1", "a"): ("f1", 5), (ONE, "a1", "b"): ("f2", 4)})
    row = write(ledger, {("events", ONE): 3}, {(ONE, "a1", "a"): ("f3", 3)}).to_pylist()[-1]
    assert changes_of(row) == [("a1", "a", "f3", 5, 3), ("a1", "b", None, 4, 0)]
    assert row["rows"] == -6


def test_other_content_of_as_many_rows_is_seen_by_its_fingerprint() -> None:
    ledger = write(NOTHING, {("dau", ONE): 5}, {(ONE, "a1", "a"): ("f1", 5), (ONE, "a1", "same"): ("f0", 1)})
    row = write(ledger, {("dau", ONE): 4}, {(ONE, "a1", "a"): ("f2", 5), (ONE, "a1", "same"): ("f0", 1)}).to_pylist()[
        -1
    ]
    assert changes_of(row) == [("a1", "a", "f2", 5, 5)]
    assert row["rows"] == 0


def test_files_that_came_while_the_figure_stayed_are_named_when_it_changes() -> None:
    first = {(ONE, "a1", "a"): ("f1", 5)}
    doubled = {**first, (ONE, "a2", "copies"): ("f2", 2)}
    ledger = write(NOTHING, {("events", ONE): 5}, first)
    ledger = write(ledger, {("events", ONE): 5}, doubled)
    assert ledger.num_rows == 1, "the figure did not change"
    row = write(ledger, {("events", ONE): 6}, {**doubled, (ONE, "a3", "new"): ("f3", 1)}).to_pylist()[-1]
    assert changes_of(row) == [("a2", "copies", "f2", 0, 2), ("a3", "new", "f3", 0, 1)]


def test_a_date_that_is_opened_again_changes_to_null_and_back() -> None:
    content = {(ONE, "a1", "a"): ("f1", 5)}
    ledger = NOTHING
    for value in (5, None, None, 5):
        ledger = write(ledger, {("events", ONE): value}, content)
    rows = [(row["sequence"], row["old"], row["new"], changes_of(row)) for row in ledger.to_pylist()]
    assert rows == [(0, None, 5, [("a1", "a", "f1", 0, 5)]), (1, 5, None, []), (2, None, 5, [])]


def test_what_was_never_published_and_is_null_is_not_published() -> None:
    assert restated({}, {("events", ONE): None, ("dau", ONE): 0}) == restated({}, {("dau", ONE): 0})


def test_a_date_without_a_row_is_published_as_zero() -> None:
    (row,) = write(NOTHING, {("events", ONE): 0}, {}).to_pylist()
    assert (row["new"], row["rows"], row["changes"]) == (0, 0, [])


def test_a_figure_that_is_left_out_is_not_compared() -> None:
    ledger = write(NOTHING, {("events", ONE): 5, ("dau", ONE): 3}, {(ONE, "a1", "a"): ("f1", 5)})
    assert restated(newest(ledger), {("events", ONE): 5}) == []


def test_inputs_are_accepted_rows_of_events_of_the_dates_alone() -> None:
    content = {(ONE, "a1", "a"): ("f1", 5), (TWO, "a1", "a"): ("f1", 7)}
    both = [
        counts(content),
        counts({(ONE, "a9", "late"): ("f9", 2)}, "late"),
        counts({(ONE, "a1", "a"): ("f1", 90)}, "rejected"),
        counts({(ONE, "a1", "a"): ("f1", 91)}, "landed"),
        counts({(ONE, "a1", "u"): ("f2", 92)}, source="users"),
    ]
    found = [tuple(row.values()) for row in inputs(pa.concat_tables(both), [ONE]).to_pylist()]
    assert sorted(found) == [(ONE, "a1", "a", "f1", 5), (ONE, "a9", "late", "f9", 2)]


files = st.tuples(st.sampled_from([ONE, TWO]), st.sampled_from(["a1", "a2"]), st.sampled_from(["x", "y"]))
contents = st.dictionaries(files, st.tuples(st.sampled_from(["f1", "f2"]), st.integers(1, 3)), max_size=6)
values = st.dictionaries(
    st.tuples(st.sampled_from(METRICS), st.sampled_from([ONE, TWO])), st.one_of(st.none(), st.integers(0, 3))
)


@settings(max_examples=200, deadline=None)
@given(history=st.lists(st.tuples(values, contents), min_size=1, max_size=6), order=st.randoms())
def test_the_ledger_tells_figures_and_inputs_and_writing_again_adds_nothing(
    history: list[tuple[dict[Figure, int | None], Content]], order: Any
) -> None:
    ledger, published, content_at = NOTHING, dict[Figure, int | None](), dict[Figure, Content]()
    for figures, content in history:
        for figure, value in figures.items():
            if value != published.get(figure):
                published[figure], content_at[figure] = value, content
        ledger = write(ledger, figures, content)
        assert write(ledger, figures, content).num_rows == ledger.num_rows
    places = list(range(ledger.num_rows))
    order.shuffle(places)
    shuffled = ledger.take(pa.array(places, pa.int64()))
    assert {figure: value for figure, (_, value) in newest(shuffled).items()} == published
    rows = {
        (r["metric"], r["event_date"], r["arrival"], r["file"], r["fingerprint"], r["rows"])
        for r in replayed(shuffled).to_pylist()
    }
    assert rows == {
        (metric, day, arrival, file, print_, number)
        for (metric, day), content in content_at.items()
        for (of_day, arrival, file), (print_, number) in content.items()
        if of_day == day
    }
    for row in ledger.to_pylist():
        assert row["rows"] == sum(change["rows_after"] - change["rows_before"] for change in row["changes"])
