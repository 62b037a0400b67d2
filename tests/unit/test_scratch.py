"""Scratch files go where nobody works in their folder, and stay where somebody does."""

import subprocess
import sys
from pathlib import Path

from resources.scratch import remove_scratch


def test_scratch_of_a_spark_that_runs_stays_and_that_of_dead_ones_goes(tmp_path: Path) -> None:
    left = tmp_path / "spark/blockmgr-1/0d/shuffle_1.data"
    left.parent.mkdir(parents=True)
    left.write_text("u1")
    (tmp_path / "spark.log").write_text("log")
    # A process of a process that has ended: like an engine, it is no child of this one.
    words = [sys.executable, "-c", "input()", f"spark.local.dir={tmp_path / 'spark'}"]
    start = f"import subprocess; print(subprocess.Popen({words!r}, stdin=0, stdout=subprocess.DEVNULL).pid)"
    parent = subprocess.Popen([sys.executable, "-c", start], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdin is not None
    parent.wait(timeout=30)
    assert not remove_scratch(tmp_path)
    assert left.exists()
    parent.stdin.close()
    assert parent.stdout is not None
    process = int(parent.stdout.read())
    while Path(f"/proc/{process}/cmdline").exists() and Path(f"/proc/{process}/cmdline").read_bytes():
        pass
    assert remove_scratch(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["spark.log"]
    assert remove_scratch(tmp_path)
