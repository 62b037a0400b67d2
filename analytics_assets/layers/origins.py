"""Origins: what bronze says of where a row came from, beside its file: the file's header, and the contract's version.

Belongs here: adding both to rows. Does not: what a version is made of (rules.py), what a header says (layouts.py).
"""

from __future__ import annotations

import pyspark.sql.functions as F
from pyspark.sql import DataFrame

from analytics_assets.feeds.formats import Csv, Format
from analytics_assets.layers.reading import Reading
from analytics_assets.transforms.bronze import REJECTED
from resources.local_frames import frame_of


def with_origins(rows: DataFrame, reading: Reading, file_format: Format, version: str) -> DataFrame:
    """Bronze with contract_version, and header of rejected rows, without which their text could not be read again."""
    stamped = rows.withColumn("contract_version", F.lit(version))
    if not (isinstance(file_format, Csv) and file_format.header and reading.layouts):
        return stamped.withColumn("header", F.lit(None).cast("string"))
    headers = {path: reading.lines[path].first_line.removesuffix("\r") for path in reading.layouts}
    if len({*headers.values()}) == 1 and not reading.quarantined:
        header = F.lit(next(iter(headers.values())))
    else:
        known = frame_of(rows.sparkSession, headers.items(), "file string, header string")
        stamped = stamped.join(F.broadcast(known), "file", "left")
        header = F.col("header")
    return stamped.withColumn("header", F.when(F.col("standing") == REJECTED, header))
