"""`tidebook forget` as a person types it: nothing that Tidebook keeps names the user then, and it says what may."""

import json
import sqlite3
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

EVE, DAYS = "u-0077", ("2025-03-01", "2025-03-02", "2025-03-03")

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def names_eve(file: Path) -> bool:
    """Whether a file does, by a way of its own: another user's id begins as hers does."""
    octets = str(pq.read_table(file).to_pylist()).encode() if file.suffix == ".parquet" else file.read_bytes()
    return EVE.encode() in octets.replace(f"{EVE}8".encode(), b"")


def naming(place: Place, *folders: str) -> list[str]:
    found = [file for folder in folders for file in (place.root / folder).rglob("*") if file.is_file()]
    return sorted(str(file.relative_to(place.root)) for file in found if names_eve(file))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Three days of an IDE, read by the command, with a page, an alert and an event that name a user."""
    root = tmp_path_factory.mktemp("forget")
    for day in DAYS:
        rows = [f"{user},a,IU,{day} {hour}:00:00" for user in (EVE, "ann", f"{EVE}8") for hour in ("09", "10")]
        file = root / f"landing/ide/{day}/a.csv"
        file.parent.mkdir(parents=True)
        file.write_text("\n".join(["user_id,event_id,product_code,timestamp", *rows, f"{EVE},soon"]) + "\n")
    made = Place(root, root / "landing")
    made.done("run", "ide")
    return made


def test_a_user_is_gone_from_all_places_and_the_command_says_what_lies_outside(place: Place) -> None:
    alerts, page = place.root / "state/alerts.jsonl", place.root / "reports/ide/index.html"
    alerts.write_text(json.dumps({"body": f"example   {EVE},2025"}) + "\n")
    page.parent.mkdir(parents=True)
    page.write_text(f"<td>{EVE}</td>")
    with sqlite3.connect(place.root / "dagster/event_log.db") as database:
        (row, event) = database.execute("SELECT id, event FROM event_logs LIMIT 1").fetchone()
        told = json.dumps(json.loads(event) | {"user_message": f"first: user_id {EVE}"})
        database.execute("UPDATE event_logs SET event = ? WHERE id = ?", [told, row])
    database.close()

    dry = place.done("forget", EVE, "--feed", "ide", "--dry-run")
    assert "values in files of ide/bronze" in dry
    assert "event_log.db: table event_logs" in dry
    assert f"3 rows in landing, ide/{DAYS[0]}/a.csv: would stay (--landing writes them anew)" in dry
    assert naming(place, "lakehouse", "landing"), "nothing was changed"

    said = place.done("forget", EVE, "--feed", "ide", "--yes", "--landing")
    assert "forgotten: 9 landed rows" in said
    assert ": not found" in said
    assert f"landing: 3 rows taken out of ide/{DAYS[0]}/a.csv" in said
    assert "tidebook export --to" in said
    assert EVE not in said
    assert naming(place, "lakehouse", "landing", "reports", "state", "dagster") == []
    assert json.loads(alerts.read_text()) == {"body": f"example   {'*' * len(EVE)},2025"}
    assert {row["user_id"] for row in rows_of(place.lakehouse, "ide", "silver")} == {"ann", f"{EVE}8"}


def test_mistakes_are_one_line(place: Place) -> None:
    unknown = place.command("forget", "u1", "--feed", "idea", "--yes")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (1, 1)
    assert "saw feed 'idea', expected one of" in unknown.stderr
    lease = Lease(place.lakehouse / "_leases", "ide")
    lease.take(0)
    busy = place.command("forget", "u1", "--feed", "ide", "--yes", TIDEBOOK_LEASE_WAIT_S="0")
    lease.give_back()
    assert busy.returncode == 1
    assert "feed ide is being written by" in busy.stderr
    unasked = place.command("forget", "u1", "--feed", "ide")
    assert unasked.returncode == 1
    assert "Add --yes" in unasked.stderr


def test_an_id_is_what_the_tables_say_of_it() -> None:
    assert person_of(SHOP, "0501").id == "501"
    assert person_of(IDE, "0501").id == "0501"
    with pytest.raises(UserError, match="no whole number"):
        person_of(SHOP, "ann")
    with pytest.raises(UserError, match="empty user"):
        person_of(IDE, " ")
