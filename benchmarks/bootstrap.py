"""How long the sums of the bootstrap take for so many users with ten rows each, in one process, without Spark.

Belongs here: weights and weighted sums on their own. Does not: a pass from landing (pipeline.py, feeds.py).

python -m benchmarks.bootstrap --users 100000
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pyarrow as pa

from analytics_assets.transforms.bootstrap import weighted_sums, weights

ROWS_A_USER = 10
BATCH = 10_000
"""Rows that Spark hands over at once."""


def rows(users: int) -> pa.RecordBatch:
    """Rows as `device_loads` makes them: ten versions, five devices, load times of a lognormal spread of 0.5."""
    rng, number = np.random.default_rng(1), users * ROWS_A_USER
    user = np.repeat(np.arange(users), ROWS_A_USER)
    version = (10 * rng.random(number) * rng.random(number)).astype(int)
    columns = {
        "app_version": np.char.mod("5.%d", version),
        "device_type": np.char.mod("d%d", user % 5),
        "bucket": np.clip(rng.normal(340, 25, number), 0, None).astype(np.int32),
        "user_id": np.char.mod("u%07d", user),
        "loads": rng.integers(1, 3, number),
    }
    return pa.RecordBatch.from_arrays([pa.array(values) for values in columns.values()], list(columns))


def main() -> None:
    """Measure, and print a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=100_000)
    users = parser.parse_args().users
    made = rows(users)
    began = time.process_time()
    weights([f"u{number:07d}" for number in range(users)])
    hashed = time.process_time() - began
    began = time.process_time()
    parts = (made.slice(place, BATCH) for place in range(0, made.num_rows, BATCH))
    cells = sum(batch.num_rows for batch in weighted_sums(parts))
    summed = time.process_time() - began
    print(f"{users:,} users, {made.num_rows:,} rows, {cells:,} cells: {summed:.1f} s CPU, weights alone {hashed:.1f} s")


if __name__ == "__main__":
    main()
