"""The aqua sample holds what its truth file says: counted again here from the JSON files."""

import json
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from small_samples import generate_small

from analytics_assets.samples import aqua, kinds
from analytics_assets.samples.aqua_records import break_record
from analytics_assets.samples.truth import AquaTruth, read_truth

HALF_HOUR = timedelta(minutes=30)
GOOD = (
    '{"distinct_id":"007","event":"$pageview","timestamp":"2025-01-03T10:15:00.250Z",'
    '"uuid":"01234567-89ab-cdef-0123-456789ab%02d","$geoip_country_code":"DE"}'
)
GEOIP = {
    "$geoip_city_name", "$geoip_country_name", "$geoip_country_code", "$geoip_continent_name",
    "$geoip_continent_code", "$geoip_latitude", "$geoip_longitude", "$geoip_time_zone",
    "$geoip_subdivision_1_code", "$geoip_subdivision_1_name",
}  # fmt: skip
DECLARED = {"distinct_id", "event", "timestamp", "uuid", "elements", *GEOIP}


class Event(NamedTuple):
    uuid: str
    time: datetime
    user: str
    name: str
    country: str
    text: str


def verdict(record: Any, pulled: date) -> str | Event:
    """The kind of fault of an element, or its event."""
    if not isinstance(record, dict):
        return "no_object"
    if record.get("uuid") is None:
        return "missing_uuid"
    if record.get("distinct_id") is None:
        return "null_distinct_id"
    try:
        time = datetime.strptime(record["timestamp"], "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:
        return "text_in_timestamp"
    if time.date() > pulled + timedelta(days=1):
        return "in_the_future"
    country = record.get("$geoip_country_code") or "unknown"
    text = json.dumps(record, sort_keys=True)
    return Event(record["uuid"], time, record["distinct_id"], record["event"], country, text)


class Recount:
    """Everything in the files of a landing folder, in the order of pulls."""

    def __init__(self, landing: Path) -> None:
        self.landed: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter(dict.fromkeys(kinds.AQUA, 0))
        self.accepted: list[tuple[datetime, Event]] = []
        self.keys: Counter[str] = Counter()
        self.files = sorted((landing / "aqua").glob("*/*.json"))
        for path in self.files:
            pulled = datetime.strptime(path.stem, "%Y%m%d-%H%M%S")
            assert path.parent.name == pulled.date().isoformat()
            for found in self._verdicts(path, pulled.date()):
                self.landed[f"{pulled:%Y-%m-%dT%H}"] += 1
                if isinstance(found, str):
                    self.rejected[found] += 1
                else:
                    self.accepted.append((pulled, found))
        self.events = {(event.uuid, event.time): event for _, event in self.accepted}

    def _verdicts(self, path: Path, pulled: date) -> list[str | Event]:
        try:
            records = json.loads(path.read_bytes())
        except ValueError:
            return ["file_not_json"]
        if not isinstance(records, list):
            return ["file_not_an_array"]
        self.keys.update(key for record in records if isinstance(record, dict) for key in record)
        return [verdict(record, pulled) for record in records]


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    landing = tmp_path_factory.mktemp("landing")
    generate_small("aqua", landing, pull_s=1_200)
    return landing


@pytest.fixture(scope="module")
def truth(landing: Path) -> AquaTruth:
    found = read_truth(landing / "aqua" / "truth.json")
    assert isinstance(found, AquaTruth)
    return found


@pytest.fixture(scope="module")
def recount(landing: Path) -> Recount:
    return Recount(landing)


def test_rows_and_files_are_what_the_truth_says(recount: Recount, truth: AquaTruth) -> None:
    # An hour whose pulls brought no record stands in the truth with 0.
    assert {hour: recount.landed[hour] for hour in truth.landed_by_arrival} == truth.landed_by_arrival
    assert dict(recount.rejected) == truth.rejected
    assert (len(recount.accepted), len(recount.events)) == (truth.accepted, truth.silver)
    assert (len(recount.files), truth.files) == (42 * 72, 42 * 72)
    assert recount.rejected["file_not_json"] + recount.rejected["file_not_an_array"] == truth.broken_files
    assert sum(event.time.date() < pulled.date() for pulled, event in recount.accepted) == truth.late


def test_active_users_by_date_and_month_are_what_the_truth_says(recount: Recount, truth: AquaTruth) -> None:
    events = recount.events.values()
    users = Counter(day for day, _ in {(event.time.date().isoformat(), event.user) for event in events})
    assert {day: users[day] for day in truth.dau} == truth.dau
    months = Counter(month for month, _ in {(event.time.date().replace(day=1), event.user) for event in events})
    assert {month.isoformat(): months[month] for month in sorted(months)} == truth.mau


def test_sessions_are_what_the_truth_says(recount: Recount, truth: AquaTruth) -> None:
    times = defaultdict(list)
    for event in recount.events.values():
        times[event.user, event.time.date()].append(event.time)
    found = [
        1 + sum(later - earlier >= HALF_HOUR for earlier, later in pairwise(sorted(day))) for day in times.values()
    ]
    assert sum(found) == truth.sessions


def test_events_by_name_and_country_are_what_the_truth_says(recount: Recount, truth: AquaTruth) -> None:
    events = recount.events.values()
    names, countries = Counter(e.name for e in events), Counter(e.country for e in events)
    assert {name: names[name] for name in truth.events_by_name} == truth.events_by_name
    assert dict(countries) == {country: count for country, count in truth.events_by_country.items() if count}
    assert truth.events_by_country["unknown"] > 0


def test_records_with_one_key_are_equal_in_every_column(recount: Recount) -> None:
    assert len({event.text for _, event in recount.accepted}) == len(recount.events)


def test_copies_lie_within_a_file_and_across_files_and_days(recount: Recount) -> None:
    pulls = defaultdict(list)
    for pulled, event in recount.accepted:
        pulls[event.uuid, event.time].append(pulled)
    copies = [found for found in pulls.values() if len(found) > 1]
    assert any(len(set(found)) == 1 for found in copies)
    assert any(len({pulled.date() for pulled in found}) > 1 for found in copies)


def test_a_uuid_may_stand_for_two_events_at_two_times(recount: Recount) -> None:
    assert 0 < len(recount.events) - len({uuid for uuid, _ in recount.events}) < 100


def test_records_of_weeks_ago_and_of_another_month_arrive_today(recount: Recount) -> None:
    late = [(pulled, event.time) for pulled, event in recount.accepted if event.time.date() < pulled.date()]
    assert max((pulled.date() - time.date()).days for pulled, time in late) > 21
    assert any(pulled.month != time.month for pulled, time in late)


def test_no_record_is_pulled_before_it_happened(recount: Recount) -> None:
    assert all(event.time < pulled for pulled, event in recount.accepted)


def test_a_failed_pull_loses_nothing_the_next_good_one_brings_it(tmp_path: Path) -> None:
    truth = generate_small("aqua", tmp_path, broken_kinds=("file_not_json",), late_share=0)
    recount = Recount(tmp_path)
    assert recount.rejected["file_not_json"] == truth.broken_files == 100
    assert len(recount.events) == 5_000


def test_failed_pulls_are_one_in_ten_of_a_kind_at_most(tmp_path: Path) -> None:
    truth = generate_small("aqua", tmp_path, broken_share=0.5, events=10_000, end=date(2025, 1, 20), pull_s=3_600)
    assert truth.rejected["file_not_json"] == truth.rejected["file_not_an_array"] == 14
    assert len(Recount(tmp_path).events) == 10_000


def test_the_last_pull_is_in_the_hour_after_the_last_date_and_takes_all_else(
    recount: Recount, truth: AquaTruth
) -> None:
    assert max(truth.landed_by_arrival) == "2025-02-26T00"
    last = [event for pulled, event in recount.accepted if pulled.date() == date(2025, 2, 26)]
    assert len(last) > 10 and all(event.time.date() <= date(2025, 2, 25) for event in last)


def test_optional_keys_are_absent_null_or_there_and_undeclared_ones_come(landing: Path, recount: Recount) -> None:
    records = [
        record
        for path in recount.files
        if path.read_bytes()[:2] in (b"[{", b"[\n")
        for record in _readable(path)
        if isinstance(record, dict)
    ]
    for key in ("elements", *GEOIP):
        assert {type(record.get(key, ...)) for record in records} >= {type(...), type(None)}, key
        assert recount.keys[key] > 0
    assert any(isinstance(element, dict) for record in records for element in record.get("elements") or [])
    assert 0 < sum(bool(set(record) - DECLARED) for record in records) < 0.2 * len(records)


def _readable(path: Path) -> list[Any]:
    try:
        found = json.loads(path.read_bytes())
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def test_some_ids_are_digits_that_no_number_type_keeps_whole(recount: Recount) -> None:
    users = {event.user for event in recount.events.values()}
    assert any(user.isdigit() and user.startswith("0") for user in users)
    assert any(user.isdigit() and int(user) > 2**63 for user in users)


def test_times_have_milliseconds(recount: Recount) -> None:
    assert all(event.time.microsecond % 1_000 == 0 for event in recount.events.values())
    assert len({event.time.microsecond for event in recount.events.values()}) > 900


def test_files_made_in_many_blocks_are_as_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aqua, "BLOCK_EVENTS", 300)
    truth = generate_small("aqua", tmp_path, broken_share=0.3)
    recount = Recount(tmp_path)
    assert (len(recount.events), dict(recount.rejected)) == (5_000, truth.rejected)
    assert {hour: recount.landed[hour] for hour in truth.landed_by_arrival} == truth.landed_by_arrival


def test_a_pull_with_more_records_than_are_written_together_is_whole(tmp_path: Path) -> None:
    truth = generate_small("aqua", tmp_path, events=3_000, end=date(2025, 1, 15), pull_s=3_600)
    assert len(Recount(tmp_path).events) == truth.silver == 3_000


@pytest.mark.parametrize("kind", [kind for kind in kinds.AQUA if kind not in kinds.AQUA_FILES])
def test_a_broken_record_has_the_fault_of_its_kind_alone(kind: str) -> None:
    for number in range(2_000):
        broken = json.loads(break_record((GOOD % number).encode(), kind))
        # It may land in a pull of the day after.
        assert verdict(broken, date(2025, 1, 4)) == kind


def test_what_is_no_object_is_of_every_other_type() -> None:
    found = {type(json.loads(break_record((GOOD % number).encode(), "no_object"))) for number in range(60)}
    assert found == {int, str, bool, list, type(None)}


def test_pulls_are_named_in_utc(recount: Recount) -> None:
    first = datetime.strptime(recount.files[0].stem, "%Y%m%d-%H%M%S").replace(tzinfo=timezone.utc)
    assert first - datetime(2025, 1, 15, tzinfo=timezone.utc) < timedelta(minutes=40)
