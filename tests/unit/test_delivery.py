"""Rounds of delivery with the real outbox: kills between any two steps, services that hang, two processes at once."""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from analytics_assets.alerts.cause import Cause, Severity
from analytics_assets.alerts.channels import FileChannel
from analytics_assets.alerts.delivery import Channel, Look, Post
from analytics_assets.alerts.outbox import Outbox
from analytics_assets.alerts.told import Book
from analytics_assets.alerts.words import Message, Places

HOUR_S = 3600.0
ROUNDS_UNTIL_ALL_ARE_TRIED = 40


def cause(rule: str, severity: Severity = Severity.ERROR) -> Cause:
    return Cause(
        feed="notes",
        kind="check",
        place="silver",
        rule=rule,
        severity=severity,
        headline=f"1 date of silver fails {rule}",
        where="notes/silver",
        bad="what fails goes no further",
        since_s=0.0,
        look="tidebook why notes 2025-03-01",
    )


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Box:
    """A service that keeps what it takes. before, after: are called around the taking, and may end the process."""

    key: str = "mail"
    is_here: bool = True
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None
    refuses: str = ""
    taken: list[Message] = field(default_factory=list)

    @property
    def shown(self) -> str:
        return self.key

    def send(self, message: Message) -> str:
        self.before()
        if not self.refuses:
            self.taken.append(message)
        self.after()
        return self.refuses

    def news(self, rule: str) -> list[str]:
        return [message.news for message in self.taken if message.key == cause(rule).key]


class Clock:
    """Seconds that the test lets pass."""

    def __init__(self) -> None:
        self.now_s = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


def post(folder: Path, *channels: Channel, clock: Callable[[], float] = time.time, round_s: float = 5.0) -> Post:
    return Post(
        outbox=Outbox(folder),
        channels=channels,
        places=Places("http://ui", folder),
        reminder_s=24 * HOUR_S,
        clock=clock,
        round_s=round_s,
    )


def found(*causes: Cause) -> Callable[[], Look]:
    return lambda: Look(list(causes), [])


class MortalOutbox(Outbox):
    """An outbox whose process may end before or after it is written."""

    def __init__(self, folder: Path, step: Callable[[], None]) -> None:
        super().__init__(folder)
        self.step = step

    def write(self, book: Book) -> None:
        self.step()
        super().write(book)
        self.step()


RULES = ("unique", "bounded", "whole")


@settings(max_examples=60, deadline=None)
@given(
    kills=st.lists(st.integers(0, 12), max_size=12),
    refusals=st.lists(st.booleans(), max_size=12),
    stories=st.lists(st.sets(st.sampled_from(RULES)), min_size=1, max_size=6),
)
def test_whatever_is_killed_each_cause_is_told_at_least_once_and_its_end_after_it(
    kills: list[int], refusals: list[bool], stories: list[set[str]]
) -> None:
    """kills: after how many steps the process of each round ends. refusals: whether the service is away meanwhile.

    stories: which causes stand at each stage; a stage lasts until a round has told what is due.
    """
    with tempfile.TemporaryDirectory() as name:
        clock, box = Clock(), Box()
        left, away = list(kills), list(refusals)

        def one_round(standing: set[str]) -> bool:
            """Whether the round came to its end and left nothing untold."""
            steps = left.pop() if left else None

            def step() -> None:
                nonlocal steps
                if steps is not None:
                    steps -= 1
                    if steps < 0:
                        raise Killed

            box.before = box.after = step
            box.refuses = "away" if away and away.pop() else ""
            mortal = post(Path(name), box, clock=clock)
            mortal = Post(**{**mortal.__dict__, "outbox": MortalOutbox(Path(name), step)})
            clock.now_s += 1000.0  # longer than the longest pause
            try:
                done = mortal.round(found(*map(cause, sorted(standing))))
            except Killed:
                return False
            assert done is not None
            return not done.failed

        for standing in [*stories, set()]:
            told_before = {rule: box.news(rule) for rule in RULES}
            for _ in range(ROUNDS_UNTIL_ALL_ARE_TRIED):
                if one_round(standing):
                    break
            else:
                raise AssertionError("a round that nobody kills ends")
            for rule in RULES:
                said = box.news(rule)[len(told_before[rule]) :]
                was_open = told_before[rule][-1:] in (["alert"], ["reminder"])
                if rule in standing and not was_open:
                    assert "alert" in said, f"{rule} was open until a round ended"
                assert said.count("all clear") == 0 or rule not in standing
                if rule not in standing and was_open:
                    assert set(said) == {"all clear"}, f"the end of {rule} is told, and only that"
        for rule in RULES:
            assert box.news(rule)[-1:] in ([], ["all clear"]), "all is over, and so it was said"
        assert Outbox(Path(name)).read().known == {}


def test_a_year_of_failing_partitions_is_one_message(tmp_path: Path) -> None:
    box, clock = Box(), Clock()
    for number in range(1, 366):
        one = Cause(**{**cause("unique").__dict__, "headline": f"{number} dates of silver fail unique"})
        post(tmp_path, box, clock=clock).round(found(one))
        clock.now_s += 30.0
    assert [message.subject for message in box.taken] == ["[tidebook] notes: 1 dates of silver fail unique"]


def test_a_service_that_hangs_holds_up_neither_the_others_nor_the_round(tmp_path: Path) -> None:
    is_over = threading.Event()
    hangs = Box(key="hangs", is_here=False, before=lambda: is_over.wait(30) and None)
    quick = Box(key="quick", is_here=False)
    began = time.monotonic()
    done = post(tmp_path, hangs, quick, round_s=2.0).round(found(cause("unique")))
    is_over.set()
    assert time.monotonic() - began < 15
    assert done is not None
    assert [len(quick.taken), done.sent] == [1, 1]
    assert done.failed == {"hangs": "no answer within 2 s"}
    assert set(done.book.pauses) == {"hangs"}


def test_a_service_with_a_fault_of_its_own_is_tried_again(tmp_path: Path) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    clock, broken = Clock(), Box(is_here=False, before=fail)
    done = post(tmp_path, broken, clock=clock).round(found(cause("unique")))
    assert done is not None and done.failed == {"mail": "ZeroDivisionError"}
    broken.before = lambda: None
    clock.now_s += 31.0
    post(tmp_path, broken, clock=clock).round(found(cause("unique")))
    assert broken.news("unique") == ["alert"]


def test_what_was_not_told_before_a_restart_is_told_after_it(tmp_path: Path) -> None:
    clock, box = Clock(), Box(refuses="away")
    post(tmp_path, box, clock=clock).round(found(cause("unique")))
    clock.now_s += 31.0
    again = Box()
    post(tmp_path, again, clock=clock).round(found(cause("unique")))
    assert again.news("unique") == ["alert"]


def test_what_was_seen_by_a_process_that_was_killed_and_is_over_since_is_told(tmp_path: Path) -> None:
    def die() -> None:
        raise Killed

    with pytest.raises(Killed):
        post(tmp_path, Box(before=die)).round(found(cause("unique")))
    box = Box()
    post(tmp_path, box).round(found())
    [message] = box.taken
    assert message.subject == "[tidebook] notes: 1 date of silver fails unique (over by now)"


def test_while_another_process_sends_a_round_does_nothing(tmp_path: Path) -> None:
    holds = (
        "import sys, pathlib; from analytics_assets.alerts.outbox import Outbox\n"
        "with Outbox(pathlib.Path(sys.argv[1])).held() as held: print(held, flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", holds, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None and child.stdout.readline() == "True\n"
    box = Box()
    assert post(tmp_path, box).round(found(cause("unique"))) is None
    child.kill()
    child.communicate()
    done = post(tmp_path, box).round(found(cause("unique")))
    assert done is not None and box.news("unique") == ["alert"], "a process that was killed holds nothing"


def test_a_file_that_cannot_be_read_means_that_all_is_told_once_more(tmp_path: Path) -> None:
    box = Box()
    post(tmp_path, box).round(found(cause("unique")))
    for broken in ("", "[1, 2]", '{"known": [{"cause": {"feed": "notes"}}], "pauses": {}}'):
        (tmp_path / "alerts.json").write_text(broken)
        post(tmp_path, box).round(found(cause("unique")))
    assert box.news("unique") == ["alert"] * 4


def test_on_a_full_disk_each_cause_is_told_all_the_same_and_no_more_than_once(tmp_path: Path) -> None:
    box, outbox = Box(), Outbox(tmp_path)
    (tmp_path / ".alerts.json").mkdir()  # the file cannot be made
    for _ in range(3):
        Post(**{**post(tmp_path, box).__dict__, "outbox": outbox}).round(found(cause("unique")))
    assert box.news("unique") == ["alert"]
    assert outbox.fault.endswith("alerts.json cannot be written: Is a directory")
    (tmp_path / ".alerts.json").rmdir()
    Post(**{**post(tmp_path, box).__dict__, "outbox": outbox}).round(found())
    assert (box.news("unique"), outbox.fault) == (["alert", "all clear"], "")
    assert Outbox(tmp_path).read().known == {}


def test_a_line_that_a_kill_left_unfinished_is_taken_away(tmp_path: Path) -> None:
    post(tmp_path, FileChannel(tmp_path / "alerts.jsonl")).round(found(cause("unique")))
    with (tmp_path / "alerts.jsonl").open("a") as file:
        file.write('{"key": "notes/check/silver/bou')
    post(tmp_path, FileChannel(tmp_path / "alerts.jsonl")).round(found(cause("unique"), cause("bounded")))
    lines = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text().splitlines()]
    assert [line["key"] for line in lines] == [cause("unique").key, cause("bounded").key]


def test_a_file_that_cannot_be_written_is_said_and_tried_again(tmp_path: Path) -> None:
    (tmp_path / "alerts.jsonl").mkdir()
    done = post(tmp_path, FileChannel(tmp_path / "alerts.jsonl")).round(found(cause("unique")))
    assert done is not None and "Is a directory" in done.failed["file"]


@pytest.mark.parametrize("name", ["a\nb", "a\r\nBcc: all@example.org", "a\u202egnp.exe", "x" * 5000])
def test_whatever_is_in_a_name_a_message_has_one_short_subject_and_its_own_lines(tmp_path: Path, name: str) -> None:
    box = Box()
    odd = Cause(**{**cause("unique").__dict__, "headline": f"1 file {name}", "example": name})
    post(tmp_path, box).round(found(odd))
    [message] = box.taken
    assert message.subject.isprintable() and len(message.subject) <= 160
    assert [line.split()[0] for line in message.body.splitlines()] == [
        "what",
        "where",
        "how",
        "since",
        "example",
        "look",
    ]
    assert all(line.isprintable() and len(line) <= 620 for line in message.body.splitlines())
