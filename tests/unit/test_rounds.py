"""The round through older arrivals: each is listed in time, and what is remembered stays small."""

from analytics_assets.rounds import MOST_A_TICK, MOST_OPEN, Cursor, Round

DAYS = [f"2024-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 29)]


def listed(older: list[str], seconds: float, every_s: float, turn: Round) -> tuple[set[str], int]:
    """What ticks list in a time, and the most that one of them lists."""
    seen: set[str] = set()
    most, now = 0, 1e9
    while now <= 1e9 + seconds:
        some, turn = turn.next(older, now)
        seen |= set(some)
        most, now = max(most, len(some)), now + every_s
    return seen, most


def test_each_older_arrival_is_listed_within_24_hours_some_at_a_tick() -> None:
    assert listed(DAYS, 86_400, 30, Round()) == (set(DAYS), 1)


def test_a_sensor_that_stood_still_for_hours_is_still_in_time() -> None:
    assert listed(DAYS, 86_400, 3 * 3600, Round())[0] == set(DAYS)


def test_no_tick_lists_more_than_it_may() -> None:
    many = [f"{number:06}" for number in range(5000)]
    some, turn = Round(at_s=1e9).next(many, 1e9 + 86_400)
    assert (len(some), turn.after) == (MOST_A_TICK, many[MOST_A_TICK - 1])


def test_the_round_goes_on_where_it_was_and_begins_again_at_its_end() -> None:
    some, turn = Round(after=DAYS[-2], at_s=1e9).next(DAYS, 1e9 + 400)
    assert some == [DAYS[0], DAYS[1], DAYS[2], DAYS[-1]]
    assert turn.after == DAYS[2]


def test_an_arrival_that_is_pending_is_listed_until_it_is_read() -> None:
    turn = Round(after=DAYS[9], at_s=1e9).found([DAYS[5], "2025-06-01"], DAYS)
    assert turn.open == (DAYS[5],)
    some, turn = turn.next(DAYS, 1e9 + 30)
    assert some == [DAYS[5], DAYS[10]]
    assert turn.found([], DAYS).open == ()


def test_where_very_many_stay_pending_the_round_goes_on_and_the_cursor_stays_small() -> None:
    turn, now, seen = Round(), 1e9, set()
    while now <= 1e9 + 86_400:
        some, turn = turn.next(DAYS, now)
        turn = turn.found(some, DAYS)  # nothing that was found could be read
        assert len(turn.open) <= MOST_OPEN
        assert len(Cursor({"events": turn}).text()) < 2000
        seen |= set(some)
        now += 30
    assert seen == set(DAYS)


def test_an_arrival_that_left_landing_is_forgotten() -> None:
    assert Round(at_s=1e9, open=("2020-01-01",)).next(DAYS, 1e9)[1].open == ()


def test_a_cursor_is_kept_as_text_and_a_lost_or_strange_one_is_empty() -> None:
    cursor = Cursor({"events": Round("2024-01-01", 5.0, ("2024-01-02",))}, "q", "f")
    assert Cursor.read(cursor.text()) == cursor
    for text in (None, "", "{", "[]", '{"rounds": {"events": 1}}', "7"):
        assert Cursor.read(text) == Cursor(), text
