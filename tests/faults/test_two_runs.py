"""Two runs of a feed at once: one of them writes, the other waits for it or is refused by name."""

from __future__ import annotations

import os
import random
import threading

import pytest
from beds import Bed, unclear
from told import WENT_ON, Record, Told

from resources.lakehouse import Lakehouse

pytestmark = pytest.mark.timeout(900)

WAITS_S = 300


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(6))
def test_a_run_beside_another_is_refused_and_changes_nothing(seed: int, bed: Bed, record: Record) -> None:
    number = random.Random(seed).randint(1, len(bed.undisturbed[1]))
    bed.begin()
    refused: list[tuple[str, str]] = []

    def before(now: int, table: str) -> None:
        if now == number:
            refused.append((f"write {number}, of {table}", bed.run()))

    assert bed.run(bed.meddled(before)) == ""
    [(moment, said)] = refused
    assert unclear(said) == [] and f"is being written by process {os.getpid()}" in said
    assert bed.half_seen() == []
    record.add(Told("two runs at once, one refused", moment, WENT_ON, said, bed.repaired()))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 14))
def test_a_run_that_waits_for_another_goes_on_after_it(seed: int, bed: Bed, record: Record) -> None:
    number = random.Random(seed).randint(1, len(bed.undisturbed[1]))
    bed.begin()
    said: list[str] = []
    waiting = Lakehouse(root=str(bed.place.lakehouse), spark=bed.spark, lease_wait_s=WAITS_S)
    second = threading.Thread(target=lambda: said.append(bed.run(waiting)))
    moments: list[str] = []

    def before(now: int, table: str) -> None:
        if now == number:
            moments.append(f"write {number}, of {table}")
            second.start()

    assert bed.run(bed.meddled(before)) == ""
    second.join()
    assert said == [""]
    assert bed.half_seen() == []
    assert bed.lost_or_doubled(bed.place.lakehouse) == []
    record.add(Told("two runs at once, one waits", moments[0], WENT_ON, "", bed.repaired()))
