"""Files of a sample: they appear whole or not at all, in a folder that holds no other sample.

Belongs here: where a feed's truth lies, what may stand beside it. Does not: what is in the files.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa

Progress = Callable[[str, int, int], None]
"""Told (stage, done, total) while a sample is made."""


def write_whole(path: Path, pieces: Iterable[pa.Buffer | bytes]) -> None:
    """Write a file under a hidden name beside it, then rename: a reader sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = path.with_name(f".{path.name}.tmp")
    with hidden.open("wb") as file:
        for piece in pieces:
            file.write(piece)
    hidden.replace(path)


def truth_file(landing: Path, feed: str) -> Path:
    """Where the truth lies: beside the landed folders, so that it is no landed file."""
    return landing / feed / "truth.json"


def begin_landing(landing: Path, feed: str, expected: Iterable[Path]) -> None:
    """Make sure that what will lie there is this sample alone, and take an older truth away.

    Raises FileExistsError if a file stands there that the sample does not write over: the numbers
    would not be those of the truth file.
    """
    truth = truth_file(landing, feed)
    ours = {*expected, truth}
    for path in sorted((landing / feed).rglob("*")):
        if path not in ours and not path.name.startswith(".") and path.is_file():
            raise FileExistsError(
                f"{path}: saw a file of another sample, expected none. "
                f"Remove {landing / feed} or choose another landing folder"
            )
    # A sample that is killed half-way has no truth file, rather than a wrong one.
    truth.unlink(missing_ok=True)
