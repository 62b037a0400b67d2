"""Law 3, convergence: however files come, late, twice, corrected or removed, and in whatever order they are processed,
all tables equal one full rebuild, and an oracle in plain Python.

A history is what happens to the files of two users over five dates of their own, in rounds, and what is processed in
between (stories.py). Ten or twenty are played side by side in one lakehouse: they share no user, key or event date, so
none can hide what was forgotten of another, and all of them cost little more than one. A test that fails prints its
histories as Python: they can be played again, or one alone, with `assert_converges`.
"""

import tempfile
from pathlib import Path

import pytest
from batches import drawn, feed_and_description
from comparing import Site
from described import FEEDS
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playing import Play
from stories import Batch

from resources.spark import Spark

pytestmark = pytest.mark.timeout(7200)

# Nothing is made smaller after a failure: a batch takes half a minute.
ONE_BATCH = settings(
    max_examples=1,
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
MANY_BATCHES = settings(ONE_BATCH, max_examples=10, derandomize=False)


@pytest.mark.parametrize("name", FEEDS)
@ONE_BATCH
@given(data=st.data())
def test_ten_histories_end_in_the_tables_of_one_rebuild_and_of_the_oracle(
    name: str, data: st.DataObject, quick_spark: Spark
) -> None:
    assert_converges(name, data.draw(drawn(name, 10, rounds=2)), quick_spark)


@pytest.mark.soak
@pytest.mark.parametrize("name", FEEDS)
@MANY_BATCHES
@given(data=st.data())
def test_two_hundred_histories_end_in_the_tables_of_one_rebuild_and_of_the_oracle(
    name: str, data: st.DataObject, quick_spark: Spark
) -> None:
    assert_converges(name, data.draw(drawn(name, 20, rounds=4)), quick_spark)


def assert_converges(name: str, batch: Batch, spark: Spark) -> None:
    """Play a batch in a new folder, and show what is not as it should be."""
    feed, described, first = feed_and_description(name, len(batch.stories))
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        faults = Play(Site(feed, described, Path(folder), spark), batch, first).faults()
    assert not faults, "\n".join([*faults, f"the histories: {batch!r}"])
