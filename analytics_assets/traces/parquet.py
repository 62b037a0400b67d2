"""Parquet files that hold a person's id: which columns, in how many rows.

Belongs here: looking into columns of any type, a batch at a time. Does not: which files there are (files.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analytics_assets.traces.person import NOT_UTF8, Person

ROWS_AT_ONCE = 65_536
SESSION_ID = "session_id"


@dataclass
class Rows:
    """Rows of a file in which an id stands, by column. untold: in which it may be just a number."""

    certain: Counter[str] = field(default_factory=Counter)
    untold: Counter[str] = field(default_factory=Counter)


def rows_with(source: pa.NativeFile, person: Person) -> Rows:
    """Look into all rows of a file. Raises ArrowInvalid for one that is no Parquet."""
    found = Rows()
    for batch in pq.ParquetFile(source).iter_batches(batch_size=ROWS_AT_ONCE):
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            for values in _leaves(column):
                _look(name, values, person, found)
    return found


def _look(name: str, values: pa.Array, person: Person, found: Rows) -> None:
    if pa.types.is_integer(values.type):
        if name in person.columns and person.is_number:
            # Of a type that has not so many digits no value is equal.
            equal = pc.equal(values.cast(pa.string()), person.id)
            found.certain.update({name: pc.sum(equal).as_py() or 0})
        return
    if not (pa.types.is_binary(values.type) or pa.types.is_string(values.type)):
        return
    octets = values.cast(pa.binary())
    for text in _with_any_form(octets, person):
        if name in person.columns and text == person.id:
            found.certain[name] += 1
        elif person.is_number and name == SESSION_ID:
            found.certain[name] += person.id in text.partition("#")[0].split("|")
        elif person.certain(text):
            found.certain[name] += 1
        elif person.is_mentioned(text):
            found.untold[name] += 1


def _with_any_form(octets: pa.Array, person: Person) -> Iterator[str]:
    matches = [pc.match_substring(octets, form.encode("utf-8")) for form in person.forms]
    is_candidate = matches[0]
    for match in matches[1:]:
        is_candidate = pc.or_(is_candidate, match)
    for value in octets.filter(is_candidate).to_pylist():
        yield value.decode("utf-8", NOT_UTF8)


def _leaves(column: pa.Array) -> Iterator[pa.Array]:
    """The values inside lists, maps and structs, and plain ones as they are."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        yield from _leaves(column.dictionary_decode())
    elif pa.types.is_struct(kind):
        for part in column.flatten():
            yield from _leaves(part)
    elif pa.types.is_map(kind):
        yield from _leaves(column.keys)
        yield from _leaves(column.items)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        yield from _leaves(column.flatten())
    elif pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        yield column.cast(pa.string())
    elif pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        yield column.cast(pa.binary())
    else:
        yield column
