"""The vocabulary of anomalies and unlikely users: their columns, declared once, with type and sentence.

Belongs here: columns that no other table has. Does not: all others (columns.py).
"""

from __future__ import annotations

import pyspark.sql.types as T

from analytics_assets.transforms.columns import column

# Anomalies
SERIES_METRIC = column("metric", T.StringType(), "Which figure the series is of: events, dau, sessions and others.")
GRANULARITY = column("granularity", T.StringType(), "day or hour.")
HOUR_OF_POINT = column("hour", T.IntegerType(), "Hour of the day, 0 to 23; null in daily series.")
ACTUAL = column("actual", T.DoubleType(), "The figure; null where it is not known.")
VOLUME = column("volume", T.LongType(), "Of how many it is a share or mean; of a count the count itself.")
EXPECTED = column("expected", T.DoubleType(), "What was expected; null with too few points before.")
EXPECTED_LOW = column("expected_low", T.DoubleType(), "Below it an alarm begins; null without a verdict.")
EXPECTED_HIGH = column("expected_high", T.DoubleType(), "Above it an alarm begins; null without a verdict.")
SCORE = column(
    "score",
    T.DoubleType(),
    "Robust deviations from what was expected, below 0 where less; null without a verdict.",
)
IS_FLAGGED = column("is_flagged", T.BooleanType(), "The point is part of an alarm; null without a verdict.")
START_DATE = column("start_date", T.DateType(), "Date of the alarm's first point.")
START_HOUR = column("start_hour", T.IntegerType(), "Hour of the alarm's first point; null in daily series.")
END_DATE = column("end_date", T.DateType(), "Date of the alarm's last point; null while it lasts.")
END_HOUR = column("end_hour", T.IntegerType(), "Hour of the alarm's last point; null in daily series, while it lasts.")
POINTS = column("points", T.LongType(), "Flagged points of the alarm.")
KIND = column("kind", T.StringType(), "spike, drop or level_shift.")
DIRECTION = column("direction", T.StringType(), "up or down.")
PEAK_DATE = column("peak_date", T.DateType(), "Date of the point that is farthest from what was expected.")
PEAK_HOUR = column("peak_hour", T.IntegerType(), "Hour of that point; null in daily series.")
SEVERITY = column("severity", T.StringType(), "How sure: high from a score of 10, medium from 6, else low.")
CARRIED_BY = column(
    "carried_by",
    T.ArrayType(
        T.StructType(
            [
                T.StructField("dimension", T.StringType()),
                T.StructField("value", T.StringType()),
                T.StructField("share", T.DoubleType()),
                T.StructField("usual_share", T.DoubleType()),
            ]
        )
    ),
    "Values of dimensions with more of the change than is usual for them, most first; empty where none stands out.",
)

# Unlikely users
BUSIEST_MINUTE = column("busiest_minute", T.LongType(), "Most user actions in a minute of the clock.")
BUSIEST_HOUR = column("busiest_hour", T.LongType(), "Most user actions in an hour of the clock, in UTC.")
ACTIVE_HOURS = column("active_hours", T.LongType(), "Hours of the date with a user action.")
REASONS = column("reasons", T.ArrayType(T.StringType()), "What no person does: minute, hour, day.")
UNLIKELY_USERS = column("unlikely_users", T.LongType(), "Unlikely users who were active on the date.")
LIKELY_DAU = column("likely_dau", T.LongType(), "dau without unlikely users.")
LIKELY_SESSIONS = column("likely_sessions", T.LongType(), "sessions without theirs.")
LIKELY_EVENTS = column("likely_events", T.LongType(), "events without theirs.")
LIKELY_ENGAGED_MS = column("likely_engaged_ms", T.LongType(), "engaged_ms without theirs.")
