"""The shop sample holds what its truth file says: counted again here from the bytes."""

import re
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest
from recount import fields_of, recounted
from small_samples import generate_small

from analytics_assets.samples import blocks, kinds
from analytics_assets.samples.shop import break_interaction
from analytics_assets.samples.truth import Pair, ShopTruth, read_truth

COLUMNS = ("interaction_id", "user_id", "product_id", "action", "timestamp")
GOOD = b"1001,501,20%02d,view,2025-01-03 10:15:00\n"


class Interaction(NamedTuple):
    id: int
    user: int
    product: int
    action: str
    time: datetime


def verdict(raw: bytes, arrival: date) -> str | Interaction:
    """The kind of fault of a line, or its interaction."""
    fields = fields_of(raw, 5)
    if isinstance(fields, str):
        return fields
    for name, field in zip(COLUMNS, fields, strict=True):
        if not field:
            return f"empty_{name}"
    if not fields[1].isdigit():
        return "text_in_user_id"
    interaction, user, product = map(int, fields[:3])
    if not interaction or not user:
        return "zero_user_id" if interaction else "zero_interaction_id"
    if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", fields[4]):
        return "time_of_another_form"
    try:
        time = datetime.fromisoformat(fields[4])
    except ValueError:
        return "impossible_date"
    if time.date() > arrival + timedelta(days=1):
        return "in_the_future"
    return Interaction(interaction, user, product, fields[3], time)


class Recount:
    """Everything in the event files of a landing folder, in the order of arrivals."""

    def __init__(self, landing: Path) -> None:
        lines = recounted([*(landing / "shop").glob("*/interactions.csv")], COLUMNS, kinds.SHOP, verdict)
        self.landed, self.rejected, self.accepted = lines.landed, lines.rejected, lines.accepted
        self.first: dict[int, Interaction] = {}
        for _, found in self.accepted:
            self.first.setdefault(found.id, found)
        self.kept = list(self.first.values())


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    landing = tmp_path_factory.mktemp("landing")
    generate_small("shop", landing)
    return landing


@pytest.fixture(scope="module")
def truth(landing: Path) -> ShopTruth:
    found = read_truth(landing / "shop" / "truth.json")
    assert isinstance(found, ShopTruth)
    return found


@pytest.fixture(scope="module")
def recount(landing: Path) -> Recount:
    return Recount(landing)


def test_rows_are_what_the_truth_says(recount: Recount, truth: ShopTruth) -> None:
    assert recount.landed == truth.landed_by_arrival
    assert dict(recount.rejected) == truth.rejected
    assert (len(recount.accepted), len(recount.kept)) == (truth.accepted, truth.silver)
    assert sum(found.time.date() < arrival for arrival, found in recount.accepted) == truth.late


def test_active_users_are_what_the_truth_says(recount: Recount, truth: ShopTruth) -> None:
    users = Counter(day for day, _ in {(found.time.date().isoformat(), found.user) for found in recount.kept})
    assert {day: users[day] for day in truth.dau} == truth.dau


def test_counts_by_user_product_and_pair_are_what_the_truth_says(recount: Recount, truth: ShopTruth) -> None:
    users, products = Counter(found.user for found in recount.kept), Counter(found.product for found in recount.kept)
    pairs = Counter((found.user, found.product) for found in recount.kept)
    assert (len(users), len(products), len(pairs)) == (truth.users, truth.products, truth.pairs)
    for counts, top in ((users, truth.top_users), (products, truth.top_products)):
        expected = sorted(counts.items(), key=lambda found: (-found[1], found[0]))[:20]
        assert [(int(number), count) for number, count in top.items()] == expected
    expected_pairs = sorted(pairs.items(), key=lambda found: (-found[1], found[0]))[:20]
    assert truth.top_pairs == [Pair(user_id=u, product_id=p, interactions=count) for (u, p), count in expected_pairs]


def test_a_query_over_good_lines_finds_the_same_pairs(landing: Path, truth: ShopTruth) -> None:
    query = """
        SELECT user_id::BIGINT, product_id::BIGINT, count(*) FROM (
            SELECT *, row_number() OVER (PARTITION BY interaction_id ORDER BY filename) AS place
            FROM read_csv($files, header = true, all_varchar = true, filename = true, ignore_errors = true,
                          null_padding = false, quote = '', delim = ',', encoding = 'latin-1')
            WHERE interaction_id NOT IN ('', '0') AND user_id <> '0' AND regexp_full_match(user_id, '[0-9]+')
              AND product_id <> '' AND action IN ('view', 'click', 'add_to_cart', 'purchase')
              AND regexp_full_match(timestamp, '[0-9-]{10} [0-9:]{8}')
              AND try_cast(timestamp AS DATE) <= filename.split('/')[-2]::DATE + 1
              AND try_cast(timestamp AS TIMESTAMP) IS NOT NULL
              AND interaction_id NOT LIKE '"%')
        WHERE place = 1 GROUP BY ALL ORDER BY 3 DESC, 1, 2 LIMIT 20"""
    found = duckdb.execute(query, {"files": str(landing / "shop" / "*" / "*.csv")}).fetchall()
    assert [Pair(user_id=u, product_id=p, interactions=count) for u, p, count in found] == truth.top_pairs


def test_an_id_comes_again_with_equal_and_other_content_on_the_same_and_other_dates(
    recount: Recount, truth: ShopTruth
) -> None:
    again = [found for _, found in recount.accepted if found != recount.first[found.id]]
    same_date = [found for found in again if found.time.date() == recount.first[found.id].time.date()]
    assert len(again) == truth.changed_copies
    assert 0.1 * len(again) < len(same_date) < 0.9 * len(again)
    assert truth.duplicates - truth.changed_copies > 50


def test_what_differs_from_the_row_that_is_kept_lands_in_a_later_arrival(recount: Recount) -> None:
    arrivals = defaultdict(set)
    for arrival, found in recount.accepted:
        arrivals[found.id].add((arrival, found))
    for rows in arrivals.values():
        first = min(arrival for arrival, _ in rows)
        assert len({found for arrival, found in rows if arrival == first}) == 1


def test_ids_are_whole_numbers_from_one(recount: Recount) -> None:
    assert sorted(recount.first) == list(range(1, 5_001))


def test_counts_are_the_same_when_events_are_made_in_many_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_EVENTS", 300)
    truth = generate_small("shop", tmp_path)
    recount = Recount(tmp_path)
    assert (len(recount.kept), recount.landed) == (5_000, truth.landed_by_arrival)
    assert Counter((found.user, found.product) for found in recount.kept).most_common(1)[0][1] == (
        truth.top_pairs[0].interactions
    )


@pytest.mark.parametrize("kind", kinds.SHOP)
def test_a_broken_line_has_the_fault_of_its_kind_alone(kind: str) -> None:
    for product in range(30):
        line = break_interaction(GOOD % product, kind)
        assert line.count(b"\n") == 1
        assert verdict(line[:-1], date(2025, 1, 3)) == kind


def test_times_of_other_forms_are_of_several() -> None:
    forms = {
        re.sub(r"\d", "9", break_interaction(GOOD % product, "time_of_another_form").decode().split(",")[4])
        for product in range(100)
    }
    assert len(forms) == 7
