"""The vocabulary: every column of every table, declared once, with its type and a sentence.

Belongs here: columns and the words that describe them. Does not: which table has which columns
(analytics_assets/feeds/tables.py), how a value comes about (the other modules of this package).

Names carry units (`_ms`, `_s`); `_time` is a UTC timestamp, `_date` a day in the feed's time zone,
`is_` a boolean.
"""

from __future__ import annotations

import pyspark.sql.types as T

COMMENT = "comment"


def column(name: str, data_type: T.DataType, sentence: str) -> T.StructField:
    """Declare a column: `sentence` becomes its documentation in Delta, in the UI and in the docs."""
    return T.StructField(name, data_type, True, {COMMENT: sentence})


# Where a row came from
ARRIVAL = column("arrival", T.StringType(), "Arrival that brought the row: YYYY-MM-DD, or YYYY-MM-DDTHH.")
FILE = column("file", T.StringType(), "File that brought the row, relative to landing.")
FILE_ID = column("file_id", T.StringType(), "Digest of the file's path.")
FINGERPRINT = column("fingerprint", T.StringType(), "Digest of the file's name, size and time, and of the rules.")
CONTENT = column("content", T.StringType(), "Digest of the file's bytes.")
LINE_NUMBER = column("line_number", T.LongType(), "Line or record of the file, from 1; only of rejected rows.")
RAW = column("raw", T.StringType(), "The row as it landed, where the row was rejected or is its own key.")
HEADER = column("header", T.StringType(), "Header of the row's file, where files have one; only of rejected rows.")
CONTRACT_VERSION = column(
    "contract_version", T.StringType(), "Digest of the rules by which the arrival was read; one for all of its rows."
)
STANDING = column(
    "standing",
    T.StringType(),
    "on_time, late, early or rejected; of counts also landed, the count of bytes, warned, and forgotten.",
)
VIOLATIONS = column(
    "violations",
    T.ArrayType(T.StringType()),
    "Names of the rules broken, of an accepted row of those that warn; null if none.",
)
RULE = column(
    "rule",
    T.StringType(),
    "First rule that rejected rows broke, or the warning of warned ones, or how the header of landed ones differs from "
    "the contract; null for accepted.",
)
SOURCE = column(
    "source", T.StringType(), "What the file holds: events, or a dimension's name; `... being read` until that is done."
)
HOUR = column("hour", T.IntegerType(), "Hour of the day in the feed's time zone, 0 to 23.")
ROWS = column("rows", T.LongType(), "Number of rows.")
INPUT_VERSION = column(
    "input_version", T.StringType(), "Digest of all that the partition was computed from; `unfinished` until it stands."
)
ARRIVAL_MONTH = column("arrival_month", T.StringType(), "Month of the arrival (YYYY-MM).")
EVENT_MONTH = column("event_month", T.StringType(), "Month of the event date (YYYY-MM).")

# Who was forgotten
USER_DIGEST = column("user_digest", T.StringType(), "SHA-256 of the salt and the id of a user who was forgotten.")
SALT = column("salt", T.StringType(), "What stands before the id in the digest; one of each feed.")
SIGNS = column(
    "signs", T.StringType(), "The id's signs without letters, digits, _ and blanks, by which it is found in a text."
)
FORGOTTEN_AT = column("forgotten_at", T.TimestampType(), "When it was asked for, in UTC.")

# The event
EVENT_TIME = column("event_time", T.TimestampType(), "When the event happened, in UTC.")
EVENT_DATE = column("event_date", T.DateType(), "Day on which it happened, in the feed's time zone.")
MINUTE = column("minute", T.TimestampType(), "Minute in which it happened, in UTC.")
USER_ID = column("user_id", T.StringType(), "Who did it.")
ACTION = column("action", T.StringType(), "What was done.")
OBJECT_ID = column("object_id", T.StringType(), "What it was done to: a page, a file, a product.")
DURATION_MS = column("duration_ms", T.LongType(), "How long it took, in milliseconds.")
APP_VERSION = column("app_version", T.StringType(), "Version of the app that sent the event.")
COUNTRY = column("country", T.StringType(), "Country that it happened in; unknown if it is not known.")
COPIES = column("copies", T.LongType(), "Accepted rows of the date with this event key; 1 means no duplicate there.")

# Sessions
SESSION_START = column("session_start", T.TimestampType(), "Start of the session that the event belongs to, in UTC.")
SESSION_DATE = column("session_date", T.DateType(), "Day of the session's start, in the feed's time zone.")
IS_SESSION_ENTRY = column("is_session_entry", T.BooleanType(), "The session's first event.")
IS_SESSION_EXIT = column("is_session_exit", T.BooleanType(), "The session's last event.")
SESSION_ID = column("session_id", T.StringType(), "Key parts, percent-encoded, then # and the start in UTC.")
DURATION_S = column(
    "duration_s", T.DecimalType(14, 3), "Seconds from the start to the latest end of an event, to milliseconds."
)
ENGAGED_MS = column("engaged_ms", T.LongType(), "Sum of the events' durations, in milliseconds.")
ACTIONS = column("actions", T.LongType(), "Number of user actions.")
IS_BOUNCE = column("is_bounce", T.BooleanType(), "The session has exactly one action.")
ENTRY_ACTION = column("entry_action", T.StringType(), "Action of the first event.")
ENTRY_OBJECT_ID = column("entry_object_id", T.StringType(), "Object of the first event.")
EXIT_ACTION = column("exit_action", T.StringType(), "Action of the last event.")
EXIT_OBJECT_ID = column("exit_object_id", T.StringType(), "Object of the last event.")

# Session days
SESSIONS = column("sessions", T.LongType(), "Sessions that began on the date, or in the period.")
TOTAL_DURATION_S = column("total_duration_s", T.DecimalType(24, 3), "Sum of their lengths, in seconds.")
MEAN_DURATION_S = column("mean_duration_s", T.DoubleType(), "Mean length, in seconds.")
P50_DURATION_S = column("p50_duration_s", T.DecimalType(14, 3), "Median length, in seconds: at rank ceil(n / 2).")
P95_DURATION_S = column("p95_duration_s", T.DecimalType(14, 3), "Length at rank ceil(0.95 n), in seconds.")
ACTIONS_PER_SESSION = column("actions_per_session", T.DoubleType(), "actions / sessions.")
BOUNCES = column("bounces", T.LongType(), "Sessions with exactly one action.")
BOUNCE_RATE = column("bounce_rate", T.DoubleType(), "bounces / sessions.")
SESSIONS_PER_ACTIVE_USER = column("sessions_per_active_user", T.DoubleType(), "sessions / dau.")

WHEN_BEFORE = "Days since the user's session before: 0 to 28; 29 for more, or none before; null where not known."
DAYS_SINCE = column("days_since", T.IntegerType(), WHEN_BEFORE)
EDGE = column("edge", T.StringType(), "entry: the action is the sessions' first; exit: their last.")

IS_USER_ACTION = column("is_user_action", T.BooleanType(), "The event is one that starts or extends a session.")

OPEN_BEFORE = column("open_before", T.StringType(), "Digest of the sessions open when the date began, as computed.")
OPEN_AFTER = column("open_after", T.StringType(), "Digest of the sessions open when the date ended.")

# Keys over all dates
EVENT_KEY = column("event_key", T.StringType(), "Values of the event key, as JSON.")
WINNER_DATE = column("winner_date", T.DateType(), "Event date on which the key's event is kept.")

# User days
EVENTS = column("events", T.LongType(), "Number of events.")
USERS = column("users", T.LongType(), "Distinct users.")
FIRST_EVENT_TIME = column("first_event_time", T.TimestampType(), "Time of the day's first event, in UTC.")
LAST_EVENT_TIME = column("last_event_time", T.TimestampType(), "Time of the day's last event, in UTC.")

# The mix of activity
ACTIVITY_DIMENSION = column("dimension", T.StringType(), "action, hour or country: by what events are split.")
ACTIVITY_VALUE = column("value", T.StringType(), "Value of it; of hour 00 to 23, in the feed's time zone.")

# Published tables
DL_UPDATED_AT = column("dl_updated_at", T.TimestampType(), "When another column of the row last changed, in UTC.")

# Active users
DIMENSION = column("dimension", T.StringType(), "all, or the attribute by which users are split.")
VALUE = column("value", T.StringType(), "Value of that attribute; all for the total.")
DAU = column("dau", T.LongType(), "Distinct users with an event on the date.")
ROLLING_7 = column("rolling_7", T.LongType(), "Distinct users in the 7 days that end on the date.")
ROLLING_28 = column("rolling_28", T.LongType(), "Distinct users in the 28 days that end on the date.")
ROLLING_30 = column("rolling_30", T.LongType(), "Distinct users in the 30 days that end on the date.")
STICKINESS_7 = column("stickiness_7", T.DoubleType(), "dau / rolling_7.")
STICKINESS_28 = column("stickiness_28", T.DoubleType(), "dau / rolling_28.")
NEW = column("new", T.LongType(), "Users whose first active day is the date.")
RETURNING = column("returning", T.LongType(), "Active on the date and in the 28 days before.")
RESURRECTED = column("resurrected", T.LongType(), "Active on the date, not in the 28 days before, but earlier.")
DORMANT = column("dormant", T.LongType(), "Active 28 days ago and not since.")
IS_MISSING = column("is_missing", T.BooleanType(), "No arrival for the date, or it is held back: its figures are null.")
IS_COMPLETE = column("is_complete", T.BooleanType(), "The period lies inside the feed's closed dates.")
WEEK_START = column("week_start", T.DateType(), "Monday of the ISO week.")
WAU = column("wau", T.LongType(), "Distinct users in the ISO week; null while it is not complete.")
MONTH_START = column("month_start", T.DateType(), "First day of the calendar month.")
MAU = column("mau", T.LongType(), "Distinct users in the calendar month; null while it is not complete.")

# Retention
FIRST_DATE = column("first_date", T.DateType(), "First date of the feed's history on which the user was active.")
DAY_BITS = column("day_bits", T.LongType(), "Bit k: active on the k-th day after first_date (0 to 62).")
WEEK_BITS = column("week_bits", T.LongType(), "Bit k: active in the k-th ISO week after that of first_date (0 to 62).")
PERIOD = column("period", T.StringType(), "day, week (ISO), month, rolling_28, or all for the whole history.")
COHORT_BY = column("cohort_by", T.StringType(), "What a cohort's users did in its period: first_activity or sign_up.")
COHORT_START = column(
    "cohort_start", T.DateType(), "First date of the cohort: a Monday, or the day; null: of no cohort."
)
PERIODS_AFTER = column("periods_after", T.IntegerType(), "How many periods after the cohort's own.")
SIZE = column("size", T.LongType(), "Users of the cohort; null while its period is not complete.")
RETAINED = column("retained", T.LongType(), "Users of the cohort who were active in that later period.")
RATE = column("rate", T.DoubleType(), "retained / size.")
RATE_LOW = column("rate_low", T.DoubleType(), "Lower end of the rate's 95 % interval (Wilson).")
RATE_HIGH = column("rate_high", T.DoubleType(), "Upper end of the rate's 95 % interval (Wilson).")
STATE = column("state", T.StringType(), "open while late rows may still change the cell, then settled; null with it.")
UNBOUNDED_RETAINED = column(
    "unbounded_retained", T.LongType(), "Users active in that period or in a later one, up to the last."
)
UNBOUNDED_RATE = column("unbounded_rate", T.DoubleType(), "unbounded_retained / size.")
UNBOUNDED_RATE_LOW = column("unbounded_rate_low", T.DoubleType(), "Lower end of its 95 % interval (Wilson).")
UNBOUNDED_RATE_HIGH = column("unbounded_rate_high", T.DoubleType(), "Upper end of its 95 % interval (Wilson).")
UNBOUNDED_STATE = column("unbounded_state", T.StringType(), "open or settled, of the unbounded figures.")
TABLE_NAME = column("table_name", T.StringType(), "Name of a table that is computed as a whole.")

# Load times
BUCKET = column("bucket", T.IntegerType(), "b holds gamma^(b-1) < ms <= gamma^b, gamma = 1.01 / 0.99; -1 holds 0 ms.")
LOADS = column("loads", T.LongType(), "Page views; null while the period is not complete.")
PERIOD_START = column("period_start", T.DateType(), "First date of the period.")
PERIOD_MONTH = column("period_month", T.StringType(), "Month in which the period begins (YYYY-MM); all, rolling_28.")
VERSION_ORDER = column("version_order", T.StringType(), "Sorts app versions as versions: 5.10.0 after 5.9.0.")
P50 = column("p50", T.DoubleType(), "Load time at rank ceil(0.5 n) in milliseconds, within 1 %.")
P75 = column("p75", T.DoubleType(), "Load time at rank ceil(0.75 n) in milliseconds, within 1 %.")
P95 = column("p95", T.DoubleType(), "Load time at rank ceil(0.95 n) in milliseconds, within 1 %.")
P99 = column("p99", T.DoubleType(), "Load time at rank ceil(0.99 n) in milliseconds, within 1 %.")
IS_FEW = column("is_few", T.BooleanType(), "Fewer than 100 loads: the quantiles say little.")

# Durations and power users
LONGEST_MS = column("longest_ms", T.LongType(), "The longest duration, in milliseconds.")
PERIOD_END = column("period_end", T.DateType(), "Last date of the period.")
THRESHOLD_MS = column("threshold_ms", T.LongType(), "Where durations of the action are cut in the period: their p99.9.")
EVENTS_CUT = column("events_cut", T.LongType(), "Events whose duration is above it.")
CUT_MS = column("cut_ms", T.LongType(), "Time of these that lies above it, in milliseconds: engaged_ms - capped_ms.")
CAPPED_MS = column("capped_ms", T.LongType(), "Engaged time, each duration cut at its action's threshold, in ms.")
RANK = column("rank", T.LongType(), "1 + how many users have more engaged time in the period; equal ones share a rank.")
SHARE = column("share", T.DoubleType(), "Share of the engaged time of all users of the period.")
ACTIVE_DAYS = column("active_days", T.LongType(), "Dates of the period on which the user was active.")
TOP_PERCENT = column("top_percent", T.IntegerType(), "The top X %; of a user the smallest X that the user is in.")
TOP_USERS = column("top_users", T.LongType(), "ceil(top_percent * users / 100).")
TOP_MS = column("top_ms", T.LongType(), "Engaged time of so many users, those with the most, in milliseconds.")

# Restatements
METRIC = column("metric", T.StringType(), "events, dau, sessions, or a cell such as retention_week_3.")
SEQUENCE = column("sequence", T.LongType(), "0 for the first publication of the figure, then one more for each change.")
OLD = column("old", T.LongType(), "Figure before the change; null at the first publication.")
RESTATED = column("new", T.LongType(), "Figure from the change on; null while the date is open again.")
CHANGED_AT = column("changed_at", T.TimestampType(), "When the change was written, in UTC.")
RUN_ID = column("run_id", T.StringType(), "Run that wrote the change.")
ROWS_BROUGHT = column("rows", T.LongType(), "Accepted rows more than before, fewer where negative; null of a cell.")
CHANGES = column(
    "changes",
    T.ArrayType(
        T.StructType(
            [
                T.StructField("arrival", T.StringType()),
                T.StructField("file", T.StringType()),
                T.StructField("fingerprint", T.StringType()),
                T.StructField("rows_before", T.LongType()),
                T.StructField("rows_after", T.LongType()),
            ]
        )
    ),
    "Files whose accepted rows of the date differ from those at the change before; all, at the first publication.",
)

TOTAL = "all"
UNKNOWN = "unknown"


def attribute(name: str, dimension: str) -> T.StructField:
    """Column of a user's attribute as of the event date, from a feed's dimension."""
    return column(name, T.StringType(), f"From the dimension {dimension} as of the event date; unknown if none.")


def main_attribute(name: str) -> T.StructField:
    """Column of the value that a user's attribute had on most of the active dates of a period."""
    sentence = f"The user's {name} on most active dates of the period; of several, the one that was so last."
    return column(f"main_{name}", T.StringType(), sentence)
