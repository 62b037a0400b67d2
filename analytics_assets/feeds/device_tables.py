"""The tables of the device effect: what devices have to do with load times.

Belongs here: shapes. Does not: load times themselves (latency_tables.py), how a table is computed.
"""

from __future__ import annotations

from functools import partial

from analytics_assets.feeds.fields import DEVICE, attribute_fields
from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.table import Table, declared
from analytics_assets.transforms import columns as c
from analytics_assets.transforms import device_columns as d

EFFECT, DIFFERENCES, PAIRS, LOADS = "device_effect", "device_differences", "device_pairs", "device_loads"


def device_tables(feed: Feed) -> list[Table]:
    """The effect, its differences and pairs, and the sums they follow from; none where no load has a device."""
    devices = [field for field in attribute_fields(feed) if field.name == DEVICE]
    if not devices or not feed.has_load_times:
        return []
    table = partial(declared, feed)
    period = [c.PERIOD_MONTH, c.PERIOD, c.PERIOD_START, c.APP_VERSION]
    return [
        table(
            EFFECT,
            "a period and app version",
            "Whether the device changes how fast pages load: over all versions, in each, and their mean.",
            [
                *period,
                c.LOADS,
                d.EPSILON_SQUARED,
                d.EPSILON_SQUARED_LOW,
                d.EPSILON_SQUARED_HIGH,
                d.EFFECT_SIZE,
                c.IS_COMPLETE,
                c.INPUT_VERSION,
            ],
            partition_by=("period_month",),
            statistics=("period_start", "input_version"),
        ),
        table(
            DIFFERENCES,
            "a period, app version and device",
            "How much longer pages take on a device than on the median device.",
            [
                *period,
                *devices,
                c.LOADS,
                d.P50_RATIO,
                d.P50_RATIO_LOW,
                d.P50_RATIO_HIGH,
                d.IN_WORDS,
            ],
            partition_by=("period_month",),
            statistics=("period_start",),
            maker=EFFECT,
        ),
        table(
            PAIRS,
            "a period, app version and pair of devices",
            "How often a page takes longer on one device than on another.",
            [
                *period,
                *devices,
                d.OTHER_DEVICE_TYPE,
                d.CLIFFS_DELTA,
                d.CLIFFS_DELTA_LOW,
                d.CLIFFS_DELTA_HIGH,
            ],
            partition_by=("period_month",),
            statistics=("period_start",),
            maker=EFFECT,
        ),
        table(
            LOADS,
            "a complete month, app version, device and bucket",
            "Page loads by device and how long they took, as they are and as each replicate counts them. Versions of "
            "few loads are together (app_version null); a row without a device stands for the month.",
            [c.EVENT_MONTH, c.APP_VERSION, *devices, c.BUCKET, c.LOADS, d.REPLICATES, c.INPUT_VERSION],
            partition_by=("event_month",),
            statistics=("app_version", "input_version"),
            maker=EFFECT,
        ),
    ]
