"""Parts of the page of rejected rows: each rule with what is wrong, and the newest rows that broke it as they landed.

Belongs here: HTML, in which every text is escaped. Does not: reading (rejected_numbers.py), charts
(landed_figures.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from analytics_assets.layers.reasons import FILE_RULES
from analytics_assets.reports.cards import csv_link
from analytics_assets.reports.headline import Tile
from analytics_assets.reports.rejected_numbers import MOST_RULES, BrokenRule, RejectedRow, RejectedRows
from analytics_assets.reports.values import Values
from resources.printable import printable

LONGEST_RAW = 300
HEADS = ("Rule", "Rows", "Arrivals", "Newest", "What is wrong")


def tiles(found: RejectedRows) -> list[Tile]:
    """Rejected rows, the rules that they broke, and files that were quarantined."""
    rows, files = (
        sum(rule.rows for rule in found.rules if (rule.name in FILE_RULES) is is_file) for is_file in (False, True)
    )
    warned = sum(rule.rows for rule in found.warnings)
    told = [
        Tile(label="Rejected rows", value=f"{rows:,}", period="of all arrivals, quarantined files apart"),
        Tile(label="Quarantined files", value=f"{files:,}", period="each stands for one row"),
        Tile(label="Rules that were broken", value=f"{len(found.rules):,}", period="by the first that a row broke"),
    ]
    return [*told, Tile(label="Warnings", value=f"{warned:,}", period="of accepted rows")] if warned else told


def rules(found: Sequence[BrokenRule], feed: str, what: str) -> str:
    """A row a rule, those with most rows first, and a link that saves them. what: of the rows."""
    if not found:
        return ""
    heads = "".join(f'<th scope="col">{head}</th>' for head in HEADS)
    rows = "".join(
        f'<tr><th scope="row">{escape(rule.name)}</th><td>{rule.rows:,}</td><td>{len(rule.arrivals):,}</td>'
        f"<td>{escape(rule.arrivals[-1])}</td><td>{escape(rule.sentence)}</td></tr>"
        for rule in found
    )
    values = Values(
        columns=["Rule", "Rows", "Arrivals", "Oldest", "Newest", "What is wrong"],
        rows=[
            [rule.name, rule.rows, len(rule.arrivals), rule.arrivals[0], rule.arrivals[-1], rule.sentence]
            for rule in found
        ],
        formats=[""] * 6,
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="Rules, {escape(what)}"><table class="sentences">'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        f"{csv_link(values, f'{feed}-{what}-rows.csv')}"
    )


def examples(found: Sequence[BrokenRule], feed: str) -> str:
    """Of each rule the newest rows as they landed, and the commands that show all of them and read them again."""
    parts = []
    for rule in found:
        if not rule.examples:
            continue
        name, arrival = escape(rule.name), escape(rule.arrivals[-1])
        rows = "".join(_row(row) for row in rule.examples)
        parts.append(
            f'<article class="card wide" aria-labelledby="rule-{name}"><h3 id="rule-{name}">{name}</h3>'
            f'<p class="about">{escape(rule.sentence)}</p><ul class="landed">{rows}</ul>'
            f'<p class="note">All of them: <code>tidebook rejected {escape(feed)} --rule {name}</code>. When the '
            f"contract was changed: <code>tidebook retry {escape(feed)} --arrival {arrival}</code></p></article>"
        )
    more = len(found) - MOST_RULES
    rest = f'<p class="note">Rows of {more:,} more rules are not shown.</p>' if more > 0 else ""
    return f'<div class="grid">{"".join(parts)}</div>{rest}' if parts else ""


def _row(row: RejectedRow) -> str:
    line = f", line {row.line_number:,}" if row.line_number is not None else ""
    others = f"; broke {escape(', '.join(row.rules))}" if len(row.rules) > 1 else ""
    earlier = "; judged by an earlier contract" if row.is_earlier else ""
    raw = escape(printable(row.raw, LONGEST_RAW)) or "nothing"
    return f"<li>{escape(printable(row.file, LONGEST_RAW))}{line}{others}{earlier}<br><code>{raw}</code></li>"
