"""`tidebook check`: files are judged before they land, for people and for CI. Writes nothing, and needs no landing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from rich.console import Console

from analytics_assets.discovery import find_feed
from analytics_assets.feeds.spec import Feed, JsonArray
from analytics_assets.layers.checked import CheckedFile, check_file, told_date
from analytics_assets.layers.rules import reading_version
from resources.errors import UserError
from resources.file_kinds import look
from resources.open import open_places
from resources.printable import printable
from resources.settings import load_settings

EXAMPLES = 5


def check(feed_name: str, paths: Sequence[Path], day: str | None, as_json: bool, console: Console) -> bool:
    """Judge files by the contract of a feed; whether each of their rows is accepted.

    day: date of the arrival as one of which each is judged; by default the one that its path tells, or today.
    """
    feed = find_feed(feed_name, load_settings().feeds)
    files = [_found(path) for path in paths]
    _, lakehouse = open_places(load_settings())
    with console.status("starting Spark", spinner="dots"):
        spark = lakehouse.spark
        _ = spark.session
    today = datetime.now(timezone.utc).date().isoformat()
    checked = []
    for path in files:
        told = day or told_date(feed, path)
        with console.status(f"judging {path.name}"):
            checked.append(check_file(spark, feed, path, told or today, EXAMPLES))
        if not as_json:
            _print(feed, checked[-1], "" if told else " (today: its path tells no date)", console)
    if as_json:
        print(json.dumps([_as_json(feed, one) for one in checked], indent=2, ensure_ascii=True))
    return all(one.is_good for one in checked)


def _found(path: Path) -> Path:
    shown, folder = printable(str(path)), Path("/")
    if path.is_dir():
        raise UserError(f"{shown}: saw a folder, expected a file. Name its files: tidebook check FEED {shown}/*")
    try:
        standing = look(path, folder)
    except OSError as error:
        raise UserError(f"{shown}: cannot be looked at: {error.strerror}") from error
    if standing is None:
        raise UserError(f"{shown}: saw no such file, expected a file such as would land")
    if standing.fault:
        raise UserError(f"{shown}: saw {standing.fault}, expected a file")
    return path.resolve()


def _print(feed: Feed, checked: CheckedFile, why: str, console: Console) -> None:
    def say(line: str) -> None:
        console.print(line, markup=False, soft_wrap=True)

    console.print(f"[bold]{'good' if checked.is_good else 'bad'}[/bold] ", end="")
    say(f"{printable(str(checked.path))}, as of arrival {checked.arrival}{why}")
    say(f"  landed {checked.landed:,}, accepted {checked.accepted:,}, rejected {checked.rejected:,}")
    late = {name: rows for name, rows in checked.standings.items() if name != "on_time"}
    for what, rows in (("of these", late), ("rejected", checked.reasons), ("warned", checked.warnings)):
        for rule, number in rows.items():
            say(f"  {what} {rule} {number:,}")
    if checked.quarantined is not None:
        say(f"  quarantined: {checked.quarantined.rule}: {printable(checked.quarantined.explanation)}")
    elif checked.landed != checked.accepted + checked.rejected:
        say("  the rows do not add up: the file changed while it was read. Check it again")
    if checked.drift:
        say(f"  header: {printable(checked.drift)}")
    for broken in checked.examples:
        where = "record" if isinstance(feed.format, JsonArray) else "line"
        say(f"  {where} {broken.line}: {', '.join(broken.rules)}: {printable(broken.raw)}")


def _as_json(feed: Feed, checked: CheckedFile) -> dict[str, Any]:
    quarantined = checked.quarantined
    return {
        "file": str(checked.path),
        "feed": feed.name,
        "contract": reading_version(feed),
        "arrival": checked.arrival,
        "is_good": checked.is_good,
        "landed": checked.landed,
        "accepted": checked.accepted,
        "rejected": checked.rejected,
        "standings": checked.standings,
        "reasons": checked.reasons,
        "warnings": checked.warnings,
        "quarantined": quarantined and {"rule": quarantined.rule, "explanation": quarantined.explanation},
        "drift": checked.drift,
        "examples": [vars(broken) for broken in checked.examples],
    }
