"""`tidebook contract infer FILE`: a feed's module is drafted from a sample, and printed. Needs no JVM."""

from __future__ import annotations

from pathlib import Path

from analytics_assets.drafts.columns import feed_name
from analytics_assets.drafts.module import draft
from analytics_assets.drafts.sample import read_sample
from resources.errors import UserError


def infer(path: Path, name: str | None) -> None:
    """Print the draft of a feed that reads files like this one. Raises UserError for a file that is no sample."""
    if not path.is_file():  # nor a pipe, which nobody may ever write to
        raise UserError(f"{path}: saw no such file, expected a sample: a CSV file or a JSON array")
    print(draft(read_sample(path), feed_name(name or path.stem), path.suffix), end="")
