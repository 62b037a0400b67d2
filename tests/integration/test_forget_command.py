"""`tidebook forget` as a person types it: nothing that Tidebook keeps names the user then, and it says what may."""

import json
import shutil
import sqlite3
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from places import Place
from tables import rows_of

from analytics_assets.commands.forget import person_of
from analytics_assets.feeds.ide import FEED as IDE
from analytics_assets.feeds.shop import FEED as SHOP
from resources.errors import UserError
from resources.lease import Lease

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def names_the_user(file: Path, user: str) -> bool:
    """Whether a file does, by a way of its own: users of the sample have ids of one length."""
    if file.suffix == ".parquet":
        return user in str(pq.read_table(file).to_pylist())
    return user.encode() in file.read_bytes()


def naming(place: Place, user: str, *folders: str) -> list[str]:
    found = [file for folder in folders for file in (place.root / folder).rglob("*") if file.is_file()]
    return sorted(str(file.relative_to(place.root)) for file in found if names_the_user(file, user))


@pytest.fixture
def place(notes: Place, tmp_path: Path) -> Place:
    """A copy of the notes, with pages, an alert and an event that name their busiest user."""
    for folder in ("landing", "lakehouse", "dagster"):
        shutil.copytree(notes.root / folder, tmp_path / folder)
    return Place(tmp_path, tmp_path / "landing")


def test_a_user_is_gone_from_all_places_and_the_command_says_what_lies_outside(place: Place) -> None:
    users = Counter(row["user_id"] for row in rows_of(place.lakehouse, "notes", "silver"))
    user = users.most_common(1)[0][0]
    silver = users.total()
    (place.root / "state").mkdir()
    alerts, page = place.root / "state/alerts.jsonl", place.root / "reports/notes/index.html"
    alerts.write_text(json.dumps({"body": f"example   {user},2025"}) + "\n")
    page.parent.mkdir(parents=True)
    page.write_text(f"<td>{user}</td>")
    with sqlite3.connect(place.root / "dagster/event_log.db") as database:
        (row, event) = database.execute("SELECT id, event FROM event_logs LIMIT 1").fetchone()
        told = json.dumps(json.loads(event) | {"user_message": f"first: user_id {user}"})
        database.execute("UPDATE event_logs SET event = ? WHERE id = ?", [told, row])
    database.close()

    dry = place.done("forget", user, "--feed", "notes", "--dry-run")
    assert "values in files of notes/bronze" in dry
    assert "event_log.db: table event_logs" in dry
    assert "would stay (--landing writes them anew)" in dry
    assert naming(place, user, "lakehouse", "landing"), "nothing was changed"

    said = place.done("forget", user, "--feed", "notes", "--yes", "--landing")
    assert ": not found" in said
    assert user not in said
    assert naming(place, user, "lakehouse", "landing", "reports", "state", "dagster") == []
    assert json.loads(alerts.read_text()) == {"body": f"example   {'*' * len(user)},2025"}
    assert "rows taken out of notes/events/" in said
    assert "tidebook export --to" in said
    assert sum(1 for _ in rows_of(place.lakehouse, "notes", "silver")) == silver - users[user]

    again = place.done("forget", user, "--feed", "notes", "--yes")
    assert "no more row of this user was found" in again


def test_mistakes_are_one_line(place: Place) -> None:
    unknown = place.command("forget", "u1", "--feed", "nots", "--yes")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (1, 1)
    assert "saw feed 'nots', expected one of" in unknown.stderr
    unasked = place.command("forget", "u1", "--feed", "notes")
    assert unasked.returncode == 1
    assert "Add --yes" in unasked.stderr
    lease = Lease(place.lakehouse / "_leases", "notes")
    lease.take(0)
    busy = place.command("forget", "u1", "--feed", "notes", "--yes", TIDEBOOK_LEASE_WAIT_S="0")
    lease.give_back()
    assert busy.returncode == 1
    assert "feed notes is being written by" in busy.stderr
    assert not (place.lakehouse / "notes/forgotten").exists()


def test_an_id_is_what_the_tables_say_of_it() -> None:
    assert person_of(SHOP, "0501").id == "501"
    assert person_of(IDE, "0501").id == "0501"
    with pytest.raises(UserError, match="no whole number"):
        person_of(SHOP, "ann")
    with pytest.raises(UserError, match="empty user"):
        person_of(IDE, " ")
