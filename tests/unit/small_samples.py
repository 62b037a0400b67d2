"""Small samples of each feed, with many faults.

Belongs here: their options, and a digest of what was written. Does not: counting it again.
"""

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from analytics_assets.samples.aqua import generate_aqua
from analytics_assets.samples.ide import generate_ide
from analytics_assets.samples.limits import FaultyOptions
from analytics_assets.samples.notes import generate_notes
from analytics_assets.samples.options import AquaOptions, IdeOptions, NotesOptions, ShopOptions
from analytics_assets.samples.shop import generate_shop
from analytics_assets.samples.truth import Truth

# Six weeks that begin in the middle of a month and of a week.
COMMON = {
    "start": date(2025, 1, 15),
    "end": date(2025, 2, 25),
    "events": 5_000,
    "users": 800,
    "late_share": 0.05,
    "duplicate_share": 0.04,
    "broken_share": 0.02,
    "seed": 7,
}
OWN: dict[str, dict[str, Any]] = {"ide": {"events": 12_000}, "aqua": {"pull_s": 3_600}, "shop": {"products": 60}}
OPTIONS: dict[str, type[FaultyOptions]] = {
    "notes": NotesOptions,
    "ide": IdeOptions,
    "aqua": AquaOptions,
    "shop": ShopOptions,
}
GENERATORS: dict[str, Callable[..., Truth]] = {
    "notes": generate_notes,
    "ide": generate_ide,
    "aqua": generate_aqua,
    "shop": generate_shop,
}


def small(feed: str, **changed: Any) -> Any:
    """Options of a small sample."""
    return OPTIONS[feed](**{**COMMON, **OWN.get(feed, {}), **changed})


def generate_small(feed: str, landing: Path, **changed: Any) -> Any:
    """Write a small sample; its truth."""
    return GENERATORS[feed](landing, small(feed, **changed))


def content(landing: Path) -> dict[str, str]:
    """A digest of every file, hidden ones too, by its path."""
    files = sorted(path for path in landing.rglob("*") if path.is_file())
    return {str(path.relative_to(landing)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
