"""Rules: digests of what a feed declares, by which it is seen that rows must be read or judged again.

Belongs here: which parts of a declaration decide what. Does not: comparing digests with those that are recorded (the
other modules of this package).
"""

from __future__ import annotations

from analytics_assets.feeds.formats import UTF_8, Csv, Format
from analytics_assets.feeds.spec import WHOLE_ROW, Dimension, Feed
from analytics_assets.layers.world import digest
from analytics_assets.transforms.bronze import OUT_OF_RANGE, asks_duration
from analytics_assets.transforms.contract import contract_of
from analytics_assets.transforms.row_rules import REJECT


def reading_version(feed: Feed) -> str:
    """Digest of all in a feed's declaration that decides how a landed row is read and judged."""
    contract, event = contract_of(feed.contract), feed.event.expressions()
    # The rules of every feed have no version of their own; only who is asked this one follows from the declaration.
    asked = [OUT_OF_RANGE] if asks_duration(contract.columns, event) else []
    return digest(
        *_contract(feed.contract),
        *_format(feed.format),
        feed.event,
        feed.time_zone,
        feed.source_zone,
        feed.lag_days,
        feed.first_date,
        feed.event_key == WHOLE_ROW,
        feed.file_time,
        *asked,
    )


def contract_version(feed: Feed) -> str:
    """The version under which bronze keeps a row: that of reading, and under which names it keeps the row's values."""
    return f"{reading_version(feed)}-{kept_version(feed)}"


def kept_version(feed: Feed) -> str:
    """Digest of all that decides where bronze keeps the contract's values: if it changes, they are not found there."""
    columns = [(c.name, c.data_type.simpleString()) for c in contract_of(feed.contract).columns]
    return digest(columns, kept_as(feed), feed.source_zone)[:8]


def kept_as(feed: Feed) -> dict[str, str]:
    """The contract's columns that bronze keeps as an event's -> the name that they have there."""
    names = {column.name for column in contract_of(feed.contract).columns}
    return {sql: name for name, sql in reversed(feed.event.expressions().items()) if sql in names}


def event_version(feed: Feed) -> str:
    """Digest of all in a feed's declaration that decides how accepted rows become events in sessions."""
    parts = (feed.event_key, feed.winner, feed.key_scope, feed.kept, feed.sessions, feed.time_zone, feed.attributes)
    # What follows from silver date by date has silver's version, so which events are loads is part of it.
    return digest(*parts, *([feed.page_views] if feed.page_views else []))


def snapshot_version(dimension: Dimension) -> str:
    """Digest of all in a dimension's declaration that decides how a snapshot is read, judged and made unique."""
    return digest(*_contract(dimension.contract), *_format(dimension.format), dimension.key, dimension.order_column)


def _contract(model: type[object]) -> list[object]:
    # A contract without row rules and warnings has the version that it had before there were any.
    contract = contract_of(model)
    columns = [
        (c.name, c.key, c.data_type.simpleString(), c.nullable, c.violation, c.checks)
        + (() if c.severity == REJECT else (c.severity,))
        for c in contract.columns
    ]
    return [columns, *contract.row_rules]


def _format(declared: Format) -> list[object]:
    # As it was before headers were read by name, so that arrivals of formats without one are not read again.
    if not isinstance(declared, Csv):
        return [declared]
    parts: list[object] = [f"Csv(sep={declared.sep!r}, header={declared.header!r})"]
    if declared.header:
        parts += ["columns by name", *declared.other_seps]
    return [*parts, declared.encodings] if declared.encodings != (UTF_8,) else parts
