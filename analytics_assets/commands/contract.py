"""`tidebook contract FEED`: what a feed expects of its files and their rows. Needs no JVM."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from analytics_assets.discovery import find_feed
from analytics_assets.feeds.spec import Csv, Feed, Format
from analytics_assets.layers.rules import reading_version
from analytics_assets.transforms.bronze import asks_duration, event_rules
from analytics_assets.transforms.contract import Contract, Rule, contract_of, rules
from resources.settings import load_settings

SEP_NAMES = {" ": "blank", "\t": "tab"}


def show_contract(feed_name: str, console: Console) -> None:
    """Print the contract of a feed: its columns, its rules, and what makes an event."""
    feed = find_feed(feed_name, load_settings().feeds)
    contract = contract_of(feed.contract)
    _print(["column", "type", "required", "as", "sentence"], _columns(contract), console)
    _print(["rule", "severity", "what is wrong"], [_rule(rule) for rule in _rules(feed, contract)], console)
    for name, said in (
        ("files", f"{feed.landing}, {format_words(feed.format)}"),
        ("event key", f"{', '.join(feed.event_key)}: of rows that have the same, the {feed.winner} to arrive is kept"),
        ("version", reading_version(feed)),
    ):
        console.print(f"[bold]{name:<10}[/bold] {escape(said)}", soft_wrap=True)


def format_words(declared: Format) -> str:
    """A format in words."""
    if not isinstance(declared, Csv):
        return "each one JSON array of objects" + (f"; other keys in {declared.rest}" if declared.rest else "")
    seps = " or ".join(SEP_NAMES.get(sep, sep) for sep in (declared.sep, *declared.other_seps))
    header = "columns by the names in the header" if declared.header else "columns in this order, without a header"
    return f"delimited by {seps}; {header}; {' or '.join(declared.encodings)}"


def _columns(contract: Contract) -> list[Sequence[str]]:
    return [
        (
            column.name,
            column.data_type.simpleString(),
            "" if column.nullable else "yes",
            column.key if column.key != column.name else "",
            column.sentence,
        )
        for column in contract.columns
    ]


def _rules(feed: Feed, contract: Contract) -> list[Rule]:
    """The contract's rules, then those on the event, which every feed has."""
    asks = asks_duration(contract.columns, feed.event.expressions())
    return [*rules(contract, _no_column), *event_rules(_no_date, feed.first_date, asks_duration=asks)]


def _rule(rule: Rule) -> Sequence[str]:
    return rule.name, rule.severity, rule.sentence


def _print(names: Sequence[str], rows: Sequence[Sequence[str]], console: Console) -> None:
    shown = [place for place in range(len(names)) if any(row[place] for row in rows)]
    grid = Table(pad_edge=False, box=None)
    for place in shown:
        grid.add_column(names[place], overflow="fold")
    for row in rows:
        grid.add_row(*(escape(row[place]) for place in shown))
    console.print(grid)
    console.print()


def _no_column(name: str) -> Column:
    raise AssertionError(f"{name}: a rule is only named here, and not asked")


def _no_date() -> Column:
    return _no_column("the arrival's date")
