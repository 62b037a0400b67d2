"""Feed access_log: a web server's access log, Apache combined format, a file a day.

Belongs here: what a good request is, how it becomes an event.
"""

from datetime import date, timedelta

import pandera.pyspark as pa
import pyspark.sql.types as T

from analytics_assets.feeds.spec import WHOLE_ROW, Arrival, Csv, Event, Feed, SessionRule


class AccessLog(pa.DataFrameModel):  # type: ignore[type-arg]
    """A request, in the order of the line."""

    client: T.StringType
    ident: T.StringType
    login: T.StringType
    time: T.StringType = pa.Field(str_startswith="[")
    zone: T.StringType = pa.Field(str_endswith="]")
    request: T.StringType = pa.Field(str_matches="^[A-Z]+ /")
    status: T.IntegerType = pa.Field(ge=100, le=599)
    size: T.StringType
    referer: T.StringType
    browser: T.StringType


GOOD = '83.1.2.3 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 31 "-" "Firefox"'

FEED = Feed(
    name="access_log",
    owner="team:web",
    description="Requests to a web server: a user is a client address, an object a path without its query.",
    contract=AccessLog,
    event_key=WHOLE_ROW,
    landing="access_log/{arrival}/*.log",
    format=Csv(sep=" "),
    arrival=Arrival.DAY,
    event=Event(
        event_time="to_timestamp(substr(time, 2) || substr(zone, 1, 5), 'dd/MMM/yyyy:HH:mm:ssZ')",
        user_id="client",
        action="split(request, ' ')[0]",
        object_id="split(split(request, ' ')[1], '[?]')[0]",
    ),
    sessions=SessionRule(timeout=timedelta(minutes=30)),
    first_date=date(2015, 5, 17),
    last_date=date(2015, 5, 20),
    history_start=date(2015, 5, 17),
    closed_through=date(2015, 5, 20),
    examples=[
        (GOOD, []),
        (GOOD.replace("200", "99"), ["status"]),
        (GOOD.replace("200", "ok"), ["status_not_integer"]),
        (GOOD.replace("17/May", "37/May"), ["event_time_not_readable"]),
        (GOOD[:-1], ["unclosed_quote"]),
        (GOOD + " more", ["too_many_fields"]),
    ],
)
