"""The tables in which a feed keeps what it must know from run to run.

Belongs here: shapes. Does not: the tables that people read (tables.py), how one is computed (layers/).
"""

from __future__ import annotations

from functools import partial

from analytics_assets.feeds.fields import event_fields, kept_fields
from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.table import Table, declared
from analytics_assets.transforms import columns as c


def state_tables(feed: Feed) -> list[Table]:
    """Counts and tide, and what the feed's declaration asks for beside them."""
    table = partial(declared, feed)
    made = [
        table(
            "counts",
            "a source, arrival, file, event date, hour, standing and rule",
            "How many rows stand where; rows of standing landed are counted from the files' bytes.",
            [
                c.ARRIVAL_MONTH,
                c.SOURCE,
                c.ARRIVAL,
                c.FILE,
                c.FINGERPRINT,
                c.CONTENT,
                c.EVENT_DATE,
                c.HOUR,
                c.STANDING,
                c.RULE,
                c.ROWS,
            ],
            partition_by=("arrival_month",),
            statistics=("arrival", "event_date", "standing"),
            maker="bronze",
        ),
        table(
            "tide",
            "an event date with accepted rows",
            "What stands for a date: a digest of the files that hold its accepted rows, and how many.",
            [c.EVENT_DATE, c.INPUT_VERSION, c.ROWS],
            statistics=("event_date",),
            maker="bronze",
        ),
        table(
            "forgotten",
            "a user who was forgotten",
            "Tombstones: no row of these users is read again. A digest of the id stands here, not the id.",
            [c.USER_DIGEST, c.SALT, c.SIGNS, c.FORGOTTEN_AT, c.RUN_ID],
            maker="bronze",
        ),
    ]
    if not feed.sessions.splits_at_midnight:
        made.append(
            table(
                "edges",
                "an event date of silver",
                "The sessions that are open where a date begins and where it ends: what dates hand on to each other.",
                [c.EVENT_DATE, c.INPUT_VERSION, c.OPEN_BEFORE, c.OPEN_AFTER],
                statistics=("event_date",),
                maker="silver",
            )
        )
    if any(published.source == "silver" for published in feed.published):
        made.append(
            table(
                "published_versions",
                "a published event date",
                "The version of silver from which each date of the published events was taken.",
                [c.EVENT_DATE, c.INPUT_VERSION],
            )
        )
    if feed.key_scope == "feed":
        made.append(
            table(
                "keys",
                "an event key and a date on which it stands",
                "Event keys that stand on several dates, and on which of them the event is kept.",
                [c.EVENT_KEY, c.EVENT_DATE, c.WINNER_DATE, c.ROWS],
                statistics=("event_date",),
                maker="bronze",
            )
        )
    if feed.retention_days is not None:
        made += [
            table(
                "purged_arrivals",
                "an arrival",
                "Arrivals whose accepted rows bronze no longer keeps: their files may not change any more.",
                [c.ARRIVAL],
            ),
            table(
                "purged",
                "an event as one file of a purged arrival told it",
                "What purged arrivals held beside the events that stand in silver: copies, and rows that lost.",
                [*event_fields(feed), *kept_fields(feed), c.ARRIVAL, c.FILE, c.ROWS],
                partition_by=("event_date",),
            ),
        ]
    if feed.dimension:
        made.append(
            table(
                "touched",
                "an event date",
                "Dates whose users' attributes a snapshot changed, and that silver has not computed again.",
                [c.EVENT_DATE],
                statistics=("event_date",),
                maker=feed.dimension.name,
            )
        )
    return made
