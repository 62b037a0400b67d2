"""The commands `tidebook contract` and `tidebook check`: what a feed expects of its files, and whether one has it.

Belongs here: their arguments, help, exit codes; cli.py puts them beside the others. Does not: what they do (commands/).
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from analytics_assets.arguments import FeedName, iso_date

INFER = "infer"


def contract(
    feed: Annotated[str, typer.Argument(metavar="FEED|infer", help="Name of the feed, or infer.", show_default=False)],
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A sample, for infer.", show_default=False)
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the drafted feed; by default from the file's.", show_default=False)
    ] = None,
) -> None:
    """What a feed expects of a row: columns, rules, severity, event key, version. With infer: draft a feed from a file.

    The draft is a module for TIDEBOOK_FEEDS, made from the first rows of a CSV file or a JSON array. It is printed.

    Examples:  tidebook contract notes      tidebook contract infer doors.csv > door.py
    """
    if feed == INFER:
        if file is None:
            raise typer.BadParameter("saw no file, expected one: tidebook contract infer FILE")
        from analytics_assets.commands.infer import infer

        infer(file, name)
        return
    if file is not None or name is not None:
        raise typer.BadParameter("a file and --name go with infer: tidebook contract infer FILE --name NAME")
    from analytics_assets.commands.contract import show_contract

    show_contract(feed, Console(highlight=False))


def check(
    feed: FeedName,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of events.", show_default=False)],
    arrival: Annotated[
        str | None,
        typer.Option(
            callback=iso_date, metavar="YYYY-MM-DD", help="Date on which they would land.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Judge files as they would be judged when they land: rows by rule, and the first broken ones. Writes nothing.

    Exit code 0 if each row is accepted, with a warning or without; 1 if one is rejected, or a file quarantined. The
    date is that of the file's name or folder, else today.

    Examples:  tidebook check notes 2025-01-31/events.csv      tidebook check notes new/*.csv --json
    """
    from analytics_assets.commands.check import check as check_files

    raise typer.Exit(0 if check_files(feed, files, arrival, as_json, Console(highlight=False)) else 1)
