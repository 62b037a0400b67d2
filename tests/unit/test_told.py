"""What each service is told of a cause, and when: literal causes, and a clock in the test's hand."""

from dataclasses import replace

from analytics_assets.alerts.cause import Cause, Severity
from analytics_assets.alerts.told import FIRST_PAUSE_S, LONGEST_PAUSE_S, Book, News, due, not_taken, seen, taken

DAY_S = 86400.0
MAIL, CHAT = "mail", "chat"
QUARANTINE = Cause(
    feed="notes",
    kind="quarantine",
    place="events",
    rule="file_header",
    severity=Severity.WARN,
    headline="1 file of events quarantined: file_header",
    where="notes/bronze, arrival 2025-03-01",
    bad="no row of it is in any figure",
    since_s=1000.0,
    look="tidebook show notes/bronze",
)
STALE = replace(QUARANTINE, kind="freshness", place="bronze", rule="", severity=Severity.ERROR)
KEY = QUARANTINE.key


def looked(book: Book, *causes: Cause, now_s: float = 0.0, unsure: tuple[str, ...] = ()) -> Book:
    return seen(book, causes, unsure, {MAIL, CHAT}, now_s)


def told(book: Book, service: str, now_s: float) -> tuple[Book, list[News]]:
    """The service takes all that is due."""
    letters = due(book, service, now_s, DAY_S)
    for key, _ in letters:
        book = taken(book, service, key, now_s)
    return book, [news for _, news in letters]


def test_a_cause_is_told_once_to_each_service() -> None:
    book = looked(Book(), QUARANTINE)
    for service in (MAIL, CHAT):
        book, news = told(book, service, 0.0)
        assert news == [News.ALERT]
        assert told(looked(book, QUARANTINE), service, 60.0)[1] == []


def test_more_partitions_of_one_cause_are_no_news() -> None:
    book, _ = told(looked(Book(), QUARANTINE), MAIL, 0.0)
    book = looked(book, replace(QUARANTINE, headline="365 files of events quarantined: file_header"))
    assert told(book, MAIL, 60.0)[1] == []
    assert book.known[KEY].cause.headline.startswith("365 files"), "a reminder says how it is then"


def test_a_cause_that_grows_worse_is_told_again_and_one_that_grows_milder_is_not() -> None:
    book, _ = told(looked(Book(), QUARANTINE), MAIL, 0.0)
    worse = replace(QUARANTINE, severity=Severity.ERROR)
    book, news = told(looked(book, worse), MAIL, 60.0)
    assert news == [News.WORSE]
    assert told(looked(book, QUARANTINE), MAIL, 120.0)[1] == []
    assert told(looked(looked(book, QUARANTINE), worse), MAIL, 180.0)[1] == [], "it was told that it may be so bad"


def test_what_lasts_is_told_again_after_the_interval_and_not_before() -> None:
    book, _ = told(looked(Book(), QUARANTINE), MAIL, 0.0)
    assert due(book, MAIL, DAY_S - 1, DAY_S) == []
    book, news = told(book, MAIL, DAY_S)
    assert news == [News.REMINDER]
    assert due(book, MAIL, 2 * DAY_S - 1, DAY_S) == []
    assert told(book, MAIL, 2 * DAY_S)[1] == [News.REMINDER]
    assert due(book, MAIL, 100 * DAY_S, 0.0) == [], "no interval, no reminders"


def test_the_end_of_a_cause_is_told_once_and_then_it_is_forgotten() -> None:
    book, _ = told(looked(Book(), QUARANTINE), MAIL, 0.0)
    book, _ = told(book, CHAT, 0.0)
    book, news = told(looked(book, now_s=60.0), MAIL, 60.0)
    assert news == [News.ALL_CLEAR]
    assert due(looked(book, now_s=90.0), MAIL, 90.0, DAY_S) == []
    assert book.known, "the other service has not heard of it yet"
    book, news = told(book, CHAT, 90.0)
    assert (news, book.known) == ([News.ALL_CLEAR], {})


def test_what_began_and_ended_while_a_service_was_away_is_told_in_one_message() -> None:
    book = not_taken(looked(Book(), QUARANTINE), MAIL, KEY, "refused", 0.0)
    book = looked(book, now_s=60.0)
    assert due(book, MAIL, 60.0, DAY_S) == [(KEY, News.OVER)]


def test_a_cause_that_comes_back_is_told_to_who_heard_that_it_was_over() -> None:
    book, _ = told(looked(Book(), QUARANTINE), MAIL, 0.0)
    book, _ = told(book, CHAT, 0.0)
    book, _ = told(looked(book, now_s=60.0), MAIL, 60.0)
    book = looked(book, QUARANTINE, now_s=90.0)
    assert due(book, MAIL, 90.0, DAY_S) == [(KEY, News.ALERT)]
    assert due(book, CHAT, 90.0, DAY_S) == []
    assert due(looked(book, now_s=95.0), CHAT, 95.0, DAY_S) == [(KEY, News.ALL_CLEAR)]


def test_a_cause_is_not_over_because_nobody_could_look() -> None:
    book, _ = told(looked(Book(), QUARANTINE), MAIL, 0.0)
    book = looked(book, now_s=60.0, unsure=("notes/",))
    assert book.known[KEY].gone_s is None
    assert looked(book, now_s=90.0, unsure=("shop/",)).known[KEY].gone_s == 90.0


def test_since_when_stays_as_it_was_when_a_partition_is_judged_again() -> None:
    book = looked(Book(), QUARANTINE)
    assert looked(book, replace(QUARANTINE, since_s=5000.0)).known[KEY].cause.since_s == 1000.0


def test_errors_are_told_before_warnings() -> None:
    book = looked(Book(), QUARANTINE, STALE)
    assert [key for key, _ in due(book, MAIL, 0.0, DAY_S)] == [STALE.key, KEY]


def test_a_service_that_takes_nothing_is_left_alone_for_longer_and_longer_and_never_for_more_than_the_longest() -> None:
    book, now_s, pauses = looked(Book(), QUARANTINE), 0.0, []
    for _ in range(8):
        assert due(book, MAIL, now_s, DAY_S)
        book = not_taken(book, MAIL, KEY, "refused", now_s)
        until_s = book.pauses[MAIL].until_s
        assert due(book, MAIL, until_s - 1, DAY_S) == []
        assert due(book, CHAT, now_s, DAY_S), "others are told meanwhile"
        pauses.append(until_s - now_s)
        now_s = until_s
    assert pauses == [FIRST_PAUSE_S, 60, 120, 240, 480, LONGEST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
    book, news = told(book, MAIL, now_s)
    assert (news, book.pauses) == ([News.ALERT], {})


def test_a_clock_that_was_put_back_keeps_nobody_waiting() -> None:
    book = not_taken(looked(Book(), QUARANTINE), MAIL, KEY, "refused", 1_000_000.0)
    assert due(book, MAIL, 0.0, DAY_S)


def test_a_message_that_a_service_never_takes_stands_in_no_others_way() -> None:
    book = not_taken(looked(Book(), STALE), MAIL, STALE.key, "too long", 0.0)
    book = looked(book, STALE, QUARANTINE)
    assert [key for key, _ in due(book, MAIL, FIRST_PAUSE_S, DAY_S)] == [KEY, STALE.key]


def test_a_new_service_is_told_what_is_open_and_one_that_is_no_longer_named_is_forgotten() -> None:
    book, _ = told(seen(Book(), [QUARANTINE], (), {MAIL}, 0.0), MAIL, 0.0)
    book = seen(book, [QUARANTINE], (), {CHAT}, 60.0)
    assert due(book, CHAT, 60.0, DAY_S) == [(KEY, News.ALERT)]
    assert MAIL not in book.known[KEY].told
    gone = seen(taken(book, CHAT, KEY, 60.0), [], (), {CHAT}, 90.0)
    assert seen(gone, [], (), set(), 120.0).known == {}, "nobody is left to hear that it is over"
