"""The lease in a bucket: one holder on all machines, the dead make way, and who lost it writes nothing more."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date

import pytest
from buckets import BUCKET, Server

from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.feeds.tables import feed_tables
from resources.bucket_lease import BucketLease
from resources.lakehouse import Lakehouse
from resources.lease import LeaseError
from resources.object_store import ObjectStore, StoreError
from resources.spark import Spark

LIVES_S = 2.0


@pytest.fixture
def store(moto: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """The store, with its keys in the environment, and no lease in it."""
    for name, value in moto.credentials.items():
        monkeypatch.setenv(name, value)
    for key in moto.tags("leases/"):
        moto.client().delete_object(Bucket=BUCKET, Key=key)
    yield ObjectStore(moto.endpoint)


def lease(store: ObjectStore, feed: str = "notes") -> BucketLease:
    return BucketLease(f"s3a://{BUCKET}/leases", feed, store, lives_s=LIVES_S)


def die(holder: BucketLease) -> None:
    """What a kill does: it renews no more and gives nothing back."""
    holder._end.set()


def test_a_second_driver_is_refused_with_the_holders_name(store: ObjectStore) -> None:
    first = lease(store)
    first.take(0)
    with pytest.raises(LeaseError, match=r"notes is being written by process \d+ on .* Nothing was changed"):
        lease(store).take(0)
    first.give_back()


def test_a_lease_that_is_given_back_is_free_at_once_and_counts_on(store: ObjectStore) -> None:
    first, second = lease(store), lease(store)
    first.take(0)
    first.give_back()
    second.take(0)
    assert (first.fence, second.fence) == (1, 2)
    second.give_back()


def test_feeds_have_leases_of_their_own(store: ObjectStore) -> None:
    one, other = lease(store, "notes"), lease(store, "access_log")
    one.take(0)
    other.take(0)
    one.give_back()
    other.give_back()


def test_a_living_holder_keeps_it_for_longer_than_it_lives(store: ObjectStore) -> None:
    first = lease(store)
    first.take(0)
    time.sleep(2 * LIVES_S)
    with pytest.raises(LeaseError):
        lease(store).take(0)
    first.take(0)  # before a commit
    first.give_back()


def test_a_dead_holder_is_followed_and_may_not_come_back(store: ObjectStore) -> None:
    first, second = lease(store), lease(store)
    first.take(0)
    die(first)
    with pytest.raises(LeaseError):
        second.take(0)
    second.take(3 * LIVES_S)
    assert second.fence == first.fence + 1
    with pytest.raises(LeaseError, match="lost its lease"):
        first.take(0)
    with pytest.raises(LeaseError, match="lost its lease"):
        first.renew()
    second.take(0)
    first.give_back()
    second.take(0)  # what the first gives back is not the second's
    second.give_back()


def test_a_lease_that_its_keeper_found_lost_is_not_taken_anew(store: ObjectStore) -> None:
    first, second = lease(store), lease(store)
    first.take(0)
    first._tag = '"of before it slept"'
    store.client().put_object(Bucket=BUCKET, Key="leases/notes.json", Body=json.dumps({"fence": 2, "is_free": True}))
    deadline = time.monotonic() + 3 * LIVES_S
    while first._tag is not None and time.monotonic() < deadline:
        time.sleep(0.05)  # its keeper renews, and sees that somebody came and went
    with pytest.raises(LeaseError, match="lost its lease"):
        first.take(0)
    second.take(0)
    second.give_back()


def test_of_many_that_follow_a_dead_holder_one_wins(store: ObjectStore) -> None:
    first = lease(store)
    first.take(0)
    die(first)
    time.sleep(LIVES_S + 1.5)
    drivers, won = [lease(store) for _ in range(8)], []
    begin = threading.Barrier(len(drivers))

    def try_it(driver: BucketLease) -> None:
        begin.wait()
        try:
            driver.take(0)
            won.append(driver)
        except LeaseError:
            pass

    threads = [threading.Thread(target=try_it, args=(driver,)) for driver in drivers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [driver.fence for driver in won] == [2]
    won[0].give_back()


def test_a_holder_that_was_away_goes_on_if_nobody_followed(store: ObjectStore) -> None:
    first = lease(store)
    first.take(0)
    die(first)
    time.sleep(LIVES_S + 1.5)
    first.take(0)
    with pytest.raises(LeaseError):
        lease(store).take(0)
    first.give_back()


def test_a_renewal_whose_answer_was_lost_is_no_loss(store: ObjectStore) -> None:
    first = lease(store)
    first.take(0)
    die(first)
    known = first._tag
    first.renew()
    first._tag = known  # as if the answer had not come
    first.renew()
    first.give_back()


def test_a_connection_that_breaks_in_an_answer_is_one_line(store: ObjectStore) -> None:
    """The error names a response, which is none; it ended the thread that renews, without a word."""
    with socket.create_server(("127.0.0.1", 0)) as rude:

        def hang_up() -> None:
            with suppress(OSError):
                while True:
                    rude.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        address = f"http://127.0.0.1:{rude.getsockname()[1]}"
        with pytest.raises(StoreError, match=r"^s3a://.*notes\.json: the server does not answer"):
            lease(ObjectStore(address)).take(0)


def test_without_a_server_it_is_one_line(store: ObjectStore) -> None:
    with pytest.raises(StoreError, match=r"^s3a://.*notes\.json: the server does not answer\..*TIDEBOOK_S3_ENDPOINT$"):
        lease(ObjectStore("http://127.0.0.1:9")).take(0)


def test_without_the_bucket_it_is_one_line(store: ObjectStore) -> None:
    with pytest.raises(StoreError, match=r"^s3a://no-such-bucket/.*: there is no such bucket"):
        BucketLease("s3a://no-such-bucket/leases", "notes", store).take(0)


def test_who_lost_the_lease_writes_no_table(store: ObjectStore, moto: Server) -> None:
    table = feed_tables(NOTES)["tide"]
    root = f"s3a://{BUCKET}/lost"
    lakehouse = Lakehouse(root=root, spark=Spark(master="sc://127.0.0.1:1"), lease_wait_s=0, s3_endpoint=moto.endpoint)
    rows = {"event_date": [date(2025, 1, 3)], "input_version": ["a"], "rows": [1]}
    lakehouse.put(table, rows, "run", ["2025-01-03"])
    assert lakehouse.last_commit(table).version == 1
    # Another driver took over.
    moto.put({"lost/_leases/notes.json": b'{"owner": "another", "fence": 2}'})
    with pytest.raises(LeaseError, match="feed notes: this run lost its lease"):
        lakehouse.put(table, {**rows, "rows": [2]}, "run", ["2025-01-03"])
    assert lakehouse.last_commit(table).version == 1
    assert lakehouse.arrow(table)["rows"].to_pylist() == [1]
    lakehouse.let_go()
    assert json.loads(moto.client().get_object(Bucket=BUCKET, Key="lost/_leases/notes.json")["Body"].read()) == {
        "owner": "another",
        "fence": 2,
    }
