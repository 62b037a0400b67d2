"""A file is replaced, grows, shrinks or vanishes while it is read: what was read of it is not kept."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from beds import Bed, unclear
from meddling import AtStage
from told import STOPPED, WENT_ON, Record, Told
from turns import land

pytestmark = pytest.mark.timeout(900)

EDITS = ("replaced", "replaced and put back", "grows", "shrinks", "vanishes", "and its folder vanish")
LISTED, COUNTED, READ = "after it was listed", "after its lines were counted", "after it was read"
CASES = list(product(EDITS, (LISTED, COUNTED, READ))) * 2
QUICK = ("replaced and put back", COUNTED)


def edit(file: Path, how: str, draw: random.Random) -> None:
    """Do it to the file."""
    content = file.read_bytes()
    header, *rows = content.splitlines(keepends=True)
    if how == "grows":
        file.write_bytes(content + rows[0])
    elif how == "shrinks":
        file.write_bytes(content[: len(content) // 2])
    elif how == "vanishes":
        file.unlink()
    elif how == "and its folder vanish":
        for other in file.parent.iterdir():
            other.unlink()
        file.parent.rmdir()
    else:
        # As many lines, each a row of its own, but others: counts of lines do not tell.
        land(file, b"".join([header, *[draw.choice(rows) for _ in rows]]))


def said_when_meddled(bed: Bed, moment: str, meddle: Callable[[], None], put_back: Callable[[], None]) -> str:
    """What a pass says, one of whose files is meddled with at that moment, and maybe put back when it was read."""
    # A pass counts the lines of what it listed when the stage begins, and reads the rows as it writes them.
    at_stage = AtStage("bronze", meddle if moment == LISTED else lambda: None)

    def before(number: int, table: str) -> None:
        if table == "bronze" and moment == COUNTED:
            meddle()

    def after(number: int, table: str) -> None:
        if table == "bronze":
            if moment == READ:
                meddle()
            put_back()

    said = bed.run(bed.meddled(before, after), at_stage)
    assert at_stage.is_done, "the pass came to that moment"
    return said


@pytest.mark.parametrize(
    ("how", "moment", "seed"),
    [
        (*case, seed) if (case, seed) == (QUICK, 4) else pytest.param(*case, seed, marks=pytest.mark.soak)
        for seed, case in enumerate(CASES)
    ],
)
def test_a_file_that_changes_while_it_is_read_is_read_again(
    how: str, moment: str, seed: int, bed: Bed, record: Record
) -> None:
    draw = random.Random(seed)
    bed.begin()
    path = draw.choice(bed.turns.changed())
    file, content = bed.turns.landing / path, bed.turns.contents[1 - bed.stands][path]
    is_put_back = how == "replaced and put back"
    said = said_when_meddled(
        bed, moment, lambda: edit(file, how, draw), lambda: land(file, content) if is_put_back else None
    )
    assert not said or unclear(said) == []
    # The arrival and the dates of the file are as it was for a moment; other arrivals are not.
    others = [line for line in bed.half_seen(["bronze"]) if f" {file.parent.name} " not in line]
    assert others == []
    seconds = bed.repaired()
    record.add(Told(f"a file {how} while it is read", moment, STOPPED if said else WENT_ON, said, seconds))
