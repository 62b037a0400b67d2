"""Progress of a pass on the terminal: stage, partitions done, rows a second, time left.

Belongs here: what is shown while a pass runs. Does not: what it shows at its end (run.py).
"""

from __future__ import annotations

import threading
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from analytics_assets.layers.world import Built
from analytics_assets.observer import Observer, Verdicts
from asset_checks.law import Law
from resources.printable import LONGEST_LINE, printable
from resources.spark import running_tasks

POLL_S = 0.3


class ProgressDisplay(Observer):
    """Shows a pass while it runs; a line for each stage that ended stays."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:.0f}/{task.total:.0f} partitions"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._task: TaskID | None = None
        self._partitions = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)

    def __enter__(self) -> ProgressDisplay:
        self._progress.start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._progress.stop()

    def stage(self, name: str, partitions: int) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._partitions = partitions
        self._task = self._progress.add_task(name, total=max(partitions, 1))
        if not self._console.is_terminal:
            self._console.print(f"{name}: {partitions:,} {_partitions(partitions)} ...")

    def done(self, name: str, built: Built, seconds: float) -> None:
        number, rows = len(built.rows), sum(built.rows.values())
        speed = f", {rows / seconds:,.0f} rows/s" if seconds > 0 else ""
        written = f"{number:>6,} {_partitions(number):<10} {rows:>12,} rows"
        self._console.print(f"{name:<20} {written} {seconds:>7.1f} s{speed}")

    def warned(self, line: str) -> None:
        self._console.print(f"warning: {printable(line, LONGEST_LINE)}", markup=False)

    def judged(self, law: Law, verdicts: Verdicts) -> None:
        failed = law.failed(verdicts)
        if failed:
            self._console.print(
                f"[red]checks of {law.table} failed for {len(failed)} partitions: {min(failed)} ...[/red]"
            )

    def _poll(self) -> None:
        while not self._stop.wait(POLL_S):
            done, tasks = running_tasks()
            if tasks and self._task is not None:
                self._progress.update(self._task, completed=self._partitions * done / tasks)


def _partitions(number: int) -> str:
    return "partition" if number == 1 else "partitions"
