"""What the benchmark prints: tables of plain text.

Belongs here: words and columns. Does not: figures (pipeline.py).
"""

from collections.abc import Iterable, Mapping, Sequence

from benchmarks.compare import Comparison
from benchmarks.measure import Measured


def by_stage(measured: Measured, ended: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Wall and CPU seconds of each stage, from the end of the one before to its own."""
    stages, before, cpu_before = {}, measured.began, 0.0
    for stage, moment in ended.items():
        cpu = measured.cpu_until(moment)
        stages[stage] = (moment - before, cpu - cpu_before)
        before, cpu_before = moment, cpu
    stages["end"] = (measured.began + measured.wall_s - before, measured.cpu_s - cpu_before)
    return stages


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as text: the first column to the left, the others to the right, numbers with one digit."""
    texts = [list(head)] + [[f"{cell:,.1f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in texts) for at in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in texts
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def stages_table(
    ours: Mapping[str, tuple[float, float]], theirs: Mapping[str, tuple[float, float]], totals: Sequence[Measured]
) -> str:
    """Seconds of both programs by stage, and in all with their ratios."""
    none = (0.0, 0.0)
    names = [*ours, *[name for name in theirs if name not in ours]]
    rows: list[Sequence[object]] = [(name, *ours.get(name, none), *theirs.get(name, none)) for name in names]
    tidebook, duckdb = totals
    rows.append(("in all", tidebook.wall_s, tidebook.cpu_s, duckdb.wall_s, duckdb.cpu_s))
    return table(["seconds", "Tidebook wall", "CPU", "DuckDB wall", "CPU"], rows)


def comparison_table(comparisons: Iterable[Comparison]) -> str:
    """Whether each table is equal, with its rows."""
    return table(
        ["table", "Tidebook rows", "DuckDB rows", "every row and column"],
        [
            (c.table, f"{c.tidebook[0]:,}", f"{c.duckdb[0]:,}", "equal" if c.is_equal else "DIFFERS")
            for c in comparisons
        ],
    )


def run_row(name: str, measured: Measured, rows: int | None = None) -> list[object]:
    """A line of `runs_table`; rows: also what a row costs."""
    others = measured.others_cpu_s / (measured.cpu_s + measured.others_cpu_s)
    a_row = [measured.wall_s / rows * 1e6, measured.cpu_s / rows * 1e6] if rows else []
    memory = [f"{measured.driver_peak_mb:,.0f}", f"{measured.peak_mb:,.0f}"]
    return [name, measured.wall_s, measured.cpu_s, *memory, f"{others:.0%}", *a_row]


def runs_table(rows: Sequence[Sequence[object]]) -> str:
    """Runs of programs. others: their share of all CPU seconds meanwhile, where the machine is not ours alone."""
    head = ["run", "wall s", "CPU s", "largest process MB", "all MB", "others' CPU", "µs a row", "CPU µs a row"]
    return table(head[: len(rows[0])], rows)
