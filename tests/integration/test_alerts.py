"""Alerts from end to end: files land and are read, the sensor tells a real mail server and a real web server."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timezone

import dagster as dg
import pytest
from places import Place
from receivers import Hook, Mail, free_port

from analytics_assets.alerts.sensor import alerts_sensor
from analytics_assets.feeds.notes import FEED as NOTES
from resources.settings import Settings
from resources.spark import Spark

pytestmark = pytest.mark.timeout(900)

HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version"
DAY = "2025-03-02"
WRONG = HEADER.replace("user_id", "user")
FEED = replace(NOTES, closed_through=date(2025, 3, 2))
SECRET = "T0kenInThePath"


@dataclass
class Watched:
    """A feed with files, of which no more are due, and the sensor that looks at it."""

    place: Place
    spark: Spark
    alerts: str
    now_s: float = datetime(2025, 3, 3, 7, tzinfo=timezone.utc).timestamp()
    cursor: str | None = None

    def land(self, name: str, header: str = HEADER, day: str = DAY) -> None:
        path = self.place.landing / "notes" / "events" / day / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{header}\nann,{day} 10:00:00,view,p1,10,5.1.0\n")

    def read(self) -> None:
        """Bronze alone: what follows from it is no concern of a quarantined file."""
        self.place.materialize(FEED, self.spark, ["bronze"], "2025-03-01", DAY)

    def tick(self, after_s: float = 30.0) -> str:
        """One tick of the sensor, some time after the one before; what it said."""
        self.now_s += after_s
        settings = Settings(
            alerts=self.alerts, state=str(self.place.root / "state"), reports=str(self.place.root / "reports")
        )
        found = self.place.resources(self.spark)
        sensor = alerts_sensor([FEED], settings, clock=lambda: self.now_s)
        places = {"landing": found["landing"], "lakehouse": found["lakehouse"]}
        with (
            self.place.instance() as instance,
            dg.build_sensor_context(instance, cursor=self.cursor, resources=places) as context,
        ):
            result = sensor.evaluate_tick(context)
        self.cursor = result.cursor
        assert not result.run_requests
        return result.skip_message or ""

    def told(self) -> list[dict[str, str]]:
        """What the file holds."""
        return [json.loads(line) for line in (self.place.root / "state" / "alerts.jsonl").read_text().splitlines()]


@pytest.fixture
def mail() -> Iterator[Mail]:
    with Mail() as server:
        yield server


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, quick_spark: Spark) -> Place:
    """Two arrivals, each with a file that has another header."""
    root = tmp_path_factory.mktemp("alerts")
    watched = Watched(Place(root, root / "landing"), quick_spark, "")
    watched.land("good")
    watched.land("good", day="2025-03-01")
    watched.land("bad", WRONG)
    watched.land("worse", WRONG, day="2025-03-01")
    watched.read()
    return watched.place


@pytest.fixture
def watched(place: Place, quick_spark: Spark) -> Watched:
    """The feed, of which nobody was told anything."""
    for path in (place.root / "state").glob("alerts.*"):
        path.unlink()
    return Watched(place, quick_spark, "")


def test_a_service_that_is_away_is_said_shows_no_secret_and_is_told_when_it_is_back(
    watched: Watched, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    hook = Hook(free_port())
    watched.alerts = hook.url(SECRET)
    said = watched.tick()
    assert said.startswith("1 cause open, 2 messages sent. json://127.0.0.1:")
    assert "Connection refused" in said and said.endswith("it is tried again in 30 s.")
    assert "took no message" in watched.tick(15.0)
    hook.start()
    assert watched.tick(20.0) == "1 cause open, 1 message sent."
    hook.stop()
    assert hook.subjects == ["[tidebook] notes: 2 files of events quarantined: file_header"]
    shown = said + caplog.text + "".join(capfd.readouterr())
    shown += "".join(path.read_text() for path in (watched.place.root / "state").glob("alerts.*"))
    assert SECRET not in shown


def test_the_commands_show_what_is_open_and_no_secret(watched: Watched) -> None:
    port = free_port()
    watched.tick()
    settings = {"TIDEBOOK_ALERTS": f"json://user:Pa55w0rd@127.0.0.1:{port}/{SECRET} nothing://{SECRET}"}
    listed = watched.place.done("alerts", "list", **settings)
    assert f"not told yet: json://127.0.0.1:{port}, nothing://..." in listed
    assert "notes: 2 files of events quarantined: file_header" in listed
    tested = watched.place.command("alerts", "test", **settings)
    assert tested.returncode == 1
    assert f"not taken json://127.0.0.1:{port}: " in tested.stdout and "taken     log" in tested.stdout
    doctor = watched.place.command("doctor", **settings)
    assert doctor.returncode == 1 and "nothing://... is no address that apprise can read" in doctor.stdout
    status = " ".join(watched.place.command("status", "notes", **settings).stdout.split())
    assert "open alerts error: 2 files of events quarantined: file_header, since" in status
    shown = listed + tested.stdout + tested.stderr + doctor.stdout + doctor.stderr + status
    assert SECRET not in shown and "Pa55w0rd" not in shown


def test_send_does_a_round_without_a_daemon(watched: Watched) -> None:
    hook = Hook()
    hook.start()
    first, second = (watched.place.done("alerts", "send", TIDEBOOK_ALERTS=hook.url(SECRET)) for _ in range(2))
    hook.stop()
    assert hook.subjects.count("[tidebook] notes: 2 files of events quarantined: file_header") == 1
    assert "error [tidebook] notes: 2 files of events quarantined: file_header" in first
    assert second == "2 causes open, 0 messages sent.\n", "the newest arrival is years old by the command's clock"
    assert SECRET not in first


def test_a_quarantined_file_is_told_once_and_its_correction_gives_an_all_clear(watched: Watched, mail: Mail) -> None:
    """The last of these tests: it corrects the files."""
    watched.alerts = mail.url
    assert watched.tick() == "1 cause open, 3 messages sent."
    [letter] = mail.letters
    assert letter["Subject"] == "[tidebook] notes: 2 files of events quarantined: file_header"
    lines = dict(line.split(maxsplit=1) for line in letter.get_content().replace("how bad", "bad").splitlines())
    assert lines["where"] == "notes/bronze, arrival 2025-03-01 to 2025-03-02"
    assert lines["example"] == f"notes/events/2025-03-01/worse.csv: saw '{WRONG}'"
    assert lines["look"] == "tidebook show notes/bronze --where \"file = 'notes/events/2025-03-01/worse.csv'\""
    words = lines["look"].removeprefix("tidebook ").replace('"', "").split(" ", 3)
    assert "worse.csv" in watched.place.done(*words), "the command to look closer works as it stands"
    assert watched.tick() == "1 cause open, 0 messages sent."
    watched.land("bad")
    watched.read()
    assert watched.tick() == "1 cause open, 0 messages sent.", "one file of two is corrected"
    watched.tick(86400.0)
    watched.land("worse", day="2025-03-01")
    watched.read()
    assert watched.tick() == "0 causes open, 3 messages sent."
    assert watched.tick() == "0 causes open, 0 messages sent."
    assert mail.subjects[1:] == [
        "[tidebook] notes: still: 1 file of events quarantined: file_header",
        "[tidebook] notes: all clear: 1 file of events quarantined: file_header",
    ]
    assert [line["news"] for line in watched.told()] == ["alert", "reminder", "all clear"]
