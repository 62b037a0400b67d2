"""Feed aqua: product analytics records, small JSON files all day long, named by the time they were pulled.

Belongs here: what a good record is, how it becomes an event.
"""

from datetime import date, timedelta

import pandera.pyspark as pa
import pyspark.sql.types as T

from analytics_assets.feeds.spec import Arrival, Event, Feed, JsonArray, Published, SessionRule


class Record(pa.DataFrameModel):  # type: ignore[type-arg]
    """One record; columns are named after its keys, without the sign $."""

    distinct_id: T.StringType
    event: T.StringType
    timestamp: T.TimestampType
    uuid: T.StringType
    elements: T.StringType = pa.Field(nullable=True)
    geoip_city_name: T.StringType = pa.Field(nullable=True, metadata={"key": "$geoip_city_name"})
    geoip_country_name: T.StringType = pa.Field(nullable=True, metadata={"key": "$geoip_country_name"})
    geoip_country_code: T.StringType = pa.Field(nullable=True, metadata={"key": "$geoip_country_code"})
    geoip_continent_name: T.StringType = pa.Field(nullable=True, metadata={"key": "$geoip_continent_name"})
    geoip_continent_code: T.StringType = pa.Field(nullable=True, metadata={"key": "$geoip_continent_code"})
    geoip_latitude: T.DoubleType = pa.Field(nullable=True, metadata={"key": "$geoip_latitude"})
    geoip_longitude: T.DoubleType = pa.Field(nullable=True, metadata={"key": "$geoip_longitude"})
    geoip_time_zone: T.StringType = pa.Field(nullable=True, metadata={"key": "$geoip_time_zone"})
    geoip_subdivision_1_code: T.StringType = pa.Field(nullable=True, metadata={"key": "$geoip_subdivision_1_code"})
    geoip_subdivision_1_name: T.StringType = pa.Field(nullable=True, metadata={"key": "$geoip_subdivision_1_name"})
    more: T.StringType = pa.Field(nullable=True)


GOOD = (
    '{"distinct_id": "018f3a", "event": "$pageview", "timestamp": "2025-01-03T10:15:00.123Z", '
    '"uuid": "0194-77", "$geoip_country_code": "DE"}'
)

FEED = Feed(
    name="aqua",
    owner="team:growth",
    description="Records of a product analytics service, pulled every minute.",
    contract=Record,
    event_key=("uuid", "event_time"),
    landing="aqua/{arrival}/*.json",
    file_time="%Y%m%d-%H%M%S",
    format=JsonArray(rest="more"),
    arrival=Arrival.HOUR,
    event=Event(
        event_time="timestamp",
        user_id="distinct_id",
        action="event",
        object_id="get_json_object(elements, '$[0]')",
        country="coalesce(geoip_country_code, 'unknown')",
    ),
    sessions=SessionRule(timeout=timedelta(minutes=30)),
    kept=(
        "uuid",
        "elements",
        "geoip_city_name",
        "geoip_country_name",
        "geoip_country_code",
        "geoip_continent_name",
        "geoip_continent_code",
        "geoip_latitude",
        "geoip_longitude",
        "geoip_time_zone",
        "geoip_subdivision_1_code",
        "geoip_subdivision_1_name",
        "more",
    ),
    published=(
        Published(name="event_data", source="silver"),
        Published(name="dau", source="active_users"),
        Published(name="mau", source="active_users_month"),
    ),
    first_date=date(2023, 1, 1),
    examples=[
        (GOOD, []),
        (GOOD.replace('"018f3a"', "12345678901234567890"), []),
        (GOOD.replace('"018f3a"', "null"), ["distinct_id_missing"]),
        (GOOD.replace('"uuid"', '"id"'), ["uuid_missing"]),
        (GOOD.replace("10:15:00.123Z", "soon"), ["timestamp_not_timestamp"]),
        (GOOD.replace('"event": "$pageview", ', ""), ["event_missing"]),
        (GOOD.replace('"DE"', '"DE", "$geoip_latitude": "north"'), ["geoip_latitude_not_number"]),
        (GOOD.replace("2025", "2022"), ["before_first_date"]),
        ("17", ["not_an_object"]),
        ('"text"', ["not_an_object"]),
        ("null", ["not_an_object"]),
    ],
)
