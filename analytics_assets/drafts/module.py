"""The module of a draft: a feed's declaration as text, with examples of its own.

Belongs here: words, examples. Does not: guesses at what a column is (columns.py), reading the sample (sample.py).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from analytics_assets.drafts.columns import Column, drafted
from analytics_assets.drafts.sample import Sample
from analytics_assets.drafts.values import Kind
from analytics_assets.transforms.bronze import OUT_OF_RANGE
from resources.errors import UserError

FIRST_YEAR = 1970
FEW = 8
"""Values of a column that a comment lists."""
LONGEST_COMMENT = 60


def draft(sample: Sample, name: str, suffix: str) -> str:
    """The text of a module that declares a feed of that name. suffix: of its files.

    Raises UserError where no column is a time.
    """
    columns, event = drafted(sample)
    time = next(column for column in columns if column.name in event["event_time"])
    users = [column for column in columns if column.name == event["user_id"]]
    good = _good_row(sample, columns, [time, *users])
    bad = _changed(sample, good, columns.index(time), "never")
    years = [int(value[:4]) for value in time.known if time.kind is not Kind.WHOLE]
    noun = {Kind.TIME: "timestamp", Kind.DATE: "date"}.get(time.kind, "integer")
    model = "".join(part.capitalize() for part in name.split("_")) + "Row"
    first = max(min(years, default=FIRST_YEAR), FIRST_YEAR)
    lines = [
        f'"""Feed {name}: drafted from a sample of {len(sample.rows):,} rows. Say here what it is."""',
        "",
        "from datetime import date, timedelta",
        "",
        "import pandera.pyspark as pa",
        "import pyspark.sql.types as T",
        "",
        "from analytics_assets.feeds.spec import "
        f"Arrival, {'JsonArray' if sample.sep is None else 'Csv'}, Event, Feed, SessionRule",
        "",
        "",
        f"class {model}(pa.DataFrameModel):",
        '    """A row. A column without nullable=True is required: the sample has it in each row."""',
        "",
        *[f"    {_declared(column)}" for column in columns],
        "",
        "",
        f"GOOD = {sample.lines[good]!r}",
        f"BAD = {bad!r}",
        "",
        *_key_guesses(sample, columns, event),
        "FEED = Feed(",
        f"    name={_quoted(name)},",
        '    owner="team:unknown",',
        f'    description="Drafted from a sample of {len(sample.rows):,} rows.",',
        f"    contract={model},",
        '    event_key=("user_id", "event_time", "action", "object_id"),',
        f"    landing={_quoted(f'{name}/{{arrival}}/*{suffix}')},",
        f"    format={_format(sample)},",
        "    arrival=Arrival.DAY,",
        "    event=Event(",
        *[f"        {column}={_quoted(sql)}," for column, sql in event.items()],
        "    ),",
        "    sessions=SessionRule(timeout=timedelta(minutes=30)),",
        f"    first_date=date({first}, 1, 1),",
        f"    examples=[(GOOD, []), (BAD, [{_quoted(f'{time.name}_not_{noun}')}])],",
        ")",
    ]
    return "\n".join(lines) + "\n"


def _good_row(sample: Sample, columns: Sequence[Column], wanted: Sequence[Column]) -> int:
    """The first row that the draft accepts, with a value for each wanted column, of which the first is the time."""
    places, is_epoch = [columns.index(column) for column in wanted], wanted[0].kind is Kind.WHOLE
    for number, row in enumerate(sample.rows):
        fits = all(column.fits(value) for column, value in zip(columns, row, strict=True))
        if (
            fits
            and all(row[place] is not None for place in places)
            and (is_epoch or (row[places[0]] or "") >= str(FIRST_YEAR))
        ):
            return number
    raise UserError(f"saw no row with a user and a time after {FIRST_YEAR}, expected a sample with some events")


def _changed(sample: Sample, number: int, place: int, value: str) -> str:
    """A row as it would stand in the file with another value at a place."""
    if sample.sep is None:
        return json.dumps(json.loads(sample.lines[number]) | {sample.names[place]: value}, ensure_ascii=False)
    fields = [text or "" for text in sample.rows[number]]
    line = io.StringIO()
    csv.writer(line, delimiter=sample.sep, lineterminator="").writerow([*fields[:place], value, *fields[place + 1 :]])
    return line.getvalue()


def _declared(column: Column) -> str:
    said = []
    if not column.is_required:
        said.append("nullable=True")
    if column.most is not None:
        said += ["ge=0", f"le={column.most}"]
    metadata = {"key": column.key} if column.key != column.name else {}
    if column.most is not None:
        metadata["violation"] = OUT_OF_RANGE
    if metadata:
        pairs = ", ".join(f"{_quoted(name)}: {_quoted(value)}" for name, value in metadata.items())
        said.append(f"metadata={{{pairs}}}")
    field = f" = pa.Field({', '.join(said)})" if said else ""
    return f"{column.name}: T.{column.kind.value}{field}{_comment(column)}"


def _comment(column: Column) -> str:
    known, number = column.known, len(column.values)
    distinct = sorted({*known})
    said = []
    if column.kind in (Kind.WHOLE, Kind.NUMBER) and known:
        said.append(f"saw {min(known, key=float)} to {max(known, key=float)}")
    elif 0 < len(distinct) <= FEW and len(known) > 2 * len(distinct):
        said.append("saw " + ", ".join(map(ascii, distinct)))
    for rows, what in ((column.values.count(None), "have none"), (column.unfit, "are written otherwise")):
        if rows:
            said.append(f"{rows:,} of {number:,} {what}")
    return "".join(f"  # {part}" for part in said if len(part) <= LONGEST_COMMENT)


def _key_guesses(sample: Sample, columns: Sequence[Column], event: dict[str, str]) -> list[str]:
    number = len(sample.rows)
    parts = [c for c in columns if c.name in {event["user_id"], event["action"], event["object_id"]}]
    time = next(c for c in columns if c.name in event["event_time"])
    places = [columns.index(c) for c in (*parts, time)]
    distinct = len({tuple(row[place] for place in places) for row in sample.rows})
    lines = [
        f"# Rows of one event_key are one event. In the sample {distinct:,} of {number:,} rows differ in this one."
    ]
    keys = [c.name for c in columns if c.is_key and c is not time]
    if keys and number > 1:
        lines.append(f"# Columns with a value of its own in each row: {', '.join(keys)}. Maybe one of them is the key.")
    return lines


def _format(sample: Sample) -> str:
    if sample.sep is None:
        return "JsonArray()"
    said = [
        *([] if sample.sep == "," else [f"sep={_quoted(sample.sep)}"]),
        *(["header=True"] if sample.has_header else []),
        *([] if sample.encoding == "utf-8" else [f'encodings=("utf-8", "{sample.encoding}")']),
    ]
    return f"Csv({', '.join(said)})"


def _quoted(text: str) -> str:
    return f'"{text}"' if text.isprintable() and '"' not in text and "\\" not in text else repr(text)
