"""The command `tidebook forget`: a person's right to be forgotten.

Belongs here: its arguments, help, exit codes, what it asks; cli.py puts it beside the others. Does not: what it does
(commands/forget.py), what it says (commands/forgotten_words.py).
"""

import sys
from typing import Annotated

import typer
from rich.console import Console

from resources.errors import UserError

FROM_INPUT = "-"


def forget(
    user: Annotated[str, typer.Argument(help="The user's id; - reads it from standard input.", show_default=False)],
    feed: Annotated[str, typer.Option(help="The feed whose user it is, such as notes.", show_default=False)],
    landing: Annotated[bool, typer.Option("--landing", help="Also write files in landing anew without them.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove a user from all that Tidebook keeps of a feed, and compute again what follows. It cannot be undone.

    Rows leave every table with all earlier versions, rejected rows and snapshots included; the id leaves pages, logs,
    alerts and Dagster's records. A tombstone, a digest of the id, stays: no late file, rebuild or retry brings the user
    back. At the end all files are searched, and what lies outside is named. Exit code 1 if the search finds something.
    Killed half-way, the same command goes on.

    Examples:  tidebook forget u0000042 --feed notes --dry-run      tidebook forget u0000042 --feed notes --landing

    echo u0000042 | tidebook forget - --feed notes --yes
    """
    from analytics_assets.commands import forget as steps
    from analytics_assets.commands import forgotten_words as words

    console = Console(highlight=False)
    world = steps.world_of(feed)
    person = steps.person_of(world.feed, _read() if user == FROM_INPUT else user)
    if not (dry_run or yes or sys.stdin.isatty()):
        raise UserError("nobody can be asked here. Nothing was changed. Add --yes, or --dry-run to see what would go")
    if dry_run or not yes:
        found, files = steps.search(world, person, console), steps.landing_files(world, person)
        console.print(f"forgetting a user of {feed} would remove:")
        for line in words.planned(world, found, files, landing):
            console.print(line, markup=False, soft_wrap=True)
    if dry_run:
        return
    if not yes:
        typer.confirm("This cannot be undone. Remove all of it?", abort=True)
    done = steps.forget(world, person, landing, console)
    for line in words.told(done):
        console.print(line, markup=False, soft_wrap=True)
    raise typer.Exit(1 if done.searched.found else 0)


def _read() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("User", hide_input=True)).strip()
    return sys.stdin.readline().strip()
