"""A snapshot of users with hostile values in each of its fields, beside events of these users: one run reads both."""

import csv
import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hostile_shapes import DAY, NOTES
from hostile_values import TEXTS
from places import Place
from tables import rows_of

from analytics_assets.discovery import find_feed
from analytics_assets.layers.world import World
from analytics_assets.observer import Observer
from analytics_assets.passes import run_pass
from resources.spark import Spark

pytestmark = pytest.mark.timeout(600)

HEADER = "user_id,join_date,country,device_type,subscription_type"
JOINED = {
    "0001-01-01": date(1, 1, 1),
    "0001-01-02": date(1, 1, 2),
    "1582-10-10": date(1582, 10, 10),
    "2025-01-01": date(2025, 1, 1),
    "9999-12-31": date(9999, 12, 31),
    "0000-01-01": None,
    "10000-01-01": None,
    "2025-02-29": None,
    "NaN": None,
}
"""A date, or none where the row is rejected."""


@dataclass(frozen=True)
class Users:
    """Rows of the tables of users."""

    accepted: list[dict[str, Any]]
    rejected: list[dict[str, Any]]


def names_a_folder(text: str) -> bool:
    return len(text.encode()) <= 64 and "\x00" not in text and text != "__HIVE_DEFAULT_PARTITION__"


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory, quick_spark: Spark) -> Users:
    root = tmp_path_factory.mktemp("users")
    names = [f"u{place}" for place in range(len(TEXTS) + len(JOINED))]
    rows = [[name, "2025-01-01", text, text, text] for name, text in zip(names, TEXTS.values(), strict=False)]
    rows += [[name, joined, "DE", "tv", "pro"] for name, joined in zip(names[len(TEXTS) :], JOINED, strict=True)]
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    folder = root / "landing" / "notes" / "users" / DAY
    folder.mkdir(parents=True)
    (folder / "users.csv").write_bytes(f"{HEADER}\n{written.getvalue()}".encode())
    events = root / "landing" / NOTES.folder
    events.mkdir(parents=True)
    (events / "events.csv").write_bytes(NOTES.file(*[NOTES.row(name, place=place) for place, name in enumerate(names)]))
    place = Place(root, root / "landing")
    resources = place.resources(quick_spark)
    outcome = run_pass(World(find_feed("notes"), resources["landing"], resources["lakehouse"], "run"), Observer())
    assert outcome.failed == {}
    return Users(*(rows_of(place.lakehouse, "notes", table) for table in ("users", "users_rejected")))


def test_texts_are_attributes_as_they_are(users: Users) -> None:
    found = {row["user_id"]: (row["country"], row["device_type"], row["subscription_type"]) for row in users.accepted}
    expected = {f"u{at}": (text,) * 3 for at, text in enumerate(TEXTS.values()) if names_a_folder(text)}
    assert {name: found.get(name) for name in expected if found.get(name) != expected[name]} == {}
    assert len(expected) > 50


def test_a_country_that_can_name_no_folder_is_rejected(users: Users) -> None:
    lines = {at + 2 for at, text in enumerate(TEXTS.values()) if not names_a_folder(text)}
    found = {row["line_number"] for row in users.rejected if row["violations"] == ("country_not_a_name",)}
    assert found == lines and len(lines) >= 5


def test_dates_at_the_ends_of_the_calendar_are_kept_and_others_rejected(users: Users) -> None:
    found = {row["user_id"]: row["join_date"] for row in users.accepted}
    assert [found.get(f"u{len(TEXTS) + at}") for at in range(len(JOINED))] == [*JOINED.values()]


def test_nothing_is_written_beside_the_lakehouse(users: Users, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = Path(tmp_path_factory.getbasetemp()) / "users0"
    assert users.accepted and {path.name for path in root.iterdir()} == {"landing", "lakehouse"}
