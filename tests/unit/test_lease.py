"""The lease of a feed, between real processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from resources.lease import Lease, LeaseError

HOLD = """
import sys, time
from pathlib import Path
from resources.lease import Lease
lease = Lease(Path(sys.argv[1]), "notes")
lease.take(0)
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the lease of notes."""
    command = [sys.executable, "-c", HOLD, str(tmp_path), "some words"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_process_is_refused_and_told_who_holds_the_lease(
    other: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    with pytest.raises(LeaseError) as caught:
        Lease(tmp_path, "notes").take(0)
    message = str(caught.value)
    assert message.startswith(f"feed notes is being written by process {other.pid} on ")
    assert "some words" in message
    assert " since 20" in message
    assert "TIDEBOOK_LEASE_WAIT_S" in message
    assert "\n" not in message


def test_a_refused_process_leaves_the_holders_name_alone(other: "subprocess.Popen[str]", tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(LeaseError, match=f"process {other.pid} on"):
            Lease(tmp_path, "notes").take(0)


def test_a_lease_is_free_again_when_its_process_is_killed(other: "subprocess.Popen[str]", tmp_path: Path) -> None:
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    lease = Lease(tmp_path, "notes")
    lease.take(0)
    assert f"process {os.getpid()} on" in lease.holder()
    lease.give_back()


def test_one_who_waits_is_told_once_for_whom_and_gets_the_lease(other: "subprocess.Popen[str]", tmp_path: Path) -> None:
    told: list[str] = []

    def waiting(message: str) -> None:
        told.append(message)
        other.kill()

    lease = Lease(tmp_path, "notes")
    lease.take(30, waiting)
    assert len(told) == 1
    assert told[0].startswith(f"waiting for feed notes: written by process {other.pid} on ")
    lease.give_back()


def test_waiting_ends_at_its_limit(other: "subprocess.Popen[str]", tmp_path: Path) -> None:
    begin = time.monotonic()
    with pytest.raises(LeaseError):
        Lease(tmp_path, "notes").take(0.6)
    assert 0.6 <= time.monotonic() - begin < 10


def test_another_feed_is_another_lease(other: "subprocess.Popen[str]", tmp_path: Path) -> None:
    lease = Lease(tmp_path, "access_log")
    lease.take(0)
    lease.give_back()


def test_taking_twice_and_giving_back_twice_change_nothing(tmp_path: Path) -> None:
    lease, second = Lease(tmp_path / "new" / "folder", "notes"), Lease(tmp_path / "new" / "folder", "notes")
    lease.take(0)
    lease.take(0)
    with pytest.raises(LeaseError):
        second.take(0)
    lease.give_back()
    lease.give_back()
    second.take(0)
    second.give_back()


def test_a_damaged_file_still_gives_a_message(tmp_path: Path) -> None:
    lease = Lease(tmp_path, "notes")
    lease.take(0)
    (tmp_path / "notes.lock").write_text("{")
    with pytest.raises(LeaseError, match="written by another process"):
        Lease(tmp_path, "notes").take(0)
    lease.give_back()
