"""Aqua records as JSON.

Belongs here: the keys of a record, the broken text of broken records and files. Does not: which records there are
(aqua.py), files (pulls.py).
"""

import json
from typing import Any
from zlib import crc32

import numpy as np
import pyarrow as pa

from analytics_assets.samples.broken_lines import in_the_future
from analytics_assets.samples.events import DAY_S, Events
from analytics_assets.samples.lines import Texts, clock, dates, ended, join
from analytics_assets.samples.options import AquaOptions

EVENT_NAMES = (
    "$pageview",
    "$autocapture",
    "$pageleave",
    "sign_up",
    "report_opened",
    'search "quick"',
    "größe_geändert",
)
# City, country and its code, continent and its code, latitude, longitude, time zone, subdivision's code and name.
PLACES = (
    ("Berlin", "Germany", "DE", "Europe", "EU", 52.5244, 13.4105, "Europe/Berlin", "BE", "State of Berlin"),
    ("München", "Germany", "DE", "Europe", "EU", 48.1374, 11.5755, "Europe/Berlin", "BY", "Bavaria"),
    ("Paris", "France", "FR", "Europe", "EU", 48.8534, 2.3488, "Europe/Paris", "IDF", "Île-de-France"),
    ("London", "United Kingdom", "GB", "Europe", "EU", 51.5085, -0.1257, "Europe/London", "ENG", "England"),
    ("New York", "United States", "US", "North America", "NA", 40.7143, -74.006, "America/New_York", "NY", "New York"),
    ("San Francisco", "United States", "US", "North America", "NA", 37.7749, -122.4194, "America/Los_Angeles", "CA",
     "California"),
    ("São Paulo", "Brazil", "BR", "South America", "SA", -23.5475, -46.6361, "America/Sao_Paulo", "SP", "São Paulo"),
    ("東京", "Japan", "JP", "Asia", "AS", 35.6895, 139.6917, "Asia/Tokyo", "13", "Tokyo"),
    ("Singapore", "Singapore", "SG", "Asia", "AS", 1.2897, 103.8501, "Asia/Singapore", None, None),
    (None, "Namibia", "NA", "Africa", "AF", -22.0, 17.0, "Africa/Windhoek", None, None),
)  # fmt: skip
GEO_KEYS = (
    "city_name", "country_name", "country_code", "continent_name", "continent_code", "latitude", "longitude",
    "time_zone", "subdivision_1_code", "subdivision_1_name",
)  # fmt: skip
CODES = [place[2] for place in PLACES]
# After the places: nothing known, said by nulls or by saying nothing.
GEO = [*(dict(zip(GEO_KEYS, place, strict=True)) for place in PLACES), dict.fromkeys(GEO_KEYS), {}]
ELEMENTS: list[dict[str, Any]] = [
    {},  # the key is absent
    {"elements": None},
    {"elements": []},
    {"elements": [{"tag_name": "a", "text": "Pricing", "href": "/pricing"}]},
    {"elements": [{"tag_name": "button", "text": 'Say "hi", [x] {y}', "order": 0}, {"tag_name": "div", "order": 1}]},
    {"elements": [{"tag_name": "svg", "attributes": {"class": "icon \\ big"}}]},
]
UNDECLARED: list[dict[str, Any]] = [
    {},
    {"$lib": "web", "$lib_version": "1.96.1"},
    {"properties": {"plan": "pro", "seats": 12}},
    {"$feature_flags": ["beta", "dark"]},
]

FAR_DAYS = 10  # a record may land in the pull of the day after
NOT_JSON = (b'[{"distinct_id":"018f3a","event":"$pageview","time', b"<html><body>502 Bad Gateway</body></html>\n")
NOT_AN_ARRAY = b'{"type":"server_error","detail":"try again"}\n'


def aqua_texts(options: AquaOptions) -> Texts:
    """Writes rows as JSON objects."""
    users = pa.array([f'{{"distinct_id":"{name}","event":' for name in distinct_ids(options.users)])
    names = ended((_json(name) for name in EVENT_NAMES), ',"timestamp":"')
    days, seconds = dates(options.start, options.days, "T"), clock(".")
    milliseconds = pa.array([f'{number:03d}Z","uuid":"' for number in range(1_000)])
    elements = _members(ELEMENTS, '"')  # the quote ends the uuid
    geo = _members([{f"$geoip_{key}": value for key, value in place.items()} for place in GEO])
    undeclared = _members(UNDECLARED, end="}")

    def good(rows: Events) -> pa.Array:
        second = rows["second"]
        return join(
            users.take(pa.array(rows["user"])),
            names.take(pa.array(rows["name"])),
            days.take(pa.array(second // DAY_S)),
            seconds.take(pa.array(second % DAY_S)),
            milliseconds.take(pa.array(rows["micro"] // 1_000)),
            uuids(rows),
            elements.take(pa.array(rows["elements"])),
            geo.take(pa.array(rows["place"])),
            undeclared.take(pa.array(rows["undeclared"])),
        )

    return Texts(good=good, broken=break_record, kinds=options.KINDS)


def break_record(text: bytes, kind: str) -> bytes:
    """One good record made into one with a fault of a kind of kinds.AQUA, the same for the same record.

    Raises KeyError for an unknown kind, and for the kinds of files.
    """
    record, turn = json.loads(text), crc32(text)
    time = record["timestamp"]
    no_object = (42, "nothing to see", None, [record["uuid"]], True)[turn % 5]
    absent = {key: value for key, value in record.items() if key != "uuid"}
    broken: Any = {
        "missing_uuid": ({**record, "uuid": None}, absent)[turn % 2],
        "null_distinct_id": {**record, "distinct_id": None},
        "text_in_timestamp": {**record, "timestamp": ("soon", time[:5] + "02-30" + time[10:], time[:10])[turn % 3]},
        "no_object": no_object,
        "in_the_future": {**record, "timestamp": in_the_future(time.encode(), turn, FAR_DAYS).decode()},
    }[kind]
    return _json(broken).encode()


def broken_file(kind: str, number: int) -> bytes:
    """What a failed pull left, by a kind of kinds.AQUA_FILES."""
    return NOT_JSON[number % len(NOT_JSON)] if kind == "file_not_json" else NOT_AN_ARRAY


def distinct_ids(users: int) -> list[str]:
    """Ids by number; slot 0 is nobody. Some are digits alone, more than a number holds, with zeros before them."""
    return [
        (f"018f{number:08x}-web", f"{number:024d}", f"{10**19 + number}", f"user-{number}@example.com")[number % 4]
        for number in range(users + 1)
    ]


def uuids(rows: Events) -> pa.Array:
    """Texts such as `01234567-89ab-cdef-0123-456789abcdef` of the rows' columns high and low."""
    octets = np.stack([rows["high"], rows["low"]], axis=1).astype(">u8").view(np.uint8).reshape(len(rows), 16)
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    text = np.full((len(rows), 36), ord("-"), np.uint8)
    at = [place for place in range(36) if place not in (8, 13, 18, 23)]
    text[:, at[0::2]], text[:, at[1::2]] = digits[octets >> 4], digits[octets & 15]
    offsets = pa.py_buffer(np.arange(0, 36 * (len(rows) + 1), 36, dtype=np.int32))
    return pa.StringArray.from_buffers(len(rows), offsets, pa.py_buffer(text))


def _members(objects: list[dict[str, Any]], start: str = "", end: str = "") -> pa.Array:
    """The members of objects as they stand after others: `,"a":1,"b":null`, or nothing."""
    return pa.array([start + ("," + _json(members)[1:-1] if members else "") + end for members in objects])


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
