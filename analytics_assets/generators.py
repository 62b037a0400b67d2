"""The commands `tidebook generate FEED`: what a person types.

Belongs here: arguments and help of each feed's generator. Does not: what it does (commands/generate.py).
"""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from analytics_assets.arguments import Day

generate = typer.Typer(help="Make lifelike event files, with a truth file about them.", no_args_is_help=True)
console = Console(highlight=False)

Count = Annotated[int, typer.Option(min=1)]
Seed = Annotated[int, typer.Option(help="The same seed gives the same bytes.")]
LateShare = Annotated[float, typer.Option(min=0, max=1, help="Share of rows that land in a later arrival.")]
DuplicateShare = Annotated[float, typer.Option(min=0, max=1, help="Share of rows that land twice.")]
BrokenShare = Annotated[float, typer.Option(min=0, max=1, help="Share of rows that are rejected.")]
To = Annotated[Path | None, typer.Option(help="Folder; by default TIDEBOOK_LANDING.")]


@generate.command("notes")
def generate_notes(
    events: Count = 1_000_000,
    users: Annotated[int, typer.Option(min=30)] = 100_000,
    start: Day = None,
    end: Day = None,
    seed: Seed = 1,
    late_share: LateShare = 0.02,
    duplicate_share: DuplicateShare = 0.01,
    broken_share: BrokenShare = 0.002,
    zipf_exponent: Annotated[float, typer.Option(min=0, help="How unequal users are.")] = 0.8,
    like_sample: Annotated[
        bool, typer.Option("--like-sample", help="Uniform data over one year, as the public sample of this schema.")
    ] = False,
    to: To = None,
) -> None:
    """Notes: interactions and users, with late, doubled and broken rows, and truth.json about them.

    Examples:  tidebook generate notes --events 100000 --start 2025-01-01 --end 2025-03-31
    tidebook generate notes --like-sample --to /data/sample
    """
    if like_sample:
        _make("uniform", None, None, to, events=events, seed=seed)
        return
    faults = {"late_share": late_share, "duplicate_share": duplicate_share, "broken_share": broken_share}
    _make("notes", start, end, to, events=events, users=users, seed=seed, zipf_exponent=zipf_exponent, **faults)


@generate.command("ide")
def generate_ide(
    events: Count = 1_000_000,
    users: Count = 20_000,
    start: Day = None,
    end: Day = None,
    seed: Seed = 1,
    late_share: LateShare = 0.05,
    duplicate_share: DuplicateShare = 0.01,
    broken_share: BrokenShare = 0.002,
    marathons: Annotated[int, typer.Option(min=0, help="Sessions over three midnights.")] = 3,
    to: To = None,
) -> None:
    """Ide: events of an IDE's users, a CSV file a day over 30 days, late by 5 days and now and then by weeks.

    Examples:  tidebook generate ide --events 5000000      tidebook generate ide --start 2025-01-01 --end 2025-01-14
    """
    faults = {"late_share": late_share, "duplicate_share": duplicate_share, "broken_share": broken_share}
    _make("ide", start, end, to, events=events, users=users, seed=seed, marathons=marathons, **faults)


@generate.command("aqua")
def generate_aqua(
    events: Count = 1_000_000,
    users: Count = 50_000,
    start: Day = None,
    end: Day = None,
    seed: Seed = 1,
    late_share: LateShare = 0.02,
    duplicate_share: DuplicateShare = 0.01,
    broken_share: BrokenShare = 0.002,
    pull_s: Annotated[int, typer.Option(min=1, max=3600, help="Seconds from pull to pull, each a file.")] = 60,
    to: To = None,
) -> None:
    """Aqua: product analytics records, a JSON file a minute over 30 days, some of weeks ago, some files broken.

    Examples:  tidebook generate aqua      tidebook generate aqua --events 20000 --pull-s 600
    """
    faults = {"late_share": late_share, "duplicate_share": duplicate_share, "broken_share": broken_share}
    _make("aqua", start, end, to, events=events, users=users, seed=seed, pull_s=pull_s, **faults)


@generate.command("shop")
def generate_shop(
    events: Count = 1_000_000,
    users: Count = 5_000,
    products: Count = 2_000,
    start: Day = None,
    end: Day = None,
    seed: Seed = 1,
    late_share: LateShare = 0.02,
    duplicate_share: DuplicateShare = 0.01,
    broken_share: BrokenShare = 0.002,
    to: To = None,
) -> None:
    """Shop: interactions with products, a CSV file a day over 30 days; some ids come again with other content.

    Examples:  tidebook generate shop --events 100000      tidebook generate shop --seed 7 --to /data/shop
    """
    faults = {"late_share": late_share, "duplicate_share": duplicate_share, "broken_share": broken_share}
    _make("shop", start, end, to, events=events, users=users, seed=seed, products=products, **faults)


def _make(sample: str, start: str | None, end: str | None, to: Path | None, **options: Any) -> None:
    from analytics_assets.commands.generate import generate as make

    make(sample, start=start, end=end, options=options, to=to, console=console)
