"""What a sample injects is found in its figures, and a sample without anomalies raises next to no alarm."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from note_recount import Recount

from analytics_assets.samples.notes import generate_notes
from analytics_assets.samples.options import NotesOptions
from analytics_assets.transforms.alarms import alarms
from analytics_assets.transforms.anomalies import AnomalyRule, Judged, Point, judged

START, END = date(2025, 1, 6), date(2025, 5, 25)
DAYS = [START + timedelta(days=n) for n in range((END - START).days + 1)]


def series(landing: Path) -> dict[str, list[Judged]]:
    """Verdicts on events by date and by hour, and on active users, counted from the files by the tests' own reading."""
    events = list(Recount(landing).events.values())
    users = {(event.user, event.time.date()) for event in events}
    counted = {
        "events": Counter(event.time.date() for event in events),
        "dau": Counter(day for _, day in users),
    }
    judgements = {
        name: judged([Point(day, 0, found[day], found[day]) for day in DAYS], "count", "day", AnomalyRule())
        for name, found in counted.items()
    }
    by_hour = Counter((event.time.date(), event.time.hour) for event in events)
    hours = [Point(day, hour, by_hour[day, hour], by_hour[day, hour]) for day in DAYS for hour in range(24)]
    return judgements | {"events by hour": judged(hours, "count", "hour", AnomalyRule())}


def options(**chosen: int) -> NotesOptions:
    return NotesOptions(start=START, end=END, events=280_000, users=10_000, bots=0, **chosen)


def test_an_injected_spike_is_found_on_its_date_in_events_and_users(tmp_path: Path) -> None:
    truth = generate_notes(tmp_path, options(outages=0, spikes=3))
    spiked = {date.fromisoformat(day.date) for day in truth.anomalous_days}
    found_in = series(tmp_path)
    for found in (found_in["events"], found_in["dau"]):
        flagged = {one.point.day for one in found if one.sign > 0}
        judgeable = {one.point.day for one in found if one.score is not None}
        assert spiked & judgeable and spiked & judgeable <= flagged


def test_a_sample_without_anomalies_raises_at_most_one_false_alarm_a_series(tmp_path: Path) -> None:
    generate_notes(tmp_path, options(outages=0, spikes=0))
    raised = {name: len(alarms(found)) for name, found in series(tmp_path).items()}
    assert {name: number <= 1 for name, number in raised.items()} == dict.fromkeys(raised, True), raised
