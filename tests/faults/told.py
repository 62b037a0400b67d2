"""What a soak tells: a line for each fault, and the table that docs/reliability.md has of them.

Belongs here: writing, reading, the table. Does not: the faults (tests).
"""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "faults.jsonl"
STOPPED, WENT_ON, KILLED = "stopped", "went on", "killed"
HEAD = "| fault | times | moments | outcome | it said, such as | repaired in |\n|---|---|---|---|---|---|"
LONGEST = 230


@dataclass(frozen=True)
class Told:
    """A fault of which all held. outcome: of the run it was done to. message: what that said. repaired_s: seconds of
    the next run, after which the tables were those of a rebuild."""

    kind: str
    moment: str
    outcome: str
    message: str = ""
    repaired_s: float = 0.0


class Record:
    """The faults of a soak, in a file, a line each: a soak that ends early has told of those before."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def add(self, told: Told) -> None:
        """A fault after which all held."""
        with self._file.open("a") as file:
            file.write(json.dumps(asdict(told)).replace(str(self._file.parent), "...") + "\n")

    def read(self) -> list[Told]:
        """All faults so far."""
        return [Told(**json.loads(line)) for line in self._file.read_text().splitlines()] if self._file.exists() else []


def table(faults: Sequence[Told]) -> str:
    """The table of faults by kind, in Markdown."""
    lines = [HEAD]
    for kind in dict.fromkeys(fault.kind for fault in faults):
        own = [fault for fault in faults if fault.kind == kind]
        moments = sorted({fault.moment for fault in own})
        outcomes = Counter(fault.outcome for fault in own)
        messages = Counter(fault.message for fault in own if fault.message)
        said = messages.most_common(1)[0][0] if messages else ""
        cells = (
            kind,
            str(len(own)),
            f"{len(moments)}, such as {', '.join(moments[:: max(1, len(moments) // 3)][:3])}",
            ", ".join(f"{number} {outcome}" for outcome, number in outcomes.most_common()),
            said[:LONGEST] + ("..." if len(said) > LONGEST else ""),
            f"{statistics.median(fault.repaired_s for fault in own):.1f} s",
        )
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    total = len(faults)
    return "\n".join([*lines, f"\n{total} faults: no row lost or doubled, no partition half visible in any version."])
